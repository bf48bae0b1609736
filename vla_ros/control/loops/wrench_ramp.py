"""WrenchRamp: a commanded wrench that sets in and fades at a bounded rate."""

import numpy as np

from vla_ros.core.data import Array


class WrenchRamp:
    """Moves wrenches (6,) N and Nm towards wanted ones."""

    def __init__(self, force: float, torque: float, seconds: float, dt: float) -> None:
        """Allow `force` N and `torque` Nm per axis, from zero in `seconds` s, in ticks of dt s."""
        self._greatest = np.array([force] * 3 + [torque] * 3)
        self._rise = self._greatest * (dt / seconds)
        self._step, self._nothing = np.zeros((2, 6))

    def step(self, wrench: Array, wanted: Array) -> None:
        """Bring `wrench` one tick nearer to what is allowed of `wanted`."""
        self._move(wrench, np.clip(wanted, -self._greatest, self._greatest))

    def fade(self, wrench: Array) -> None:
        """Bring `wrench` one tick nearer to none."""
        if wrench.any():
            self._move(wrench, self._nothing)

    def _move(self, wrench: Array, goal: Array) -> None:
        step = self._step
        np.subtract(goal, wrench, out=step)
        np.minimum(np.maximum(step, -self._rise, out=step), self._rise, out=step)
        np.add(wrench, step, out=wrench)
