"""The control node: ROS in front of the 1 kHz process."""

from dataclasses import dataclass
import math
from typing import Any

import numpy as np

from vla_ros.config import ConfigError
from vla_ros.control.supervisor import Event
from vla_ros.data import ExecutionStatus
from vla_ros.language.grammar import FAMILIES, render
from vla_ros.nodes import convert, qos
from vla_ros.nodes.base import StageNode, run
from vla_ros.nodes.convert.base import header, packed
from vla_ros.nodes.driver import Driver
from vla_ros.nodes.episode import Episode, EpisodeDesk
from vla_ros.nodes.params import param
from vla_ros.nodes.services import ControlServices
from vla_ros.pipeline.realtime import RealtimeError, RealtimeProcess
from vla_ros.pipeline.worker import RealtimeConfig
from vla_ros.robots import load_robot
from vla_ros_msgs.msg import ActionChunk, EpisodeEvent, FailureStatus, Latent, SimState


@dataclass(frozen=True)
class ControlConfig:
    """Parameters of the control node."""

    robot: str = param('franka', 'Robot: a name in config/robots/ or a YAML file')
    sim: str = param('mujoco', 'mujoco: simulate the robot; none: use its driver topics')
    seed: int = param(0, 'Seed of the first simulated scene', 0, 2**31 - 1)
    instruction: str = param('', 'Instruction to begin with once active; empty: none')
    law: str = param('', 'Control law preset in config/control/; empty: that of the robot')
    policy_hash: str = param('', 'Weights hash of the policy, for the episode events')
    state_rate: float = param(200.0, 'joint_states per second, Hz', 10.0, 1000.0)
    command_rate: float = param(100.0, 'commanded_state per second, Hz', 10.0, 500.0)
    status_rate: float = param(20.0, 'status per second, Hz; also sent on change', 1.0, 100.0)

    def __post_init__(self) -> None:
        if self.sim not in ('mujoco', 'none'):
            raise ConfigError(f"sim: {self.sim!r} is not one of ['mujoco', 'none']")


