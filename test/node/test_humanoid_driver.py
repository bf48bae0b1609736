"""The humanoid's control node in front of its drivers: chunks in, commands out, by limb."""

import os
import signal

from limb_targets import aim, drive
import numpy as np
import pytest

from vla_ros.core.data import Mode
from vla_ros_msgs.srv import SetInstruction


pytest.importorskip('nav_msgs')
from humanoid_bench import BASE, HEAD, ROBOT, TORSO, HumanoidDrivers  # noqa: E402


pytestmark = pytest.mark.realtime


@pytest.fixture
def drivers(bench, tmp_path):
    made = HumanoidDrivers(bench, tmp_path)
    made.bench.until(lambda: made.statuses, 'no status')
    return made


@pytest.fixture
def running(drivers):
    """The node with an instruction, and all limbs heard of."""
    drivers.feed(lambda: drivers.whole, 'a limb is not heard of')
    answer = drivers.bench.call(SetInstruction, 'set_instruction', instruction='reach for it')
    assert answer.accepted, answer
    drivers.feed(lambda: drivers.status.mode is Mode.RUN, 'it does not run')
    return drivers


def test_nothing_is_sent_before_a_limb_is_heard_of(drivers):
    drivers.silent = {'odom'}
    drivers.feed(lambda: len(drivers.commands['head']) > 10, 'no positions')
    assert not drivers.driven and not drivers.twists
    drivers.silent = set()
    drivers.feed(lambda: drivers.whole and len(drivers.driven) > 10, 'no twists')
    np.testing.assert_array_equal(drivers.speed, 0)
    for limb in ROBOT.limbs[:BASE]:
        np.testing.assert_allclose(drivers.commands[limb.name][-1].data, limb.home, atol=1e-3)


def test_a_chunk_leaves_through_the_drivers_of_all_limbs(running):
    running.offer(running.row, twist=(0.3, 0.0, -0.2), yaw_rate=0.2, horizon=30)
    running.feed(lambda: running.speed[0] > 0.25, 'it does not drive')
    assert running.driven[-1].header.frame_id == 'base_link' and running.speed[2] < -0.1
    running.feed(lambda: running.commands['head'][-1].data[1] > 0.3, 'the head does not turn')
    np.testing.assert_allclose(running.commands['torso'][-1].data, ROBOT.limbs[TORSO].home)
    assert running.twists[-1].header.frame_id == 'base_link'
    joints = running.joints[1][-1]
    assert tuple(joints.name) == ROBOT.limbs[HEAD].joint_names
    assert joints.position[1] > 0.2 and joints.velocity[1] == pytest.approx(0.2, abs=0.05)


def test_a_hold_brakes_the_base_and_keeps_the_posture(running):
    running.offer(running.row, twist=(0.4, 0.0, 0.0), yaw_rate=0.2, horizon=60)
    running.feed(lambda: running.speed[0] > 0.3, 'it does not drive')
    future = running.trigger('hold')
    assert future.success
    running.feed(lambda: not running.speed.any(), 'it drives on')
    yaw = running.commands['head'][-1].data[1]
    before = len(running.driven)
    running.feed(lambda: len(running.driven) > before + 10, 'no twists')
    assert all(not np.any([m.twist.linear.x, m.twist.angular.z]) for m in running.driven[before:])
    assert running.commands['head'][-1].data[1] == pytest.approx(yaw, abs=1e-3)


def test_silent_odometry_holds_all_and_the_base_is_told_to_brake(running):
    running.offer(running.row, twist=(0.4, 0.0, 0.0), yaw_rate=0.2, horizon=60)
    running.feed(lambda: running.speed[0] > 0.3, 'it does not drive')
    running.silent = {'odom'}
    running.feed(lambda: running.status.mode is Mode.HOLD, 'it goes on')
    assert running.status.cause == 'hardware: odom of base is silent'
    running.feed(lambda: not running.speed.any(), 'it drives on')


def test_silent_joints_hold_the_base_too(running):
    running.offer(running.row, twist=(0.4, 0.0, 0.0), horizon=60)
    running.feed(lambda: running.speed[0] > 0.3, 'it does not drive')
    running.silent = {'joints'}
    running.feed(lambda: not running.speed.any(), 'it drives on')
    assert 'joint states' in running.status.cause and 'silent' in running.status.cause


