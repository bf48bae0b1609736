"""Composes what executes chunks: queue, supervisor, law, limits and hardware, for one robot.

Lockstep, demonstrations and the 1 kHz process all build it here, so that what is measured in one
is what runs in the other.
"""

import numpy as np

from vla_ros.act.queue import ChunkQueue, QueueConfig
from vla_ros.config import ConfigError
from vla_ros.control.actuation import Actuation
from vla_ros.control.interfaces import Hardware, TargetSource
from vla_ros.control.laws import ControlLaw, LawPreset, load_law, make_law
from vla_ros.control.loop import ControlLoop
from vla_ros.control.native.model import make_model
from vla_ros.control.native.parts import make_parts, native_law
from vla_ros.control.sensing import Sensing
from vla_ros.control.slowdown import Slowdown
from vla_ros.control.stiffness import stiffness_matrix
from vla_ros.control.supervisor import Event, State, Supervisor
from vla_ros.control.targets import MOTIONS, Kind, TargetConfig, Targets
from vla_ros.control.timing import TickStatistics
from vla_ros.data import SECOND, ActionChunk, Array, ExecutionStatus, Pose
from vla_ros.robots.spec import RobotSpec


_TRACKED = {'posture': 'joint targets', 'hand': 'the hand that leads it'}
OUTPUTS = ('effort', 'motion')  # what laws make; a simulation takes both


def build_loop(
    spec: RobotSpec,
    hardware: Hardware,
    source: TargetSource,
    supervisor: Supervisor | None = None,
    law: str = '',
    targets: TargetConfig | None = None,
) -> ControlLoop:
    """Build the loop of a robot: its law (or the preset `law`) and its limits.

    Raises:
        FileNotFoundError: no such preset; the message lists the valid names.
        ConfigError: a preset is not valid; the message names the field.
    """
    parts = make_parts(spec, load_law(law or spec.law, spec))
    stop_law = load_law(f'{spec.name}_stop', spec)
    model = parts.model
    return ControlLoop(
        spec,
        Actuation(spec, parts.law, stop_law, parts.limiter, hardware),
        source,
        supervisor,
        model=model,
        targets=Targets(spec, make_model(spec), 1 / spec.control_rate, targets),
        sensing=Sensing(spec, model),
        slowdown=Slowdown(spec, make_model(spec)),
    )


class Execution:
    """A robot that executes chunks: what the control node is, without ROS.

    Attributes:
        queue, supervisor, loop: its parts. timing: of its ticks, for whoever measures them.
    """

    def __init__(
        self,
        spec: RobotSpec,
        hardware: Hardware,
        queue: QueueConfig | None = None,
        law: str = '',
        targets: TargetConfig | None = None,
        outputs: tuple[str, ...] = OUTPUTS,
    ) -> None:
        """Build the parts for `hardware`, which takes `outputs`; nothing moves before a tick."""
        self.spec = spec
        self.queue = ChunkQueue(spec, queue)
        self.supervisor = Supervisor()
        self.loop = build_loop(spec, hardware, self.queue, self.supervisor, law, targets)
        self._outputs = outputs
        if cause := self._misfit(self.loop.actuation.law):
            raise ConfigError(cause)
        self.timing = TickStatistics()
        self._refusals, self._refusal = (0, 0), ''

    def offer(self, chunk: ActionChunk, now: int) -> str:
        """Take a chunk over for execution; return '' or the cause of its refusal."""
        cause = self.supervisor.refuses_chunks
        if not cause and (tracks := self.loop.actuation.law.tracks) != 'pose':
            cause = f'the control law in use follows {_TRACKED[tracks]}, not poses'
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

    def target(self, kind: Kind, stamp: int, values: Array, now: int) -> str:
        """Take a target of `stamp` (ns) over; return '' or the cause of its refusal.

        Only in TAKEOVER, but for the stiffness, which belongs to the law.
        """
        loop = self.loop
        if kind is Kind.STIFFNESS:
            try:
                loop.actuation.set_stiffness(stiffness_matrix(values), loop.model)
            except ValueError as error:
                return loop.targets.refuse(f'target_stiffness: {error}')
            return ''
        if self.supervisor.state is not State.TAKEOVER:
            return loop.targets.refuse(
                f'target_{kind.name.lower()} refused in {self.supervisor.mode.name}: '
                'take the arm over first'
            )
        tracks = loop.actuation.law.tracks
        if kind in MOTIONS and tracks != 'pose' and (kind, tracks) != (Kind.JOINT, 'posture'):
            return loop.targets.refuse(
                f'target_{kind.name.lower()}: the control law in use follows {_TRACKED[tracks]}'
            )
        return loop.targets.offer(kind, stamp, values, now)

    def adopt(self, preset: LawPreset) -> str:
        """Change to another law, or to other gains; return '' or the cause of the refusal."""
        try:
            law = native_law(make_law(preset, self.spec), self.spec)
        except ValueError as error:
            return f'law: {error}'
        return self._misfit(law) or self.loop.adopt(law)

    def tare(self) -> str:
        """Take the force sensor's readings from now on for its bias; return '' or a cause."""
        return self.loop.sensing.tare(self.loop.model)

    def _misfit(self, law: ControlLaw) -> str:
        """Return why the hardware cannot take what a law makes; '' when it can."""
        if law.output in self._outputs:
            return ''
        return (
            f'law: {type(law).__name__} makes {law.output}, '
            f'the driver of {self.spec.name} takes {" or ".join(self._outputs)}'
        )

    def restart(self) -> None:
        """Begin again where the arm was put, with no instruction."""
        self.supervisor.post(Event.FINISH, 'scene reset')
        self.loop.restart()

    def tick(self, now: int) -> None:
        """Do one control cycle at `now`, ns."""
        self.loop.tick(now)

    def prepare(self, now: int) -> None:
        """Do ahead what the cycle at `now` (ns) needs no measurement for; optional."""
        self.loop.prepare(now)

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
            refused_chunks=queue.refused,
            refused_targets=loop.targets.refused,
            last_refusal=self._last_refusal(),
            commanded=Pose(target.position.copy(), target.quaternion.copy()),
            measured=Pose(model.position.copy(), np.array(loop.measured_quaternion())),
            gripper_command=loop.limiter.gripper,
            gripper=loop.gripper,
        )

    def _cause(self) -> str:
        """Return why the arm is in its mode; in TAKEOVER, why it rests, if it does."""
        if self.supervisor.state is State.TAKEOVER and self.loop.targets.cause:
            return self.loop.targets.cause
        return self.supervisor.cause

    def _last_refusal(self) -> str:
        """Return the newer of the last refusals of chunks and of targets."""
        queue, targets = self.queue, self.loop.targets
        if (counts := (queue.refused, targets.refused)) != self._refusals:
            newer = targets if counts[1] != self._refusals[1] else queue
            self._refusals, self._refusal = counts, newer.last_refusal
        return self._refusal