class ControlNode(StageNode):
    """Publishes what the control process does, and passes on what it is asked to do."""

    Config = ControlConfig

    def configure(self, config: ControlConfig) -> None:
        """Start the control process, in IDLE: it holds the arm where it is."""
        self._spec = load_robot(config.robot)
        self._simulated = config.sim == 'mujoco'
        self._hash = config.policy_hash
        self._first = config.instruction
        self._arm = RealtimeProcess(
            RealtimeConfig(
                robot=config.robot, hardware='sim' if self._simulated else 'driver',
                seed=config.seed, law=config.law, state_rate=2 * config.state_rate,
                sim_rate=200.0, status_rate=config.status_rate,
            )
        )  # fmt: skip
        try:
            self._arm.start()
        except RealtimeError as error:
            raise ConfigError(str(error)) from error
        self.get_logger().info(f'control process {self._arm.pid}: {self._arm.note}')
        # Also while inactive: the control process holds the arm when it hears nothing.
        self.every(0.1, self._arm.beat, always=True)
        self._p_value = math.nan
        self._alarm = False
        self._stamp = self._commanded_stamp = 0  # ns, of what was published last
        self._subgoal = ''
        self._seen: tuple[Any, ...] = ()
        self._desk = EpisodeDesk(self._arm, self._simulated, self._announce)
        self._scenes = self._make_scenes() if self._simulated else None
        self._make_topics(config)
        self._offered = ControlServices(self, self._arm, self._desk, self._reset_scene)

    def _make_topics(self, config: ControlConfig) -> None:
        self._status = self.publish_on(qos.STATUS)
        self._episode = self.publish_on(qos.EPISODE)
        self._commanded = self.publish_on(qos.COMMANDED_STATE)
        if self._simulated:
            self._joints = self.publish_on(qos.JOINT_STATES)
            self._sim = self.publish_on(qos.SIM_STATE)
            self.every(1 / config.state_rate, self._publish_joints)
            self.every(1 / max(c.rate for c in self._spec.cameras), self._publish_sim)
        else:
            self._driver = Driver(self, self._spec, self._arm)
        self.every(1 / config.command_rate, self._publish_commanded)
        self.every(1 / config.status_rate, self._publish_status)
        self.listen(qos.ACTION_CHUNK, self._on_chunk)
        self.listen(qos.FAILURE, self._on_failure)
        self.listen(qos.LATENT, self._on_latent)

    def activate(self) -> None:
        """Begin with the instruction from the parameters, if there is one."""
        if self._first and (cause := self._desk.begin(self._first, self.now)):
            raise ConfigError(cause)
        self._first = ''

    def deactivate(self) -> None:
        """End the episode and hold."""
        self._desk.end('aborted', 'the control node was deactivated')
        self._publish_status()

    def release(self) -> None:
        """End the control process."""
        if hasattr(self, '_offered'):
            self._offered.destroy()
            del self._offered
        if hasattr(self, '_arm'):
            self._arm.stop()
            del self._arm

    def _publish_joints(self) -> None:
        snapshot = self._arm.state()
        # A timer that is late and then early would see the same tick twice.
        if snapshot is not None and snapshot.state.stamp > self._stamp:
            self._stamp = snapshot.state.stamp
            self._joints.publish(convert.joints_to_msg(self._spec, snapshot.state))

    def _publish_commanded(self) -> None:
        snapshot = self._arm.state()
        if snapshot is not None and snapshot.state.stamp > self._commanded_stamp:
            self._commanded_stamp = snapshot.state.stamp
            self._commanded.publish(convert.commanded_to_msg(self._spec, snapshot.state))
        status = self._arm.status()
        if _essence(status) != self._seen:
            self._publish_status()

    def _publish_status(self) -> None:
        death = self._arm.death()
        if death is not None:
            last = '\n'.join(death.lines)
            raise RuntimeError(f'the control process ended with code {death.code}:\n{last}')
        status = self._arm.status()
        self._seen = _essence(status)
        self._status.publish(convert.status_to_msg(status, self._spec.base_frame))
        self._offered.feedback(status, self._subgoal, self._p_value)
        sim = self._arm.sim_state()
        self._desk.poll(self.now, sim is not None and sim.success)

    def _publish_sim(self) -> None:
        sim = self._arm.sim_state()
        if sim is None:
            return
        message = SimState(header=header(sim.stamp, 'world'))
        message.scene_id = f'{sim.seed} {sim.family}'.strip()
        message.qpos, message.qvel = packed(sim.qpos, 'd'), packed(sim.qvel, 'd')
        self._sim.publish(message)

    def _on_chunk(self, message: ActionChunk) -> None:
        try:
            cause = self._arm.offer_chunk(convert.chunk_from_msg(message))
        except ValueError as error:
            cause = str(error)
        if cause:
            self.get_logger().error(f'chunk refused: {cause}', throttle_duration_sec=1.0)

    def _on_latent(self, message: Latent) -> None:
        self._subgoal = message.subgoal
        try:
            self._desk.refused(convert.latent_from_msg(message))
        except convert.ConvertError as error:
            self.get_logger().error(f'latent: {error}', throttle_duration_sec=1.0)

    def _on_failure(self, message: FailureStatus) -> None:
        self._p_value = message.p_value
        if message.alarm and not self._alarm:
            self.get_logger().warning(f'failure detector: {message.cause}')
            self._arm.post(Event.ALARM, f'failure detector: {message.cause}')
        self._alarm = message.alarm

    def _make_scenes(self) -> Any:
        # Only here: a robot with a driver needs no MuJoCo.
        from vla_ros.pipeline.simulated import Scenes
        from vla_ros.sim.config import load_sim

        return Scenes(self._spec, load_sim())

    def _reset_scene(self, family: str, seed: int) -> tuple[str, str]:
        if self._scenes is None:
            return 'this robot is not simulated', ''
        family = family or FAMILIES[seed % len(FAMILIES)]
        cause = self._arm.reset_scene(seed, family)
        if cause:
            return cause, ''
        request = self._scenes.request(family, seed)
        self._desk.hint = f'{request.family} {request.object} {request.target}'.strip()
        return '', render(request, np.random.default_rng(seed), 'plain')

    def _announce(self, episode: Episode, outcome: str, reason: str) -> None:
        event = EpisodeEvent(header=header(self.now), episode_id=episode.id)
        event.instruction, event.policy_hash = episode.instruction, self._hash
        event.event = EpisodeEvent.END if outcome else EpisodeEvent.START
        event.outcome, event.reason = outcome, reason
        self._subgoal = ''
        self._episode.publish(event)
        self.get_logger().info(f'{event.event} {episode.instruction!r} {outcome} {reason}'.strip())


def _essence(status: ExecutionStatus) -> tuple[Any, ...]:
    """Return what is published at once when it changes."""
    return status.mode, status.cause, status.refused_chunks, status.chunk_seq


def main() -> None:
    """Run the node."""
    run(lambda: ControlNode('control'))


if __name__ == '__main__':
    main()
