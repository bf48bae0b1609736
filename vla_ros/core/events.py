"""Small things that are said on topics: what is commanded, and when an episode begins or ends."""

from dataclasses import dataclass

from vla_ros.core.data import Array, Pose
from vla_ros.core.fields import Stamp


@dataclass(frozen=True)
class CommandedState:
    """What an arm is commanded, after limits."""

    stamp: Stamp  # ns, of the control cycle that sent it
    pose: Pose
    gripper: float  # opening, m
    joint_position: Array  # (n,) rad, commanded, in the ArmSpec's order; empty: not known


@dataclass(frozen=True)
class EpisodeEvent:
    """The start or the end of an episode, or of a person's intervention in it."""

    stamp: Stamp  # ns
    episode_id: str
    instruction: str
    event: str  # start, end, intervention_start or intervention_end
    outcome: str = ''  # with end: success, failure or aborted
    reason: str = ''  # with end: why
    policy_hash: str = ''  # of the weights that acted
