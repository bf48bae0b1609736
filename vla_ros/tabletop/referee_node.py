"""The referee node: ends the episodes of a simulated robot. Not part of a real robot."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from rclpy.task import Future

from vla_ros.robots import load_robot
from vla_ros.ros import qos
from vla_ros.ros.convert import from_time
from vla_ros.ros.guard import Guarded
from vla_ros.ros.node_process import SLOW, run
from vla_ros.ros.params import Parameters, param
from vla_ros.tabletop.referee import Look, Referee
from vla_ros_msgs.msg import EpisodeEvent, SimState
from vla_ros_msgs.srv import EndEpisode


@dataclass(frozen=True)
class RefereeConfig:
    """Parameters of the referee node."""

    robot: str = param('franka', 'Robot: a name in config/robots/ or a YAML file')


class RefereeNode(Guarded):
    """Looks at every state of the simulation while an instruction is in force.

    It uses what anyone may use for a real robot: the topic `episode`, the service `end_episode`.
    """

    def __init__(self, name: str = 'referee', **options: Any) -> None:
        """Build the world; raises ConfigError for parameters that are wrong."""
        super().__init__(name, **options)
        config = Parameters(self, RefereeConfig).read(RefereeConfig)
        self._referee = Referee(load_robot(config.robot))
        self._episode, self._begun = '', 0  # id and start (ns) of the episode to be judged
        self._told = False  # whether its request has been said
        self._end = self.create_client(EndEpisode, 'end_episode')
        self.create_subscription(EpisodeEvent, qos.EPISODE.name, self._on_episode, qos.EPISODE.qos)
        self.create_subscription(SimState, qos.SIM_STATE.name, self._on_state, qos.NEWEST)

    def _on_episode(self, event: EpisodeEvent) -> None:
        starts = event.event == EpisodeEvent.START
        self._episode = event.episode_id if starts else ''
        self._begun, self._told = from_time(event.header.stamp), False
        self._referee.begin(event.instruction if starts else '')

    def _on_state(self, message: SimState) -> None:
        # A state from before the instruction may be one of the scene as it was before a reset.
        if not self._episode or from_time(message.header.stamp) < self._begun:
            return
        look = Look(
            message.scene_id, message.time, np.asarray(message.qpos), np.asarray(message.qvel),
            message.peak_force,
        )  # fmt: skip
        try:
            outcome, reason = self._referee.look(look)
        except ValueError as error:
            self.get_logger().error(f'sim_state: {error}', throttle_duration_sec=2.0)
            return
        self._tell()
        if outcome:
            self._call(outcome, reason)

    def _tell(self) -> None:
        """Say once what is judged."""
        if self._told:
            return
        self._told = True
        request = self._referee.request
        what = f'judged as {request.text!r}' if request else 'not judged: its words are not known'
        self.get_logger().info(f'episode {self._episode}: {what}')

    def _call(self, outcome: str, reason: str) -> None:
        if not self._end.service_is_ready():
            self.get_logger().error('no service end_episode', throttle_duration_sec=2.0)
            return  # asked again at the next look: the verdict stays
        asked = EndEpisode.Request(outcome=outcome, reason=reason, episode_id=self._episode)
        self._episode = ''
        self._referee.begin('')
        self._end.call_async(asked).add_done_callback(self.guarded(self._on_answer))

    def _on_answer(self, future: Future) -> None:
        answer = future.result()
        if answer is not None and not answer.accepted:
            self.get_logger().info(f'not ended: {answer.message}')


def main() -> None:
    """Run the node."""
    run(RefereeNode, SLOW)


if __name__ == '__main__':
    main()
