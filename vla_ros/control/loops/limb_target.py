"""LimbTarget: what a person or another program wants of a joint group or a mobile base."""

import math

import numpy as np

from vla_ros.control.loops.targets import Kind
from vla_ros.core.data import SECOND, Array


class LimbTarget:
    """The newest target of the one kind that such a limb follows, while it is fresh.

    Attributes:
        kind: JOINT for a joint group, TWIST for a mobile base.
        cause: why the limb rests though it is taken over; '' while it follows.
        refused: targets refused since the start. last_refusal: why the last one was.
    """

    def __init__(self, kind: Kind, size: int, timeout: float) -> None:
        """Begin with none; one of `size` numbers counts for `timeout` s."""
        self.kind = kind
        self.refused, self.last_refusal = 0, ''
        self._name = f'target_{kind.name.lower()}'
        self._values = np.zeros(size)
        self._valid = round(timeout * SECOND)
        self.clear()

    def clear(self) -> None:
        """Forget the target: someone takes the robot anew."""
        self._stamp = -(10**18)
        self.cause = 'taken over: no target yet'

    def offer(self, kind: Kind, stamp: int, values: Array, now: int) -> str:
        """Take a target of `stamp` (ns) over; return '' or the cause of its refusal."""
        size = len(self._values)
        if kind is not self.kind:
            return self.refuse(f'target_{kind.name.lower()}: this limb follows {self._name}')
        if values.shape != (size,) or not math.isfinite(float(values.sum())):
            cause = f'expected {size} finite numbers, got {values.tolist()}'
            return self.refuse(f'{self._name}: {cause}')
        if not -self._valid <= stamp - now <= SECOND // 10:
            return self.refuse(f'{self._name}: its stamp is {(now - stamp) / SECOND:.3f} s old')
        self._values[:], self._stamp = values, stamp
        return ''

    def refuse(self, cause: str) -> str:
        """Count a refusal; return its cause."""
        self.refused += 1
        self.last_refusal = cause
        return cause

    def wanted(self, now: int) -> Array | None:
        """Return the target that counts at `now` (ns), None without one; sets `cause`."""
        if now - self._stamp <= self._valid:
            self.cause = ''
            return self._values
        if not self.cause:
            self.cause = f'{self._name} is stale: holding'
        return None
