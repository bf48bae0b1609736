"""What becomes of chunks that were handed out, as the next prediction is told of it.

The newest chunk is not the one in execution: most wait for their turn in vain. So all are kept
until a later one is executed.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
import math

import numpy as np

from vla_ros.core.data import SECOND, ActionChunk, Array, Observation
from vla_ros.core.rotations import quat_unit


_KEPT = 512  # chunks; the longest lives for some seconds, and 30 come in one
_SAME = SECOND // 1000  # ns, stamps that are closer are of the same observation


@dataclass(frozen=True)
class Execution:
    """Which chunk was in execution at an instant."""

    stamp: int  # ns, the instant
    chunk_stamp: int  # ns, of the chunk's observation
    step: int  # of the chunk that was being approached
    delay: int  # steps that are executed from an observation to the arrival of its chunk


class HandedOut:
    """The chunks of one episode, for as long as one of them may be in execution."""

    def __init__(self, relative: Callable[[Array, Observation], Array]) -> None:
        """Take what makes absolute actions those of an expert at an observation."""
        self._relative = relative
        self._chunks: deque[ActionChunk] = deque(maxlen=_KEPT)

    def clear(self) -> None:
        """Forget all of them: another episode begins."""
        self._chunks.clear()

    def add(self, chunk: ActionChunk) -> None:
        """Keep a chunk that is handed out now."""
        self._chunks.append(chunk)

    def to_come(self, observation: Observation, execution: Execution) -> Array | None:
        """Return the steps still to come (H', C) at an observation; None if there are none.

        Step k is meant for (k + 1) dt after the observation, as those of a prediction are, and
        relative to what that is relative to: the robot's state there.
        """
        while self._chunks and self._chunks[0].stamp < execution.chunk_stamp - _SAME:
            self._chunks.popleft()
        chunk = self._chunks[0] if self._chunks else None
        if chunk is None or chunk.stamp > execution.chunk_stamp + _SAME:
            return None  # another program's, or of another instruction
        first = _step(chunk, observation.stamp, execution) + 1
        count = math.floor(chunk.horizon - 1 - first + 1e-6) + 1
        if count < 1:
            return None
        steps: Array = first + np.arange(count, dtype=np.float64)
        actions = _between(chunk, steps)
        return self._relative(actions, observation)


def _step(chunk: ActionChunk, stamp: int, execution: Execution) -> float:
    """Return at which step of a chunk the robot is at `stamp`, -1 where its observation was.

    In undisturbed motion that is a matter of time; playback may have stood still since.
    """
    timed = (stamp - chunk.stamp) / SECOND / chunk.dt - 1
    latest = execution.step + (stamp - execution.stamp) / SECOND / chunk.dt
    return max(min(max(timed, latest - 1), latest), -1.0)


def _between(chunk: ActionChunk, steps: Array) -> Array:
    """Return a chunk's actions (k, A) at steps (k,) that are no whole numbers."""
    actions = chunk.actions
    low = np.clip(np.floor(steps + 1e-6).astype(int), 0, len(actions) - 1)
    before, after = actions[low], actions[np.minimum(low + 1, len(actions) - 1)]
    share = np.clip(steps - low, 0.0, 1.0)[:, None]
    result: Array = (1 - share) * before + share * after
    named = enumerate(zip(chunk.channels, chunk.kinds, strict=True))
    for i in (i for i, (name, kind) in named if kind == 'pose' and name.endswith('qx')):
        turn = slice(i, i + 4)
        # Of the two quaternions of a rotation the one that is nearer.
        near = np.sign(np.sum(before[:, turn] * after[:, turn], -1, keepdims=True) + 1e-12)
        mean = (1 - share) * before[:, turn] + share * near * after[:, turn]
        result[:, turn] = quat_unit(mean)
    return result
