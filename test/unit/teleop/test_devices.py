"""Every device: whatever comes in, the intent is finite, bounded, and still without the switch."""

import math

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.config import ConfigError
from vla_ros.data import SECOND
from vla_ros.paths import share_dir
from vla_ros.robots import load_robot
from vla_ros.teleop import DEVICES, STILL, Follower, TeleopPreset, load_preset, make_device
from vla_ros.teleop.inputs import Joints, Joy, Keys, Motion


SPEC = load_robot('franka')
HOME = Follower(SPEC.home, 1.0)
LOWER, UPPER = SPEC.joint_array('lower'), SPEC.joint_array('upper')
NOW = 1_700_000_000 * SECOND
MS = SECOND // 1000


def device(name, **changes):
    preset = load_preset(name)
    parameters = {**preset.parameters, **changes}
    return make_device(TeleopPreset(preset.device, preset.handover, parameters), SPEC)


def joy(*pressed, stamp=NOW, axes=(0.0,) * 6, count=21):
    return Joy(stamp, tuple(axes), tuple(int(i in pressed) for i in range(count)))


def keys(*names, stamp=NOW):
    return Keys(stamp, names)


def joints(position, stamp=NOW, names=SPEC.joint_names):
    return Joints(stamp, tuple(names), tuple(float(q) for q in position))


wild = st.floats(allow_nan=True, allow_infinity=True)
numbers = st.lists(wild, max_size=9).map(tuple)
flags = st.lists(st.integers(-1, 2), max_size=22).map(tuple)
stamps = st.integers(-400, 400).map(lambda k: NOW + k * MS)
names = st.lists(st.sampled_from([*SPEC.joint_names, 'x']), max_size=9).map(tuple)
key_names = st.sampled_from([*load_preset('keyboard').parameters['keys'], 'z', 'escape'])
good_joints = st.lists(st.floats(-4, 4), min_size=7, max_size=7)
SAMPLES = {
    Motion: st.builds(Motion, stamps, numbers | st.tuples(*[st.floats(-2, 2)] * 6)),
    Joy: st.builds(Joy, stamps, numbers | st.tuples(*[st.floats(-2, 2)] * 6), flags)
    | st.builds(lambda s, k: joy(9, 0, k, stamp=s), stamps, st.integers(0, 20)),
    Joints: st.builds(Joints, stamps, names, numbers)
    | st.builds(lambda s, q: joints(q, s), stamps, good_joints),
    Keys: st.builds(Keys, stamps, st.lists(key_names, max_size=4).map(tuple)),
}


def inputs_of(made):
    kinds = [SAMPLES[kind] for kind in made.topics.values()]
    return st.one_of(*kinds, *([SAMPLES[Keys]] if made.reads_keys else []))


def check(made, operator, now):
    assert all(map(math.isfinite, operator.twist))
    speeds = made._config.speeds if made.output == 'twist' else None
    if speeds is not None:
        assert math.hypot(*operator.twist[:3]) <= speeds.linear * (1 + 1e-12)
        assert math.hypot(*operator.twist[3:]) <= speeds.angular * (1 + 1e-12)
    assert operator.gripper is None or 0 <= operator.gripper <= 1
    if not operator.deadman:
        assert operator.twist == STILL and operator.gripper is None
    assert not (operator.deadman and operator.cause)
    assert abs(operator.stamp - now) <= 0.2 * SECOND
    if operator.joints is not None:
        assert np.all((operator.joints >= LOWER) & (operator.joints <= UPPER))


@pytest.mark.parametrize('name', DEVICES)
@given(data=st.data())
def test_an_intent_is_finite_and_bounded_whatever_comes_in(name, data):
    made = device(name, pedal='pedal') if name == 'leader' else device(name)
    made.begin(HOME)
    before, last = SPEC.home, NOW
    for _ in range(data.draw(st.integers(1, 12))):
        made.take(data.draw(inputs_of(made)))
        now = data.draw(stamps)
        operator = made.read(now)
        check(made, operator, now)
        if operator.joints is not None:
            # The target of a leader is never faster than configured, whatever the leader does.
            elapsed = min(max(now - last, 0) / SECOND, 0.1) if last != NOW else 0.1
            assert np.abs(operator.joints - before).max() <= 1.5 * elapsed + 1e-9
            if not operator.deadman:
                assert np.array_equal(operator.joints, before)
            before = operator.joints
        last = now


