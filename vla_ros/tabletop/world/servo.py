"""The robot's own servos, as robots have that take positions or speeds instead of torques."""

import math

import mujoco
import numpy as np

from vla_ros.core.data import Array
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.tabletop.world.scene import Scene


class Servos:
    """tau = M a + bias + damping, anew at every physics step, for all limbs that are servoed.

    Computed torque (Siciliano et al., "Robotics: Modelling, Planning and Control", 2009, 8.5.2) on
    MuJoCo's own terms. Of positions a = w^2 (q_d - q) + 2 w (q'_d - q'), so that every joint is a
    critically damped oscillator of w = 2 pi bandwidth wherever the limb is; of the twist of a
    mobile base a = w (v_d - v). Limbs that carry each other are solved together: none is shaken by
    the motion of another. What is held in the hand or rubs is not known, as in a real servo.

    q_d moves on with q'_d until the next one is due, for a control period: were it to stand still
    between commands, a limb would be jerked at their rate, and a force sensor, read at the same
    instant of each, feel a force that grows with the speed.
    """

    def __init__(self, scene: Scene, data: mujoco.MjData) -> None:
        """Prepare for one simulation; nothing is aimed at yet."""
        self._model, self._data = scene.model, data
        specs, limbs = scene.spec.limbs, scene.limbs
        ends = np.cumsum([spec.n for spec in specs]).tolist()
        self._parts = [slice(end - spec.n, end) for spec, end in zip(specs, ends, strict=True)]
        self._q = np.concatenate([limb.q for limb in limbs])
        self._v = np.concatenate([limb.v for limb in limbs])
        self._u = np.concatenate([limb.u for limb in limbs])
        self._peak = np.concatenate([spec.joint_array('torque') for spec in specs])
        rate = 2 * math.pi * scene.config.servo.bandwidth
        driven = [isinstance(spec, MobileBaseSpec) for spec in specs]
        self._drives = [number for number, drives in enumerate(driven) if drives]
        of_mobile_base = np.repeat(driven, [spec.n for spec in specs])
        self._stiffness = np.where(of_mobile_base, 0.0, rate * rate)
        self._damping = np.where(of_mobile_base, rate, 2 * rate)
        self._position, self._velocity = np.zeros((2, ends[-1]))
        self._left = np.zeros(ends[-1], int)  # physics steps until the next command is due
        self._twists = {number: np.zeros(3) for number in self._drives}
        self._wanted, self._torque = np.zeros((2, scene.model.nv))
        self._timestep = float(scene.model.opt.timestep)
        self._between = round(1 / (scene.spec.control_rate * self._timestep)) - 1
        self.select(range(len(limbs)))

    def aim(self, limb: int, position: Array, velocity: Array) -> None:
        """Let limb number `limb` be at positions (n,) rad, moving with (n,) rad/s."""
        part = self._parts[limb]
        self._position[part] = position
        self._velocity[part] = velocity
        self._left[part] = self._between

    def keep_up(self, limb: int, twist: Array) -> None:
        """Let the mobile base number `limb` keep up a twist (3,), which turns with it."""
        self._twists[limb][:] = twist

    def twist(self, limb: int) -> Array:
        """Return the twist (3,) that a mobile base keeps up."""
        return self._twists[limb].copy()

    def select(self, limbs: range | list[int]) -> None:
        """Say which limbs are servoed from now on, by number; the motors of others are let be."""
        self._on = np.concatenate([np.r_[self._parts[number]] for number in limbs])
        self._wanted[:] = 0

    def drive(self) -> None:
        """Set the motors, between mj_step1 and mj_step2, to at most their greatest torque."""
        data, on = self._data, self._on
        own = self._v[on]
        for number in self._drives:
            self._turn(number)
        pull = self._stiffness[on] * (self._position[on] - data.qpos[self._q[on]])
        pull += self._damping[on] * (self._velocity[on] - data.qvel[own])
        self._wanted[own] = pull
        mujoco.mj_mulM(self._model, data, self._torque, self._wanted)
        torque = self._torque[own] + data.qfrc_bias[own] - data.qfrc_passive[own]
        peak = self._peak[on]
        data.ctrl[self._u[on]] = np.minimum(np.maximum(torque, -peak), peak)
        self._position += self._timestep * self._velocity * (self._left > 0)
        self._left -= 1

    def _turn(self, number: int) -> None:
        """Give the speed that a mobile base keeps up the axes of the scene."""
        part = self._parts[number]
        yaw = float(self._data.qpos[self._q[part][2]])
        x, y, turn = self._twists[number].tolist()
        c, s = math.cos(yaw), math.sin(yaw)
        self._velocity[part] = c * x - s * y, s * x + c * y, turn
