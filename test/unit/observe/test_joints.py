from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.observe import JointError, JointMap
from vla_ros.observe.joints import FingerMap
from vla_ros.robots import load_robot


SPEC = load_robot('franka')
NAMES = [*SPEC.joint_names, *SPEC.gripper.joints]
UR5E, TORSO = load_robot('ur5e'), load_robot('humanoid').limbs[2]
UR5E_NAMES = [*UR5E.joint_names, *UR5E.gripper.joints]
VALUES = {name: 0.01 * i for i, name in enumerate(NAMES)}


def read(names, **changes):
    position = [VALUES[name] for name in names]
    return JointMap(SPEC).read(
        7, names, changes.get('position', position), changes.get('velocity', [0.0] * len(names))
    )


@pytest.mark.parametrize('order', [NAMES, NAMES[::-1], ['base_wheel', *NAMES[3:], *NAMES[:3]]])
def test_joints_are_found_by_name_in_any_order(order):
    VALUES['base_wheel'] = 99.0
    joints = read(order)
    assert joints.position.tolist() == [VALUES[name] for name in SPEC.joint_names]
    assert joints.gripper == pytest.approx(sum(VALUES[name] for name in SPEC.gripper.joints))
    assert joints.stamp == 7


def test_an_order_that_changes_is_followed():
    joints = JointMap(SPEC)
    for order in (NAMES, NAMES[::-1], NAMES):
        sample = joints.read(0, order, [VALUES[name] for name in order], [0.0] * 9)
        assert sample.position.tolist() == [VALUES[name] for name in SPEC.joint_names]


@pytest.mark.parametrize('missing', NAMES)
def test_a_missing_name_is_named(missing):
    with pytest.raises(JointError, match=f"'{missing}' is missing"):
        read([name for name in NAMES if name != missing])


def test_what_cannot_be_believed_is_refused():
    with pytest.raises(JointError, match="'fr3_joint2' is given twice"):
        read([*NAMES, 'fr3_joint2'])
    with pytest.raises(JointError, match='9 names, 8 positions'):
        read(NAMES, position=[0.0] * 8)
    with pytest.raises(JointError, match='9 names, 9 positions, 3 velocities'):
        read(NAMES, velocity=[0.0] * 3)
    for bad in (np.nan, np.inf):
        with pytest.raises(JointError, match='the position of fr3_joint3 is not finite'):
            read(NAMES, position=[0.0, 0.0, bad, *[0.0] * 6])


def test_a_gripper_with_a_driver_of_its_own_is_read_apart():
    driver = replace(SPEC.driver, gripper_states='fr3_gripper/joint_states')
    spec, names = replace(SPEC, driver=driver), list(SPEC.joint_names)
    joints = JointMap(spec).read(3, names, [VALUES[name] for name in names], [0.0] * 7)
    assert joints.position.tolist() == [VALUES[name] for name in names] and joints.gripper == 0.0
    fingers = FingerMap(spec)
    assert fingers.read(['x', *SPEC.gripper.joints[::-1]], [9.0, 0.03, 0.02]) == 0.05
    with pytest.raises(JointError, match="gripper_states: 'fr3_finger_joint2' is missing"):
        fingers.read(SPEC.gripper.joints[:1], [0.03])
    with pytest.raises(JointError, match='fr3_finger_joint1 is not finite'):
        fingers.read(SPEC.gripper.joints, [np.nan, 0.0])


def test_missing_velocities_are_zero_but_to_torques():
    ur5e = load_robot('ur5e')
    names = [*ur5e.joint_names, *ur5e.gripper.joints]
    still = JointMap(ur5e).read(0, names, [0.1] * len(names), [])
    assert still.velocity.tolist() == [0.0] * ur5e.n
    with pytest.raises(JointError, match='no velocities'):
        read(NAMES, velocity=[])


@pytest.mark.parametrize('velocity', [[np.nan] * 8, [0.5] * 3, [np.nan]], ids=str)
def test_velocities_that_nothing_needs_may_be_nan_or_too_few(velocity):
    still = JointMap(UR5E).read(0, UR5E_NAMES, [0.1] * 8, velocity)
    assert still.velocity.tolist() == [0.0] * UR5E.n and still.position.tolist() == [0.1] * 6


def test_one_joint_without_a_velocity_does_not_hide_the_others():
    some = JointMap(UR5E).read(0, UR5E_NAMES, [0.1] * 8, [0.5, np.nan, *[0.25] * 6])
    assert some.velocity.tolist() == [0.5, 0.0, *[0.25] * 4]
    with pytest.raises(JointError, match='the velocity of elbow_joint is not finite'):
        JointMap(UR5E).read(0, UR5E_NAMES, [0.1] * 8, [0.0, 0.0, np.inf, *[0.0] * 5])


EMPTY = st.lists(st.sampled_from(['', 'a', NAMES[0]]), max_size=2)
NUMBERS = st.lists(st.floats(), max_size=12)


@given(names=EMPTY, position=NUMBERS, velocity=NUMBERS)
def test_before_a_whole_state_has_come_nothing_is_believed(names, position, velocity):
    """Above all not what has no names: nobody has said an order yet."""
    for spec in (SPEC, UR5E, TORSO):
        with pytest.raises(JointError, match='is missing from'):
            JointMap(spec).read(0, names, position, velocity)
    with pytest.raises(JointError, match='gripper_states: .* is missing from'):
        FingerMap(SPEC).read(names, position)


def variants(names):
    """Return lists that are the whole of a robot's names, or nearly."""
    whole = st.permutations([*names, 'rail'])
    part = st.lists(st.sampled_from([*names, 'rail', '']), max_size=len(names) + 2)
    return whole | whole.map(lambda found: found[:-2]) | part


@given(st.data())
def test_whatever_comes_is_a_whole_finite_sample_or_refused_with_a_cause(data):
    spec = data.draw(st.sampled_from((SPEC, UR5E, TORSO)))
    fingers = getattr(spec, 'gripper', None)
    wanted = [*spec.joint_names, *(fingers.joints if fingers else ())]
    joints = JointMap(spec)
    for _ in range(3):  # what came before must not make the next believed
        names = data.draw(variants(wanted))
        size = st.just(len(names)) | st.integers(0, 12)
        position, velocity = (
            data.draw(size.flatmap(lambda n: st.lists(st.floats(), min_size=n, max_size=n)))
            for _ in range(2)
        )
        try:
            found = joints.read(5, names, position, velocity)
        except JointError as error:
            assert str(error).startswith('joint_states: ')
            continue
        where = [position[names.index(name)] for name in wanted]
        assert found.position.tolist() == where[: spec.n] and np.isfinite(where).all()
        assert found.velocity.shape == (spec.n,) and np.isfinite(found.velocity).all()
        assert len(position) == len(names) and set(wanted) <= set(names)


def test_only_the_velocities_of_what_is_commanded_matter():
    unknown = [float('nan')] * 2  # as a broadcaster fills in for joints that have none
    assert read(NAMES, velocity=[0.5] * 7 + unknown).velocity.tolist() == [0.5] * 7
    with pytest.raises(JointError, match='the velocity of fr3_joint7 is not finite'):
        read(NAMES, velocity=[0.0] * 6 + [np.nan] * 3)
