"""A limb that does what it is sent is left alone, however late; one that does not is named."""

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.control.loops.following import base_monitor, joint_monitor
from vla_ros.robots.following import BaseFollowing, JointFollowing


RATE = 500.0  # Hz
SPEC = JointFollowing()


def monitor(following=SPEC):
    return joint_monitor(['shoulder', 'elbow'], following, RATE)


def times(seconds):
    return np.arange(round(seconds * RATE)) / RATE


def first_word(made, commanded, measured):
    """Return (tick, cause) of the first doubt about the elbow; (None, '') without one."""
    for tick, (sent, seen) in enumerate(zip(commanded, measured, strict=True)):
        if cause := made.judge(np.array([0.3, sent]), np.array([0.3, seen])):
            return tick, cause
    return None, ''


@given(
    delay=st.floats(0.0, SPEC.lag), speed=st.floats(0.1, 3.0), pace=st.floats(0.2, 8.0),
    turn=st.floats(0.0, 6.28),
)  # fmt: skip
def test_whoever_follows_within_the_lag_is_never_doubted(delay, speed, pace, turn):
    """A pure delay of any motion: `speed` rad/s at most, swinging with `pace` rad/s."""
    where = lambda t: speed / pace * np.sin(pace * np.maximum(t, 0) + turn)  # noqa: E731
    at = times(3.0)
    assert first_word(monitor(), where(at), where(at - delay)) == (None, '')


@pytest.mark.parametrize('speed', [0.1, 0.5, 3.0])
def test_a_joint_that_stands_while_it_is_moved_is_named_with_the_figures(speed):
    at = times(4.0)
    tick, cause = first_word(monitor(), speed * at, 0 * at)
    sent = speed * at[tick]
    assert cause.startswith(f'elbow does not follow: commanded {sent:.3f} rad, measured 0.000 rad')
    assert 'expected within 0.1 rad' in cause
    # Never further than the bound, what the lag hides, and what is passed meanwhile.
    assert sent < SPEC.error + speed * (SPEC.lag + SPEC.after)


def test_the_faster_it_runs_away_the_sooner_it_is_told():
    at = times(4.0)
    late = [first_word(monitor(), v * at, 0 * at)[0] / RATE - SPEC.error / v for v in (0.3, 3.0)]
    assert late[1] < 0.2 < late[0] <= SPEC.lag + SPEC.after + 0.01


def test_what_lasts_shorter_than_the_time_is_no_doubt():
    at = times(2.0)
    hidden = np.where((at > 1.0) & (at < 1.0 + 0.8 * SPEC.after), 0.11, 0.0)
    assert first_word(monitor(), 0 * at, hidden) == (None, '')
    assert first_word(monitor(), 0 * at, np.where(at > 1.0, 0.11, 0.0))[0] is not None


def test_nothing_commanded_is_nothing_disobeyed():
    made = monitor()
    for _ in range(1000):
        assert made.judge(np.full(2, np.nan), np.zeros(2)) == ''
    assert made.judge(np.zeros(2), np.zeros(2)) == '' and not made.beyond


def test_a_limb_that_was_taken_up_anew_begins_without_a_past():
    made = monitor()
    at = times(2.0)
    assert first_word(made, at, 0 * at)[1]
    made.reset()
    assert first_word(made, 0 * at, 0 * at) == (None, '')


def test_a_base_that_drives_at_half_the_speed_is_named_by_its_axis():
    made = base_monitor('base', BaseFollowing(), 200.0)
    causes = [made.judge(np.array([0.4, 0, 0]), np.array([0.2, 0, 0])) for _ in range(200)]
    assert causes[0] == ''
    figures = 'commanded 0.400 m/s, measured 0.200 m/s, expected within 0.1 m/s'
    assert causes[-1].startswith(f'base: vx does not follow: {figures}')


@pytest.mark.parametrize(
    ('kind', 'field', 'value'),
    [
        (JointFollowing, 'error', 0.05), (JointFollowing, 'error', float('nan')),
        (JointFollowing, 'lag', -0.1), (JointFollowing, 'after', 0.0),
        (JointFollowing, 'position', 0.0), (JointFollowing, 'rotation', 4.0),
        (BaseFollowing, 'linear', 0.0), (BaseFollowing, 'angular', 9.0),
    ],
)  # fmt: skip
def test_bounds_that_would_never_or_always_hold_are_refused(kind, field, value):
    with pytest.raises(ValueError, match=f'following.{field}'):
        kind(**{field: value})
