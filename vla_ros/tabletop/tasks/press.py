"""Press: the named button is held down."""

from dataclasses import dataclass

import numpy as np

from vla_ros.tabletop.language import COLOURS, Request
from vla_ros.tabletop.tasks.lean import LeanConfig, LeaningTask
from vla_ros.tabletop.tasks.motion import MotionConfig, funnel
from vla_ros.tabletop.tasks.task import ExpertAction, distance
from vla_ros.tabletop.world.state import WorldState


@dataclass(frozen=True)
class PressConfig:
    """How it is pressed, and when it counts.

    The limit of the force is four times what holds the cap down, and half of what the robots'
    contact limits allow: who slams into the housing or pushes on at the stop fails.
    """

    motion: MotionConfig = MotionConfig(hover=0.09, slope=6.0)
    lean: LeanConfig = LeanConfig(force=7.0)
    above: float = 0.035  # m, tcp above the cap, from where the hand feels its way down
    centred: float = 0.008  # m, from the axis of the cap, within which it does
    pressed: float = 0.8  # share of the travel that counts as pressed


class Press(LeaningTask):
    """Press the named button and keep it pressed.

    Letting go again is not asked for: a button looks the same before and after, and a policy
    without memory could not know that it has pressed it. It is let go at the next instruction.
    """

    name = 'press'
    config_type = PressConfig
    hold = 0.2

    def success(self, state: WorldState, request: Request) -> bool:
        """Whether the button is pressed and no other is."""
        pressed = self._pressed(state)
        return pressed == [request.object] and not self.too_hard(state, self.config.lean)

    def failure(self, state: WorldState, request: Request) -> str:
        """Return that another button was pressed, or anything too hard."""
        wrong = [colour for colour in self._pressed(state) if colour != request.object]
        if wrong:
            return f'the {wrong[0]} button was pressed'
        return self.too_hard(state, self.config.lean)

    def expert(self, state: WorldState, request: Request) -> ExpertAction:
        """Close the hand, go above the button, feel the way down, stay."""
        config, top = self.config, state.button(request.object)
        here, commanded = state.ee.position, state.commanded.position
        low = float(top[2]) + config.above
        away = max(distance(here, top), distance(commanded, top))
        shut = self.shut(state)
        if away < config.centred and not shut and commanded[2] < low + 0.005:
            centred = commanded + 0.3 * (np.array([*top[:2], 0.0]) - commanded)
            return self.at(np.array([*centred[:2], self.lean(state, config.lean)]))
        high = max(config.motion.hover, low + 0.02)
        return self.go(state, config.motion, top, funnel(config.motion, away, low, high))

    def measure(self, state: WorldState) -> dict[str, float]:
        """Return the greatest force, N."""
        return {'peak_force': state.touch.peak}

    def _pressed(self, state: WorldState) -> list[str]:
        enough = state.travel >= self.config.pressed * self.sim.buttons.travel
        return [colour for colour, down in zip(COLOURS, enough, strict=True) if down]
