"""The detector node: is the policy behaving as it does when it succeeds?"""

from dataclasses import dataclass

from vla_ros.detect import Detector, load_artefact
from vla_ros.policies import load_policy
from vla_ros.ros import convert, qos
from vla_ros.ros.node_process import SLOW, run
from vla_ros.ros.params import param
from vla_ros.ros.stage_node import StageNode
from vla_ros_msgs.msg import ActionChunk, EpisodeEvent, Latent


@dataclass(frozen=True)
class DetectorConfig:
    """Parameters of the detector node."""

    policy: str = param('policies/franka/pocket', 'Policy directory, with its calibration.json')
    calibration: str = param('', 'Calibration artefact; empty: that of the policy')
    alpha: float = param(0.0, "Share of successes that may alarm; 0: the artefact's own", 0.0, 0.5)


class DetectorNode(StageNode):
    """Judges every chunk; never moves the robot."""

    Config = DetectorConfig

    def configure(self, config: DetectorConfig) -> None:
        """Load the calibration, which must belong to the policy."""
        policy = load_policy(config.policy)
        path = policy.file(config.calibration or 'calibration.json')
        artefact = None
        if path.is_file() or config.calibration:
            artefact = load_artefact(path)
        else:
            self.get_logger().warning(f'{path} is missing: nothing is promised, no alarm')
        self._detector = Detector(artefact, policy.spec.hash, config.alpha or None)
        self._judging = False
        self._named = ('', '')  # an episode, and the task that the policy says it is
        self._verdicts = self.publish_on(qos.FAILURE)
        self.listen(qos.EPISODE, self._on_episode)
        self.listen(qos.LATENT, self._on_latent)
        self.listen(qos.ACTION_CHUNK, self._on_chunk)

    def _on_episode(self, event: EpisodeEvent) -> None:
        self._judging = event.event == EpisodeEvent.START
        if self._judging:
            episode, task = self._named  # a latent may come before the episode that it is for
            self._detector.reset(event.episode_id, task if episode == event.episode_id else '')

    def _on_latent(self, message: Latent) -> None:
        """Take over what the policy calls the task; its first word holds for the episode."""
        if not message.task or message.refusal or message.episode_id == self._named[0]:
            return
        self._named = message.episode_id, message.task
        if self._judging and message.episode_id == self._detector.episode_id:
            self._detector.name(message.task)

    def _on_chunk(self, message: ActionChunk) -> None:
        if not self._judging:
            return  # the last chunks of an episode that has ended
        try:
            score = self._detector.update(convert.chunk_from_msg(message))
        except ValueError as error:
            self.get_logger().error(f'chunk not judged: {error}', throttle_duration_sec=2.0)
            return
        self._verdicts.publish(convert.failure_to_msg(score))


def main() -> None:
    """Run the node."""
    run(lambda: DetectorNode('detector'), SLOW)


if __name__ == '__main__':
    main()
