"""The reasoner node: looks and reads, slowly, and puts latents into the buffer topic."""

from dataclasses import dataclass

from vla_ros.observe import AlignConfig
from vla_ros.policies import PolicyError, load_policy
from vla_ros.policies.makers import latent_maker
from vla_ros.robots import load_robot
from vla_ros.ros import convert, qos
from vla_ros.ros.observe.observer import Observer
from vla_ros.ros.params import param
from vla_ros.ros.stage_node import SLOW, StageNode, run
from vla_ros_msgs.msg import Latent as LatentMsg


@dataclass(frozen=True)
class ReasonerConfig:
    """Parameters of the reasoner node."""

    robot: str = param('franka', 'Robot: a name in config/robots/ or a YAML file')
    policy: str = param('policies/franka/pocket', 'Policy directory')
    other_robot: bool = param(False, 'Run a policy that was made for another robot all the same')
    rate: float = param(5.0, 'Latents per second, at most, Hz', 0.05, 50.0)
    extra_delay: float = param(
        0.0, 'Every latent comes so much later, as of a bigger model, s', 0.0, 10.0
    )
    silent_after: float = param(0.5, 'Time after which a camera is called silent, s', 0.05, 10.0)


class ReasonerNode(StageNode):
    """Reasons about the newest observation while an episode is going on."""

    Config = ReasonerConfig

    def configure(self, config: ReasonerConfig) -> None:
        """Load the policy."""
        spec = load_robot(config.robot)
        policy = load_policy(config.policy)
        reasoner = latent_maker(policy, spec, config.other_robot, lambda: self.now)
        if reasoner is None:
            raise PolicyError(f'{policy.path}: it has no reasoner; run the expert alone')
        self._reasoner = reasoner
        align = AlignConfig(silent_after=config.silent_after)
        self._observer = Observer(self, spec, reasoner.features, align, self._new_episode)
        self._latents = self.publish_on(qos.LATENT)
        self._seq = 0
        self._stamp = 0
        self._period = 1 / config.rate
        self._held: tuple[LatentMsg, int] | None = None
        self._delay = config.extra_delay
        self.every(self._period, self._reason)
        self.get_logger().info(f'{reasoner.reasoner.model}, {config.rate:g} Hz')

    def release(self) -> None:
        """Give back what the reasoner took."""
        if hasattr(self, '_reasoner'):
            self._reasoner.close()
            del self._reasoner

    def _new_episode(self) -> None:
        self._held = None  # thought about something else
        if self.active and self._observer.instruction:
            self._reason()

    def _reason(self) -> None:
        observer = self._observer
        if not observer.instruction or self._held is not None:
            return
        observation = observer.observation()
        if observation is None or observation.stamp == self._stamp:
            return
        begin = self.now
        self._seq += 1
        self._stamp = observation.stamp
        try:
            latent = self._reasoner.reason(observation, observer.episode, self._seq)
        except ValueError as error:
            self.get_logger().error(f'no latent: {error}', throttle_duration_sec=2.0)
            return
        message = convert.latent_to_msg(latent)
        if latent.refusal:
            self.get_logger().warning(f'refused: {latent.refusal}', throttle_duration_sec=2.0)
        if not self._delay:
            self._latents.publish(message)
            return
        # Held back, not slept: everything else goes on, as with a model on a machine of its own.
        self._held = (message, begin)
        self.once(self._delay, lambda: self._release_latent(message))

    def _release_latent(self, message: LatentMsg) -> None:
        if self._held is None or self._held[0] is not message or not self.active:
            return
        begin = self._held[1]
        self._held = None
        end = convert.from_time(message.inference_start)
        end += max(self.now - begin, 0)
        message.inference_end = convert.to_time(end)
        self._latents.publish(message)
        self._reason()  # a slow model begins its next thought at once


def main() -> None:
    """Run the node."""
    run(lambda: ReasonerNode('reasoner'), SLOW)


if __name__ == '__main__':
    main()
