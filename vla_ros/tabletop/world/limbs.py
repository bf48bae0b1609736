"""The simulated limbs, each with the interface of a robot's."""

from dataclasses import dataclass
import math

import mujoco
import numpy as np

from vla_ros.core.data import SECOND, Array
from vla_ros.tabletop.world.scene import Scene
from vla_ros.tabletop.world.servo import Servos


@dataclass
class SimSample:
    """What the simulated joints measure; overwritten by the next read."""

    stamp: int  # ns
    position: Array  # (n,) rad
    velocity: Array  # (n,) rad/s
    gripper: float  # opening, m
    wrench: Array | None = None  # (6,) N and Nm, sensor frame
    effort: Array | None = None  # (n,) Nm, of the motors


class SimArm:
    """One arm of the simulation, with the interface of a robot: read, write or move."""

    def __init__(self, scene: Scene, data: mujoco.MjData, servos: Servos, limb: int = 0) -> None:
        """Take limb number `limb` of the scene's robot."""
        arm = scene.arms[limb]
        self._data, self._arm = data, arm
        self._servos, self._number = servos, limb
        wrench = None if arm.wrench is None else np.zeros(6)
        self._q, self._v, self._u = _as_slice(arm.q), _as_slice(arm.v), _as_slice(arm.u)
        self._fingers_u, self._fingers_q = _as_slice(arm.fingers_u), _as_slice(arm.fingers_q)
        self._finger_share = 1 / len(arm.fingers_q)
        self.servoed = False  # whether the last command was a position
        self.side = scene.spec.arms[limb].cartesian.side
        # MuJoCo's own memory: making these views anew costs more than reading them.
        self._qpos, self._qvel, self._ctrl = data.qpos, data.qvel, data.ctrl
        effort = data.qfrc_actuator[self._v]
        # A slice sees what MuJoCo writes; a copy has to be made anew.
        self._scattered = None if isinstance(self._v, slice) else data.qfrc_actuator
        self._sample = SimSample(0, self._qpos[self._q], self._qvel[self._v], 0.0, wrench, effort)

    def reset(self) -> None:
        """Hold what is, after the scene was laid out anew."""
        self.servoed = False
        self._ctrl[self._fingers_u] = self._qpos[self._fingers_q]
        self._ctrl[self._u] = self._data.qfrc_bias[self._v]

    def read(self) -> SimSample:
        """Return the joints as they are now."""
        sample = self._sample
        sample.stamp = round(self._data.time * SECOND)
        sample.position = self._qpos[self._q]
        sample.velocity = self._qvel[self._v]
        if self._scattered is not None:
            sample.effort = self._scattered[self._v]
        sample.gripper = self.gripper
        if sample.wrench is not None:
            # MuJoCo gives what the arm does to the tool.
            np.negative(self._data.sensordata[self._arm.wrench], out=sample.wrench)
        return sample

    @property
    def gripper(self) -> float:
        """Measured opening between the pads, m."""
        return max(0.0, sum(self._qpos[self._fingers_q].tolist()))

    def write(self, torque: Array, gripper: float) -> None:
        """Set motor torques (n,) Nm and the wanted opening, m, until the next write or move."""
        self.servoed = False
        self._ctrl[self._u] = torque
        self._ctrl[self._fingers_u] = gripper * self._finger_share

    def move(self, position: Array, velocity: Array, gripper: float) -> None:
        """Let the servo hold joint positions (n,) rad, passed with (n,) rad/s; opening in m."""
        self.servoed = True
        self._servos.aim(self._number, position, velocity)
        self._ctrl[self._fingers_u] = gripper * self._finger_share


@dataclass
class JointGroupReading:
    """What the joints of a simulated joint group measure; overwritten by the next read."""

    stamp: int  # ns
    position: Array  # (n,) rad
    velocity: Array  # (n,) rad/s
    effort: Array | None = None  # (n,) Nm, of the motors


class SimJointGroup:
    """One joint group of the simulation; it holds still until it is moved."""

    servoed = True  # its commands are positions, always

    def __init__(self, scene: Scene, data: mujoco.MjData, servos: Servos, limb: int) -> None:
        """Take limb number `limb` of the scene's robot."""
        own = scene.limbs[limb]
        self._data, self._q, self._v = data, _as_slice(own.q), _as_slice(own.v)
        self._servos, self._number = servos, limb
        self.commanded = np.zeros(len(own.q))  # rad, newest
        self._sample = JointGroupReading(0, data.qpos[self._q], data.qvel[self._v])

    def reset(self) -> None:
        """Hold what is, after the scene was laid out anew."""
        self.move(self._data.qpos[self._q], np.zeros(len(self.commanded)))

    def read(self) -> JointGroupReading:
        """Return the joints as they are now."""
        sample, data = self._sample, self._data
        sample.stamp = round(data.time * SECOND)
        sample.position, sample.velocity = data.qpos[self._q], data.qvel[self._v]
        sample.effort = data.qfrc_actuator[self._v]
        return sample

    def move(self, position: Array, velocity: Array) -> None:
        """Let the servo hold joint positions (n,) rad, passed with (n,) rad/s."""
        self.commanded[:] = position
        self._servos.aim(self._number, position, velocity)


@dataclass
class MobileBaseReading:
    """What a simulated mobile base measures; overwritten by the next read."""

    stamp: int  # ns
    pose: Array  # (3,) x and y m, yaw rad
    twist: Array  # (3,) m/s, m/s, rad/s, its own axes


class SimMobileBase:
    """The mobile base of the simulation; it stands still until it is driven."""

    servoed = True  # its commands are speeds, always

    def __init__(self, scene: Scene, data: mujoco.MjData, servos: Servos, limb: int) -> None:
        """Take limb number `limb` of the scene's robot."""
        own = scene.limbs[limb]
        self._data, self._q, self._v = data, own.q, own.v
        self._servos, self._number = servos, limb
        self._sample = MobileBaseReading(0, data.qpos[self._q], np.zeros(3))

    @property
    def commanded(self) -> Array:
        """The newest twist (3,) commanded."""
        return self._servos.twist(self._number)

    def reset(self) -> None:
        """Stand still, after the scene was laid out anew."""
        self.drive(np.zeros(3))

    def read(self) -> MobileBaseReading:
        """Return where it is, and its twist, now."""
        sample, data = self._sample, self._data
        sample.stamp = round(data.time * SECOND)
        sample.pose = data.qpos[self._q]
        x, y, turn = data.qvel[self._v].tolist()
        c, s = math.cos(sample.pose[2]), math.sin(sample.pose[2])
        sample.twist = np.array([c * x + s * y, c * y - s * x, turn])
        return sample

    def drive(self, twist: Array) -> None:
        """Keep up the twist (3,) m/s, m/s, rad/s, axes of the moving frame."""
        self._servos.keep_up(self._number, twist)


SimLimb = SimArm | SimJointGroup | SimMobileBase


def _as_slice(indices: Array) -> slice | Array:
    """Return consecutive indices as a slice, which is cheaper to use."""
    start = int(indices[0])
    consecutive = np.array_equal(indices, np.arange(start, start + len(indices)))
    return slice(start, start + len(indices)) if consecutive else indices
