"""Composes what executes chunks: queue, supervisor, law, limits and hardware, for one robot.

Lockstep, demonstrations and the 1 kHz process all build it here, so that what is measured in one
is what runs in the other.
"""

from collections.abc import Sequence

import numpy as np

from vla_ros.chunks.queue import ChunkQueue
from vla_ros.chunks.queue_config import QueueConfig
from vla_ros.chunks.shared import SharedQueue
from vla_ros.control.laws import LawPreset
from vla_ros.control.loops.interfaces import LimbHardware
from vla_ros.control.loops.limb_target import LimbTarget
from vla_ros.control.loops.loop import ControlLoop
from vla_ros.control.loops.supervisor import Event, Supervisor
from vla_ros.control.loops.targets import Kind, TargetConfig, Targets
from vla_ros.control.loops.timing import TickStatistics
from vla_ros.core.config import require
from vla_ros.core.data import (
    SECOND,
    ActionChunk,
    Array,
    BodyState,
    ExecutionStatus,
    Pose,
    RobotState,
)
from vla_ros.robots.robot import Robot
from vla_ros.runtime.arm_limb import ArmLimb, avoid_each_other
from vla_ros.runtime.channel_limb import make_limbs


class ChunkController:
    """A robot that executes chunks: what the control node is, without ROS.

    Attributes:
        queue, supervisor, limbs: its parts. arms: those of the limbs that are arms.
        timing: of its ticks, for whoever measures them.
    """

    def __init__(
        self,
        spec: Robot,
        hardware: Sequence[LimbHardware],
        queue: QueueConfig | None = None,
        law: str = '',
        targets: TargetConfig | None = None,
        driven: bool = False,
    ) -> None:
        """Build the parts for `hardware`, one for each limb; nothing moves before a tick.

        Args:
            spec: the robot.
            hardware: what each limb's loop reads and commands.
            queue: how chunks are executed.
            law: a preset for every arm; '' is each one's own.
            targets: how old targets may be.
            driven: whether the hardware takes only what the limbs' drivers do.
        """
        count = len(spec.limbs)
        require(len(hardware) == count, f'hardware: expected one for each of {count} limbs')
        self.spec = spec
        self.queue = ChunkQueue(spec, queue)
        self.supervisor = Supervisor()
        sources = SharedQueue(self.queue).sources
        self.limbs = make_limbs(spec, hardware, sources, self.supervisor, law, targets, driven)
        self.arms = tuple(limb for limb in self.limbs if isinstance(limb, ArmLimb))
        avoid_each_other(spec, [arm.loop for arm in self.arms])
        self.timing = TickStatistics()
        self._refusals: tuple[int, ...] = (0,) * (1 + count)
        self._refusal = ''

    @property
    def loop(self) -> ControlLoop:
        """The control loop of the first arm."""
        return self.arms[0].loop

    def offer(self, chunk: ActionChunk, now: int) -> str:
        """Take a chunk over for execution; return '' or the cause of its refusal."""
        cause = self.supervisor.refuses_chunks or self._misfit(chunk)
        if cause:
            self.queue.refuse(cause)
            return cause
        cause = self.queue.offer(chunk, now)
        if not cause:
            self.supervisor.post(Event.ACCEPTED)
        return cause

    def post(self, event: Event, text: str = '') -> str:
        """Apply an event; return '' or the cause of its refusal."""
        return self.supervisor.post(event, text)

    def target(self, kind: Kind, stamp: int, values: Array, now: int, limb: int = 0) -> str:
        """Take a limb's target of `stamp` (ns) over; return '' or the cause of its refusal."""
        return self.limbs[limb].target(kind, stamp, values, now)

    def adopt(self, preset: LawPreset, limb: int = 0) -> str:
        """Change a limb's law or gains; return '' or the cause of the refusal."""
        return self.limbs[limb].adopt(preset)

    def tare(self) -> str:
        """Find the bias of every force sensor from now on; return '' or a cause."""
        sensing = [arm for arm in self.arms if arm.loop.sensing.force_sensor is not None]
        causes = [arm.tare() for arm in sensing or self.arms]
        return next((cause for cause in causes if cause), '')

    def restart(self, cause: str = 'scene reset') -> None:
        """Begin again where the robot was put, with no instruction."""
        self.supervisor.post(Event.FINISH, cause)
        for limb in self.limbs:
            limb.loop.restart()

    def anchor(self) -> None:
        """Re-synchronise every limb at the next tick: others may have moved it meanwhile.

        The mode and the instruction stay. For a robot that nobody was commanding until now.
        """
        for limb in self.limbs:
            limb.loop.feedback.anchor()

    def rewind(self, set_by: int = 0) -> None:
        """Begin again, for the time has gone back: nothing that has a stamp is known any more.

        If only the clock was set, by `set_by` ns, the robot is where it was, and holds.
        """
        if set_by:
            self.post(Event.STALE, f'the clock was set by {set_by / SECOND:+.3g} s')
        else:
            self.restart('the clock has gone back: no instruction')
        self.queue.restart()
        for limb in self.limbs:
            limb.loop.targets.clear()

    def tick(self, now: int) -> None:
        """Do one control cycle at `now`, ns."""
        for limb in self.limbs:
            limb.loop.tick(now)

    def prepare(self, now: int) -> None:
        """Do ahead what the cycle at `now` (ns) needs no measurement for; optional."""
        for limb in self.limbs:
            limb.loop.prepare(now)

    def state(self) -> RobotState | BodyState:
        """Return the measured and commanded state as of the last tick."""
        if len(self.limbs) == 1:
            return self.loop.state()
        return BodyState(self.loop.stamp, tuple(limb.loop.state() for limb in self.limbs))

    def status(self) -> ExecutionStatus:
        """Return what is going on, as of the last tick."""
        loop, queue, supervisor, now = self.loop, self.queue, self.supervisor, self.loop.stamp
        chunk, target, model = queue.chunk, loop.limiter.target, loop.model
        p50, p99 = self.timing.percentiles()
        latency = np.percentile(queue.latencies or [np.nan], (50, 99))
        return ExecutionStatus(
            stamp=now,
            mode=supervisor.mode,
            cause=self._cause(),
            instruction=supervisor.instruction,
            chunk_seq=-1 if chunk is None else chunk.seq,
            chunk_step=queue.step,
            queue_seconds=queue.seconds_left,
            chunk_age=float('nan') if chunk is None else (now - chunk.stamp) / SECOND,
            latent_age=float('nan') if chunk is None else chunk.latent_age,
            ticks=self.timing.ticks,
            deadline_misses=self.timing.misses,
            tick_p50=p50,
            tick_p99=p99,
            latency_p50=float(latency[0]),
            latency_p99=float(latency[1]),
            seam_jump=queue.seam_jump,
            delay=max(queue.delay, 0),
            refused_chunks=queue.refused,
            refused_targets=sum(limb.loop.targets.refused for limb in self.limbs),
            last_refusal=self._last_refusal(),
            commanded=Pose(target.position.copy(), target.quaternion.copy()),
            measured=Pose(model.position.copy(), np.array(loop.measured_quaternion())),
            gripper_command=loop.limiter.gripper,
            gripper=loop.gripper,
        )

    def _misfit(self, chunk: ActionChunk) -> str:
        """Return why a limb's control law cannot do what a chunk moves, or ''."""
        layout = self.queue.layout
        if layout.refusal(chunk):
            return ''  # the queue says so
        motions = layout.motions(layout.columns(chunk))
        causes = (limb.refuses(moves) for limb, moves in zip(self.limbs, motions, strict=True))
        return next(filter(None, causes), '')

    def _cause(self) -> str:
        """Return why the robot is in its mode; in TAKEOVER, why it rests, if all of it does."""
        causes = [limb.rests for limb in self.limbs]
        return causes[0] if all(causes) else self.supervisor.cause

    def _last_refusal(self) -> str:
        """Return the newest of the last refusals of chunks and of each limb's targets."""
        sources: tuple[ChunkQueue | Targets | LimbTarget, ...]
        sources = (self.queue, *(limb.loop.targets for limb in self.limbs))
        counts = tuple(source.refused for source in sources)
        for source, count, before in zip(sources, counts, self._refusals, strict=True):
            if count != before:
                self._refusal = source.last_refusal
        self._refusals = counts
        return self._refusal
