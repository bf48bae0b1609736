"""Observer: the subscriptions behind a Feed, so that a node has observations."""

from collections.abc import Callable

from vla_ros.core.data import SECOND, Observation
from vla_ros.observe import AlignConfig
from vla_ros.observe.feed import Feed
from vla_ros.policies.expert import EpisodeInfo
from vla_ros.policies.features import Features
from vla_ros.robots.robot import Robot
from vla_ros.ros import qos
from vla_ros.ros.observe.limb_feed import subscribe
from vla_ros.ros.stage_node import StageNode
from vla_ros_msgs.msg import EpisodeEvent


GRACE = 1.0  # s from the start of an episode in which nobody complains yet


class Observer:
    """Gives a node observations for the instruction in force."""

    def __init__(
        self,
        node: StageNode,
        spec: Robot,
        features: Features,
        config: AlignConfig,
        on_episode: Callable[[], None] | None = None,
        on_observation: Callable[[Observation], None] | None = None,
    ) -> None:
        """Subscribe on `node`.

        Args:
            node: configures; its other callbacks run on the same thread.
            spec: the robot, with its cameras.
            features: of the policy: which cameras, in which size.
            config: of the alignment.
            on_episode: called when an episode begins or ends.
            on_observation: called in an episode with the new observation, when every camera has
                a new image and nothing is in doubt.
        """
        self._node, self._on_episode, self._on_observation = node, on_episode, on_observation
        self._feed = Feed(
            spec,
            tuple(features.images.values()),
            config,
            history=features.history,
            wrench=features.feels,
        )
        for source in self._feed.sources:
            seen = self._seen if source.kind == 'image' else None
            subscribe(node, source, self._say, seen)
        node.listen(qos.EPISODE, self._episode)

    @property
    def episode_id(self) -> str:
        """Id of the episode; '' when there is none."""
        return self._feed.episode_id

    @property
    def instruction(self) -> str:
        """Instruction of the episode; '' when there is none."""
        return self._feed.instruction

    @property
    def episode(self) -> EpisodeInfo:
        """What is going on, as policies are told."""
        return EpisodeInfo(self.episode_id, self.instruction)

    @property
    def waited(self) -> float:
        """Time since the episode began, s."""
        return (self._node.now - self._feed.begun) / SECOND

    def observation(self) -> Observation | None:
        """Return the newest observation; when there is none, the log says why."""
        now = self._node.now
        observation = self._feed.observation(now)
        if observation is None and self.waited > GRACE and (cause := self._feed.problem(now)):
            self._say(f'no observation: {cause}')
        return observation

    def _seen(self) -> None:
        if self._on_observation is None or not self.instruction or not self._feed.fresh:
            return
        observation = self.observation()
        if observation is not None:
            self._on_observation(observation)

    def _episode(self, event: EpisodeEvent) -> None:
        self._feed.take_event(event)
        if self._on_episode is not None:
            self._on_episode()

    def _say(self, cause: str) -> None:
        self._node.get_logger().warning(cause, throttle_duration_sec=2.0)
