"""The arm of a robot under control: its loop, and what may be asked of it between two ticks."""

from collections.abc import Sequence

from vla_ros.control.avoidance.inter_arm import InterArmAvoidance
from vla_ros.control.avoidance.slowdown import Slowdown
from vla_ros.control.laws import ControlLaw, LawPreset, load_law, make_law
from vla_ros.control.limits.stiffness import stiffness_matrix
from vla_ros.control.loops.actuation import Actuation
from vla_ros.control.loops.interfaces import Hardware, TargetSource
from vla_ros.control.loops.loop import ControlLoop
from vla_ros.control.loops.supervisor import State, Supervisor
from vla_ros.control.loops.targets import MOTIONS, Kind, TargetConfig, Targets
from vla_ros.control.loops.validator import StateValidator
from vla_ros.control.native.model import make_model
from vla_ros.control.native.parts import make_parts, native_law
from vla_ros.control.sensing.arm_sensing import Sensing
from vla_ros.core.config import ConfigError
from vla_ros.core.data import Array
from vla_ros.robots.robot import Robot, RobotSpec
from vla_ros.robots.spec import ArmSpec


_TRACKED = {'joints': 'joints', 'hand': 'the hand that leads it'}
_OUTPUTS = ('effort', 'motion')  # what laws make; a simulation takes both


def build_loop(
    spec: ArmSpec,
    hardware: Hardware,
    source: TargetSource,
    supervisor: Supervisor | None = None,
    law: str = '',
    targets: TargetConfig | None = None,
    torques: bool = True,
    name: str = '',
) -> ControlLoop:
    """Build the loop of an arm: its law (or the preset `law`) and its limits.

    `torques`: whether the torques that the law makes are those that act. `name`: what tells it
    apart from other limbs of the robot.

    Raises:
        FileNotFoundError: no such preset; the message lists the valid names.
        ConfigError: a preset is not valid; the message names the field.
    """
    parts = make_parts(spec, load_law(law or spec.law, spec))
    stop_law = load_law(spec.stop_law or f'{spec.name}_stop', spec)
    model = parts.model
    return ControlLoop(
        spec,
        Actuation(spec, parts.law, stop_law, parts.limiter, hardware, poses=not torques),
        source,
        supervisor,
        model=model,
        belief=StateValidator(spec, name),
        targets=Targets(spec, make_model(spec), 1 / spec.control_rate, targets),
        sensing=Sensing(spec, model, torques),
        slowdown=Slowdown(spec, make_model(spec)),
    )


def avoid_each_other(robot: Robot, loops: Sequence[ControlLoop]) -> None:
    """Make the arms of a robot, with these loops, slow down before each other."""
    if isinstance(robot, RobotSpec) and len(loops) > 1:
        for number, loop in enumerate(loops):
            loop.slowdown.neighbours = InterArmAvoidance(robot, number, loops)


class ArmLimb:
    """An arm that executes its part of chunks, or follows targets of its own.

    Attributes:
        spec: the arm. loop: its control loop.
    """

    def __init__(
        self,
        spec: ArmSpec,
        hardware: Hardware,
        source: TargetSource,
        supervisor: Supervisor,
        law: str = '',
        targets: TargetConfig | None = None,
        driven: bool = False,
        name: str = '',
    ) -> None:
        """Build the loop for `hardware`.

        `driven`: it takes only what the arm's driver does. `name`: as in `build_loop`.

        Raises:
            ConfigError: the law does not suit the hardware, or a preset is not valid.
        """
        self.spec = spec
        # A compliance controller of the robot's own makes torques that nobody here knows.
        torques = not (driven and spec.driver.command_type == 'pose')
        self.loop = build_loop(spec, hardware, source, supervisor, law, targets, torques, name)
        self._supervisor = supervisor
        self._outputs = [o for o in _OUTPUTS if not driven or spec.driver.takes(o)]
        if cause := self._misfit(self.loop.actuation.law):
            raise ConfigError(cause)

    def refuses(self, moves: str) -> str:
        """Return why it cannot execute a chunk that `moves` its pose or its joints, or ''."""
        tracks = self.loop.actuation.law.tracks
        if tracks == 'pose' or not moves or (tracks, moves) == ('joints', 'joint'):
            return ''
        return f'the control law in use follows {_TRACKED[tracks]}, not a {moves}'

    @property
    def rests(self) -> str:
        """Why it rests though a person has the robot; '' when it follows."""
        taken = self._supervisor.state is State.TAKEOVER
        return self.loop.targets.cause if taken else ''

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
        if self._supervisor.state is not State.TAKEOVER:
            return loop.targets.refuse(
                f'target_{kind.name.lower()} refused in {self._supervisor.mode.name}: '
                'take the arm over first'
            )
        tracks = loop.actuation.law.tracks
        if kind in MOTIONS and tracks != 'pose' and (kind, tracks) != (Kind.JOINT, 'joints'):
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
