"""An arm in front of a driver, which stands wherever the test puts it."""

from dataclasses import replace

import numpy as np

from vla_ros.core.data import SECOND
from vla_ros.robots import load_robot
from vla_ros.runtime import shm_limb as wire_limb
from vla_ros.runtime.controller import ChunkController
from vla_ros.runtime.mailbox import Mailbox
from vla_ros.runtime.system import TopicSystem


START = 1_000 * SECOND
MOTION = ('ur5e_admittance', 'ur5e_cartesian_servo', 'ur5e_joint_servo')
TORQUE = ('franka_impedance', 'franka_joint_impedance', 'franka_operational_space')
MOVED = np.array([0.3, 0.2, -0.2, 0.0, 0.1, -0.3])  # rad, by hand


class Driven:
    """An execution in front of a driver, whose arm stands wherever the test puts it."""

    def __init__(self, law):
        spec = load_robot(law.split('_')[0])
        if spec.force_sensor is not None:
            spec = replace(spec, force_sensor=replace(spec.force_sensor, tool_mass=0.0))
        mailbox = Mailbox()
        self.spec, self.box = spec, mailbox.limbs[0]
        plant = TopicSystem(spec, mailbox)
        self.execution = ChunkController(spec, plant.limbs, law=law, driven=True)
        self.loop, self.now = self.execution.loop, START
        self.q, self.gripper = spec.home + 0.05, spec.gripper.open
        self.run(0.1)

    def tick(self, silent=False):
        self.now += round(SECOND / self.spec.control_rate)
        if not silent:
            still = np.zeros(self.spec.n)
            wire_limb.put_driver(self.box.driver, self.now, self.q, still, self.gripper)
            self.box.wrench.write((self.now,), np.zeros(6))
        self.execution.tick(self.now)
        self.execution.prepare(self.now + round(SECOND / self.spec.control_rate))

    def run(self, seconds, silent=False):
        for _ in range(round(seconds * self.spec.control_rate)):
            self.tick(silent)

    def move(self):
        self.q = self.q + np.resize(MOVED, self.spec.n)

    @property
    def sent(self):
        return self.loop.actuation.position.copy()

    def assert_there(self):
        """Assert that what was sent in the last tick leaves the arm where it is."""
        target = self.loop.limiter.target
        np.testing.assert_allclose(target.position, self.loop.model.position, atol=1e-6)
        if self.loop.actuation.law.output == 'motion':
            np.testing.assert_allclose(self.sent, self.q, atol=1e-4)
        else:
            # But for the pull towards the home posture, where the pose leaves freedom.
            error = self.loop.actuation.torque - self.loop.model.gravity
            assert np.abs(error).max() < 2.0, error
