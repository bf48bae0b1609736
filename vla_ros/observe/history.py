"""What each limb measured and was commanded in the last seconds, one class for each kind."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from vla_ros.core.data import Array, JointGroupState, LimbState, MobileBaseState, Pose, RobotState
from vla_ros.core.events import CommandedState
from vla_ros.core.rotations import quat_from_matrix
from vla_ros.observe.joints import Joints
from vla_ros.observe.stamped import KEPT, Stamped
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.robots.model import RobotModel
from vla_ros.robots.robot import LimbSpec
from vla_ros.robots.spec import ArmSpec


_APART = 0.05  # s from the wrench to the state that it belongs to, at most


class LimbHistory(ABC):
    """The state of a limb at any recent stamp.

    Attributes:
        name: of the limb. measured, commanded: what is known of it.
    """

    measured: Stamped[Any]
    commanded: Stamped[Any]

    def __init__(self, name: str) -> None:
        """Begin with nothing known of the limb."""
        self.name = name

    @property
    @abstractmethod
    def position(self) -> Array | None:
        """Newest numbers that say where it is; None before the first."""

    @abstractmethod
    def state(self, stamp: int, since: int = 0) -> LimbState:
        """Return the state nearest to `stamp`; there must be one.

        Nothing from before `since` (ns), unless there is nothing after it.
        """

    def problem(self, stamp: int, skew: float) -> str:
        """Return why the state at `stamp` is not known to `skew` s, or ''."""
        return self.measured.problem(stamp, skew) or self.commanded.problem(stamp, skew)


class ArmHistory(LimbHistory):
    """An arm: its joints, what it is commanded, and the wrench on its tcp, if that is heard of."""

    def __init__(self, spec: ArmSpec, kept: float = KEPT) -> None:
        """Begin with nothing known of the arm; `kept` s of it are kept."""
        super().__init__(spec.name)
        self._model = RobotModel(spec)
        self.measured: Stamped[Joints] = Stamped('joint_states', kept)
        self.commanded: Stamped[CommandedState] = Stamped('commanded_state', kept)
        # Of an arm that feels nothing, or of which nobody asked, there is none.
        self.wrench: Stamped[Array] = Stamped('external_wrench', kept)

    @property
    def position(self) -> Array | None:
        """Newest joint positions (n,), rad; None before the first."""
        return None if self.measured.newest is None else self.measured.newest.position

    def state(self, stamp: int, since: int = 0) -> RobotState:
        """Return the state nearest to `stamp`; there must be one."""
        _, joints = self.measured.at(stamp, since)
        _, commanded = self.commanded.at(stamp, since)
        model = self._model
        model.update(joints.position, joints.velocity)
        felt = {}
        if not self.wrench.problem(stamp, _APART):
            felt['wrench'] = self.wrench.at(stamp, since)[1]
        return RobotState(
            stamp=joints.stamp,
            position=joints.position,
            velocity=joints.velocity,
            ee=Pose(model.position.copy(), quat_from_matrix(model.rotation)),
            gripper=joints.gripper,
            commanded=commanded.pose,
            commanded_gripper=commanded.gripper,
            effort=joints.effort,
            twist=model.twist.copy(),
            commanded_position=commanded.joint_position,
            **felt,
        )


class JointGroupHistory(LimbHistory):
    """A joint group: its joints, measured and commanded."""

    def __init__(self, spec: JointGroupSpec, kept: float = KEPT) -> None:
        """Begin with nothing known of the posture; `kept` s of it are kept."""
        super().__init__(spec.name)
        self.measured: Stamped[Joints] = Stamped('joint_states', kept)
        self.commanded: Stamped[Array] = Stamped('commanded_joints', kept)

    @property
    def position(self) -> Array | None:
        """Newest joint positions (n,), rad; None before the first."""
        return None if self.measured.newest is None else self.measured.newest.position

    def state(self, stamp: int, since: int = 0) -> JointGroupState:
        """Return the state nearest to `stamp`; there must be one."""
        own, joints = self.measured.at(stamp, since)
        commanded = self.commanded.at(stamp, since)[1]
        return JointGroupState(own, joints.position, joints.velocity, commanded, joints.effort)


class MobileBaseHistory(LimbHistory):
    """A mobile base: where odometry has it, and its twists, measured and commanded."""

    def __init__(self, spec: MobileBaseSpec, kept: float = KEPT) -> None:
        """Begin with nothing known of the base; `kept` s of it are kept."""
        super().__init__(spec.name)
        self.measured: Stamped[tuple[Array, Array]] = Stamped('odom', kept)
        self.commanded: Stamped[Array] = Stamped('commanded_twist', kept)

    @property
    def position(self) -> Array | None:
        """Newest x, y m and yaw rad (3,); None before the first."""
        return None if self.measured.newest is None else self.measured.newest[0]

    def state(self, stamp: int, since: int = 0) -> MobileBaseState:
        """Return the state nearest to `stamp`; there must be one."""
        own, (pose, twist) = self.measured.at(stamp, since)
        return MobileBaseState(own, twist, self.commanded.at(stamp, since)[1], pose)


def make_history(spec: LimbSpec, kept: float = KEPT) -> LimbHistory:
    """Return the history of a limb, of which nothing is known yet; `kept` s of it are kept."""
    return _HISTORIES[spec.kind](spec, kept)


_HISTORIES: dict[str, Callable[[Any, float], LimbHistory]] = {
    'arm': ArmHistory, 'joint_group': JointGroupHistory, 'mobile_base': MobileBaseHistory,
}  # fmt: skip
