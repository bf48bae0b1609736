"""What flows between the stages: frozen dataclasses, no ROS, no behaviour beyond checks.

Stamps are integer nanoseconds of the clock that the observation was taken with, and are always
the *observation's*. Poses are in the robot's base frame, metres, quaternions xyzw (unit).
Arrays are made read-only on construction, so a value can be shared between threads.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from vla_ros.core.fields import Sized, Stamp, Tensor
from vla_ros.core.states import (
    Array,
    BodyState,
    JointGroupState,
    LimbState,
    MobileBaseState,
    Pose,
    RobotState,
    frozen,
)


__all__ = [
    'SECOND', 'ActionChunk', 'Array', 'BodyState', 'Command', 'ExecutionStatus', 'FailureScore',
    'Guarantee', 'Image', 'JointGroupState', 'Latent', 'LimbState', 'MobileBaseState', 'Mode',
    'Moment', 'Observation', 'Pose', 'RobotState',
]  # fmt: skip

Image = NDArray[np.uint8]

SECOND = 1_000_000_000  # ns


class Mode(IntEnum):
    """Supervisor modes; the numbers are those of vla_ros_msgs/ExecutionStatus."""

    IDLE = 0
    RUN = 1
    HOLD = 2
    STOP = 3
    TAKEOVER = 4


class Guarantee(IntEnum):
    """What the conformal p-value promises; the numbers are those of FailureStatus."""

    TASK = 0
    POOLED = 1
    NONE = 2


@dataclass(frozen=True)
class Moment:
    """What was known some time before an observation, in the same episode.

    Where the episode is younger than that, it is the oldest that is known of it.
    """

    ago: float  # s before the observation's stamp, as asked for
    images: Mapping[str, Image]  # of the cameras whose past is asked for, nearest to that time
    state: RobotState | BodyState  # nearest to that time

    def __post_init__(self) -> None:
        object.__setattr__(self, 'images', _frozen_images(self.images))


@dataclass(frozen=True)
class Observation:
    """Everything a policy may look at: images and state aligned to one stamp, and its past."""

    stamp: Stamp  # ns, of the newest image used
    images: Mapping[str, Image]  # camera name -> (H, W, 3) uint8 RGB
    state: RobotState | BodyState  # at the stamp (nearest sample)
    instruction: str = ''
    past: tuple[Moment, ...] = ()  # one for each time asked for, the newest first

    def __post_init__(self) -> None:
        object.__setattr__(self, 'images', _frozen_images(self.images))


def _frozen_images(images: Mapping[str, Image]) -> Mapping[str, Image]:
    return MappingProxyType({name: frozen(image, np.uint8) for name, image in images.items()})


@dataclass(frozen=True)
class Latent:
    """What the slow reasoner hands to the fast expert; may be seconds old when used."""

    stamp: Stamp  # ns, of the observation it was made from
    seq: int
    episode_id: str
    model: str  # "<policy name>:<weights hash>"
    instruction: str
    subgoal: str  # what the reasoner thinks is being done now, for people
    inference_start: Stamp  # ns
    inference_end: Stamp  # ns
    valid_for: float  # s after `stamp`
    data: Annotated[NDArray[np.float32], Tensor()]  # (tokens, width)
    p_grounded: float = 1.0  # probability that the instruction refers to something seen
    refusal: str = ''  # why nobody may act on it, for people; empty when the verdict is 'go'
    task: str = ''  # the policy's label for what it is doing, for calibration tables; '' is none
    space: str = ''  # name of the space that `data` lives in; see policies/features.py
    verdict: str = 'go'  # 'go', 'refuse', 'ask' or 'done', see policies/reasoner.py

    def __post_init__(self) -> None:
        object.__setattr__(self, 'data', frozen(self.data, np.float32))

    @property
    def grounded(self) -> bool:
        """Whether the expert may act on this latent."""
        return self.verdict == 'go' and not self.refusal


@dataclass(frozen=True)
class ActionChunk:
    """A horizon of actions; step k is meant for `stamp + (k + 1) * dt`."""

    stamp: Stamp  # ns, of the observation the expert used
    seq: int
    latent_seq: int  # 0 where the expert used none
    latent_age: float  # s, at the observation stamp; 0 where the expert used none
    robot: str
    model: str  # "<policy name>:<weights hash>"
    channels: tuple[str, ...]  # of the columns; '<limb>.<name>' where there are several limbs
    # Of each column: 'pose' (tcp in the base frame, m and xyzw), 'joint' (rad), 'twist' (of a
    # base, m/s, m/s, rad/s) or 'gripper' (m between the pads); see robots/channels.py.
    kinds: tuple[str, ...]
    dt: float  # s between steps
    actions: Annotated[Array, Sized('horizon', 'channels')]
    inference_start: Stamp  # ns
    inference_end: Stamp  # ns
    valid_for: float  # s after `stamp`
    feature: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    # All that were drawn, where several were.
    samples: Annotated[Array | None, Sized('samples', 'horizon', 'channels')] = None
    scores: Annotated[Array | None, Sized('samples')] = None  # of each; the greatest is the best
    confidence: Annotated[Array | None, Sized('horizon')] = None  # in each step of `actions`, 0..1
    run_steps: int = 0  # steps that are executed before the next chunk; 0 leaves it to the queue

    def __post_init__(self) -> None:
        object.__setattr__(self, 'actions', frozen(self.actions, np.float64))
        object.__setattr__(self, 'feature', frozen(self.feature, np.float32))

    @property
    def horizon(self) -> int:
        """Number of steps."""
        return int(self.actions.shape[0])


@dataclass(frozen=True)
class Command:
    """What the controller really sent in one tick."""

    stamp: Stamp  # ns
    target: Pose  # limited, commanded pose
    gripper: float  # commanded opening, m
    torque: Array  # (n_joints,) Nm, after every limit; NaN to a robot that takes motion
    position: Array  # (n_joints,) rad, likewise; NaN to a robot that takes torques
    velocity: Array  # (n_joints,) rad/s, likewise


@dataclass(frozen=True)
class FailureScore:
    """The detector's verdict on one chunk."""

    stamp: Stamp  # ns, of the chunk
    chunk_seq: int
    names: tuple[str, ...]
    values: Annotated[Array, Sized('names')]  # standardised scores; NaN = unavailable
    p_value: float
    alpha: float
    guarantee: Guarantee
    cause: str
    alarm: bool  # latched until reset
    calibration_hash: str = ''


@dataclass(frozen=True)
class ExecutionStatus:
    """What the control loop is doing, a few times a second."""

    stamp: Stamp  # ns
    mode: Mode
    cause: str  # why it is in this mode
    instruction: str
    chunk_seq: int  # -1 while there is none
    chunk_step: int
    queue_seconds: float  # s of accepted future left
    chunk_age: float  # s since the executing chunk's observation; NaN while there is none
    latent_age: float  # s at that observation; NaN likewise
    ticks: int
    deadline_misses: int
    tick_p50: float  # s
    tick_p99: float  # s
    latency_p50: float  # s, from a chunk's camera stamp to the first command made of it
    latency_p99: float  # s, likewise
    seam_jump: float  # m, at the last splice
    delay: int  # steps consumed from observation to arrival, the most of the last chunks
    refused_chunks: int
    refused_targets: int  # of a person or another program
    last_refusal: str  # cause, of a chunk or a target; empty when none was refused yet
    commanded: Pose
    measured: Pose
    gripper_command: float  # m
    gripper: float  # m
