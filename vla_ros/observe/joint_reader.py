"""JointReader: joint_states of a limb and, where the gripper has a driver of its own, its opening.

A reader of one limb takes messages of two topics and makes one sample of both.
"""

from dataclasses import replace
from typing import Any

from vla_ros.core.data import SECOND
from vla_ros.core.message_codec import ConvertError, from_time
from vla_ros.observe.joints import FingerMap, JointError, JointMap, Joints
from vla_ros.observe.messages import joints_from_msg
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.spec import ArmSpec


_SILENT = 0.5  # s for which what a gripper has said is believed: its driver may be slow (30 Hz)


class JointReader:
    """Makes samples of a limb's messages."""

    def __init__(self, spec: ArmSpec | JointGroupSpec) -> None:
        """Begin with no opening heard of."""
        self._joints = JointMap(spec)
        self._fingers: FingerMap | None = None
        if isinstance(spec, ArmSpec) and spec.driver.gripper_separate:
            self._fingers = FingerMap(spec)
        self._opening: tuple[int, float] | None = None  # ns and m, newest

    def joints(self, message: Any) -> tuple[Joints, str]:
        """Return a sample, and why its opening is old; '' when it is not; raises ConvertError."""
        joints = joints_from_msg(message, self._joints)
        if self._fingers is None:
            return joints, ''
        if self._opening is None:
            raise ConvertError('gripper_states: not heard of yet')
        stamp, opening = self._opening
        apart = abs(joints.stamp - stamp) / SECOND
        old = f'gripper_states: {apart:.2f} s from joint_states, expected at most {_SILENT} s'
        return replace(joints, gripper=opening), old if apart > _SILENT else ''

    def fingers(self, message: Any) -> None:
        """Take a gripper's joint states; raises ConvertError."""
        assert self._fingers is not None  # it is heard of with them only
        try:
            opening = self._fingers.read(message.name, message.position)
        except JointError as error:
            raise ConvertError(str(error)) from error
        self._opening = from_time(message.header.stamp), opening
