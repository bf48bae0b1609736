import dataclasses
import math
import re

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pinocchio as pin
import pytest

from vla_ros.control.avoidance.approach import BRAKING, STEP, share
from vla_ros.control.avoidance.collision import SelfCollision
from vla_ros.robots import SlowdownSpec, load_robot


FRANKA = load_robot('franka')
SLOW, STOP = FRANKA.slowdown.slow_distance, FRANKA.slowdown.stop_distance
LOWER, UPPER = FRANKA.joint_array('lower'), FRANKA.joint_array('upper')
FASTEST = FRANKA.joint_array('velocity')
CHECK = 0.02  # s between two checks, 50 Hz


@pytest.fixture(scope='module')
def collision():
    return SelfCollision(FRANKA)


class Reference:
    """All distances between the shapes of the URDF, straight from Pinocchio."""

    def __init__(self, pairs):
        urdf = str(FRANKA.urdf_path)
        model = pin.buildModelFromUrdf(urdf)
        shapes = pin.buildGeomFromUrdf(model, urdf, pin.GeometryType.COLLISION)
        for one, other in pairs:
            ids = shapes.getGeometryId(one), shapes.getGeometryId(other)
            shapes.addCollisionPair(pin.CollisionPair(*ids))
        self._parts = model, model.createData(), shapes, shapes.createData()

    def distances(self, q):
        opening = FRANKA.gripper.open / 4
        pin.computeDistances(*self._parts, np.append(q, (opening, opening)))
        return np.array([result.min_distance for result in self._parts[3].distanceResults])


@pytest.fixture(scope='module')
def reference(collision):
    return Reference(collision.pairs)


@given(st.floats(-1, 1), st.floats(-5, 5))
def test_the_share_is_a_share(now, rate):
    kept = share(now, rate, SLOW, STOP)
    assert 0 <= kept <= 1
    if rate >= 0:
        assert kept == 1
    elif now <= STOP and rate < -1e-3:
        assert kept == 0
    # At that speed it takes BRAKING s or longer to the stop.
    assert now + kept * rate * BRAKING >= min(STOP, now) - 1e-3 * SLOW - 1e-12


def test_pairs_that_say_nothing_are_left_out(collision):
    links = {frozenset(name.rsplit('_', 1)[0] for name in pair) for pair in collision.pairs}
    assert frozenset({'fr3_link0', 'fr3_hand'}) in links
    assert frozenset({'fr3_link2', 'fr3_hand'}) in links
    for one in range(7):
        assert frozenset({f'fr3_link{one}', f'fr3_link{one + 1}'}) not in links
    # Never nearer than a centimetre, and at home 5 cm: it would slow the arm for nothing.
    assert frozenset({'fr3_link5', 'fr3_link7'}) not in links
    assert not any({'fr3_hand', 'fr3_leftfinger'} >= pair for pair in links)


def test_what_always_touches_or_touches_at_home_is_left_out(tmp_path):
    urdf = FRANKA.urdf_path.read_text()
    ball = (
        '<collision><origin xyz="0 0 0"/><geometry><sphere radius="0.5"/></geometry></collision>'
    )
    start = urdf.index('</link>', urdf.index('<link name="fr3_link3">'))
    path = tmp_path / 'ball.urdf'
    path.write_text(urdf[:start] + ball + urdf[start:])
    big = SelfCollision(dataclasses.replace(FRANKA, urdf=str(path)))
    named = {frozenset(pair) for pair in big.pairs if 'fr3_link3_1' in pair}
    left = {name for pair in named for name in pair}
    assert 'fr3_hand_0' in left
    assert not left & {'fr3_link1_0', 'fr3_link5_0', 'fr3_link5_1'}


def test_a_robot_without_collision_shapes_is_not_slowed(tmp_path):
    urdf = re.sub(r'<collision>.*?</collision>', '', FRANKA.urdf_path.read_text(), flags=re.S)
    path = tmp_path / 'bare.urdf'
    path.write_text(urdf)
    bare = SelfCollision(dataclasses.replace(FRANKA, urdf=str(path)))
    assert bare.pairs == [] and bare.scale(FRANKA.home, FASTEST) == 1.0


def test_it_is_what_all_distances_together_say(collision, reference):
    rng, slowed = np.random.default_rng(0), 0
    for _ in range(500):
        q, velocity = rng.uniform(LOWER, UPPER), rng.uniform(-FASTEST, FASTEST)
        now, after = reference.distances(q), reference.distances(q + STEP * velocity)
        shares = [share(a, (b - a) / STEP, SLOW, STOP) for a, b in zip(now, after, strict=True)]
        wanted = min(shares)
        assert collision.scale(q, velocity) == pytest.approx(wanted, abs=1e-3)
        assert bool(collision.cause) == (wanted < 1)
        slowed += 0 < wanted < 1
        if wanted > 0 and now.min() < SLOW:
            assert collision.distance == pytest.approx(now.min(), abs=1e-5)
    assert slowed > 10


def folded(reference, count, rng):
    """Yield postures in which links are in each other."""
    while count:
        q = rng.uniform(LOWER, UPPER)
        if reference.distances(q).min() < -0.01:
            count -= 1
            yield q


def test_links_that_are_led_into_each_other_stop_before(collision, reference):
    nearest, ends = math.inf, []
    for goal in folded(reference, 12, np.random.default_rng(1)):
        q, scale = FRANKA.home.copy(), 1.0
        if reference.distances(q).min() < SLOW:
            continue
        for k in range(4000):
            velocity = (goal - q) / BRAKING
            velocity /= max(np.abs(velocity / (0.4 * FASTEST)).max(), 1.0)
            if k % round(1000 * CHECK) == 0:
                scale = collision.scale(q, velocity)
            q += scale * velocity * 0.001
            if k % 10 == 0:
                nearest = min(nearest, reference.distances(q).min())
        ends.append(reference.distances(q).min())
        cause = collision.cause
        assert scale < 0.1 and cause.startswith('self-collision: fr3_')
        # The way back is free, but for links that it leads together.
        collision.scale(q, -velocity)
        assert collision.cause.split(',')[0] != cause.split(',')[0]
    assert nearest > STOP - 0.002
    assert max(ends) < SLOW


def test_standing_still_is_free(collision, reference):
    for q in folded(reference, 5, np.random.default_rng(2)):
        assert collision.scale(q, np.zeros(FRANKA.n)) == 1.0


@pytest.mark.parametrize(
    'values',
    [
        {'slow_distance': 0.01, 'stop_distance': 0.01},
        {'stop_distance': 0.0},
        {'slow_distance': 2.0},
        {'slow_condition': 30.0},
        {'slow_condition': 1.0},
    ],
)
def test_bad_thresholds_are_refused_by_name(values):
    with pytest.raises(ValueError, match=f'slowdown: .*{next(iter(values))}'):
        SlowdownSpec(**values)
