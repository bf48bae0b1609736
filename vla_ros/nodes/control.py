"""The control node: ROS in front of the 1 kHz process."""

from collections.abc import Callable
import math

from vla_ros.config import ConfigError
from vla_ros.control.supervisor import Event
from vla_ros.data import ExecutionStatus, Mode
from vla_ros.nodes import convert, qos
from vla_ros.nodes.base import StageNode, run
from vla_ros.nodes.clock import SimClock
from vla_ros.nodes.control_config import ControlConfig
from vla_ros.nodes.convert.base import header
from vla_ros.nodes.driver import Driver
from vla_ros.nodes.episode import Episode, EpisodeDesk, Interventions, instruction_problem
from vla_ros.nodes.gains import LawParameters
from vla_ros.nodes.reports import Reports
from vla_ros.nodes.services import ControlServices
from vla_ros.nodes.targets import TargetTopics
from vla_ros.pipeline.realtime import RealtimeError, RealtimeProcess
from vla_ros.robots import load_robot, named_arms
from vla_ros_msgs.msg import ActionChunk, EpisodeEvent, FailureStatus, Latent


class ControlNode(StageNode):
    """Publishes what the control process does, and passes on what it is asked to do."""

    Config = ControlConfig
    timers_in_real_time = True

    def configure(self, config: ControlConfig) -> None:
        """Start the control process, in IDLE: it holds the arm where it is."""
        if cause := config.clock_problem(self.sim_time):
            raise ConfigError(cause)
        self._spec = load_robot(config.body)
        self._simulated = config.simulated
        self._hash = config.policy_hash
        self._first = config.instruction
        self._arm = self._started(config)
        # Also while inactive: the control process holds the arm when it hears nothing.
        self.every(0.1, self._arm.beat, always=True)
        self._p_value = math.nan
        self._alarm = False
        self._subgoal = ''
        self._desk = EpisodeDesk(self._arm, self._simulated, self._announce)
        if self.sim_time:
            self._sim_clock = SimClock(self, self._arm, self._on_rewind)
        self._episode = self.publish_on(qos.EPISODE)
        rates = config.state_rate, config.command_rate, config.status_rate
        self._intervention = self.publish_on(qos.INTERVENTION)
        self._interventions = Interventions(self._mark)
        limbs = [
            (limb, self._arm.limb(i), name)
            for i, (name, limb) in enumerate(named_arms(self._spec))
        ]
        self._targets = [TargetTopics(self, *limb) for limb in limbs]
        self._reports = Reports(
            self, self._spec, self._arm, rates, self._simulated, self._on_status
        )
        if not self._simulated:
            self._drivers = [Driver(self, limb, arm) for limb, arm, _ in limbs]
        self.listen(qos.ACTION_CHUNK, self._on_chunk)
        self.listen(qos.FAILURE, self._on_failure)
        self.listen(qos.LATENT, self._on_latent)
        self._gains = [
            LawParameters(self, limb, arm, config.law or limb.law, name)
            for limb, arm, name in limbs
        ]
        self._offered = ControlServices(self, self._arm, self._desk, self._scene_reset())

    def _started(self, config: ControlConfig) -> RealtimeProcess:
        arm = RealtimeProcess(config.realtime(self.sim_time))
        try:
            arm.start()
        except RealtimeError as error:
            raise ConfigError(str(error)) from error
        self.get_logger().info(f'control process {arm.pid}: {arm.note}')
        return arm

    def _scene_reset(self) -> Callable[[str, int], tuple[str, str]]:
        if not self._simulated:
            return lambda family, seed: ('this robot is not simulated', '')
        from vla_ros.nodes.scenes import SceneReset  # needs MuJoCo, which a robot may lack

        return SceneReset(self._spec, self._arm, self._desk)

    def activate(self) -> None:
        """Begin with the instruction from the parameters, if there is one."""
        if self._first and (cause := instruction_problem(self._first)):
            raise ConfigError(cause)
        self._begin_first()

    def _begin_first(self) -> None:
        """Begin as soon as the robot has been heard of: its driver may start later."""
        if self._first and self._arm.state() is not None:
            text, self._first = self._first, ''
            if cause := self._desk.begin(text, self.now):
                self.get_logger().error(cause)

    def _on_rewind(self) -> None:
        self._desk.end('aborted', 'the clock has gone back')
        self._reports.restart()

    def deactivate(self) -> None:
        """End the episode and hold."""
        self._desk.end('aborted', 'the control node was deactivated')
        self._reports.publish_status()

    def release(self) -> None:
        """End the control process."""
        if hasattr(self, '_offered'):
            self._offered.destroy()
            for gains in self._gains:
                gains.destroy()
            del self._offered
        if hasattr(self, '_sim_clock'):
            self._sim_clock.destroy()
            del self._sim_clock
        if hasattr(self, '_arm'):
            self._arm.stop()
            del self._arm

    def _on_status(self, status: ExecutionStatus) -> ExecutionStatus:
        self._interventions.update(status.mode is Mode.TAKEOVER, self._desk.current)
        self._offered.feedback(status, self._subgoal, self._p_value)
        self._begin_first()
        sim = self._arm.sim_state()
        held = status.cause if status.mode is Mode.HOLD else ''
        self._desk.poll(self.now, sim is not None and sim.success, held)
        for targets in self._targets:
            status = targets.amend(status)
        return status

    def _on_chunk(self, message: ActionChunk) -> None:
        try:
            if cause := self._arm.offer_chunk(convert.chunk_from_msg(message)):
                raise ValueError(cause)
        except ValueError as error:
            self.get_logger().error(f'chunk refused: {error}', throttle_duration_sec=1.0)

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

    def _mark(self, episode: Episode, begins: bool) -> None:
        kind = EpisodeEvent.INTERVENTION_START if begins else EpisodeEvent.INTERVENTION_END
        event = EpisodeEvent(header=header(self.now), episode_id=episode.id, event=kind)
        event.instruction, event.policy_hash = episode.instruction, self._hash
        self._intervention.publish(event)

    def _announce(self, episode: Episode, outcome: str, reason: str) -> None:
        event = EpisodeEvent(header=header(self.now), episode_id=episode.id)
        event.instruction, event.policy_hash = episode.instruction, self._hash
        event.event = EpisodeEvent.END if outcome else EpisodeEvent.START
        event.outcome, event.reason = outcome, reason
        self._subgoal = ''
        self._episode.publish(event)
        self.get_logger().info(f'{event.event} {episode.instruction!r} {outcome} {reason}'.strip())


def main() -> None:
    """Run the node."""
    run(lambda: ControlNode('control'))


if __name__ == '__main__':
    main()
