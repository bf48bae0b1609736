"""Reports: what the control node publishes of the control process, each at its own rate."""

from collections.abc import Callable
from typing import Any

from vla_ros.data import ExecutionStatus
from vla_ros.nodes import convert, qos
from vla_ros.nodes.base import StageNode
from vla_ros.nodes.convert.base import header, packed
from vla_ros.pipeline.realtime import RealtimeProcess
from vla_ros.robots.spec import RobotSpec
from vla_ros_msgs.msg import SimState


class Reports:
    """Publishes state, commanded state, status and, in simulation, the world."""

    def __init__(
        self,
        node: StageNode,
        spec: RobotSpec,
        arm: RealtimeProcess,
        rates: tuple[float, float, float],
        simulated: bool,
        on_status: Callable[[ExecutionStatus], ExecutionStatus],
    ) -> None:
        """Advertise on `node`.

        Args:
            node: publishes while it is active.
            spec: the robot.
            arm: its control process.
            rates: of joint_states (simulated only), commanded_state and status, Hz.
            simulated: whether the robot's own driver is missing.
            on_status: called with every status; what it returns is published.
        """
        self._spec, self._arm, self._on_status = spec, arm, on_status
        self._seen: tuple[Any, ...] = ()
        self._joints_stamp = self._commanded_stamp = 0  # ns, of what was published last
        self._status = node.publish_on(qos.STATUS)
        self._commanded = node.publish_on(qos.COMMANDED_STATE)
        self._measured = [
            (node.publish_on(topic), make)
            for topic, make in (
                (qos.CURRENT_POSE, convert.current_pose),
                (qos.CURRENT_TWIST, convert.current_twist),
                (qos.EXTERNAL_WRENCH, convert.external_wrench),
                (qos.TRACKING_ERROR, convert.tracking_error),
            )
        ]
        if simulated:
            self._joints = node.publish_on(qos.JOINT_STATES)
            self._sim = node.publish_on(qos.SIM_STATE)
            node.every(1 / rates[0], self._publish_joints)
            node.every(1 / max(camera.rate for camera in spec.cameras), self._publish_sim)
        node.every(1 / rates[1], self._publish_commanded)
        node.every(1 / rates[2], self.publish_status)

    def publish_status(self) -> None:
        """Publish the status now.

        Raises:
            RuntimeError: the control process has ended; the node ends with it, seen by all.
        """
        death = self._arm.death()
        if death is not None:
            last = '\n'.join(death.lines)
            raise RuntimeError(f'the control process ended with code {death.code}:\n{last}')
        status = self._arm.status()
        self._seen = _essence(status)
        amended = self._on_status(status)
        self._status.publish(convert.status_to_msg(amended, self._spec.base_frame))

    def _publish_joints(self) -> None:
        snapshot = self._arm.state()
        # A timer that is late and then early would see the same tick twice.
        if snapshot is not None and snapshot.state.stamp > self._joints_stamp:
            self._joints_stamp = snapshot.state.stamp
            self._joints.publish(convert.joints_to_msg(self._spec, snapshot.state))

    def _publish_commanded(self) -> None:
        snapshot = self._arm.state()
        if snapshot is not None and snapshot.state.stamp > self._commanded_stamp:
            self._commanded_stamp = snapshot.state.stamp
            self._commanded.publish(convert.commanded_to_msg(self._spec, snapshot.state))
            for publisher, make in self._measured:
                if publisher.get_subscription_count():
                    publisher.publish(make(snapshot, self._spec.base_frame))
        if _essence(self._arm.status()) != self._seen:
            self.publish_status()

    def _publish_sim(self) -> None:
        sim = self._arm.sim_state()
        if sim is None:
            return
        message = SimState(header=header(sim.stamp, 'world'))
        message.scene_id = f'{sim.seed} {sim.family}'.strip()
        message.qpos, message.qvel = packed(sim.qpos, 'd'), packed(sim.qvel, 'd')
        self._sim.publish(message)


def _essence(status: ExecutionStatus) -> tuple[Any, ...]:
    """Return what is published at once when it changes."""
    refused = status.refused_chunks, status.refused_targets
    return status.mode, status.cause, refused, status.chunk_seq
