"""Target topics: what a person's device or another program wants, checked and passed on."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from std_msgs.msg import Float64

from vla_ros.control.loops.targets import Kind
from vla_ros.core.data import ExecutionStatus, Mode
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.robots.robot import LimbSpec
from vla_ros.robots.spec import ArmSpec
from vla_ros.ros import qos
from vla_ros.ros.convert import target as convert
from vla_ros.ros.convert.fields import ConvertError
from vla_ros.ros.publishers import rivals
from vla_ros.ros.stage_node import StageNode
from vla_ros.runtime.limb_link import LimbLink


_COUNT_EVERY = 0.5  # s


class TargetTopics:
    """Listens; what is refused is counted, logged and shown in the status, with its cause."""

    def __init__(self, node: StageNode, spec: LimbSpec, arm: LimbLink, limb: str = '') -> None:
        """Subscribe on `node`, to the topics of a limb; '' is an only one."""
        self._node, self._arm = node, arm
        self._refused, self._last = 0, ''
        self._crowds: dict[str, str] = {}  # topic -> its publishers, if there are several
        self._mode = Mode.IDLE
        take = _taken(spec)
        self._topics = [topic.of(limb) for topic, _ in take.values()]
        for topic, (kind, (_, read)) in zip(self._topics, take.items(), strict=True):
            node.listen(topic, self._receiver(kind, topic.name, read))
        node.every(_COUNT_EVERY, self._count_publishers, always=True)

    def amend(self, status: ExecutionStatus) -> ExecutionStatus:
        """Return the status with what was refused here."""
        self._mode = status.mode
        if not self._refused:
            return status
        return replace(
            status,
            refused_targets=status.refused_targets + self._refused,
            last_refusal=self._last or status.last_refusal,
        )

    def _receiver(
        self, kind: Kind, name: str, read: Callable[[Any], Any]
    ) -> Callable[[Any], None]:
        def receive(message: Any) -> None:
            try:
                values = read(message)
                stamped = hasattr(message, 'header')
                stamp = convert.stamp_of(message.header) if stamped else self._node.now
                if name in self._crowds:
                    raise ConvertError(f'expected one publisher, got {self._crowds[name]}')
                if self._mode is not Mode.TAKEOVER and kind is not Kind.STIFFNESS:
                    raise ConvertError(
                        f'refused in {self._mode.name}: call the service `takeover` first'
                    )
            except ConvertError as error:
                self._refuse(f'{name}: {error}')
                return
            self._last = ''
            self._arm.target(kind, stamp, values)

        return receive

    def _refuse(self, cause: str) -> None:
        self._refused += 1
        self._last = cause
        self._node.get_logger().error(cause, throttle_duration_sec=1.0)

    def _count_publishers(self) -> None:
        for topic in self._topics:
            self._crowds.pop(topic.name, None)
            if names := rivals(self._node, topic.name):
                self._crowds[topic.name] = names


def _taken(spec: LimbSpec) -> dict[Kind, tuple[qos.Topic, Callable[[Any], Any]]]:
    """Return for each kind of target that a limb follows its topic and how it is read."""
    return _TAKEN[spec.kind](spec)


Reads = dict[Kind, tuple[qos.Topic, Callable[[Any], Any]]]


def _of_joint_group(spec: JointGroupSpec) -> Reads:
    return {Kind.JOINT: (qos.TARGET_JOINT, lambda m: convert.joint_target(m, spec))}


def _of_mobile_base(spec: MobileBaseSpec) -> Reads:
    return {Kind.TWIST: (qos.TARGET_TWIST, lambda m: convert.drive_target(m, spec))}


def _of_arm(spec: ArmSpec) -> Reads:
    return {
        Kind.POSE: (qos.TARGET_POSE, lambda m: convert.pose_target(m, spec)),
        Kind.TWIST: (qos.TARGET_TWIST, lambda m: convert.twist_target(m, spec)),
        Kind.JOINT: (qos.TARGET_JOINT, lambda m: convert.joint_target(m, spec)),
        Kind.WRENCH: (qos.TARGET_WRENCH, lambda m: convert.wrench_target(m, spec)),
        Kind.STIFFNESS: (qos.TARGET_STIFFNESS, convert.stiffness_target),
        Kind.GRIPPER: (qos.TARGET_GRIPPER, _opening),
    }


_TAKEN: dict[str, Callable[[Any], Reads]] = {
    'arm': _of_arm, 'joint_group': _of_joint_group, 'mobile_base': _of_mobile_base,
}  # fmt: skip


def _opening(message: Float64) -> Any:
    if not np.isfinite(message.data):
        raise ConvertError(f'expected a finite opening in m, got {message.data}')
    return np.array([message.data])
