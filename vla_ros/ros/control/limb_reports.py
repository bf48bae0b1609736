"""Reports of limbs of each kind, and of those whose joint states share a topic; see `Reports`."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from vla_ros.core.data import SECOND, LimbState
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.robots.robot import LimbSpec
from vla_ros.robots.spec import ArmSpec
from vla_ros.ros import convert, qos
from vla_ros.ros.convert import limbs as trunk
from vla_ros.ros.stage_node import StageNode
from vla_ros.runtime.limb_link import LimbLink
from vla_ros.runtime.shm_limb import JointGroupSnapshot, MobileBaseSnapshot, Snapshot


_BACK = SECOND  # ns by which no state is older than the last, unless the time has gone back
S = TypeVar('S', Snapshot, JointGroupSnapshot, MobileBaseSnapshot)


class LimbReports(ABC, Generic[S]):
    """What one limb is commanded; see `Reports`."""

    _stamp = 0  # ns, of what was published last

    def restart(self) -> None:
        """Forget when the last was."""
        self._stamp = 0

    def publish(self) -> None:
        """Publish what is newer than the last."""
        snapshot = self._read()
        # A timer that is late and then early would see the same tick twice; of a clock that has
        # gone back, what is older is new.
        if snapshot is None or 0 <= self._stamp - snapshot.state.stamp < _BACK:
            return
        self._stamp = snapshot.state.stamp
        self._send(snapshot)

    @abstractmethod
    def _read(self) -> S | None:
        """Return the newest state."""

    @abstractmethod
    def _send(self, snapshot: S) -> None:
        """Publish a state."""


class ArmReports(LimbReports[Snapshot]):
    """What an arm is commanded, and what it feels."""

    def __init__(self, node: StageNode, spec: ArmSpec, arm: LimbLink, limb: str) -> None:
        """Advertise on `node`."""
        self._frame, self._spec, self._arm = spec.base_frame, spec, arm
        self._commanded = node.publish_on(qos.COMMANDED_STATE.of(limb))
        self._measured = [
            (node.publish_on(topic.of(limb)), make)
            for topic, make in (
                (qos.CURRENT_POSE, convert.current_pose),
                (qos.CURRENT_TWIST, convert.current_twist),
                (qos.EXTERNAL_WRENCH, convert.external_wrench),
                (qos.TRACKING_ERROR, convert.tracking_error),
            )
        ]

    def _read(self) -> Snapshot | None:
        return self._arm.state()

    def _send(self, snapshot: Snapshot) -> None:
        self._commanded.publish(convert.commanded_to_msg(self._spec, snapshot.state))
        for publisher, make in self._measured:
            message = make(snapshot, self._frame) if publisher.get_subscription_count() else None
            if message is not None:
                publisher.publish(message)


class JointGroupReports(LimbReports[JointGroupSnapshot]):
    """What a joint group is commanded."""

    def __init__(self, node: StageNode, spec: JointGroupSpec, link: LimbLink, limb: str) -> None:
        """Advertise on `node`."""
        self._spec, self._link = spec, link
        self._commanded = node.publish_on(qos.COMMANDED_JOINTS.of(limb))

    def _read(self) -> JointGroupSnapshot | None:
        return self._link.joint_group()

    def _send(self, snapshot: JointGroupSnapshot) -> None:
        self._commanded.publish(trunk.commanded_joints(self._spec, snapshot))


class MobileBaseReports(LimbReports[MobileBaseSnapshot]):
    """What a mobile base is commanded."""

    def __init__(self, node: StageNode, spec: MobileBaseSpec, link: LimbLink, limb: str) -> None:
        """Advertise on `node`."""
        self._spec, self._link = spec, link
        self._commanded = node.publish_on(qos.COMMANDED_TWIST.of(limb))

    def _read(self) -> MobileBaseSnapshot | None:
        return self._link.mobile_base()

    def _send(self, snapshot: MobileBaseSnapshot) -> None:
        self._commanded.publish(trunk.commanded_twist(self._spec, snapshot.state))


def make_reports(node: StageNode, spec: LimbSpec, link: LimbLink, limb: str) -> 'AnyReports':
    """Return the reports of a limb, called `limb` in topics."""
    return _REPORTS[spec.kind](node, spec, link, limb)


AnyReports = ArmReports | JointGroupReports | MobileBaseReports
_REPORTS: dict[str, Callable[[StageNode, Any, LimbLink, str], AnyReports]] = {
    'arm': ArmReports, 'joint_group': JointGroupReports, 'mobile_base': MobileBaseReports,
}  # fmt: skip
_STATES: dict[str, Callable[[LimbLink], Any]] = {
    'arm': lambda link: link.state(),
    'joint_group': lambda link: link.joint_group(),
    'mobile_base': lambda link: link.mobile_base(),
}


class JointReports:
    """The joint states of the limbs that share a topic, in place of their driver's."""

    def __init__(
        self, node: StageNode, topic: str, limbs: list[tuple[LimbSpec, LimbLink]]
    ) -> None:
        """Advertise on `node`."""
        self._limbs, self._stamp = limbs, 0  # ns, of what was published last
        self._publisher = node.publish_on(qos.joint_states(topic))

    def publish(self) -> None:
        """Publish what is newer than the last."""
        found = [(spec, _state(spec, link)) for spec, link in self._limbs]
        states = [(spec, state) for spec, state in found if state is not None]
        if len(states) == len(found) and states[0][1].stamp > self._stamp:
            self._stamp = states[0][1].stamp
            self._publisher.publish(convert.joints_to_msg(states))


def _state(spec: LimbSpec, link: LimbLink) -> LimbState | None:
    """Return the newest state of a limb."""
    snapshot = _STATES[spec.kind](link)
    return None if snapshot is None else snapshot.state
