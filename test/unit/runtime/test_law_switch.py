"""Laws, gains and stiffness change while the arm moves: the torque goes on where it was."""

import numpy as np
import pytest

from vla_ros.control.laws import LawPreset, load_preset
from vla_ros.control.loops.supervisor import Event
from vla_ros.control.loops.targets import Kind
from vla_ros.core.data import Mode


SMOOTH = 0.1  # Nm per tick, a tenth of what the torque rate allows


def moving(rig, ticks, speed=0.15):
    """Move to the left for so long, where the law tracks poses; return the torques sent."""
    begin = len(rig.arm.torques)
    tracks = rig.execution.loop.actuation.law.tracks
    for _ in range(ticks):
        twist = np.array([0, speed, 0, 0, 0, 0, 0])
        refusal = rig.execution.target(Kind.TWIST, rig.now, twist, rig.now)
        assert (refusal == '') == (tracks == 'pose')
        rig.run(1)
    return np.array(rig.arm.torques[begin - 1 :])


@pytest.fixture
def taken(rig):
    rig.execution.post(Event.TAKEOVER)
    rig.run(1)
    moving(rig, 300)
    return rig


def steps(torques):
    return np.abs(np.diff(torques, axis=0)).max()


@pytest.mark.parametrize(
    'name',
    [
        'franka_operational_space',
        'franka_wrench',
        'franka_joint_impedance',
        'franka_torque_feedback',
        'franka_guide',
        'franka_impedance',
    ],
)
def test_a_change_of_laws_in_motion_is_bumpless(taken, name):
    before = steps(moving(taken, 50))
    assert taken.execution.adopt(load_preset(name)) == ''
    after = steps(moving(taken, 200))
    assert after < before + SMOOTH, (before, after)


def test_a_change_of_gains_is_bumpless_and_takes_effect(taken):
    preset = load_preset('franka_impedance')
    softer = LawPreset(preset.law, {**preset.parameters, 'k_pos': 100.0})
    assert taken.execution.adopt(softer) == ''
    assert steps(moving(taken, 200)) < 2 * SMOOTH
    assert taken.execution.loop.actuation.law.stiffness == 100.0


def test_a_stiffness_by_topic_is_bumpless(taken):
    stiffness = np.diag([100.0, 900.0, 300.0, 10.0, 30.0, 20.0]).ravel()
    assert taken.execution.target(Kind.STIFFNESS, taken.now, stiffness, taken.now) == ''
    assert steps(moving(taken, 200)) < 2 * SMOOTH


@pytest.mark.parametrize(
    ('values', 'cause'),
    [
        (np.diag([-1.0, 1, 1, 1, 1, 1]), 'positive'),
        (np.triu(np.ones((6, 6))), 'symmetric'),
        (np.full((6, 6), np.nan), 'finite'),
        (np.eye(6) * 1e6, 'expected'),
    ],
    ids=['indefinite', 'asymmetric', 'nan', 'too stiff'],
)
def test_a_stiffness_that_is_none_is_refused_and_changes_nothing(taken, values, cause):
    before = taken.execution.status().refused_targets
    refusal = taken.execution.target(Kind.STIFFNESS, taken.now, values.ravel(), taken.now)
    assert refusal.startswith('target_stiffness: ') and cause in refusal
    assert taken.execution.status().refused_targets == before + 1


def test_gains_out_of_range_are_refused(taken):
    law = taken.execution.loop.actuation.law
    preset = load_preset('franka_impedance')
    wrong = LawPreset(preset.law, {**preset.parameters, 'k_pos': -5.0})
    assert 'k_pos: expected 0..5000' in taken.execution.adopt(wrong)
    assert taken.execution.loop.actuation.law is law


def test_between_torques_and_motion_only_at_rest(taken):
    cause = taken.execution.adopt(load_preset('franka_joint_servo'))
    assert cause == 'law: from effort to motion only while the arm rests'
    taken.run(1500)  # the twist is stale: the arm holds
    assert taken.execution.adopt(load_preset('franka_joint_servo')) == ''
    taken.run(100)
    sent = taken.execution.loop.command()
    assert np.isnan(sent.torque).all()
    np.testing.assert_allclose(sent.position, taken.arm.q, atol=0.05)


def test_takeover_and_return_to_the_policy_are_bumpless(rig, make_chunk):
    execution = rig.execution
    assert execution.post(Event.START, 'push the red cube') == ''
    rig.run(1)
    assert execution.offer(make_chunk(1, rig.now, rig.commanded), rig.now) == ''
    rig.run(400)
    begin = len(rig.arm.torques)
    execution.post(Event.TAKEOVER)
    rig.run(1)
    moving(rig, 300, -0.1)
    execution.post(Event.RELEASE)
    rig.run(1)
    assert execution.offer(make_chunk(2, rig.now, rig.commanded), rig.now) == ''
    rig.run(400)
    assert execution.status().mode is Mode.RUN
    assert steps(np.array(rig.arm.torques[begin:])) < 3 * SMOOTH
