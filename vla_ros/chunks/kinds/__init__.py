"""What a chunk may say of a limb, one file for each kind of channel group."""

from vla_ros.chunks.kinds.gripper import GripperCheck, GripperPlayback
from vla_ros.chunks.kinds.joint import JointCheck, JointPlayback
from vla_ros.chunks.kinds.kind import GroupCheck, GroupPlayback, Latch, Seam
from vla_ros.chunks.kinds.pose import PoseCheck, PosePlayback
from vla_ros.chunks.kinds.twist import TwistCheck, TwistPlayback
from vla_ros.chunks.queue_config import CheckConfig
from vla_ros.robots.channels import ChannelGroup, Kind


_CHECKS: dict[Kind, type[GroupCheck]] = {
    'pose': PoseCheck, 'joint': JointCheck, 'twist': TwistCheck, 'gripper': GripperCheck,
}  # fmt: skip
_PLAYBACKS: dict[Kind, type[GroupPlayback]] = {
    'pose': PosePlayback,
    'joint': JointPlayback,
    'twist': TwistPlayback,
    'gripper': GripperPlayback,
}


def make_check(group: ChannelGroup, config: CheckConfig) -> GroupCheck:
    """Return the check of a group's columns."""
    return _CHECKS[group.kind](group.spec, config)


def make_playback(group: ChannelGroup, latch: Latch) -> GroupPlayback:
    """Return what plays a group's columns."""
    return _PLAYBACKS[group.kind](group.spec, latch)


__all__ = ['GroupCheck', 'GroupPlayback', 'Latch', 'Seam', 'make_check', 'make_playback']
