"""Reports: what the control node publishes of the control process, each at its own rate."""

from collections.abc import Callable
from typing import Any

from vla_ros.data import ExecutionStatus
from vla_ros.nodes import convert, qos
from vla_ros.nodes.base import StageNode
from vla_ros.nodes.convert.base import header, packed
from vla_ros.pipeline.limb_link import LimbLink
from vla_ros.pipeline.realtime import RealtimeProcess
from vla_ros.robots.body import Robot
from vla_ros.robots.loading import named_arms
from vla_ros.robots.spec import RobotSpec
from vla_ros_msgs.msg import SimState


class Reports:
    """Publishes state, commanded state, status and, in simulation, the world."""

    def __init__(
        self,
        node: StageNode,
        spec: Robot,
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
        self._arm, self._on_status = arm, on_status
        self._frame = spec.arms[0].base_frame
        self._seen: tuple[Any, ...] = ()
        self._status = node.publish_on(qos.STATUS)
        self._limbs = [
            LimbReports(node, limb, arm.limb(i), name)
            for i, (name, limb) in enumerate(named_arms(spec))
        ]
        if simulated:
            self._joints = [
                JointReports(node, topic, limbs) for topic, limbs in _drivers(spec, arm).items()
            ]
            self._sim = node.publish_on(qos.SIM_STATE)
            node.every(1 / rates[0], self._publish_joints)
            node.every(1 / max(camera.rate for camera in spec.cameras), self._publish_sim)
        node.every(1 / rates[1], self._publish_commanded)
        node.every(1 / rates[2], self.publish_status)

    def restart(self) -> None:
        """Take what is older than the last for newer: the clock has gone back."""
        for limb in self._limbs:
            limb.restart()

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
        self._status.publish(convert.status_to_msg(amended, self._frame))

    def _publish_joints(self) -> None:
        for joints in self._joints:
            joints.publish()

    def _publish_commanded(self) -> None:
        for limb in self._limbs:
            limb.publish()
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


class LimbReports:
    """What one arm is commanded and feels; see `Reports`."""

    def __init__(self, node: StageNode, spec: RobotSpec, arm: LimbLink, limb: str) -> None:
        """Advertise on `node`."""
        self._frame, self._spec, self._arm = spec.base_frame, spec, arm
        self._stamp = 0  # ns, of what was published last
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

    def restart(self) -> None:
        """Forget when the last was."""
        self._stamp = 0

    def publish(self) -> None:
        """Publish what is newer than the last."""
        snapshot = self._arm.state()
        # A timer that is late and then early would see the same tick twice.
        if snapshot is None or snapshot.state.stamp <= self._stamp:
            return
        self._stamp = snapshot.state.stamp
        self._commanded.publish(convert.commanded_to_msg(self._spec, snapshot.state))
        for publisher, make in self._measured:
            if publisher.get_subscription_count():
                publisher.publish(make(snapshot, self._frame))


class JointReports:
    """The joint states of the arms that share a topic, in place of their driver's."""

    def __init__(
        self, node: StageNode, topic: str, limbs: list[tuple[RobotSpec, LimbLink]]
    ) -> None:
        """Advertise on `node`."""
        self._limbs, self._stamp = limbs, 0  # ns, of what was published last
        self._publisher = node.publish_on(qos.joint_states(topic))

    def publish(self) -> None:
        """Publish what is newer than the last."""
        found = [(spec, arm.state()) for spec, arm in self._limbs]
        states = [(spec, snapshot.state) for spec, snapshot in found if snapshot is not None]
        if len(states) == len(found) and states[0][1].stamp > self._stamp:
            self._stamp = states[0][1].stamp
            self._publisher.publish(convert.joints_to_msg(states))


def _drivers(spec: Robot, arm: RealtimeProcess) -> dict[str, list[tuple[RobotSpec, LimbLink]]]:
    """Return for each topic of joint states the arms that are on it."""
    result: dict[str, list[tuple[RobotSpec, LimbLink]]] = {}
    for i, limb in enumerate(spec.arms):
        result.setdefault(limb.driver.joint_states, []).append((limb, arm.limb(i)))
    return result


def _essence(status: ExecutionStatus) -> tuple[Any, ...]:
    """Return what is published at once when it changes."""
    refused = status.refused_chunks, status.refused_targets
    return status.mode, status.cause, refused, status.chunk_seq
