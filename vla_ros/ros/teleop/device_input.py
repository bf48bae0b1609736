"""DeviceInput: the topics of a teleoperation device, or the terminal's keys, as samples."""

from collections.abc import Callable
from typing import Any

from geometry_msgs.msg import Twist
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import JointState
from sensor_msgs.msg import Joy as JoyMsg

from vla_ros.ros.convert.device import joy_from_msg, leader_from_msg, motion_from_msg
from vla_ros.ros.qos import NEWEST, Topic
from vla_ros.ros.stage_node import StageNode
from vla_ros.teleop import Device
from vla_ros.teleop.inputs import JointPositions, Joy, Keys, Motion, Sample
from vla_ros.teleop.keys import split
from vla_ros.teleop.terminal import Terminal


# What a device expects on a topic -> the message that carries it, and how it is read.
_MESSAGES: dict[type, tuple[Any, Callable[[Any, int], Sample]]] = {
    Motion: (Twist, motion_from_msg),
    Joy: (JoyMsg, joy_from_msg),
    JointPositions: (JointState, leader_from_msg),
}


class DeviceInput:
    """Gives a device what has come since it was last asked.

    Messages are kept as they came and only the newest of each topic is read: the SpaceMouse's
    driver sends a thousand a second.
    """

    def __init__(self, node: StageNode, device: Device) -> None:
        """Subscribe on `node`."""
        self._node, self._device = node, device
        self._waiting: dict[str, tuple[int, bytes]] = {}
        self._terminal: Terminal | None = None
        for name, kind in device.topics.items():
            topic = Topic(name, _MESSAGES[kind][0], NEWEST)
            node.listen(topic, self._keeper(name), raw=True)

    def open(self) -> None:
        """Take the terminal over, for a device that needs one; raises OSError without one."""
        if self._device.reads_keys and self._terminal is None:
            self._terminal = Terminal()

    def close(self) -> None:
        """Give the terminal back."""
        if self._terminal is not None:
            self._terminal.close()
            self._terminal = None

    def pass_on(self, now: int) -> None:
        """Give the device what has come, at `now`, ns."""
        waiting, self._waiting = self._waiting, {}
        for name, (arrival, data) in waiting.items():
            message, read = _MESSAGES[self._device.topics[name]]
            self._device.take(read(deserialize_message(data, message), arrival))
        if self._terminal is None:
            return
        try:
            keys = split(self._terminal.read())
        except OSError as error:
            self._node.get_logger().error(str(error))
            self.close()
            return
        if keys:
            self._device.take(Keys(now, keys))

    def _keeper(self, name: str) -> Callable[[bytes], None]:
        def keep(data: bytes) -> None:
            self._waiting[name] = self._node.now, data

        return keep
