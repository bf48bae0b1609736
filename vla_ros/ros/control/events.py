"""EpisodeEvents: tells everyone when episodes and interventions begin and end."""

from vla_ros.ros import qos
from vla_ros.ros.control.episodes import Episode
from vla_ros.ros.convert.fields import header
from vla_ros.ros.stage_node import StageNode
from vla_ros_msgs.msg import EpisodeEvent


class EpisodeEvents:
    """Publishes one event for every beginning and every end."""

    def __init__(self, node: StageNode, policy_hash: str) -> None:
        """Advertise on `node`; `policy_hash` is that of the policy's weights."""
        self._node, self._hash = node, policy_hash
        self._episode = node.publish_on(qos.EPISODE)
        self._intervention = node.publish_on(qos.INTERVENTION)

    def announce(self, episode: Episode, outcome: str, reason: str) -> None:
        """Tell that an episode begins or, when there is an outcome, that it has ended."""
        event = self._event(episode, EpisodeEvent.END if outcome else EpisodeEvent.START)
        event.outcome, event.reason = outcome, reason
        self._episode.publish(event)
        words = f'{event.event} {episode.instruction!r} {outcome} {reason}'
        self._node.get_logger().info(words.strip())

    def mark(self, episode: Episode, begins: bool) -> None:
        """Tell that a person takes the arm within an episode or, unless it `begins`, gives it."""
        kind = EpisodeEvent.INTERVENTION_START if begins else EpisodeEvent.INTERVENTION_END
        self._intervention.publish(self._event(episode, kind))

    def _event(self, episode: Episode, kind: str) -> EpisodeEvent:
        event = EpisodeEvent(header=header(self._node.now), episode_id=episode.id, event=kind)
        event.instruction, event.policy_hash = episode.instruction, self._hash
        return event
