"""Reports: what the control node publishes of the control process, each at its own rate."""

from collections.abc import Callable
from typing import Any

from vla_ros.core.data import ExecutionStatus
from vla_ros.robots.loading import named_limbs
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.robots.robot import LimbSpec, Robot
from vla_ros.ros import convert, qos
from vla_ros.ros.control.limb_reports import JointReports, make_reports
from vla_ros.ros.convert.fields import header, packed
from vla_ros.ros.guard import NodeEnd
from vla_ros.ros.stage_node import StageNode
from vla_ros.runtime.limb_link import LimbLink
from vla_ros.runtime.realtime import RealtimeProcess
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
            make_reports(node, limb, arm.limb(i), name)
            for i, (name, limb) in enumerate(named_limbs(spec))
        ]
        if simulated:
            self._joints = [
                JointReports(node, topic, limbs) for topic, limbs in _drivers(spec, arm).items()
            ]
            self._odometries = _odometries(node, spec, arm)
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
            NodeEnd: the control process has ended; the node ends with it, seen by all.
        """
        death = self._arm.death()
        if death is not None:
            last = '\n'.join(death.lines)
            raise NodeEnd(f'the control process ended with code {death.code}:\n{last}')
        status = self._arm.status()
        self._seen = _essence(status)
        try:
            status = self._on_status(status)
        finally:  # people are told what there is, also of a failure in the former
            self._status.publish(convert.status_to_msg(status, self._frame))

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
        message.time, message.peak_force = sim.time, sim.peak_force
        message.qpos, message.qvel = packed(sim.qpos, 'd'), packed(sim.qvel, 'd')
        self._sim.publish(message)


def _drivers(spec: Robot, arm: RealtimeProcess) -> dict[str, list[tuple[LimbSpec, LimbLink]]]:
    """Return for each topic of joint states the limbs that are on it.

    A mobile base has no such topic of its own: its joints are on the usual one, for drawing.
    Where a gripper has one, its fingers are there, with the rest of its arm.
    """
    result: dict[str, list[tuple[LimbSpec, LimbLink]]] = {}
    for i, limb in enumerate(spec.limbs):
        usual = (qos.JOINT_STATES.name,)
        for name in usual if isinstance(limb, MobileBaseSpec) else limb.driver.joint_topics:
            result.setdefault(name, []).append((limb, arm.limb(i)))
    return result


def _odometries(node: StageNode, spec: Robot, arm: RealtimeProcess) -> list[Any]:
    bases = [(i, limb) for i, limb in enumerate(spec.limbs) if isinstance(limb, MobileBaseSpec)]
    if not bases:
        return []
    from vla_ros.ros.drivers.mobile_base_driver import SimOdometry  # only here: it needs nav_msgs

    return [SimOdometry(node, limb, arm.limb(i)) for i, limb in bases]


def _essence(status: ExecutionStatus) -> tuple[Any, ...]:
    """Return what is published at once when it changes."""
    refused = status.refused_chunks, status.refused_targets
    return status.mode, status.cause, refused, status.chunk_seq