PRESSED = {
    'spacemouse': (
        lambda made, stamp: (
            made.take(Motion(stamp, (0.68, 0, 0, 0, 0, 0))),
            made.take(joy(0, stamp=stamp, count=2)),
        )
    ),
    'joystick': lambda made, stamp: made.take(joy(9, stamp=stamp, axes=(0, 1.0, 0, 0, 0, 0))),
    'keyboard': lambda made, stamp: made.take(keys('w', stamp=stamp)),
}


@pytest.mark.parametrize('name', PRESSED)
def test_full_deflection_is_the_configured_speed_and_ends_with_the_input(name):
    made = device(name)
    PRESSED[name](made, NOW)
    fast = made.read(NOW + 50 * MS)
    speeds = load_preset(name).parameters['speeds']
    part = load_preset(name).parameters.get('start', 1.0)
    assert fast.deadman and fast.twist == pytest.approx((part * speeds['linear'], 0, 0, 0, 0, 0))
    still = made.read(NOW + 201 * MS)
    assert not still.deadman and still.twist == STILL


@pytest.mark.parametrize('name', ['spacemouse', 'joystick'])
def test_without_the_switch_there_is_no_motion(name):
    made = device(name)
    made.take(joy(axes=[1.0] * 6))
    if name == 'spacemouse':
        made.take(Motion(NOW, (1.0,) * 6))
    operator = made.read(NOW)
    assert (operator.deadman, operator.twist, operator.cause) == (False, STILL, '')


@pytest.mark.parametrize(
    ('bad', 'words'),
    [
        (joy(9, axes=(0, math.nan, 0, 0, 0, 0)), 'expected finite numbers'),
        (joy(9, axes=(0, 1, 0, 0, math.inf, 0)), 'expected finite numbers'),
        (joy(9, axes=(0, 1)), 'expected 4 axes and 15 buttons or more, got 2 and 21'),
        (joy(9, count=12), 'got 6 and 12'),
        (joy(9, stamp=NOW - 500 * MS), 'joy: nothing for 0.5 s'),
        (joy(9, stamp=NOW + 900 * MS), 'joy: stamped 0.9 s ahead; do the clocks'),
    ],
)
def test_a_joystick_that_cannot_be_believed_says_why(bad, words):
    made = device('joystick')
    made.take(joy(9, axes=(0, 1.0, 0, 0, 0, 0)))
    assert made.read(NOW).twist[0] > 0
    made.take(bad)
    operator = made.read(NOW)
    assert operator.twist == STILL and not operator.deadman and words in operator.cause


def test_both_topics_of_a_spacemouse_must_be_fresh():
    made = device('spacemouse')
    assert 'spacenav/joy: nothing has come yet' in made.read(NOW).cause
    made.take(joy(0, count=2))
    assert 'spacenav/twist: nothing has come yet' in made.read(NOW).cause
    made.take(Motion(NOW, (0.5, 0, 0, 0, 0, 0)))
    assert made.read(NOW).twist[0] > 0
    made.take(joy(0, count=2, stamp=NOW + 300 * MS))
    assert 'spacenav/twist: nothing for 0.3 s' in made.read(NOW + 300 * MS).cause
    made.take(joy(0, count=2))
    made.take(Motion(NOW, (0.5,)))
    assert 'expected 6 finite numbers' in made.read(NOW).cause


def test_opposite_keys_cancel_and_two_keys_for_one_motion_are_no_faster():
    made = device('keyboard')
    made.take(keys('w', 's', 'e'))
    assert made.read(NOW).twist == pytest.approx((0, 0, 0.1, 0, 0, 0))
    made = device('keyboard')
    made.take(keys('w', 'up'))
    assert made.read(NOW).twist == pytest.approx((0.1, 0, 0, 0, 0, 0))


def test_a_diagonal_is_no_faster_than_an_axis():
    made = device('keyboard')
    made.take(keys('w', 'a', 'e', 'u', 'i', 'j'))
    twist = made.read(NOW).twist
    assert math.hypot(*twist[:3]) == pytest.approx(0.1)
    assert math.hypot(*twist[3:]) == pytest.approx(0.4)


def test_the_keyboard_stops_at_once_and_its_speed_stays_within_its_range():
    made = device('keyboard')
    made.take(keys('w', 'space'))
    assert made.read(NOW).twist == STILL
    made.take(keys(*['.'] * 40, 'w'))
    assert made.read(NOW).twist[0] == pytest.approx(0.2)
    made.take(keys(*[','] * 40, 'w'))
    assert made.read(NOW).twist[0] == pytest.approx(0.02)
    made.take(keys('r'))
    assert made.read(NOW).release


