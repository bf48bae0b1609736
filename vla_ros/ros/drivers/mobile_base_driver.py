"""The topics of a mobile base: those of its ROS 2 driver, and what stands for it in simulation."""

import time
from typing import Any

from geometry_msgs.msg import Twist, TwistStamped
from nav_msgs.msg import Odometry
import numpy as np

from vla_ros.core.data import Array
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.ros import qos
from vla_ros.ros.convert import ConvertError
from vla_ros.ros.convert import limbs as trunk
from vla_ros.ros.convert.odometry import odometry_from_msg, odometry_to_msg
from vla_ros.ros.stage_node import StageNode
from vla_ros.runtime.limb_link import LimbLink


_DEAD = 0.1  # s without a tick after which the mobile base is to stand
_EVERY = 0.02  # s between two twists, and between two odometries of a simulation


class MobileBaseDriver:
    """Odometry goes in as it comes; twists leave at a rate of their own.

    So that a mobile base whose odometry is stale is still told to brake, and to stand.

    Attributes:
        refused: why the newest odometry was refused; '' when it was not.
    """

    def __init__(self, node: StageNode, spec: MobileBaseSpec, limb: LimbLink) -> None:
        """Subscribe and advertise on `node`."""
        self._node, self._spec, self._limb = node, spec, limb
        self.refused = ''
        self._stamp: int | None = None  # ns, of the newest tick
        self._ticked = 0.0  # s, when that came
        self._stamped = spec.driver.command_type == 'twist_stamped'
        kind: Any = TwistStamped if self._stamped else Twist
        self._publisher = node.publish_on(qos.Topic(spec.driver.command, kind, qos.COMMAND))
        node.listen(qos.odom(spec.driver.odom), self._on_odom)
        node.every(_EVERY, self._command)

    def send_stop(self) -> None:
        """Send that it stands: nothing is sent after that."""
        if self._limb.mobile_base() is not None:
            self._publish(self._node.now, np.zeros(3))

    def _on_odom(self, message: Odometry) -> None:
        try:
            stamp, pose, twist = odometry_from_msg(message, self._spec)
        except ConvertError as error:
            # Not passed on: to the control process odometry is then silent, and all holds.
            self.refused = str(error)
            self._node.get_logger().error(self.refused, throttle_duration_sec=1.0)
            return
        self.refused = ''
        self._limb.odom(stamp, pose, twist)

    def _command(self) -> None:
        snapshot, now = self._limb.mobile_base(), time.monotonic()
        if snapshot is None:
            return
        stamp, twist = snapshot.state.stamp, snapshot.state.commanded
        if stamp != self._stamp:
            self._stamp, self._ticked = stamp, now
        # A control process that stands still cannot brake: its last twist is not meant for now.
        lives = now - self._ticked < _DEAD
        self._publish(stamp, twist if lives else np.zeros(3))

    def _publish(self, stamp: int, twist: Array) -> None:
        if self._stamped:
            self._publisher.publish(trunk.twist_stamped(self._spec, stamp, twist))
        else:
            self._publisher.publish(trunk.twist(twist))


class SimOdometry:
    """The odometry of a simulated mobile base, in place of its driver's."""

    def __init__(self, node: StageNode, spec: MobileBaseSpec, limb: LimbLink) -> None:
        """Advertise on `node`."""
        self._spec, self._limb, self._stamp = spec, limb, 0  # ns, of what was published last
        self._publisher = node.publish_on(qos.odom(spec.driver.odom))
        node.every(_EVERY, self._publish)

    def _publish(self) -> None:
        snapshot = self._limb.mobile_base()
        if snapshot is not None and snapshot.state.stamp > self._stamp:
            self._stamp = snapshot.state.stamp
            self._publisher.publish(odometry_to_msg(self._spec, snapshot.state))
