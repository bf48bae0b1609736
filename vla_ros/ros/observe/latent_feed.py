"""LatentFeed: the latents of the episode in progress, from the latent buffer topic."""

from vla_ros.core.data import Latent
from vla_ros.policies.features import LatentFeature
from vla_ros.policies.latent_buffer import LatentBuffer
from vla_ros.ros import convert, qos
from vla_ros.ros.observe.observer import Observer
from vla_ros.ros.stage_node import StageNode
from vla_ros_msgs.msg import Latent as LatentMsg


_WAITING = 8  # messages that are kept for an episode which is not yet known


class LatentFeed:
    """Offers what is received to a LatentBuffer; what it refuses is in the log."""

    def __init__(self, node: StageNode, observer: Observer, wanted: LatentFeature | None) -> None:
        """Subscribe for the episodes of `observer`; `wanted` is what the expert takes."""
        self._node, self._observer = node, observer
        self._buffer = LatentBuffer(wanted)
        self._waiting: list[LatentMsg] = []
        node.listen(qos.LATENT, self._on_latent)

    def begin(self) -> None:
        """Forget the latents of the episode before."""
        self._buffer.begin(self._observer.episode_id, self._observer.instruction)
        waiting, self._waiting = self._waiting, []
        for message in waiting:
            if message.episode_id == self._observer.episode_id:
                self._on_latent(message)

    def newest(self) -> Latent | None:
        """Return the newest latent; None while none is valid."""
        return self._buffer.newest(self._node.now)

    def problem(self) -> str:
        """Return why there is no valid latent."""
        age = self._buffer.age(self._node.now)
        return 'none yet' if age == float('inf') else f'the newest is {age:.1f} s old'

    def _on_latent(self, message: LatentMsg) -> None:
        if message.episode_id != self._observer.episode_id:
            # The buffer topic is replayed to a late joiner, maybe before the episode is.
            self._waiting = [*self._waiting[1 - _WAITING :], message]
            return
        try:
            cause = self._buffer.offer(convert.latent_from_msg(message), self._node.now)
        except convert.ConvertError as error:
            cause = str(error)
        if cause:
            self._node.get_logger().warning(f'latent refused: {cause}', throttle_duration_sec=2.0)
