"""What each limb measured and was commanded in the last seconds, one class for each kind."""

from abc import ABC, abstractmethod
from typing import Any

from vla_ros.core.data import Array, JointGroupState, LimbState, MobileBaseState, Pose, RobotState
from vla_ros.core.rotations import quat_from_matrix
from vla_ros.observe.joints import Joints
from vla_ros.observe.stamped import Stamped
from vla_ros.robots.body import LimbSpec
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


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
    def state(self, stamp: int) -> LimbState:
        """Return the state nearest to `stamp`; there must be one."""

    def problem(self, stamp: int, skew: float) -> str:
        """Return why the state at `stamp` is not known to `skew` s, or ''."""
        return self.measured.problem(stamp, skew) or self.commanded.problem(stamp, skew)


class ArmHistory(LimbHistory):
    """An arm: its joints, and the pose and the opening commanded."""

    def __init__(self, spec: ArmSpec) -> None:
        """Begin with nothing known of the arm."""
        super().__init__(spec.name)
        self._model = RobotModel(spec)
        self.measured: Stamped[Joints] = Stamped('joint_states')
        self.commanded: Stamped[tuple[Pose, float]] = Stamped('commanded_state')

    @property
    def position(self) -> Array | None:
        """Newest joint positions (n,), rad; None before the first."""
        return None if self.measured.newest is None else self.measured.newest.position

    def state(self, stamp: int) -> RobotState:
        """Return the state nearest to `stamp`; there must be one."""
        _, joints = self.measured.at(stamp)
        _, (commanded, opening) = self.commanded.at(stamp)
        model = self._model
        model.update(joints.position, joints.velocity)
        return RobotState(
            stamp=joints.stamp,
            position=joints.position,
            velocity=joints.velocity,
            ee=Pose(model.position.copy(), quat_from_matrix(model.rotation)),
            gripper=joints.gripper,
            commanded=commanded,
            commanded_gripper=opening,
        )


class JointGroupHistory(LimbHistory):
    """A posture: its joints, measured and commanded."""

    def __init__(self, spec: JointGroupSpec) -> None:
        """Begin with nothing known of the posture."""
        super().__init__(spec.name)
        self.measured: Stamped[Joints] = Stamped('joint_states')
        self.commanded: Stamped[Array] = Stamped('commanded_joints')

    @property
    def position(self) -> Array | None:
        """Newest joint positions (n,), rad; None before the first."""
        return None if self.measured.newest is None else self.measured.newest.position

    def state(self, stamp: int) -> JointGroupState:
        """Return the state nearest to `stamp`; there must be one."""
        own, joints = self.measured.at(stamp)
        return JointGroupState(own, joints.position, joints.velocity, self.commanded.at(stamp)[1])


class MobileBaseHistory(LimbHistory):
    """A drive: where odometry has it, and its twists, measured and commanded."""

    def __init__(self, spec: MobileBaseSpec) -> None:
        """Begin with nothing known of the drive."""
        super().__init__(spec.name)
        self.measured: Stamped[tuple[Array, Array]] = Stamped('odom')
        self.commanded: Stamped[Array] = Stamped('commanded_twist')

    @property
    def position(self) -> Array | None:
        """Newest x, y m and yaw rad (3,); None before the first."""
        return None if self.measured.newest is None else self.measured.newest[0]

    def state(self, stamp: int) -> MobileBaseState:
        """Return the state nearest to `stamp`; there must be one."""
        own, (pose, twist) = self.measured.at(stamp)
        return MobileBaseState(own, twist, self.commanded.at(stamp)[1], pose)


def make_history(spec: LimbSpec) -> LimbHistory:
    """Return the history of a limb, of which nothing is known yet."""
    if isinstance(spec, JointGroupSpec):
        return JointGroupHistory(spec)
    if isinstance(spec, MobileBaseSpec):
        return MobileBaseHistory(spec)
    return ArmHistory(spec)
