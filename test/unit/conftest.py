"""An arm without MuJoCo: rigid-body dynamics on a clock of its own, and chunks for it."""

from types import SimpleNamespace

import numpy as np
import pytest

from vla_ros.control import native
from vla_ros.core.data import SECOND, ActionChunk
from vla_ros.robots import load_robot
from vla_ros.robots.channels import channel_kinds
from vla_ros.robots.model import RobotModel
from vla_ros.runtime.controller import ChunkController


MS = SECOND // 1000
START = 1_000 * SECOND
ARMATURE = 0.1  # kg m^2


class Arm:
    """Hardware: torques in, motion out; semi-implicit Euler at 1 kHz, joints without stops."""

    def __init__(self, spec):
        self.model = RobotModel(spec)
        self.q, self.dq = spec.home.copy(), np.zeros(spec.n)
        self.sample = SimpleNamespace(stamp=START, position=self.q, velocity=self.dq, gripper=0.08,
                                      wrench=None, effort=None)  # fmt: skip
        self.torques = []
        self.push = np.zeros(6)  # N and Nm on the tcp

    def read(self):
        return self.sample

    def write(self, torque, gripper):
        self.torques.append(torque.copy())
        self.sample.gripper = gripper

    def move(self, position, velocity, gripper):
        """Track positions with a servo of the robot's own."""
        model = self.model
        model.update(self.q, self.dq)
        wanted = 400 * (position - self.q) + 40 * (velocity - self.dq)
        self.write(model.mass @ wanted + model.bias, gripper)

    def advance(self, now):
        model = self.model
        model.update(self.q, self.dq)
        mass = np.triu(model.mass) + np.triu(model.mass, 1).T + ARMATURE * np.eye(len(self.q))
        pushed = self.torques[-1] + model.jacobian.T @ self.push
        self.dq += np.linalg.solve(mass, pushed - model.bias - 0.5 * self.dq) * 1e-3
        self.q += self.dq * 1e-3
        self.sample.stamp = now


class Rig:
    """An execution with an arm and a clock; records what was commanded."""

    def __init__(self, spec, queue=None):
        self.arm = Arm(spec)
        self.execution = ChunkController(spec, (self.arm,), queue)
        self.now = START
        self.positions, self.rotations, self.states = [], [], []
        self.postures = []
        self.run(1)

    def run(self, ticks):
        loop = self.execution.loop
        for _ in range(ticks):
            self.now += MS
            self.execution.tick(self.now)
            self.arm.advance(self.now)
            self.positions.append(loop.limiter.target.position.copy())
            self.rotations.append(loop.limiter.target.rotation.copy())
            self.states.append(self.execution.supervisor.state)
            self.postures.append(loop.limiter.target.posture.copy())

    @property
    def commanded(self):
        target, gripper = self.execution.loop.limiter.target, self.execution.loop.limiter.gripper
        return np.array([*target.position, *target.quaternion, gripper])


@pytest.fixture(scope='session')
def spec():
    return load_robot('franka')


@pytest.fixture
def rig(spec):
    return Rig(spec)


@pytest.fixture(scope='session')
def make_rig(spec):
    def make(compiled, spec=spec):
        with pytest.MonkeyPatch.context() as patch:
            if not compiled:
                patch.setenv('VLA_ROS_NATIVE', '0')
                native.library.cache_clear()
            rig = Rig(spec)
        native.library.cache_clear()
        return rig

    return make


@pytest.fixture(scope='session')
def make_chunk(spec):
    def make(seq, stamp, origin, velocity=(0.0, 0.1, 0.0), horizon=16, **fields):
        dt = fields.get('dt', 0.1)
        actions = np.tile(origin, (horizon, 1))
        actions[:, :3] += np.outer(np.arange(1, horizon + 1) * dt, velocity)
        default = {
            'stamp': stamp, 'seq': seq, 'latent_seq': 1, 'latent_age': 0.2, 'robot': spec.name,
            'model': 'test:0', 'channels': spec.channels, 'kinds': channel_kinds(spec), 'dt': dt,
            'actions': actions, 'inference_start': stamp, 'inference_end': stamp,
            'valid_for': 3.0,
        }  # fmt: skip
        return ActionChunk(**(default | fields))

    return make
