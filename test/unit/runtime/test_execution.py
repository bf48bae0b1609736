"""Queue, supervisor, limits, law and an arm together: modes have the effect they promise."""

import numpy as np
import pytest

from vla_ros.control.laws import ControlLaw
from vla_ros.control.loops.supervisor import Event, State
from vla_ros.control.loops.targets import Kind
from vla_ros.core.data import SECOND, Mode


MS = SECOND // 1000


def speed(rig, ticks=1):
    path = np.array(rig.positions[-ticks - 1 :])
    return np.linalg.norm(path[-1] - path[0]) / (ticks * 1e-3)


def running(rig, make_chunk, seq=0, velocity=(0.0, 0.2, 0.0)):
    rig.execution.post(Event.START, 'push the red cube')
    rig.run(2)
    chunk = make_chunk(seq, rig.now, rig.commanded, velocity)
    assert rig.execution.offer(chunk, rig.now) == ''
    rig.run(500)
    assert speed(rig) == pytest.approx(np.linalg.norm(velocity), rel=0.1)


def test_it_stands_still_until_told_and_refuses_chunks(rig, make_chunk):
    rig.run(200)
    cause = rig.execution.offer(make_chunk(0, rig.now, rig.commanded), rig.now)
    assert cause == 'IDLE: no instruction to go on with'
    assert rig.execution.status().last_refusal == cause
    assert np.ptp(rig.positions, axis=0).max() == 0


def test_a_chunk_moves_the_arm_where_it_says(rig, make_chunk):
    begin = rig.commanded
    running(rig, make_chunk)
    status = rig.execution.status()
    assert (status.mode, status.cause, status.chunk_seq) == (Mode.RUN, '', 0)
    assert status.instruction == 'push the red cube'
    rig.run(2500)
    status = rig.execution.status()
    assert status.mode is Mode.HOLD
    assert 'no chunk in time' in status.cause
    expected = begin[:3] + np.array([0.0, 0.32, 0.0])
    assert status.commanded.position == pytest.approx(expected, abs=2e-4)
    assert status.measured.position == pytest.approx(expected, abs=5e-3)
    assert speed(rig, 100) < 1e-5


def test_starved_it_goes_on_with_the_next_chunk(rig, make_chunk):
    running(rig, make_chunk)
    rig.run(2500)
    chunk = make_chunk(1, rig.now, rig.commanded, (0.0, -0.1, 0.0))
    assert rig.execution.offer(chunk, rig.now) == ''
    rig.run(300)
    assert rig.execution.status().mode is Mode.RUN
    assert speed(rig) == pytest.approx(0.1, rel=0.1)


@pytest.mark.parametrize(
    ('event', 'mode'),
    [(Event.HOLD, Mode.HOLD), (Event.ALARM, Mode.HOLD), (Event.ESTOP, Mode.STOP)],
)
def test_a_stop_in_motion_takes_effect_within_100_ms_and_without_a_jump(
    rig, make_chunk, event, mode
):
    running(rig, make_chunk)
    rig.execution.post(event)
    rig.run(100)
    assert rig.execution.status().mode is mode
    rig.run(100)
    assert speed(rig) < 0.02
    assert np.linalg.norm(rig.execution.loop.model.twist[:3]) < 0.05
    changes = np.linalg.norm(np.diff(rig.positions[-400:], 2, axis=0), axis=1) / 1e-6
    assert changes.max() <= rig.execution.spec.cartesian.acceleration * 1.001


def test_a_new_instruction_in_motion_brakes_at_once_and_then_follows(rig, make_chunk):
    running(rig, make_chunk)
    old = make_chunk(1, rig.now, rig.commanded)
    rig.execution.post(Event.START, 'pick the blue cube')
    rig.run(1)
    assert 'before the instruction' in rig.execution.offer(old, rig.now)
    rig.run(60)
    assert speed(rig) < 0.15
    new = make_chunk(2, rig.now - 30 * MS, rig.commanded, (0.0, -0.2, 0.0))
    assert rig.execution.offer(new, rig.now) == ''
    rig.run(250)
    heading = np.diff(rig.positions[-2:], axis=0)[0] / 1e-3
    assert heading[1] == pytest.approx(-0.2, rel=0.1)
    changes = np.linalg.norm(np.diff(rig.positions[-400:], 2, axis=0), axis=1) / 1e-6
    assert changes.max() <= rig.execution.spec.cartesian.acceleration * 1.001


