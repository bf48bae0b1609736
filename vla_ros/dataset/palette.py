"""Colours that stay apart for colour-blind eyes (Okabe and Ito, 2008), one meaning each."""

from vla_ros.core.data import Mode


BLUE, ORANGE, GREEN, RED = '#0072B2', '#E69F00', '#009E73', '#D55E00'
SKY, PINK, GREY = '#56B4E9', '#CC79A7', '#8A9299'

MODES: dict[Mode, str] = {
    Mode.IDLE: GREY,
    Mode.RUN: GREEN,
    Mode.HOLD: ORANGE,
    Mode.STOP: RED,
    Mode.TAKEOVER: PINK,
}


def mode_of(number: int) -> Mode:
    """Return the mode of a status message; IDLE for numbers of a newer version."""
    return Mode(number) if number in Mode._value2member_map_ else Mode.IDLE