def test_a_toggle_acts_once_a_press_from_where_the_gripper_was_and_only_with_the_switch():
    made = device('spacemouse')
    made.take(Motion(NOW, (0.0,) * 6))
    made.begin(Follower(None, 0.0))  # the policy holds something

    def wish(*pressed):
        made.take(joy(*pressed, count=2))
        return made.read(NOW).gripper

    assert wish(0) is None  # taking the arm over does not open the hand
    assert wish(0, 1) == 1.0 and wish(0, 1) == 1.0 and wish(0) == 1.0
    assert wish(0, 1) == 0.0
    wish()
    wish(1)
    assert wish(0, 1) == 0.0 and wish(0) == 0.0  # pressed before the switch was: no wish


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
        (Joints(NOW, SPEC.joint_names, (0.0,) * 6), '7 names, 6 positions'),
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


def test_every_shipped_preset_is_a_device_of_its_name():
    shipped = {path.stem for path in (share_dir() / 'config' / 'teleop').glob('*.yaml')}
    assert shipped == set(DEVICES)
    assert all(load_preset(name).device == name for name in shipped)


@pytest.mark.parametrize(
    ('name', 'changes', 'words'),
    [
        ('joystick', {'speeds': {'linear': 0.9, 'angular': 0.8}}, 'linear: 0.9 m/s is above the'),
        ('joystick', {'speeds': {'linear': -1, 'angular': 0.8}}, 'linear: expected more than 0'),
        ('joystick', {'speeds': {'linear': 0.1, 'angular': 0.8, 'expo': 2}}, 'expo: expected'),
        ('joystick', {'axes': {'x': [{'axis': 1, 'button': 2}]}}, 'either an axis or a button'),
        ('joystick', {'axes': {'x': [{'axis': 1, 'scale': 2}]}}, 'scale: expected -1..1'),
        ('joystick', {'buttons': {'deadman': -1}}, 'deadman: expected the index of a button'),
        ('joystick', {'buttons': {}}, "missing key 'deadman'"),
        ('joystick', {'buttons': {'deadman': 9}}, 'nothing gives the arm back'),
        ('keyboard', {'keys': {'w': '+x'}}, 'nothing gives the arm back'),
        ('joystick', {'frame': 'world'}, "frame: 'world' is not one of"),
        ('joystick', {'stale_after': 5}, 'stale_after: expected 0..1 s'),
        ('joystick', {'dead_zone': 1}, 'dead_zone: expected 0..1'),
        ('spacemouse', {'axes': {'x': [{'axis': 6}]}}, 'has the axes 0 to 5'),
        ('spacemouse', {'axes': {'x': [{'button': 0}]}}, 'moves by its axes alone'),
        ('spacemouse', {'full': 0.0}, 'full: expected'),
        ('keyboard', {'keys': {'w': 'up'}}, "keys.w: 'up' is not one of"),
        ('keyboard', {'keys': {'o': 'open'}}, 'no key moves the arm'),
        ('keyboard', {'start': 0.0}, 'start: expected 0.1..1'),
        ('keyboard', {'hold': 2}, 'hold: expected 0..1 s'),
        ('leader', {'joints': {'fr3_joint1': {'source': 'a'}}}, 'a mapping of every joint'),
        ('leader', {'speed': 5.0}, 'speed: 5.0 rad/s is above the 2.62'),
        ('leader', {'catch_up': 2.0}, 'catch_up: expected 0..1.5'),
        ('leader', {'tolerance': 0.0}, 'tolerance: expected 0..1 rad'),
        ('leader', {'gripper': {'source': 't', 'closed': 1, 'open': 1}}, 'must differ'),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(name, changes, words):
    with pytest.raises(ConfigError, match=words):
        device(name, **changes)


def test_an_unknown_device_is_named():
    with pytest.raises(FileNotFoundError, match=r"'mouse' is not one of \['joystick'"):
        load_preset('mouse')
    with pytest.raises(ValueError, match="device: 'mouse' is not one of"):
        TeleopPreset('mouse')
    with pytest.raises(ConfigError, match="unknown key 'handovers'"):
        from vla_ros import config

        config.build(TeleopPreset, {'device': 'joystick', 'handovers': {}})
