"""Arms of one body slow down before each other, and are free to part."""

import dataclasses
import re
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pinocchio as pin
import pytest

from vla_ros.control.avoidance.approach import BRAKING, STEP, share
from vla_ros.control.avoidance.inter_arm import InterArmAvoidance
from vla_ros.control.avoidance.slowdown import Slowdown
from vla_ros.control.laws import CartesianTarget
from vla_ros.core.rotations import quat_from_matrix
from vla_ros.robots import InterArmSpec, load_robot
from vla_ros.robots.model import RobotModel
from vla_ros.tabletop.demos.sim_env import EnvArm
from vla_ros.tabletop.tasks.arms import outwards


ALOHA = load_robot('aloha')
CLEARANCE = ALOHA.inter_arm_clearance
LEFT, RIGHT = ALOHA.arms
FASTEST = LEFT.joint_array('velocity')
STILL = np.zeros(6)
LOOK = 0.05  # s between two looks at the other arm
HANDS = ('gripper_link', 'finger_link')


def make(body=ALOHA):
    """Return the arms of a body and what watches each of them."""
    arms = [SimpleNamespace(model=RobotModel(arm), gripper=arm.gripper.open) for arm in body.arms]
    return arms, [InterArmAvoidance(body, i, arms) for i in range(len(arms))]


@pytest.fixture(scope='module')
def loaded():
    return make()


@pytest.fixture
def pair(loaded):
    for arm, spec in zip(loaded[0], ALOHA.arms, strict=True):
        arm.model.update(spec.home, STILL)
        arm.gripper = spec.gripper.open
    return loaded


class Reference:
    """All distances between the shapes of both arms, straight from Pinocchio."""

    def __init__(self, pairs):
        urdf = str(LEFT.urdf_path)
        self.model = pin.buildModelFromUrdf(urdf)
        shapes = pin.buildGeomFromUrdf(self.model, urdf, pin.GeometryType.COLLISION)
        for one, other in pairs:
            ids = shapes.getGeometryId(one), shapes.getGeometryId(other)
            shapes.addCollisionPair(pin.CollisionPair(*ids))
        self._parts = self.model, self.model.createData(), shapes, shapes.createData()
        hands = [all(any(h in name for h in HANDS) for name in pair) for pair in pairs]
        self.stop = np.where(hands, CLEARANCE.stop_hands, CLEARANCE.stop_distance)
        self.slow = np.where(hands, CLEARANCE.slow_hands, CLEARANCE.slow_distance)

    def distances(self, left, right, opening=LEFT.gripper.open):
        q = np.zeros(self.model.nq)
        for spec, own in ((LEFT, left), (RIGHT, right)):
            values = [*own, opening / 2, opening / 2]
            for name, value in zip(spec.joint_names + spec.gripper.joints, values, strict=True):
                q[self.model.joints[self.model.getJointId(name)].idx_q] = value
        pin.computeDistances(*self._parts[:2], *self._parts[2:], q)
        return np.array([result.min_distance for result in self._parts[3].distanceResults])


@pytest.fixture(scope='module')
def reference(loaded):
    return Reference(loaded[1][0].pairs)


def test_every_link_of_one_arm_is_compared_with_every_one_of_the_other(pair):
    _, (left, right) = pair
    assert left.pairs == right.pairs
    links = {frozenset(name.rsplit('_', 1)[0] for name in both) for both in left.pairs}
    assert frozenset({'left_upper_forearm_link', 'right_upper_forearm_link'}) in links
    assert frozenset({'left_left_finger_link', 'right_gripper_link'}) in links
    for one, other in left.pairs:
        assert one.split('_')[0] != other.split('_')[0]
        assert 'finger' not in one or 'finger' not in other
        assert 'base_link' not in one + other  # those are not moved: see SelfCollision