def test_after_a_stop_the_arm_is_taken_up_where_it_is(rig, make_chunk):
    running(rig, make_chunk)
    rig.execution.post(Event.ESTOP)
    rig.run(300)
    rig.arm.q[0] += 0.1  # moved by hand
    rig.run(50)
    assert rig.execution.post(Event.RESUME) == 'resume refused in STOP: stopped: reset first'
    rig.execution.post(Event.RESET)
    rig.run(1)
    measured = rig.execution.loop.model.position
    assert np.linalg.norm(rig.commanded[:3] - measured) < 1e-3
    rig.run(300)
    assert np.abs(rig.execution.loop.model.twist).max() < 0.02


def test_a_person_takes_over_and_gives_back(rig, make_chunk):
    running(rig, make_chunk)
    rig.execution.post(Event.TAKEOVER)
    rig.run(1)
    goal = rig.commanded[:7] + np.array([0.05, 0, 0, 0, 0, 0, 0])
    for _ in range(1500):
        assert rig.execution.target(Kind.POSE, rig.now, goal, rig.now) == ''
        assert rig.execution.target(Kind.GRIPPER, rig.now, np.zeros(1), rig.now) == ''
        rig.run(1)
    status = rig.execution.status()
    assert status.mode is Mode.TAKEOVER
    assert status.commanded.position[0] == pytest.approx(goal[0], abs=1e-4)
    assert status.gripper_command == 0.0
    refused = rig.execution.offer(make_chunk(5, rig.now, rig.commanded), rig.now)
    assert refused == 'TAKEOVER: a person has the arm: release first'
    rig.execution.post(Event.RELEASE)
    rig.run(2)
    assert rig.execution.offer(make_chunk(6, rig.now, rig.commanded), rig.now) == ''


def test_a_target_that_is_no_pose_is_refused_and_the_arm_rests(rig):
    rig.execution.post(Event.TAKEOVER)
    rig.run(1)
    before = rig.commanded
    assert 'finite' in rig.execution.target(Kind.POSE, rig.now, np.full(7, np.nan), rig.now)
    rig.run(10)
    status = rig.execution.status()
    assert status.cause == 'taken over: no target yet'
    assert (status.refused_targets, status.refused_chunks) == (1, 0)
    assert 'finite' in status.last_refusal
    np.testing.assert_array_equal(rig.commanded, before)


def test_a_target_is_refused_while_no_one_has_taken_the_arm(rig, make_chunk):
    running(rig, make_chunk)
    cause = rig.execution.target(Kind.TWIST, rig.now, np.zeros(7), rig.now)
    assert cause == 'target_twist refused in RUN: take the arm over first'


@pytest.mark.parametrize('what', ['position', 'velocity'])
def test_measurements_that_are_not_finite_stop_the_arm(rig, make_chunk, what):
    running(rig, make_chunk)
    torque = rig.arm.torques[-1]
    rig.arm.sample.__dict__[what] = np.full(7, np.nan)
    rig.run(5)
    status = rig.execution.status()
    assert status.mode is Mode.STOP
    assert f'got {what} nan of fr3_joint1' in status.cause
    assert np.isfinite(rig.arm.torques[-1]).all()
    assert np.abs(rig.arm.torques[-1] - torque).max() <= 5 * 1.001  # 1000 Nm/s for 5 ticks


def test_silent_hardware_holds(rig, make_chunk):
    running(rig, make_chunk)
    rig.arm.advance = lambda now: None
    rig.run(150)
    status = rig.execution.status()
    assert status.mode is Mode.HOLD
    assert status.cause == 'hardware: joint states are silent'


def test_a_law_that_fails_holds(rig, make_chunk):
    running(rig, make_chunk)

    class Broken(ControlLaw):
        def torque(self, model, target, out):
            out[:] = np.nan
            return out

    rig.execution.loop.actuation.law = Broken()
    rig.run(3)
    assert rig.execution.status().mode is Mode.HOLD
    assert 'control law' in rig.execution.status().cause
    assert np.isfinite(rig.arm.torques[-1]).all()


def test_a_joint_that_is_thrown_about_holds(rig, make_chunk):
    running(rig, make_chunk)
    rig.arm.dq[0] = 4.0
    rig.run(1)
    assert rig.execution.supervisor.state is State.HELD
    assert 'fr3_joint1 moves at 4.00 rad/s, its limit is 2.62' in rig.execution.status().cause


def test_before_the_first_measurement_nothing_is_sent(rig, spec):
    rig.execution.restart()
    rig.arm.sample.stamp = 0
    sent = len(rig.arm.torques)
    rig.execution.tick(rig.now + MS)
    assert len(rig.arm.torques) == sent
    assert rig.execution.status().mode is Mode.IDLE
