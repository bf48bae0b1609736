"""A leader arm: approached, followed, refused; its trigger."""

import math

from device_bench import HOME, LOWER, MS, NOW, SPEC, UPPER, device, joints, keys
import numpy as np
import pytest

from vla_ros.teleop import Follower
from vla_ros.teleop.inputs import JointPositions


@pytest.fixture
def leader():
    made = device('leader')
    made.begin(HOME)
    return made


def held(made, position, now, **fields):
    made.take(keys('space', stamp=now))
    made.take(joints(position, now, **fields))
    return made.read(now)


def test_a_leader_is_caught_up_with_and_then_followed_at_once(leader):
    goal, now = SPEC.home + 0.4, NOW
    reached = []
    for _ in range(100):
        now += 20 * MS
        reached.append(held(leader, goal, now).joints)
    steps = np.abs(np.diff(reached, axis=0)).max(axis=1)
    far = np.abs(goal - reached[:-1]).max(axis=1) > 0.1
    assert steps[far].max() <= 0.3 * 0.02 + 1e-9
    np.testing.assert_allclose(reached[-1], goal)
    # Caught: 0.02 rad in one reading of 20 ms are within its 1.5 rad/s.
    now += 20 * MS
    np.testing.assert_allclose(held(leader, goal + 0.02, now).joints, goal + 0.02)
    # A jump is approached like a leader that is elsewhere.
    now += 20 * MS
    jumped = held(leader, goal - 0.6, now).joints
    assert np.abs(jumped - goal - 0.02).max() <= 0.3 * 0.02 + 1e-9


def test_a_leader_without_the_switch_or_without_joints_leaves_the_target(leader):
    moved = held(leader, SPEC.home + 0.02, NOW).joints
    leader.take(joints(SPEC.home + 0.1, NOW + 300 * MS))
    later = leader.read(NOW + 300 * MS)
    assert not later.deadman and np.array_equal(later.joints, moved)
    leader.take(keys('space', stamp=NOW + 900 * MS))
    lost = leader.read(NOW + 900 * MS)
    assert 'nothing for 0.6 s' in lost.cause and np.array_equal(lost.joints, moved)


@pytest.mark.parametrize(
    ('sample', 'words'),
    [
        (joints(SPEC.home[:6], names=SPEC.joint_names[:6]), "'fr3_joint7' is given 0 times"),
        (JointPositions(NOW, SPEC.joint_names, (0.0,) * 6), '7 names, 6 positions'),
        (joints([*SPEC.home, 0.0], names=[*SPEC.joint_names, 'fr3_joint1']), 'is given 2 times'),
        (joints([*SPEC.home[:6], math.nan]), 'fr3_joint7 is not finite'),
        (joints(SPEC.home, NOW - 900 * MS), 'nothing for 0.9 s'),
    ],
)
def test_a_leader_that_cannot_be_believed_says_why(leader, sample, words):
    leader.take(sample)
    assert words in leader.read(NOW).cause
    assert words in leader.refusal(NOW, HOME)


def test_a_leader_is_mapped_by_name_with_sign_offset_and_scale():
    mapping = {
        name: {'source': f'l{i}', 'scale': -0.5, 'offset': 0.1}
        for i, name in enumerate(SPEC.joint_names)
    }
    made = device('leader', joints=mapping, catch_up=1.5, tolerance=1.0)
    start = np.clip(0.1 - 0.5 * SPEC.home, LOWER, UPPER)
    made.begin(Follower(start, 1.0))
    sources = [f'l{i}' for i in range(7)]
    operator = held(made, SPEC.home[::-1], NOW, names=sources[::-1])
    np.testing.assert_allclose(operator.joints, start)


def test_the_target_of_a_leader_stays_within_the_joint_limits(leader):
    now = NOW
    for _ in range(400):
        now += 100 * MS
        target = held(leader, np.full(7, 9.0), now).joints
    np.testing.assert_allclose(target, UPPER)


def test_a_trigger_takes_the_gripper_up_where_it_is():
    made = device('leader', gripper={'source': 't', 'closed': 0.0, 'open': 0.8})
    made.begin(Follower(SPEC.home, 0.0))  # the policy holds something
    names = [*SPEC.joint_names, 't']

    def wish(trigger):
        return held(made, [*SPEC.home, trigger], NOW, names=names).gripper

    assert wish(0.8) is None and wish(0.4) is None
    assert wish(0.04) == pytest.approx(0.05) and wish(0.8) == 1.0 and wish(9.0) == 1.0


def test_a_leader_elsewhere_is_refused_when_it_is_not_approached():
    made = device('leader', catch_up=0.0)
    assert 'nothing has come yet' in made.refusal(NOW, HOME)
    made.take(joints(SPEC.home + 0.3))
    assert 'bring it nearer' in made.refusal(NOW, HOME)
    assert made.refusal(NOW, Follower(None, 1.0)) == 'the joints of the arm are not known'
    assert made.refusal(NOW, Follower(SPEC.home + 0.25, 1.0)) == ''
    assert device('leader').refusal(NOW, HOME) != ''