def test_joint_names_may_come_in_any_order(drivers):
    drivers.shuffled = True
    drivers.feed(lambda: drivers.whole, 'a limb is not heard of')
    for limb in ROBOT.limbs[:BASE]:
        np.testing.assert_allclose(drivers.commands[limb.name][-1].data, limb.home, atol=1e-3)


def test_with_a_joint_of_the_head_missing_it_is_silent(running):
    running.missing = {'head_yaw_joint'}
    running.feed(lambda: running.status.mode is Mode.HOLD, 'it goes on')
    cause = "hardware: joint states of head are silent; joint_states: 'head_yaw_joint' is missing"
    assert running.status.cause.startswith(cause)


def test_odometry_of_another_frame_is_not_believed(running):
    running.frame = 'base_footprint'
    running.feed(lambda: running.status.mode is Mode.HOLD, 'it goes on')
    cause = "hardware: odom of base is silent; odom: child_frame_id: expected 'base_link'"
    assert running.status.cause.startswith(cause)


def test_a_chunk_out_of_limits_is_refused_by_its_channel(running):
    running.offer(running.row, twist=(0.9, 0.0, 0.0))
    running.feed(lambda: running.status.refused_chunks, 'it is not refused')
    assert running.status.last_refusal.startswith('base: actions: expected vx in')
    assert not running.speed.any()


def test_a_person_drives_it_and_turns_its_head(drivers):
    drivers.feed(lambda: drivers.whole, 'a limb is not heard of')
    assert drivers.trigger('takeover').success
    drivers.feed(lambda: drivers.status.mode is Mode.TAKEOVER, 'it is not taken over')
    drive_on, look = drive(0.3), aim('head', head_yaw_joint=0.4, head_pitch_joint=0.2)

    def step():
        drivers.step()
        drive_on(drivers)
        look(drivers)

    drivers.repeat(step, 0.01, lambda: drivers.speed[0] > 0.25, 'it does not drive', 15.0)
    turned = lambda: abs(drivers.commands['head'][-1].data[1] - 0.4) < 0.02  # noqa: E731
    drivers.repeat(step, 0.01, turned, 'it does not look', 15.0)
    drivers.feed(lambda: not drivers.speed.any(), 'it drives on without a target')
    assert drivers.status.mode is Mode.TAKEOVER


@pytest.mark.parametrize(
    ('send', 'cause'),
    [
        (drive(0.3, frame='odom'), "expected 'base_link', got 'odom'"),
        (drive(0.3, lift=0.1), 'expected linear.x, linear.y and angular.z only'),
        (drive(float('nan')), 'expected finite numbers'),
        (aim('head', head_yaw_joint=3.0, head_pitch_joint=0.0), 'expected -2.0071..2.0071 rad'),
        (aim('torso', waist_yaw_joint=0.0), "expected 'waist_roll_joint' once"),
    ],
)
def test_targets_that_cannot_be_meant_are_refused(drivers, send, cause):
    drivers.feed(lambda: drivers.whole, 'a limb is not heard of')
    send(drivers)
    drivers.feed(lambda: drivers.status.refused_targets, 'it is not refused')
    assert cause in drivers.status.last_refusal


def test_the_last_that_a_base_hears_is_that_it_stands(running):
    running.offer(running.row, twist=(0.4, 0.0, 0.0), horizon=60)
    running.feed(lambda: running.speed[0] > 0.3, 'it does not drive')
    assert running.bench.node.trigger_deactivate().name == 'SUCCESS'
    running.bench.until(lambda: not running.speed.any(), 'it drives on')


def test_a_base_whose_control_process_stands_still_is_told_to_stand(running):
    running.offer(running.row, twist=(0.4, 0.0, 0.0), horizon=60)
    running.feed(lambda: running.speed[0] > 0.3, 'it does not drive')
    process = running.bench.node._arm.pid
    os.kill(process, signal.SIGSTOP)
    try:
        running.bench.until(lambda: not running.speed.any(), 'it drives on', 2.0)
    finally:
        os.kill(process, signal.SIGCONT)
