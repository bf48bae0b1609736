"""A simulated arm under the impedance law, for whatever watches it."""

import dataclasses

import numpy as np
import pytest

from vla_ros.control.laws import load_law
from vla_ros.control.native.parts import make_parts
from vla_ros.robots import load_robot
from vla_ros.tabletop.language.grammar import COLOURS
from vla_ros.tabletop.world import Layout, Scene, SimHardware


DAMPING = 0.5  # Nms/rad, of every simulated joint


class Arm:
    """The arm in an empty scene; `run` calls `watch(model, sample, sent)` in every tick."""

    def __init__(self, spec):
        self.spec = spec
        self.scene = Scene(spec)
        empty = Layout(
            np.full((len(COLOURS), 3), np.nan), np.array([0.7, 0.35]), np.array([0.7, -0.35])
        )
        self.hardware = SimHardware(self.scene, empty)
        parts = make_parts(spec, load_law('franka_impedance', spec))
        self.model, self._law, self.limiter = parts.model, parts.law, parts.limiter
        sample = self.hardware.read()
        self.model.update(sample.position, sample.velocity)
        self.limiter.reset(self.model)
        self.sent, self._asked = self.model.bias.copy(), np.zeros(spec.n)
        self.goal = self.limiter.target.position.copy()
        self.turn = self.limiter.target.quaternion.copy()

    def run(self, ticks, watch):
        for _ in range(ticks):
            sample = self.hardware.read()
            self.model.update(sample.position, sample.velocity)
            watch(self.model, sample, self.sent)
            self.limiter.track(self.goal, self.turn)
            self._law.torque(self.model, self.limiter.target, self._asked)
            self.limiter.torque(self._asked, self.model, self.sent)
            self.hardware.write(self.sent, self.spec.gripper.open)
            self.hardware.step()

    def push(self, force, torque=(0.0, 0.0, 0.0)):
        """Exert a wrench on the tcp, N and Nm, base axes, from now on."""
        data, tcp = self.hardware.data, self.scene.arms[0].tcp
        # MuJoCo takes it at the body's centre of mass, which for a frame is not its origin.
        lever = np.cross(data.xpos[tcp] - data.xipos[tcp], force)
        data.xfrc_applied[tcp] = (*force, *(lever + torque))


@pytest.fixture(scope='session')
def spec():
    """The FR3, with the friction that the simulation gives it."""
    robot = load_robot('franka')
    joints = tuple(dataclasses.replace(j, damping=DAMPING, friction=0.0) for j in robot.joints)
    return dataclasses.replace(robot, joints=joints)


@pytest.fixture
def make_arm():
    return Arm
