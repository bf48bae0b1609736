"""Every QoS profile, and every topic with its type, in one place. Names are relative."""

from dataclasses import dataclass, replace
from typing import Any

from geometry_msgs.msg import PoseStamped, TwistStamped, WrenchStamped
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import Float64, Float64MultiArray

from vla_ros_msgs.msg import (
    ActionChunk,
    CommandedState,
    EpisodeEvent,
    ExecutionStatus,
    FailureStatus,
    Latent,
    SimState,
)


def _profile(depth: int, reliable: bool = True, latched: bool = False) -> QoSProfile:
    durability = DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=durability,
    )


SENSOR = _profile(5, reliable=False)  # the newest matters, not every one
NEWEST = _profile(1, reliable=False)  # for work that takes as long as the data's period
COMMAND = _profile(1)  # the newest must arrive
LATCHED = _profile(1, latched=True)  # a late joiner must know it
LATENT_BUFFER = _profile(8, latched=True)
# A recorder takes every message, also while its thread waits for the disk; best effort, so that
# it connects to whatever is published and never slows a publisher down.
RECORD = _profile(200, reliable=False)
RECORD_LATCHED = _profile(50, latched=True)


@dataclass(frozen=True)
class Topic:
    """A topic of the stack."""

    name: str
    type: Any  # message class
    qos: QoSProfile

    @property
    def kind(self) -> str:
        """The type as bags and tools name it, e.g. 'sensor_msgs/msg/Image'."""
        return f'{self.type.__module__.partition(".")[0]}/msg/{self.type.__name__}'

    def of(self, limb: str) -> 'Topic':
        """Return the same of one limb of several; '' is the only one."""
        return replace(self, name=f'{limb}/{self.name}') if limb else self


JOINT_STATES = Topic('joint_states', JointState, SENSOR)
COMMANDED_STATE = Topic('commanded_state', CommandedState, COMMAND)
COMMANDED_JOINTS = Topic('commanded_joints', JointState, COMMAND)  # of a joint group
COMMANDED_TWIST = Topic('commanded_twist', TwistStamped, COMMAND)  # of a mobile base
SIM_STATE = Topic('sim_state', SimState, SENSOR)
EPISODE = Topic('episode', EpisodeEvent, LATCHED)
LATENT = Topic('latent', Latent, LATENT_BUFFER)
ACTION_CHUNK = Topic('action_chunk', ActionChunk, COMMAND)
STATUS = Topic('status', ExecutionStatus, LATCHED)
FAILURE = Topic('failure', FailureStatus, LATCHED)
INTERVENTION = Topic('intervention', EpisodeEvent, LATCHED)
TARGET_POSE = Topic('target_pose', PoseStamped, COMMAND)
TARGET_TWIST = Topic('target_twist', TwistStamped, COMMAND)
TARGET_JOINT = Topic('target_joint', JointState, COMMAND)
TARGET_WRENCH = Topic('target_wrench', WrenchStamped, COMMAND)
TARGET_STIFFNESS = Topic('target_stiffness', Float64MultiArray, COMMAND)
TARGET_GRIPPER = Topic('target_gripper', Float64, COMMAND)
CURRENT_POSE = Topic('current_pose', PoseStamped, SENSOR)
CURRENT_TWIST = Topic('current_twist', TwistStamped, SENSOR)
EXTERNAL_WRENCH = Topic('external_wrench', WrenchStamped, SENSOR)
TRACKING_ERROR = Topic('tracking_error', PoseStamped, SENSOR)

# What of a limb's targets and commanded state there is, by kind.
TARGETS = {
    'arm': (
        TARGET_POSE, TARGET_TWIST, TARGET_JOINT, TARGET_WRENCH, TARGET_STIFFNESS, TARGET_GRIPPER,
    ),
    'joint_group': (TARGET_JOINT,),
    'mobile_base': (TARGET_TWIST,),
}  # fmt: skip
COMMANDED = {
    'arm': COMMANDED_STATE,
    'joint_group': COMMANDED_JOINTS,
    'mobile_base': COMMANDED_TWIST,
}


def joint_states(name: str) -> Topic:
    """Return the topic of a driver's joint states."""
    return replace(JOINT_STATES, name=name)


def odom(name: str) -> Topic:
    """Return the topic of a mobile base's odometry."""
    from nav_msgs.msg import Odometry  # only here: only a robot that drives needs the package

    return Topic(name, Odometry, SENSOR)


def image_topic(name: str) -> Topic:
    """Return the topic of a camera."""
    return Topic(name, Image, SENSOR)
