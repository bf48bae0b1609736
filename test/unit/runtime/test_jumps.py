"""Joint states that jump as no arm can: the arm holds, is not dragged, and says what it saw."""

from types import SimpleNamespace

import numpy as np
import pytest

from vla_ros.control.loops.jump import STEADY
from vla_ros.control.loops.supervisor import Event, State
from vla_ros.core.data import SECOND, Mode


MS = SECOND // 1000
ZEROS = 33  # ms between the zeros of a second publisher


class Reported:
    """An arm whose measurements, not its motion, are what `lie` makes of them."""

    def __init__(self, arm):
        self.arm, self.lie = arm, lambda q: q
        self.write, self.move = arm.write, arm.move

    def read(self):
        said = self.arm.sample
        return SimpleNamespace(
            stamp=said.stamp, position=self.lie(said.position.copy()),
            velocity=said.velocity.copy(), gripper=said.gripper, wrench=None, effort=None,
        )  # fmt: skip


@pytest.fixture
def arm(rig):
    rig.reported = rig.execution.loop.hardware = Reported(rig.arm)
    rig.execution.loop.actuation.hardware = rig.reported
    rig.run(100)
    return rig


def first_joint_off(q):
    q[0] += 1.0
    return q


class SecondPublisher:
    """Says zeros, 30 times a second, for one control period each."""

    def __init__(self):
        self.count = 0

    def __call__(self, q):
        self.count += 1
        return np.zeros_like(q) if self.count % ZEROS == 0 else q


def run(rig, ticks):
    """Return where the arm really was, (ticks, n) rad."""
    path = []
    for _ in range(ticks):
        rig.run(1)
        path.append(rig.arm.q.copy())
    return np.array(path)


def start(rig, make_chunk, velocity):
    rig.execution.post(Event.START, 'go')
    rig.run(1)
    chunk = make_chunk(1, rig.now, rig.commanded, velocity)
    assert rig.execution.offer(chunk, rig.now) == ''


def test_an_arm_whose_joint_jumps_is_held_where_it_was(arm):
    before = arm.arm.q.copy()
    arm.reported.lie = first_joint_off
    path = run(arm, 1)
    status = arm.execution.status()
    assert status.mode is Mode.HOLD
    assert 'fr3_joint1 jumped from 0.000 to 1.000 rad in 0.001 s' in status.cause
    path = np.concatenate([path, run(arm, 1500)])
    assert np.abs(path - before).max() < 0.01
    assert arm.execution.status().cause == status.cause


def test_it_is_taken_up_where_it_is_steadily_and_a_person_resumes(arm):
    arm.reported.lie = first_joint_off
    loop = arm.execution.loop
    run(arm, round(STEADY * 1000) - 10)
    assert not loop.feedback.known and loop.model.q[0] < 0.1
    before, torque = arm.arm.q.copy(), loop.actuation.torque.copy()
    run(arm, 20)
    assert loop.feedback.known
    np.testing.assert_allclose(loop.model.q, first_joint_off(arm.arm.q.copy()), atol=1e-3)
    np.testing.assert_allclose(loop.limiter.target.position, loop.model.position, atol=1e-3)
    assert np.abs(loop.actuation.torque - torque).max() < 0.5
    assert np.abs(run(arm, 1500) - before).max() < 0.01
    assert arm.execution.status().mode is Mode.HOLD
    assert arm.execution.post(Event.RESET) == ''
    run(arm, 100)
    assert arm.execution.status().mode is Mode.IDLE


def test_zeros_of_a_second_publisher_do_not_drag_an_arm_at_rest(arm):
    before = arm.arm.q.copy()
    arm.reported.lie = SecondPublisher()
    path = run(arm, 1500)
    assert np.abs(path - before).max() < 0.01
    status = arm.execution.status()
    assert status.mode is Mode.HOLD and 'fr3_joint4 jumped from -2.3' in status.cause
    assert arm.execution.post(Event.RESET) == ''
    run(arm, 2 * ZEROS)
    assert arm.execution.status().mode is Mode.HOLD  # they are still there


def test_zeros_of_a_second_publisher_brake_an_arm_in_motion(arm, make_chunk):
    start(arm, make_chunk, (0.0, 0.15, 0.0))
    run(arm, 600)
    assert arm.execution.supervisor.state is State.RUN
    assert np.abs(arm.arm.dq).max() > 0.1
    arm.reported.lie = SecondPublisher()
    run(arm, 1000)
    assert arm.execution.supervisor.state is State.HELD
    still = run(arm, 1000)
    assert np.abs(still - still[0]).max() < 0.01 and np.abs(arm.arm.dq).max() < 0.01


def test_one_wrong_sample_brakes_an_arm_in_motion_without_a_jolt(arm, make_chunk):
    start(arm, make_chunk, (0.0, 0.15, 0.0))
    run(arm, 600)
    arm.reported.lie = first_joint_off
    run(arm, 1)
    arm.reported.lie = lambda q: q
    path = run(arm, 1500)
    assert arm.execution.loop.feedback.known and arm.execution.supervisor.state is State.HELD
    assert np.abs(np.diff(path, n=2, axis=0)).max() * 1e6 < 15.0  # rad/s^2
    assert np.abs(arm.arm.dq).max() < 0.01


def test_an_arm_that_says_degrees_from_the_start_is_not_moved(rig):
    rig.reported = rig.execution.loop.hardware = Reported(rig.arm)
    rig.reported.lie = np.degrees
    rig.execution.restart()
    sent = len(rig.arm.torques)
    rig.execution.tick(rig.now + MS)
    status = rig.execution.status()
    assert status.mode is Mode.HOLD and len(rig.arm.torques) == sent
    assert 'fr3_joint4 is at -134.6 rad' in status.cause and 'degrees' in status.cause


@pytest.mark.parametrize('way', ['restart', 'rewind', 'anchor'])
def test_who_says_that_the_arm_was_put_elsewhere_is_believed(arm, way):
    getattr(arm.execution, way)()
    arm.arm.q += 0.5
    arm.run(2)
    np.testing.assert_allclose(arm.execution.loop.model.q, arm.arm.q, atol=1e-2)
    assert arm.execution.status().mode is Mode.IDLE


def test_an_arm_that_is_flung_is_too_fast_and_does_not_jump(arm):
    arm.arm.dq[0] = 2 * arm.execution.spec.joints[0].velocity
    arm.run(5)
    assert arm.execution.supervisor.state is State.HELD
    assert 'fr3_joint1 moves at' in arm.execution.status().cause
