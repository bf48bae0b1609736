"""SelfCollision: slows motion that leads links of the arm into each other."""

from functools import cache
import itertools
import math

import numpy as np
import pinocchio as pin

from vla_ros.control.avoidance.approach import BRAKING, STEP, share
from vla_ros.control.avoidance.shapes import JointGroup, compare, lengths, swing
from vla_ros.core.data import Array
from vla_ros.robots.model import locked_joints
from vla_ros.robots.spec import ArmSpec


_SAMPLES = 200  # postures, to find the pairs that always touch
_ALWAYS = 0.95  # share of the postures in which they do
_GRID = 0.14  # rad between the postures in which neighbours but one are compared
_CLEAR = 0.005  # m that they keep everywhere, so that they cannot meet


class SelfCollision:
    """Distances between the collision shapes of the URDF, by Pinocchio and coal.

    Pairs that say nothing are left out: on one link or on neighbours; with two joints between
    them that keep clear wherever those are; that touch at home or in almost every posture. What is
    left is compared by bounding spheres first, so a call costs little while the arm is stretched.

    Attributes:
        pairs: names of the shapes that are compared.
        distance: m, of the nearest of the pairs that were compared; infinite when none was close.
        cause: which pair slows the motion; '' when none does.
    """

    def __init__(self, spec: ArmSpec) -> None:
        """Load the shapes and choose the pairs: about a second, once per robot and process."""
        self._slow, self._stop = spec.slowdown.slow_distance, spec.slowdown.stop_distance
        self._model, self._shapes, pairs = _prepared(spec)
        self._now = JointGroup(self._model, self._shapes)
        self._next = JointGroup(self._model, self._shapes)
        self._swing = swing(self._model, self._shapes)
        names = [shape.name for shape in self._shapes.geometryObjects]
        self.pairs = [(names[i], names[j]) for i, j in pairs]
        self._q = np.zeros(spec.n)
        self.distance, self.cause = math.inf, ''

    def scale(self, q: Array, velocity: Array) -> float:
        """Return the share in [0, 1] of the wanted joint velocity (n,) rad/s to be kept at q."""
        scale, self.distance, self.cause = 1.0, math.inf, ''
        if not self.pairs:
            return scale
        now, after = self._now, self._next
        np.multiply(velocity, STEP, out=self._q)
        np.add(self._q, q, out=self._q)
        now.place(q)
        after.place(self._q)
        for pair in self._near(velocity):
            left = now.distance(pair)
            rate = (after.distance(pair) - left) / STEP
            kept = share(left, rate, self._slow, self._stop)
            self.distance = min(self.distance, left)
            if kept < scale:
                scale = kept
                self.cause = f'self-collision: {" and ".join(self.pairs[pair])}, {left:.3f} m'
            if scale == 0.0:
                break
        return scale

    def _near(self, velocity: Array) -> list[int]:
        """Return the pairs that may slow the motion, by their bounding spheres.

        A distance changes no faster than the centres move plus the spheres turn.
        """
        between, after = self._now.between(), self._next.between()
        bound = lengths(between) - self._now.reach
        np.subtract(after, between, out=after)
        rate = lengths(after) / STEP + self._swing @ np.abs(velocity)
        near = bound < np.maximum(rate * BRAKING + self._stop, self._slow)
        result: list[int] = np.flatnonzero(near).tolist()
        return result


@cache
def _prepared(
    spec: ArmSpec,
) -> tuple[pin.Model, pin.GeometryModel, tuple[tuple[int, int], ...]]:
    """Return the arm, its shapes and the pairs of them to compare; nobody changes them."""
    model, shapes = _load(spec)
    pairs = _choose(model, shapes, spec)
    compare(shapes, pairs)
    return model, shapes, tuple(pairs)


def _load(spec: ArmSpec) -> tuple[pin.Model, pin.GeometryModel]:
    """Return the arm and its collision shapes, without pairs."""
    full = pin.buildModelFromUrdf(str(spec.urdf_path))
    shapes = pin.buildGeomFromUrdf(full, str(spec.urdf_path), pin.GeometryType.COLLISION)
    for name in _of_others(full, shapes, spec):
        shapes.removeGeometryObject(name)
    return pin.buildReducedModel(full, shapes, *locked_joints(full, spec))


def _of_others(full: pin.Model, shapes: pin.GeometryModel, spec: ArmSpec) -> list[str]:
    """Return the shapes that joints of other limbs move: nothing is known of where those are."""
    own = {full.getJointId(name) for name in spec.joint_names}
    before = {joint for one in own for joint in full.supports[one]}
    return [
        shape.name
        for shape in shapes.geometryObjects
        if shape.parentJoint not in before and not own & set(full.supports[shape.parentJoint])
    ]


def _choose(model: pin.Model, shapes: pin.GeometryModel, spec: ArmSpec) -> list[tuple[int, int]]:
    """Return the pairs of shapes that are worth comparing."""
    ways = _ways(model, shapes)
    pairs = list(ways)
    compare(shapes, pairs)
    posture, rng = JointGroup(model, shapes), np.random.default_rng(0)
    lower, upper = spec.joint_array('lower'), spec.joint_array('upper')
    drawn = rng.uniform(lower, upper, (_SAMPLES, spec.n))
    everything = list(range(len(pairs)))
    touching = np.array([posture.distances(q, everything) <= 0 for q in drawn])
    out = (touching.mean(axis=0) >= _ALWAYS) | (posture.distances(spec.home, everything) <= 0)
    for way in set(ways.values()):
        if len(way) == 2:
            alike = [i for i, pair in enumerate(pairs) if ways[pair] == way]
            one, other = (int(model.joints[joint].idx_q) for joint in way)
            nearest, q = np.full(len(alike), math.inf), spec.home.copy()
            for a, b in itertools.product(*(_grid(lower[i], upper[i]) for i in (one, other))):
                q[one], q[other] = a, b
                np.minimum(nearest, posture.distances(q, alike), out=nearest)
            out[alike] |= nearest >= _CLEAR
    return [pair for pair, left in zip(pairs, out, strict=True) if not left]


def _ways(model: pin.Model, shapes: pin.GeometryModel) -> dict[tuple[int, int], tuple[int, ...]]:
    """Return the joints between the shapes of each pair, of those with two or more."""
    result = {}
    supports = [set(model.supports[shape.parentJoint]) for shape in shapes.geometryObjects]
    for one, other in itertools.combinations(range(shapes.ngeoms), 2):
        way = supports[one] ^ supports[other]
        if len(way) > 1:
            result[one, other] = tuple(sorted(way))
    return result


def _grid(lower: float, upper: float) -> Array:
    """Return positions from lower to upper, or of one turn if that is less, rad."""
    upper = min(upper, lower + 2 * math.pi)
    return np.linspace(lower, upper, math.ceil((upper - lower) / _GRID) + 1)
