"""The expert node: observation and newest latent in, action chunk out; it never waits."""

from dataclasses import dataclass

from vla_ros.core.data import SECOND, ActionChunk, Latent, Observation
from vla_ros.observe import AlignConfig
from vla_ros.policies import load_policy
from vla_ros.policies.chunk_maker import chunk_maker
from vla_ros.policies.execution import Execution
from vla_ros.policies.expert import EpisodeInfo
from vla_ros.robots import load_robot
from vla_ros.ros import convert, qos
from vla_ros.ros.inference import InferenceWorker, Timing
from vla_ros.ros.node_process import run
from vla_ros.ros.observe.latent_feed import LatentFeed
from vla_ros.ros.observe.observer import GRACE, Observer
from vla_ros.ros.params import param
from vla_ros.ros.stage_node import StageNode
from vla_ros_msgs.msg import ExecutionStatus


_Seen = tuple[Observation, EpisodeInfo, Latent | None, Execution | None]
_LATE = 1.5  # periods after which the last picture is acted on again


@dataclass(frozen=True)
class ExpertConfig:
    """Parameters of the expert node."""

    robot: str = param('franka', 'Robot: a name in config/robots/ or a YAML file')
    policy: str = param('policies/franka/pocket', 'Policy directory')
    rate: float = param(33.0, 'Chunks per second, at least, Hz', 1.0, 200.0)
    other_robot: bool = param(False, 'Accept a policy that was made for another robot')
    silent_after: float = param(
        0.5, 'Time without a picture after which a camera is stale, s', 0.05, 10.0
    )
    control_lost_after: float = param(
        1.0, 'Time without a status after which the control node is called lost, s', 0.1, 10.0
    )


class ExpertNode(StageNode):
    """Acts on whatever latent is newest, as long as it is valid."""

    Config = ExpertConfig

    def configure(self, config: ExpertConfig) -> None:
        """Load the policy."""
        spec = load_robot(config.robot)
        policy = load_policy(config.policy)
        self._expert = chunk_maker(policy, spec, config.other_robot, lambda: self.now)
        features, close, self._seq = self._expert.features, self._expert.close, 0
        self._worker = InferenceWorker(self, 'no chunk', self._predict, self._publish, close)
        self.owned.callback(self._worker.stop)
        align = AlignConfig(silent_after=config.silent_after)
        self._observer = Observer(self, spec, features, align, self._new_episode, self._act)
        self._latents = LatentFeed(self, self._observer, features.latent)
        self._frame = spec.arms[0].base_frame
        self._chunks = self.publish_on(qos.ACTION_CHUNK)
        self._lost_after = int(config.control_lost_after * SECOND)
        self._heard = 0  # ns, of the last status
        self._execution: Execution | None = None
        self.listen(qos.STATUS, self._on_status)
        self._period, self._looked = 1 / config.rate, 0  # s; ns, when a picture was last looked at
        self.every(self._period, self._keep_pace)
        self.get_logger().info(f'{policy.spec.model}, {config.rate:g} Hz')

    def deactivate(self) -> None:
        """Let no chunk out that is not finished."""
        self._worker.forget()

    def _new_episode(self) -> None:
        self._worker.forget()
        self._heard = self.now  # the control node has just spoken
        self._latents.begin()

    def _on_status(self, message: ExecutionStatus) -> None:
        if self._heard and self.now - self._heard > self._lost_after:
            self.get_logger().info('the control node is back')
        self._heard = self.now
        self._execution = convert.execution_from_msg(message)

    def _keep_pace(self) -> None:
        # For pictures that come more slowly. Not at once: one that is a little late is worth more
        # than a chunk of the last, be it the first. Less than none: the clock has gone back.
        patience = _LATE * self._period * SECOND
        if 0 <= self.now - self._looked < patience or not self._ready():
            return
        if (observation := self._observer.observation()) is not None:
            self._act(observation)

    def _ready(self) -> bool:
        """Whether chunks may be made; where they should be, the log says why not."""
        if not (self._observer.instruction and self.active):
            return False
        if self.now - self._heard > self._lost_after:
            self.get_logger().error(
                'the control node is lost: no chunks are published', throttle_duration_sec=2.0
            )
            return False
        missing = self._expert.needs_latent and self._latents.newest() is None
        if missing and self._observer.waited > GRACE:
            cause = self._latents.problem()
            self.get_logger().warning(f'no valid latent: {cause}', throttle_duration_sec=2.0)
        return not missing

    def _act(self, observation: Observation) -> None:
        """Act on an observation and the newest latent, if that may be used."""
        self._looked = self.now
        if not self._ready():
            return
        latent = self._latents.newest()
        if latent is None or not latent.refusal:
            self._worker.offer((observation, self._observer.episode, latent, self._execution))

    def _predict(self, seen: _Seen) -> ActionChunk:
        """Call the backend; on the worker's thread."""
        self._seq += 1
        return self._expert.act(*seen[:3], self._seq, seen[3])

    def _publish(self, chunk: ActionChunk, timing: Timing) -> None:
        self._chunks.publish(convert.chunk_to_msg(chunk, self._frame))


def main() -> None:
    """Run the node."""
    run(lambda: ExpertNode('expert'))


if __name__ == '__main__':
    main()
