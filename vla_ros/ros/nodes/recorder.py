"""The recorder node: every episode one bag. Messages are written as they came, never decoded."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
import tempfile
import time

from rclpy.serialization import deserialize_message

from vla_ros.core.data import SECOND
from vla_ros.dataset import BagWriter, RecordError, Topic, load_record_config, recover_folder
from vla_ros.robots import load_robot
from vla_ros.ros import qos
from vla_ros.ros.node_process import run
from vla_ros.ros.nodes.recorded_topics import Recorded, recorded_topics
from vla_ros.ros.params import param
from vla_ros.ros.stage_node import StageNode
from vla_ros_msgs.msg import EpisodeEvent


_LOST_AFTER = 1.0  # s without a status after which the control node is called lost


@dataclass(frozen=True)
class RecorderConfig:
    """Parameters of the recorder node."""

    robot: str = param('franka', 'Robot: a name in config/robots/ or a YAML file')
    folder: str = param('out/episodes', 'Folder that gets a folder for every episode')
    config: str = param('default', 'Preset in config/record/, or a YAML file')
    sim: bool = param(True, 'Whether to record the state of the simulation too')


class RecorderNode(StageNode):
    """Writes what the topics of the stack carry between an episode's start and its end."""

    Config = RecorderConfig
    timers_in_real_time = True

    def configure(self, config: RecorderConfig) -> None:
        """Repair what an earlier crash left, and subscribe."""
        spec = load_robot(config.robot)
        self._robot = spec.name
        self._folder = config.folder
        self._settings = load_record_config(config.config)
        for repaired in recover_folder(config.folder):
            self.get_logger().warning(f'repaired the interrupted recording {repaired}')
        self._bag: BagWriter | None = None
        self._episode = EpisodeEvent()
        self._latest: dict[str, bytes] = {}
        self._heard = 0.0  # s, monotonic, of the last status
        self._topics: list[Topic] = []
        for recorded in recorded_topics(spec, config.sim):
            self._record(recorded)
        episode = Recorded(qos.EPISODE, qos.RECORD_LATCHED)
        self._topics.append(episode.in_bag(self))
        self.listen(episode.listened, self._on_episode, raw=True)
        self.every(0.5, self._watch)

    def activate(self) -> None:
        """Prove, before it matters, that the folder can be written."""
        Path(self._folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self._folder):
            pass
        if self._episode.event == EpisodeEvent.START:
            self._begin(self._episode)

    def deactivate(self) -> None:
        """End the recording."""
        self._end('aborted', 'the recorder was deactivated')

    def _record(self, recorded: Recorded) -> None:
        made = recorded.in_bag(self)
        self._topics.append(made)
        self.listen(recorded.listened, self._receiver(made.name, recorded.kept), raw=True)

    def _receiver(self, name: str, kept: bool) -> Callable[[bytes], None]:
        status = name.rpartition('/')[2] == qos.STATUS.name

        def receive(data: bytes) -> None:
            if status:
                self._heard = time.monotonic()
            if kept:
                self._latest[name] = data
            if self._bag is not None:
                self._bag.write(name, data, self.now)

        return receive

    def _on_episode(self, data: bytes) -> None:
        event = deserialize_message(data, EpisodeEvent)
        name = self.resolve_topic_name(qos.EPISODE.name)
        if event.event == EpisodeEvent.START:
            self._end('aborted', 'replaced by another instruction')
            self._episode = event
            if self.active:
                self._begin(event)
        if self._bag is not None:
            self._bag.write(name, data, self.now)
        if event.event == EpisodeEvent.END and event.episode_id == self._episode.episode_id:
            self._end(event.outcome, event.reason)
            self._episode = event

    def _begin(self, event: EpisodeEvent) -> None:
        metadata = {
            'robot': self._robot,
            'instruction': event.instruction,
            'policy_hash': event.policy_hash,
            'start': str(event.header.stamp.sec * SECOND + event.header.stamp.nanosec),
        }
        try:
            self._bag = BagWriter(
                self._folder, event.episode_id, self._topics, metadata, self._settings,
                self.get_logger().error,
            )  # fmt: skip
        except RecordError as error:
            self.get_logger().error(str(error))
            return
        self._heard = time.monotonic()
        for name, data in self._latest.items():
            self._bag.write(name, data, self.now)

    def _end(self, outcome: str, reason: str) -> None:
        bag, self._bag = self._bag, None
        if bag is None:
            return
        folder = bag.close({'outcome': outcome, 'reason': reason})
        stats = bag.stats()
        self.get_logger().info(f'{folder}: {stats.written} messages, {stats.dropped} dropped')

    def _watch(self) -> None:
        if self._bag is not None and time.monotonic() - self._heard > _LOST_AFTER:
            self.get_logger().error('the control node is lost: the recording ends')
            self._end('aborted', 'control lost')


def main() -> None:
    """Run the node."""
    run(lambda: RecorderNode('recorder'))


if __name__ == '__main__':
    main()
