"""One chunk queue for the limbs of a robot, each with a control loop of its own."""

import numpy as np

from vla_ros.chunks.queue import ChunkQueue
from vla_ros.core.data import Array


class LimbSource:
    """What one limb's control loop takes its targets from; see control/loops/interfaces.py."""

    def __init__(self, shared: 'SharedQueue', index: int) -> None:
        """Give limb number `index` its part."""
        self._shared, self._index = shared, index

    @property
    def dry(self) -> bool:
        """Whether the queue has run out of motion."""
        return self._shared.queue.dry

    def clear(self, now: int, values: Array) -> None:
        """Forget what was wanted of every limb; this one stands at `values` from `now` on."""
        self._shared.clear(self._index, now, values)

    def sample(self, now: int, out: Array) -> str:
        """Write what is wanted of this limb's groups at `now` (ns) into out; see TargetSource."""
        return self._shared.sample(self._index, now, out)


class SharedQueue:
    """Samples the queue once a tick, when the first limb asks.

    A tick begins with one limb's call: what the others are commanded is then known as of their
    last call, a tick before. It only matters where a first chunk sets out from, at rest.
    """

    def __init__(self, queue: ChunkQueue) -> None:
        """Share `queue` among its limbs."""
        self.queue = queue
        groups = queue.layout.groups
        self._commanded = np.zeros(groups[-1].span.stop)
        self._wanted = self._commanded.copy()
        self._own = []
        for limb in range(len(queue.spec.limbs)):
            spans = [group.span for group in groups if group.limb == limb]
            span = slice(spans[0].start, spans[-1].stop)
            self._own.append((self._commanded[span], self._wanted[span]))
        self.sources = tuple(LimbSource(self, i) for i in range(len(self._own)))
        self._now = -1
        self._motions: tuple[str, ...] = ()

    def clear(self, limb: int, now: int, values: Array) -> None:
        """Forget every chunk; the limb stands at `values`, the numbers of its groups."""
        self._own[limb][0][:] = values
        self.queue.clear(now, self._commanded)
        self._now = -1

    def sample(self, limb: int, now: int, out: Array) -> str:
        """Write what is wanted of a limb at `now` (ns) into out; see TargetSource."""
        commanded, wanted = self._own[limb]
        commanded[:] = out
        if now != self._now:
            self._wanted[:] = self._commanded
            self._motions = self.queue.sample(now, self._wanted)
            self._now = now
        motion = self._motions[limb] if self._motions else ''
        if motion:
            out[:] = wanted
        return motion
