"""Alarm: what the failure detector says, and its alarm passed on to the control process."""

import math

from vla_ros.control.loops.supervisor import Event
from vla_ros.ros import qos
from vla_ros.ros.stage_node import StageNode
from vla_ros.runtime.realtime import RealtimeProcess
from vla_ros_msgs.msg import FailureStatus


class Alarm:
    """Holds the arm whenever an alarm begins.

    Attributes:
        p_value: the newest; NaN before the first.
    """

    def __init__(self, node: StageNode, arm: RealtimeProcess) -> None:
        """Subscribe on `node`."""
        self.p_value = math.nan
        self._node, self._arm = node, arm
        self._raised = False
        node.listen(qos.FAILURE, self._on_failure)

    def _on_failure(self, message: FailureStatus) -> None:
        self.p_value = message.p_value
        if message.alarm and not self._raised:
            cause = f'failure detector: {message.cause}'
            self._node.get_logger().warning(cause)
            self._arm.post(Event.ALARM, cause)
        self._raised = message.alarm
