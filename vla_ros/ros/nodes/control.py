"""The control node: ROS in front of the 1 kHz process."""

from vla_ros.control.loops.supervisor import Event
from vla_ros.core.config import ConfigError
from vla_ros.core.data import ExecutionStatus, Mode
from vla_ros.robots import ArmSpec, load_robot, named_limbs
from vla_ros.ros import convert, qos
from vla_ros.ros.control.alarm import Alarm
from vla_ros.ros.control.clock import SimClock
from vla_ros.ros.control.control_config import ControlConfig
from vla_ros.ros.control.control_limb import LimbTopics
from vla_ros.ros.control.episodes import (
    Episode,
    EpisodeEvents,
    EpisodeManager,
    FirstInstruction,
    Interventions,
)
from vla_ros.ros.control.reports import Reports
from vla_ros.ros.control.services import ControlServices
from vla_ros.ros.node_process import run
from vla_ros.ros.stage_node import StageNode
from vla_ros.runtime.realtime import RealtimeError, RealtimeProcess
from vla_ros_msgs.msg import ActionChunk, Latent


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
        self._arm = self._started(config)
        self.owned.callback(self._end)
        # Also while inactive: the control process holds the arm when it hears nothing.
        self.every(0.1, self._arm.beat, always=True)
        self._watch_episodes(config.policy_hash)
        self._first = FirstInstruction(
            self, self._spec, self._arm, self._episodes, config.instruction
        )
        if self.sim_time:
            self.owned.callback(SimClock(self, self._arm, self._on_rewind).destroy)
        self._limbs: list[LimbTopics] = []
        for i, (name, limb) in enumerate(named_limbs(self._spec)):
            own = limb, self._arm.limb(i), name, config.law
            self._limbs.append(LimbTopics(self, *own, not self._simulated))
            self.owned.callback(self._limbs[-1].destroy)
        rates = config.state_rate, config.command_rate, config.status_rate
        self._reports = Reports(
            self, self._spec, self._arm, rates, self._simulated, self._on_status
        )
        self._alarm = Alarm(self, self._arm)
        self.listen(qos.ACTION_CHUNK, self._on_chunk)
        self.listen(qos.LATENT, self._on_latent)
        reset = config.scene_reset(self._spec, self._arm)
        self._offered = ControlServices(self, self._arm, self._episodes, reset)
        self.owned.callback(self._offered.destroy)

    def live(self) -> tuple[str, ...]:
        """Return the law of a robot that is one arm; a limb of several has `<limb>.law`."""
        return ('law',) if isinstance(self._spec, ArmSpec) else ()

    def doubt(self, cause: str) -> None:
        """Hold the arm: nobody knows what else went wrong."""
        if hasattr(self, '_arm'):
            self._arm.post(Event.VIOLATION, f'the control node: {cause}')

    def _watch_episodes(self, policy_hash: str) -> None:
        self._subgoal = ''
        self._events = EpisodeEvents(self, policy_hash)
        self._episodes = EpisodeManager(self._arm, self._announce)
        self._interventions = Interventions(self._events.mark)

    def _started(self, config: ControlConfig) -> RealtimeProcess:
        arm = RealtimeProcess(config.realtime(self.sim_time))
        try:
            arm.start()
        except RealtimeError as error:
            raise ConfigError(str(error)) from error
        self.get_logger().info(f'control process {arm.pid}: {arm.note}')
        return arm

    def _end(self) -> None:
        """End the control process."""
        self._arm.stop()
        del self._arm  # from here on there is nothing to hold

    def activate(self) -> None:
        """Begin with the instruction from the parameters, if there is one."""
        self._first.check()
        # Until now nobody commanded a real robot: it may stand anywhere.
        if not self._simulated and (cause := self._arm.anchor()):
            raise ConfigError(cause)
        self._first.begin()

    def _on_rewind(self) -> None:
        self._episodes.abandon('the clock has gone back')
        self._reports.restart()

    def deactivate(self) -> None:
        """End the episode and hold."""
        self._episodes.end('aborted', 'the control node was deactivated')
        for limb in self._limbs:
            limb.send_stop()
        self._reports.publish_status()

    def _on_status(self, status: ExecutionStatus) -> ExecutionStatus:
        self._interventions.update(status.mode is Mode.TAKEOVER, self._episodes.current)
        self._offered.feedback(status, self._subgoal, self._alarm.p_value)
        self._first.begin()
        self._episodes.poll(self.now, status.cause if status.mode is Mode.HOLD else '')
        for limb in self._limbs:
            status = limb.amend(status)
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
            self._episodes.judged(convert.latent_from_msg(message))
        except convert.ConvertError as error:
            self.get_logger().error(f'latent: {error}', throttle_duration_sec=1.0)

    def _announce(self, episode: Episode, outcome: str, reason: str) -> None:
        self._subgoal = ''
        self._events.announce(episode, outcome, reason)


def main() -> None:
    """Run the node."""
    run(lambda: ControlNode('control'))


if __name__ == '__main__':
    main()