def test_it_is_what_all_distances_together_say(pair, reference):
    (one, other), (left, _) = pair
    rng, slowed = np.random.default_rng(0), 0
    lower, upper = (np.stack([a.joint_array(n) for a in ALOHA.arms]) for n in ('lower', 'upper'))
    spread = 0.4 * (upper - lower)
    for _ in range(200):
        q = np.clip(
            [LEFT.home, RIGHT.home] + rng.uniform(-0.5, 0.5, (2, 6)) * spread, lower, upper
        )
        velocity, drift = rng.uniform(-FASTEST, FASTEST, (2, 6))
        one.model.update(q[0] + 0.1, 0.5 * velocity)  # its own measurement does not count
        other.model.update(q[1], drift)
        one.gripper = other.gripper = rng.uniform(0, LEFT.gripper.open)
        apart = [
            reference.distances(*way, one.gripper)
            for way in (q, (q[0] + STEP * velocity, q[1]), (q[0], q[1] + STEP * drift))
        ]
        left_over = apart[0] + np.minimum(apart[2] - apart[0], 0) / STEP * BRAKING
        rates = (apart[1] - apart[0]) / STEP
        rows = zip(left_over, rates, reference.slow, reference.stop, strict=True)
        wanted = min(share(*row) for row in rows)
        assert left.scale(q[0], velocity) == pytest.approx(wanted, abs=1e-3)
        assert bool(left.cause) == (wanted < 1)
        slowed += 0 < wanted < 1
    assert slowed > 5


places = st.tuples(st.floats(-0.15, 0.1), st.floats(-0.1, 0.02), st.floats(0.1, 0.3))


@settings(max_examples=12)
@given(places, places)
def test_arms_led_into_each_other_stop_before_and_part_freely(one, other):
    arms, watches = make()
    reference = Reference(watches[0].pairs)
    sides = np.array([1.0, -1.0])  # each is led over the middle, to the other's side
    goals = [
        EnvArm(spec, 0.1).reach(np.array(place) * (1, side, 1))
        for spec, place, side in zip(ALOHA.arms, (one, other), sides, strict=True)
    ]
    q, scale = [LEFT.home.copy(), RIGHT.home.copy()], [1.0, 1.0]
    for k in range(1500):
        ways = [(goal - own) / BRAKING for goal, own in zip(goals, q, strict=True)]
        ways = [way / max(np.abs(way / (0.4 * FASTEST)).max(), 1.0) for way in ways]
        if k % round(1000 * LOOK) == 0:
            for arm, own, way, kept in zip(arms, q, ways, scale, strict=True):
                arm.model.update(own, kept * way)
            scale = [w.scale(*s) for w, *s in zip(watches, q, ways, strict=True)]
        for i in (0, 1):
            q[i] += scale[i] * ways[i] * 0.001
        if k % 25 == 0:
            assert (reference.distances(*q) > reference.stop - 0.004).all()
    for i in (0, 1):
        arms[i].model.update(q[i], STILL)
    for watch, spec, own in zip(watches, ALOHA.arms, q, strict=True):
        before = reference.distances(*q)
        home = (spec.home - own) * 0.3
        after = reference.distances(*(o + STEP * home * (o is own) for o in q))
        if (after >= before).all():  # the way home leads apart everywhere
            assert watch.scale(own, home) == 1.0


def test_who_stands_still_is_not_slowed_and_who_leads_apart_is_free(pair, reference):
    (one, other), (left, right) = pair
    near = EnvArm(LEFT, 0.1).reach(np.array([-0.019, 0.057, 0.22]))
    far = LEFT.home
    one.model.update(near, STILL)
    assert reference.distances(near, RIGHT.home).min() < 0.01
    assert left.scale(near, STILL) == 1.0
    assert left.scale(near, (far - near) / BRAKING) == 1.0 and left.cause == ''
    assert left.scale(near, (near - far) / BRAKING) == 0.0
    assert re.match(r'another arm: left_.* and right_.*, -?0\.\d{3} m', left.cause)
    # The other one, too, may only go away from it.
    other.model.update(RIGHT.home, STILL)
    away = EnvArm(RIGHT, 0.1).reach(np.array([0.0, -0.25, 0.3])) - RIGHT.home
    assert right.scale(RIGHT.home, away) > right.scale(RIGHT.home, -away) == 0.0


