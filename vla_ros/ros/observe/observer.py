"""Observer: the subscriptions behind an Aligner, and the episode that is going on."""

from collections.abc import Callable

from sensor_msgs.msg import Image

from vla_ros.core.data import SECOND, Observation
from vla_ros.observe import AlignConfig, Aligner
from vla_ros.policies import EpisodeInfo, Features
from vla_ros.robots.body import Robot
from vla_ros.robots.loading import named_limbs
from vla_ros.ros import convert, qos
from vla_ros.ros.observe.limb_feed import LimbFeed
from vla_ros.ros.stage_node import StageNode
from vla_ros_msgs.msg import EpisodeEvent


GRACE = 1.0  # s from the start of an episode in which nobody complains yet


class Observer:
    """Gives a node observations for the instruction in force.

    Attributes:
        episode_id, instruction: of the episode; both '' when there is none.
    """

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
        self.episode_id = self.instruction = ''
        self._node = node
        self._begun = 0  # ns
        self._on_episode, self._on_observation = on_episode, on_observation
        images = tuple(features.images.values())
        self._aligner = Aligner(spec, images, config)
        for name in (image.camera for image in images):
            node.listen(qos.image_topic(spec.camera(name).topic), self._image(name))
        for i, (name, limb) in enumerate(named_limbs(spec)):
            LimbFeed(node, self._aligner, i, name, limb, self._say)
        node.listen(qos.EPISODE, self._episode)

    @property
    def episode(self) -> EpisodeInfo:
        """What is going on, as policies are told."""
        return EpisodeInfo(self.episode_id, self.instruction)

    @property
    def waited(self) -> float:
        """Time since the episode began, s."""
        return (self._node.now - self._begun) / SECOND

    def observation(self) -> Observation | None:
        """Return the newest observation; when there is none, the log says why."""
        now = self._node.now
        observation = self._aligner.observation(self.instruction, now)
        if observation is None and self.waited > GRACE:
            self._say(f'no observation: {self._aligner.problem(now)}')
        # A picture from before the episode may show another scene; its chunk would be refused.
        return observation if observation and observation.stamp >= self._begun else None

    def _image(self, name: str) -> Callable[[Image], None]:
        def receive(message: Image) -> None:
            try:
                stamp, image = convert.image_from_msg(message)
            except convert.ConvertError as error:
                self._say(f'camera {name}: {error}')
                return
            cause = self._aligner.offer_image(name, stamp, image, self._node.now)
            if cause:
                self._say(cause)
            elif self._aligner.fresh:
                self._hand_on()

        return receive

    def _hand_on(self) -> None:
        if self._on_observation is None or not self.instruction:
            return
        observation = self.observation()
        if observation is not None:
            self._on_observation(observation)

    def _episode(self, event: EpisodeEvent) -> None:
        begins = event.event == EpisodeEvent.START
        self.episode_id = event.episode_id if begins else ''
        self.instruction = event.instruction if begins else ''
        self._begun = convert.from_time(event.header.stamp)
        if self._on_episode is not None:
            self._on_episode()

    def _say(self, cause: str) -> None:
        self._node.get_logger().warning(cause, throttle_duration_sec=2.0)
