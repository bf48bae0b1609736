"""A joint group or a mobile base under control, with the interface of an arm."""

from collections.abc import Callable, Sequence
from typing import cast

from vla_ros.control.laws import LawPreset
from vla_ros.control.loops.interfaces import (
    Hardware,
    LimbHardware,
    TargetSource,
)
from vla_ros.control.loops.joint_group_loop import JointGroupLoop
from vla_ros.control.loops.mobile_base_loop import MobileBaseLoop
from vla_ros.control.loops.supervisor import State, Supervisor
from vla_ros.control.loops.targets import Kind, TargetConfig
from vla_ros.core.data import Array
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.loading import named_limbs
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.robots.robot import LimbSpec, Robot
from vla_ros.runtime.arm_limb import ArmLimb


class ChannelLimb:
    """A limb without a law: it executes its part of chunks, or follows a target of its own.

    Attributes:
        spec: the limb. loop: its control loop.
    """

    def __init__(
        self,
        spec: JointGroupSpec | MobileBaseSpec,
        loop: JointGroupLoop | MobileBaseLoop,
        supervisor: Supervisor,
    ) -> None:
        """Stand for the limb of a loop."""
        self.spec, self.loop = spec, loop
        self._supervisor = supervisor

    def refuses(self, moves: str) -> str:
        """Return '': it can always execute a chunk."""
        return ''

    @property
    def rests(self) -> str:
        """Why it rests though a person has the robot; '' when it follows."""
        taken = self._supervisor.state is State.TAKEOVER
        return self.loop.targets.cause if taken else ''

    def target(self, kind: Kind, stamp: int, values: Array, now: int) -> str:
        """Take a target of `stamp` (ns) over, in TAKEOVER; return '' or the cause of refusal."""
        targets = self.loop.targets
        if self._supervisor.state is not State.TAKEOVER:
            return targets.refuse(
                f'target_{kind.name.lower()} refused in {self._supervisor.mode.name}: '
                'take the robot over first'
            )
        return targets.offer(kind, stamp, values, now)

    def adopt(self, preset: LawPreset) -> str:
        """Return why it takes no law."""
        kind = self.spec.kind.replace('_', ' ')
        return f'law: {self.spec.name} is a {kind}, it has no control law'


Limb = ArmLimb | ChannelLimb


def make_limbs(
    robot: Robot,
    hardware: Sequence[LimbHardware],
    sources: Sequence[TargetSource],
    supervisor: Supervisor,
    law: str,
    targets: TargetConfig | None,
    driven: bool,
) -> tuple[Limb, ...]:
    """Return the limbs of a robot under control; the arguments are those of `ArmLimb`.

    Raises:
        ConfigError: the law does not suit the hardware, or a preset is not valid.
    """

    def make(name: str, spec: LimbSpec, own: LimbHardware, source: TargetSource) -> Limb:
        if spec.kind == 'arm':
            arm = cast(Hardware, own)  # hardware comes in the order of the limbs
            return ArmLimb(spec, arm, source, supervisor, law, targets, driven, name)
        loop = _LOOPS[spec.kind](spec, own, source, supervisor, targets or TargetConfig())
        return ChannelLimb(spec, loop, supervisor)

    parts = zip(named_limbs(robot), hardware, sources, strict=True)
    return tuple(make(name, spec, own, source) for (name, spec), own, source in parts)


_LOOPS: dict[str, Callable[..., JointGroupLoop | MobileBaseLoop]] = {
    'joint_group': JointGroupLoop, 'mobile_base': MobileBaseLoop,
}  # fmt: skip
