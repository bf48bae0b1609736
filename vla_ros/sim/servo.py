"""The robot's own servos, as robots have that take positions or speeds instead of torques."""

import math

import mujoco
import numpy as np

from vla_ros.data import Array
from vla_ros.sim.scene import Scene


class Efforts:
    """Computed torque for all servos of a simulation: tau = M a + bias + damping.

    Siciliano et al., "Robotics: Modelling, Planning and Control" (2009), 8.5.2, on MuJoCo's own
    terms. Limbs that carry each other are solved together, so that none is shaken by the motion
    of another. What is held in the hand or rubs is not known to it, as in a real servo.

    Attributes:
        wanted: (nv,) accelerations that the servos want, zero where there is none.
    """

    def __init__(self, scene: Scene, data: mujoco.MjData) -> None:
        """Prepare for one simulation."""
        self._model, self._data = scene.model, data
        self.wanted, self._torque = np.zeros((2, scene.model.nv))

    def solve(self) -> None:
        """Find the torques for what is wanted, between mj_step1 and mj_step2."""
        mujoco.mj_mulM(self._model, self._data, self._torque, self.wanted)

    def of(self, joints: Array) -> Array:
        """Return the torques (n,) of joints, by their addresses in qvel."""
        data = self._data
        result: Array = self._torque[joints] + data.qfrc_bias[joints] - data.qfrc_passive[joints]
        return result


class Servo:
    """Drives the joints of one limb as `want` says, with at most their greatest torque."""

    def __init__(self, scene: Scene, data: mujoco.MjData, efforts: Efforts, limb: int) -> None:
        """Prepare for limb number `limb`; it aims at nothing yet."""
        self._rate = 2 * math.pi * scene.config.servo.bandwidth
        self._data, self._efforts = data, efforts
        spec, own = scene.spec.limbs[limb], scene.limbs[limb]
        self._joints, self._own, self._motors = own.q, own.v, own.u
        self._peak = spec.joint_array('torque')
        self._timestep = float(scene.model.opt.timestep)
        self._between = round(1 / (scene.spec.control_rate * self._timestep)) - 1

    def drive(self) -> None:
        """Set the motors, after the efforts were solved."""
        torque = self._efforts.of(self._own)
        self._data.ctrl[self._motors] = np.clip(torque, -self._peak, self._peak)


class PositionServo(Servo):
    """a = w^2 (q_d - q) + 2 w (q'_d - q'): every joint a critically damped oscillator.

    w = 2 pi bandwidth, wherever the limb is. q_d moves on with q'_d until the next one is due, for
    a control period: were it to stand still between commands, the limb would be jerked at their
    rate, and a force sensor, read at the same instant of each, feel a force that grows with the
    speed.
    """

    def __init__(self, scene: Scene, data: mujoco.MjData, efforts: Efforts, limb: int = 0) -> None:
        """Prepare for limb number `limb`; it aims at nothing yet."""
        super().__init__(scene, data, efforts, limb)
        self._stiffness, self._damping = self._rate * self._rate, 2 * self._rate
        self._position, self._velocity = np.zeros((2, len(self._peak)))
        self._left = 0  # physics steps until the next command is due

    def aim(self, position: Array, velocity: Array) -> None:
        """Take joint positions (n,) rad to be at, moving with (n,) rad/s."""
        self._position[:] = position
        self._velocity[:] = velocity
        self._left = self._between

    def want(self) -> None:
        """Say what acceleration is wanted, between mj_step1 and mj_step2."""
        data = self._data
        pull = self._stiffness * (self._position - data.qpos[self._joints])
        pull += self._damping * (self._velocity - data.qvel[self._own])
        self._efforts.wanted[self._own] = pull

    def drive(self) -> None:
        """Set the motors and move on."""
        super().drive()
        if self._left > 0:
            self._position += self._timestep * self._velocity
            self._left -= 1


class TwistServo(Servo):
    """a = w (v_d - v), for a base that moves in the plane; v_d turns with it."""

    def __init__(self, scene: Scene, data: mujoco.MjData, efforts: Efforts, limb: int) -> None:
        """Prepare for limb number `limb`: joints x, y and yaw. It stands still."""
        super().__init__(scene, data, efforts, limb)
        self.twist = np.zeros(3)  # m/s, m/s, rad/s, axes of the base

    def want(self) -> None:
        """Say what acceleration is wanted, between mj_step1 and mj_step2."""
        yaw = float(self._data.qpos[self._joints[2]])
        x, y, turn = self.twist.tolist()
        c, s = math.cos(yaw), math.sin(yaw)
        wanted = np.array([c * x - s * y, s * x + c * y, turn])
        self._efforts.wanted[self._own] = self._rate * (wanted - self._data.qvel[self._own])
