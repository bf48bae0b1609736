"""How much transport delay each way of commanding the Franka bears, measured on the physics.

`pytest -s test/unit/pipeline/test_delay.py` prints what docs/control.md says.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np
import pytest


pytest.importorskip('mujoco')

from vla_ros.control.loops.supervisor import Event, Supervisor  # noqa: E402
from vla_ros.control.loops.targets import Kind  # noqa: E402
from vla_ros.core.data import SECOND  # noqa: E402
from vla_ros.robots import load_arm  # noqa: E402
from vla_ros.runtime.arm_limb import build_loop  # noqa: E402
from vla_ros.runtime.system import Sample  # noqa: E402
from vla_ros.tabletop.simulated import Scenes  # noqa: E402
from vla_ros.tabletop.world.hardware import SimHardware  # noqa: E402
from vla_ros.tabletop.world.scene import Scene  # noqa: E402


STEP = SECOND // 1000


class Line:
    """The arm behind a transport: what is measured comes late, what is sent arrives late."""

    def __init__(self, hardware, delay, every):
        self.hardware, self.delay, self.every = hardware, delay, every
        self.states, self.commands = deque(), deque()
        self.steps, self.latest = 0, None
        self.known = self._measured()

    def _measured(self):
        sample = self.hardware.read()
        here = sample.position.copy(), sample.velocity.copy()
        return Sample(self.steps * STEP, *here, sample.gripper)

    def read(self):
        if not self.steps % self.every:
            self.states.append((self.steps + self.delay, self._measured()))
        while self.states and self.states[0][0] <= self.steps:
            self.known = self.states.popleft()[1]
            self._leave()
        return self.known

    def _leave(self):
        """Send on what was made last: commands leave with each of the joint states."""
        if self.latest is not None:
            self.commands.append((self.steps + self.delay, self.latest))

    def write(self, torque, gripper):
        self.latest = self.hardware.write, (torque.copy(), gripper)
        self._advance()

    def move(self, position, velocity, gripper):
        self.latest = self.hardware.move, (position.copy(), velocity.copy(), gripper)
        self._advance()

    def _advance(self):
        while self.commands and self.commands[0][0] <= self.steps:
            _, (act, values) = self.commands.popleft()
            act(*values)
        self.hardware.step()
        self.steps += 1


class Nothing:
    dry = False

    def clear(self, now, pose):
        pass

    def sample(self, now, out):
        return False


@dataclass
class Outcome:
    cause: str  # why it was held; '' if it was not
    error: float  # m, between where the hand was to go and where it is in the end
    ripple: float  # rad/s, greatest joint speed in the last half second
    delay: int  # ms, in each direction


@pytest.fixture(scope='module')
def scene():
    return Scene(load_arm('franka'))


def go(scene, law, delay, rate):
    """Move the hand by 0.12 m in 2.5 s, `delay` ms in each direction, states at `rate` Hz."""
    spec = scene.spec
    hardware = SimHardware(scene, Scenes(spec, scene.config).layout('pick', 0))
    line, supervisor = Line(hardware, delay, round(1000 / rate)), Supervisor()
    loop = build_loop(spec, line, Nothing(), supervisor, law)
    for tick in range(500):
        loop.tick(tick * STEP)
    supervisor.post(Event.TAKEOVER)
    target = loop.limiter.target
    goal = np.r_[target.position + [0.0, 0.1, -0.06], target.quaternion]
    ripple, cause = 0.0, ''
    for tick in range(500, 3000):
        now = tick * STEP
        if not tick % 20:
            loop.targets.offer(Kind.POSE, now, goal, now)
        loop.tick(now)
        if supervisor.state.name == 'HELD':
            cause = cause or supervisor.cause
        if tick >= 2500:
            ripple = max(ripple, float(np.abs(hardware.data.qvel[scene.arm_v]).max()))
    error = float(np.linalg.norm(hardware.data.xpos[scene.arms[0].tcp] - goal[:3]))
    return Outcome(cause, error, ripple, delay)


@pytest.mark.parametrize('rate', [1000, 250])
@pytest.mark.parametrize('law', ['franka_impedance', 'franka_cartesian_servo'])
def test_five_milliseconds_in_each_direction_are_borne(scene, law, rate):
    outcome = go(scene, law, 5, rate)
    print(law, rate, outcome)
    assert not outcome.cause
    assert outcome.error < 0.002 and outcome.ripple < 0.01


def test_torques_that_come_too_late_shake_the_arm_until_it_is_held(scene):
    outcomes = [go(scene, 'franka_impedance', delay, 1000) for delay in (6, 7, 8, 10)]
    print(*outcomes, sep='\n')
    assert outcomes[-1].cause.startswith('contact') and outcomes[-1].ripple > 0.1


def test_positions_may_come_later(scene):
    outcome = go(scene, 'franka_cartesian_servo', 20, 250)
    assert not outcome.cause and outcome.error < 0.002 and outcome.ripple < 0.01