def test_an_arm_that_comes_nearer_slows_the_other(pair):
    (_, other), (left, _) = pair
    goal = EnvArm(LEFT, 0.1).reach(np.array([-0.019, 0.1, 0.22]))
    kept = {}
    for name, sign in (('still', 0), ('comes', 1), ('leaves', -1)):
        here, nearer = (
            EnvArm(RIGHT, 0.1).reach(np.array([-0.019, y, 0.22])) for y in (-0.12, -0.1)
        )
        other.model.update(here, 5 * sign * (nearer - here))
        kept[name] = left.scale(LEFT.home, (goal - LEFT.home) / BRAKING)
    assert 0 < kept['comes'] < kept['still'] == kept['leaves'] < 1


def test_fingers_count_as_open_as_they_are(pair, reference):
    (one, other), (left, _) = pair
    # The right hand's fingers point at the left arm's wrist.
    q = EnvArm(LEFT, 0.1).reach(np.array([0.02, 0.05, 0.1]))
    turn = outwards(EnvArm(RIGHT, 0.1).hand, 0.8, 0.0)
    other.model.update(EnvArm(RIGHT, 0.1).reach(np.array([0.0, -0.03, 0.25]), 40, turn), STILL)
    nearest = []
    for opening in (0.0, LEFT.gripper.open):
        one.gripper = other.gripper = opening
        left.scale(q, 0.1 * np.ones(6))
        wanted = reference.distances(q, other.model.q, opening).min()
        assert left.distance == pytest.approx(wanted, abs=1e-5)
        nearest.append(wanted)
    assert abs(nearest[0] - nearest[1]) > 0.005


def test_a_slowdown_takes_the_neighbours_into_account(pair):
    (_, other), (left, _) = pair
    slowdown = Slowdown(LEFT)
    model = RobotModel(LEFT)
    model.update(EnvArm(LEFT, 0.1).reach(np.array([-0.019, 0.06, 0.22])), STILL)
    target = CartesianTarget(LEFT.home)
    target.set(tuple(model.position.tolist()), tuple(quat_from_matrix(model.rotation)))
    twist = np.array([0.0, -0.3, 0.0, 0.0, 0.0, 0.0])
    assert [slowdown.along(model, target, twist) for _ in range(2)] == [1.0, 1.0]
    slowdown.neighbours = left
    kept = [slowdown.along(model, target, twist) for _ in range(2)]
    assert kept[-1] < 0.5 and slowdown.cause.startswith('another arm: ')
    assert slowdown.joints(model.q, model.q - 0.2 * model.jacobian[1]) < 0.5
    slowdown.reset()
    assert slowdown.scale == 1.0
    assert [slowdown.along(model, target, -twist) for _ in range(2)] == [1.0, 1.0]
    assert slowdown.cause == ''
    assert other.gripper  # it is there


def test_arms_without_shapes_are_not_slowed(tmp_path):
    urdf = re.sub(r'<collision>.*?</collision>', '', LEFT.urdf_path.read_text(), flags=re.S)
    path = tmp_path / 'bare.urdf'
    path.write_text(urdf)
    limbs = tuple(dataclasses.replace(limb, urdf=str(path)) for limb in ALOHA.limbs)
    _, watches = make(dataclasses.replace(ALOHA, urdf=str(path), limbs=limbs))
    assert watches[0].pairs == [] and watches[0].scale(LEFT.home, FASTEST) == 1.0


def test_arms_on_a_body_that_moves_are_watched_all_the_same():
    body = load_robot('humanoid')
    _, watches = make(body)
    assert watches[0].pairs and watches[0].scale(body.arms[0].home, np.zeros(7)) == 1.0


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        ({'slow_distance': 0.03}, 'stop_distance < slow_distance'),
        ({'stop_distance': 0.0}, 'stop_distance'),
        ({'slow_hands': 2.0}, 'slow_hands <= 1'),
        ({'stop_hands': -0.1}, 'stop_hands'),
    ],
)
def test_bad_distances_are_refused_by_name(values, message):
    with pytest.raises(ValueError, match=f'inter_arm_clearance: .*{message}'):
        InterArmSpec(**values)
