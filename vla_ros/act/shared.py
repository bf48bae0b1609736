"""One chunk queue for several limbs, each with a control loop of its own."""

import numpy as np

from vla_ros.act.queue import ChunkQueue
from vla_ros.data import Array


class LimbSource:
    """What one limb's control loop takes its targets from; see control/interfaces.py."""

    def __init__(self, shared: 'SharedQueue', index: int) -> None:
        """Give limb number `index` its part."""
        self._shared, self._index = shared, index

    @property
    def dry(self) -> bool:
        """Whether the queue has run out of motion."""
        return self._shared.queue.dry

    def clear(self, now: int, pose: Array) -> None:
        """Forget what was wanted of every limb; this one stands at `pose` (8,) from `now` on."""
        self._shared.clear(self._index, now, pose)

    def sample(self, now: int, out: Array) -> bool:
        """Write the pose and opening (8,) wanted of this limb at `now` (ns) into out."""
        return self._shared.sample(self._index, now, out)


class SharedQueue:
    """Samples the queue once a tick, when the first limb asks.

    A tick begins with one limb's call: what the others are commanded is then known as of their
    last call, a tick before. It only matters where a first chunk sets out from, at rest.
    """

    def __init__(self, queue: ChunkQueue, limbs: int) -> None:
        """Share `queue` among so many limbs."""
        self.queue = queue
        self.sources = tuple(LimbSource(self, i) for i in range(limbs))
        self._commanded, self._wanted = np.zeros((2, limbs, 8))
        self._commanded[:, 6] = self._wanted[:, 6] = 1.0
        self._now, self._any = -1, False

    def clear(self, limb: int, now: int, pose: Array) -> None:
        """Forget every chunk; the limb stands at `pose` (8,)."""
        self._commanded[limb] = pose
        self.queue.clear(now, self._commanded)
        self._now = -1

    def sample(self, limb: int, now: int, out: Array) -> bool:
        """Write what is wanted of a limb at `now` (ns) into out (8,); see TargetSource."""
        self._commanded[limb] = out
        if now != self._now:
            self._wanted[:] = self._commanded
            self._any = self.queue.sample(now, self._wanted.reshape(-1))
            self._now = now
        if self._any:
            out[:] = self._wanted[limb]
        return self._any
