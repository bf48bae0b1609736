"""The chunk queue: stamped chunks in, what is wanted of every limb per control tick out."""

from collections import deque
from enum import IntEnum
import math

import numpy as np

from vla_ros.chunks.check import ChunkCheck
from vla_ros.chunks.freshness import Freshness
from vla_ros.chunks.kinds import Latch, make_playback
from vla_ros.chunks.layout import ChunkLayout
from vla_ros.chunks.playback import PlaybackClock
from vla_ros.chunks.queue_config import QueueConfig
from vla_ros.chunks.trajectory import Trajectory
from vla_ros.core.data import SECOND, ActionChunk, Array
from vla_ros.robots.robot import Robot


_MAX_TICK = 0.05  # s; after a longer gap between samples playback resumes, it does not catch up


class Flow(IntEnum):
    """Whether the queue moves the robot."""

    EMPTY = 0  # nothing accepted since it was cleared
    RUNNING = 1
    SLOWING = 2  # no successor yet: slowing down along the last chunk
    DRY = 3  # came to rest at the end of the last chunk


class ChunkQueue:
    """Executes stamped chunks on a playback clock.

    The playback clock advances with real time, slower when the queue runs dry, and stands while
    nothing is executed. Step k of a chunk is due at playback(stamp) + (k + 1) dt: in undisturbed
    motion that is `stamp + (k + 1) dt`, and after a standstill no step is skipped, however long
    the first inference took, because nothing was consumed meanwhile. Delays are counted the same
    way: in steps that were really consumed between a chunk's observation and its arrival.

    Attributes:
        flow: what the queue is doing. layout: the groups of channels that chunks may have.
        seam_jump: m between what was commanded and the new chunk at the last splice, unblended.
        splices: number of splices since the start.
        delays: steps consumed from observation to arrival, of the last 10 chunks accepted.
        latencies: s from observation to the first command made of it, of the last 200 splices.
        refused: chunks refused since the start. last_refusal: why the last one was.
    """

    def __init__(self, spec: Robot, config: QueueConfig | None = None) -> None:
        """Make an empty queue; `clear` tells it where the robot is before it is sampled."""
        self.spec = spec
        self.config = config or QueueConfig()
        self.flow = Flow.EMPTY
        self.seam_jump = 0.0
        self.splices = 0
        self.delays: deque[int] = deque(maxlen=10)
        self.latencies: deque[float] = deque(maxlen=200)
        self.refused = 0
        self.last_refusal = ''
        self.layout = ChunkLayout(spec)
        self._check = ChunkCheck(spec, self.config.check, self.layout)
        self._last: tuple[int, int] | None = None  # seq, stamp of the last chunk accepted
        self._active: Trajectory | None = None
        self._next: ActionChunk | None = None
        self._freshness = Freshness()
        self._playback = PlaybackClock()
        self._floor = 0  # ns; observations from before are of another instruction
        latch = Latch(self.config.latch_closed, self.config.latch_open)
        self._groups = tuple(make_playback(group, latch) for group in self.layout.groups)
        self._spans = tuple(group.span for group in self.layout.groups)
        self._every = frozenset(range(len(self._groups)))
        self._followed = self._every  # groups that are where they are wanted
        self._motions: tuple[str, ...] = ()  # what the active chunk moves of each limb
        self._commanded = np.zeros(self._spans[-1].stop)  # as of the last sample

    @property
    def dry(self) -> bool:
        """Whether it has run out of motion and stands still."""
        return self.flow is Flow.DRY

    @property
    def chunk(self) -> ActionChunk | None:
        """The chunk being executed."""
        return None if self._active is None else self._active.chunk

    @property
    def step(self) -> int:
        """The step of the executing chunk that is being approached."""
        if self._active is None:
            return 0
        return max(math.ceil(self._active.step(self._playback.seconds)), 0)

    @property
    def seconds_left(self) -> float:
        """Accepted motion that is left, s."""
        return 0.0 if self._active is None else max(self._active.end - self._playback.seconds, 0.0)

    @property
    def delay(self) -> int:
        """The greatest of the last delays, in steps."""
        return max(self.delays, default=0)

    def clear(self, now: int, values: Array) -> None:
        """Forget every chunk, refuse those observed before `now` (ns).

        The limbs stand at `values`, what is commanded: the numbers of all groups.
        """
        self._drop()
        self.flow = Flow.EMPTY
        self._commanded[:] = values
        flat = values.tolist()
        for group, span in zip(self._groups, self._spans, strict=True):
            group.stand(flat[span])
        self._floor = now
        self._playback.advance(now, 0.0)

    def restart(self) -> None:
        """Forget the time, too: it has gone back."""
        self._drop()
        self._last = None
        self.flow, self._playback = Flow.EMPTY, PlaybackClock()

    def offer(self, chunk: ActionChunk, now: int) -> str:
        """Take over `chunk` when it is its turn; return '' or the cause of its refusal."""
        cause = self._refusal(chunk, now)
        if cause:
            self.refuse(cause)
            return cause
        self._last = (chunk.seq, chunk.stamp)
        self._next = chunk
        self._freshness.add(chunk.stamp, now)
        consumed = self._playback.seconds - self._playback.at(chunk.stamp)
        self.delays.append(math.ceil(consumed / chunk.dt - 1e-6))
        return ''

    def refuse(self, cause: str) -> None:
        """Count a chunk that was refused, here or before it came here."""
        self.refused += 1
        self.last_refusal = cause

    def sample(self, now: int, out: Array) -> tuple[str, ...]:
        """Write what is wanted at `now` (ns) into out; return what is wanted of each limb.

        On entry out holds what is commanded, the numbers of all groups: first chunks set out from
        there. The kind of group that moves a limb is returned: 'pose', 'joint' or 'twist',
        'gripper' where that alone moves, '' where nothing does. Only what moves is written;
        returned is () while there is no chunk.
        """
        seconds = min(max((now - self._playback.time) * 1e-9, 0.0), _MAX_TICK)
        active = self._active
        self._commanded[:] = out
        if active is None:
            self._playback.advance(now, 0.0)
            wanted = out.tolist()
            for group, span in zip(self._groups, self._spans, strict=True):
                group.move(wanted[span], seconds)
            if self._next is not None:
                self._splice(self._next, now)
            return ()
        rate, motions = self._rate(active), self._motions
        self._playback.advance(now, rate * seconds)
        active.play(self._playback.seconds, rate, seconds, out)
        if self._next is not None and self._due(active, now):
            self._splice(self._next, now)
        return motions

    def _rate(self, active: Trajectory) -> float:
        """Return playback seconds per second; sets `flow`."""
        left = active.end - self._playback.seconds
        if left > self.config.slow_down:
            self.flow = Flow.RUNNING
            return 1.0
        if left <= 1e-5:
            self.flow = Flow.DRY
            return 0.0
        self.flow = Flow.SLOWING
        # Constant deceleration along the path: rest is reached exactly at its end.
        return math.sqrt(left / self.config.slow_down)

    def _due(self, active: Trajectory, now: int) -> bool:
        """Whether the running chunk gives way to the next: best to one that has just arrived."""
        config, playback = self.config, self._playback.seconds
        if active.end - playback < config.slow_down + config.blend:
            return True
        run = active.chunk.run_steps or config.execute_steps
        late = playback - active.start - run * active.dt
        patience = config.await_fresh
        if late < -1e-7:
            return False
        return late >= patience - 1e-7 or self._freshness.suits(now, late / patience)

    def _splice(self, chunk: ActionChunk, now: int) -> None:
        """Let `chunk` take over from what is wanted, and how fast it moves, at this moment."""
        self._next = None
        clock = self._playback.seconds
        left = chunk.stamp * 1e-9 + chunk.valid_for - now * 1e-9
        columns = self.layout.columns(chunk)
        parts = [(self._groups[c.group], c.columns, self._spans[c.group]) for c in columns]
        trajectory = Trajectory(chunk, self._playback.at(chunk.stamp), parts)
        if left <= 0 or trajectory.end <= clock:
            self.refuse('stamp: expired while it waited for its turn')
            return
        if cause := self._jump(chunk, trajectory.step(clock)):
            self.refuse(cause)
            return
        followed = frozenset(own.group for own in columns)
        for i in followed - self._followed:
            self._groups[i].stand(self._standing(i))
        self.seam_jump = trajectory.lead_in(clock, self.config.blend)
        trajectory.end = min(trajectory.end, clock + left)
        self.latencies.append((now - chunk.stamp) / SECOND)
        self.splices += 1
        self.flow = Flow.RUNNING
        self._active, self._followed = trajectory, followed
        self._motions = self.layout.motions(columns)

    def _refusal(self, chunk: ActionChunk, now: int) -> str:
        cause = self._check.refusal(chunk, now, self._last)
        if cause:
            return cause
        if chunk.stamp < self._floor:
            early = (self._floor - chunk.stamp) / SECOND
            return f'stamp: observed {early:.3f} s before the instruction or hold that is in force'
        step = (self._playback.seconds - self._playback.at(chunk.stamp)) / chunk.dt - 1
        if step >= chunk.horizon - 1:
            return f'stamp: late, step {step:.1f} is due and the chunk has {chunk.horizon}'
        return self._jump(chunk, step)

    def _jump(self, chunk: ActionChunk, step: float) -> str:
        """Return why the chunk is too far from where the limbs are at `step`, or ''."""
        wanted = [
            group.wanted if i in self._followed else self._standing(i)
            for i, group in enumerate(self._groups)
        ]
        return self._check.jump(chunk, step, wanted)

    def _standing(self, group: int) -> list[float]:
        """Return what is commanded of a group that the active chunk does not move."""
        values: list[float] = self._commanded[self._spans[group]].tolist()
        return values

    def _drop(self) -> None:
        self._active = self._next = None
        self._followed, self._motions = self._every, ()
