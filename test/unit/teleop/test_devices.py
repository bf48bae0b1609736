"""Every device: whatever comes in, the intent is finite, bounded, and still without the switch."""

import math

from device_bench import HOME, LOWER, MS, NOW, SPEC, UPPER, device, joints, joy, keys
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.core.data import SECOND
from vla_ros.teleop import DEVICES, STILL, Follower, load_preset
from vla_ros.teleop.inputs import JointPositions, Joy, Keys, Motion


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
    JointPositions: st.builds(JointPositions, stamps, names, numbers)
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
