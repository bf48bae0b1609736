"""The robot's own position servo, as robots have that take joint positions instead of torques."""

import math

import mujoco
import numpy as np

from vla_ros.data import Array
from vla_ros.sim.scene import Scene


class PositionServo:
    """tau = M (w^2 (q_d - q) + 2 w (q'_d - q')) + bias + damping, anew at every physics step.

    Computed torque (Siciliano et al., "Robotics: Modelling, Planning and Control", 2009, 8.5.2) on
    MuJoCo's own terms, so that every joint is a critically damped oscillator of w = 2 pi bandwidth
    wherever the arm is. What is held in the hand or rubs is not known to it, as in a real servo.

    q_d moves on with q'_d until the next one is due, for a control period: were it to stand still
    between commands, the arm would be jerked at their rate, and its force sensor, read at the same
    instant of each, feel a force that grows with the speed.
    """

    def __init__(self, scene: Scene, data: mujoco.MjData, limb: int = 0) -> None:
        """Prepare for an arm of one simulation; it aims at nothing yet."""
        rate = 2 * math.pi * scene.config.servo.bandwidth
        self._stiffness, self._damping = rate * rate, 2 * rate
        self._model, self._data = scene.model, data
        spec, arm = scene.spec.arms[limb], scene.arms[limb]
        self._joints, self._arm, self._motors = arm.q, arm.v, arm.u
        self._peak = spec.joint_array('torque')
        self._position, self._velocity = np.zeros((2, spec.n))
        self._wanted, self._torque = np.zeros((2, scene.model.nv))
        self._timestep = float(scene.model.opt.timestep)
        self._between = round(1 / (scene.spec.control_rate * self._timestep)) - 1
        self._left = 0  # physics steps until the next command is due

    def aim(self, position: Array, velocity: Array) -> None:
        """Take joint positions (n,) rad to be at, moving with (n,) rad/s."""
        self._position[:] = position
        self._velocity[:] = velocity
        self._left = self._between

    def drive(self) -> None:
        """Set the motors, between mj_step1 and mj_step2, to at most their greatest torque."""
        data, arm = self._data, self._arm
        pull = self._stiffness * (self._position - data.qpos[self._joints])
        pull += self._damping * (self._velocity - data.qvel[arm])
        self._wanted[arm] = pull
        mujoco.mj_mulM(self._model, data, self._torque, self._wanted)
        torque = self._torque[arm] + data.qfrc_bias[arm] - data.qfrc_passive[arm]
        data.ctrl[self._motors] = np.clip(torque, -self._peak, self._peak)
        if self._left > 0:
            self._position += self._timestep * self._velocity
            self._left -= 1
