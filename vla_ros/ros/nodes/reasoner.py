"""The reasoner node: looks and reads, slowly, and puts latents into the buffer topic."""

from dataclasses import dataclass, replace

from vla_ros.core.data import Latent, Observation
from vla_ros.observe import AlignConfig
from vla_ros.policies import PolicyError, load_policy
from vla_ros.policies.expert import EpisodeInfo
from vla_ros.policies.latent_maker import latent_maker
from vla_ros.robots import load_robot
from vla_ros.ros import convert, qos
from vla_ros.ros.inference import InferenceWorker, Timing
from vla_ros.ros.node_process import SLOW, run
from vla_ros.ros.observe.observer import Observer
from vla_ros.ros.params import param
from vla_ros.ros.stage_node import StageNode


@dataclass(frozen=True)
class ReasonerConfig:
    """Parameters of the reasoner node."""

    robot: str = param('franka', 'Robot: a name in config/robots/ or a YAML file')
    policy: str = param('policies/franka/pocket', 'Policy directory')
    other_robot: bool = param(False, 'Accept a policy that was made for another robot')
    rate: float = param(5.0, 'Latents per second, at most, Hz', 0.05, 50.0)
    extra_delay: float = param(
        0.0, 'Delay added to every latent, as a bigger model would have it, s', 0.0, 10.0
    )
    silent_after: float = param(
        0.5, 'Time without a picture after which a camera is stale, s', 0.05, 10.0
    )


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
        self._seq = 0
        self._delay = config.extra_delay
        close = reasoner.close
        self._worker = InferenceWorker(self, 'no latent', self._think, self._publish, close)
        self.owned.callback(self._worker.stop)
        align = AlignConfig(silent_after=config.silent_after)
        self._observer = Observer(
            self, spec, reasoner.features, align, self._new_episode, self._on_observation
        )
        self._latents = self.publish_on(qos.LATENT)
        self._stamp: int | None = None  # ns, of the observation asked about last
        self._due = False
        self.every(1 / config.rate, self._on_turn)
        self.get_logger().info(f'{reasoner.reasoner.model}, {config.rate:g} Hz')

    def deactivate(self) -> None:
        """Let no thought out that is not finished."""
        self._worker.forget()

    def _new_episode(self) -> None:
        self._worker.forget()  # thought about something else
        self._on_turn()

    def _on_turn(self) -> None:
        """Ask about the newest observation, or about the next there is."""
        self._due = True
        if self._observer.instruction:
            observation = self._observer.observation()
            if observation is not None:
                self._on_observation(observation)

    def _on_observation(self, observation: Observation) -> None:
        if not (self.active and self._due) or observation.stamp == self._stamp:
            return
        # If it waits for the thought in progress, a newer one may still take its place.
        self._due = self._worker.busy
        self._stamp = observation.stamp
        self._worker.offer((observation, self._observer.episode))

    def _think(self, asked: tuple[Observation, EpisodeInfo]) -> Latent:
        """Call the backend; on the worker's thread."""
        self._seq += 1
        latent = self._reasoner.reason(*asked, self._seq)
        if self._delay:
            self._worker.pause(self._delay)
            latent = replace(latent, inference_end=self.now)
        return latent

    def _publish(self, latent: Latent, timing: Timing) -> None:
        if latent.refusal:
            words = f'{latent.verdict}: {latent.refusal}'
            self.get_logger().warning(words, throttle_duration_sec=2.0)
        self._latents.publish(convert.latent_to_msg(latent))


def main() -> None:
    """Run the node."""
    run(lambda: ReasonerNode('reasoner'), SLOW)


if __name__ == '__main__':
    main()
