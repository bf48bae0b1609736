"""LimbTopics: what the control node offers of one limb, beside its reports."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from vla_ros.control.loops.jump import JUMPED
from vla_ros.core.data import ExecutionStatus, Mode
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.robots.robot import LimbSpec
from vla_ros.robots.spec import ArmSpec
from vla_ros.ros.control.gains import LawParameters
from vla_ros.ros.control.targets import TargetTopics
from vla_ros.ros.drivers.arm_driver import Driver
from vla_ros.ros.drivers.joint_group_driver import JointGroupDriver
from vla_ros.ros.drivers.mobile_base_driver import MobileBaseDriver
from vla_ros.ros.publishers import rivals
from vla_ros.ros.stage_node import StageNode
from vla_ros.runtime.limb_link import LimbLink


class LimbDriver(Protocol):
    """The topics of a limb's ROS 2 driver."""

    @property
    def refused(self) -> str:
        """Why the newest that was measured was refused; '' when it was not."""

    def send_stop(self) -> None:
        """Send what is to hold when nothing more is sent."""


class LimbTopics:
    """Its targets, the parameters of its law and, of a real robot, its driver."""

    def __init__(
        self,
        node: StageNode,
        spec: LimbSpec,
        limb: LimbLink,
        name: str,
        law: str,
        driven: bool,
    ) -> None:
        """Subscribe, advertise and declare on `node`.

        Args:
            node: the control node.
            spec: of the limb.
            limb: its side of the control process.
            name: of the limb; '' is an only one.
            law: preset in config/control/ that an arm begins with; empty: that of the arm.
            driven: whether the robot's own driver moves it.
        """
        self._node, self._spec = node, spec
        self._targets = TargetTopics(node, spec, limb, name)
        self._gains: LawParameters | None = None
        if isinstance(spec, ArmSpec):
            self._gains = LawParameters(node, spec, limb, law or spec.law, name)
        self._driver = _driver(node, spec, limb) if driven else None

    def amend(self, status: ExecutionStatus) -> ExecutionStatus:
        """Return the status with the targets that were refused here, and why its driver is."""
        status = self._targets.amend(status)
        if self._driver is None or status.mode is not Mode.HOLD:
            return status
        refused = self._driver.refused or self._rivals(status.cause)
        # Limbs of one topic may refuse it for the same reason.
        if not refused or refused in status.cause:
            return status
        # To the control process a driver that is refused is silent: people are told the rest here.
        return replace(status, cause=f'{status.cause}; {refused}')

    def _rivals(self, cause: str) -> str:
        """Return who publishes the limb's state, where it jumped and they are several; or ''."""
        if not any(f'{name} {JUMPED}' in cause for name in self._spec.joint_names):
            return ''
        topic = measured_topic(self._spec)
        names = rivals(self._node, topic)
        return f'{topic}: expected one publisher, got {names}' if names else ''

    def send_stop(self) -> None:
        """Send what is to hold while the node is inactive."""
        if self._driver is not None:
            self._driver.send_stop()

    def destroy(self) -> None:
        """Take the parameters down; the topics end with the node's others."""
        if self._gains is not None:
            self._gains.destroy()


def measured_topic(spec: LimbSpec) -> str:
    """Return the topic on which a limb's driver says where it is."""
    return spec.driver.odom if isinstance(spec, MobileBaseSpec) else spec.driver.joint_states


def _driver(node: StageNode, spec: LimbSpec, limb: LimbLink) -> LimbDriver:
    return _DRIVERS[spec.kind](node, spec, limb)


_DRIVERS: dict[str, Callable[[StageNode, Any, LimbLink], LimbDriver]] = {
    'arm': Driver, 'joint_group': JointGroupDriver, 'mobile_base': MobileBaseDriver,
}  # fmt: skip
