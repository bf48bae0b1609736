"""Collision shapes of the URDF in a posture: where they are, and how far from each other."""

import numpy as np
import pinocchio as pin

from vla_ros.core.data import Array


class JointGroup:
    """The shapes in one posture.

    Attributes:
        reach: (pairs,) m, sum of the radii of the spheres about the shapes' origins.
    """

    def __init__(self, model: pin.Model, shapes: pin.GeometryModel) -> None:
        """Prepare for the pairs of shapes that are compared."""
        self._model, self._data = model, model.createData()
        self._shapes, self._placed = shapes, shapes.createData()
        pairs = [(pair.first, pair.second) for pair in shapes.collisionPairs]
        self._first, self._second = np.array(pairs, int).reshape(-1, 2).T
        radii = _radii(shapes)
        self.reach = radii[self._first] + radii[self._second]
        # Views of Pinocchio's own memory: refreshed by every placement at no cost.
        self._origins = [placement.translation for placement in self._placed.oMg]
        self._centres = np.zeros((shapes.ngeoms, 3))
        self._flat = self._centres.reshape(-1)

    def place(self, q: Array) -> None:
        """Put the arm to q (n,) rad."""
        pin.updateGeometryPlacements(self._model, self._data, self._shapes, self._placed, q)

    def between(self) -> Array:
        """Return the vectors (pairs, 3) m between the shapes' origins."""
        np.concatenate(self._origins, out=self._flat)
        first = self._centres.take(self._first, axis=0)
        return np.subtract(first, self._centres.take(self._second, axis=0), out=first)

    def distance(self, pair: int) -> float:
        """Return the distance of a pair, m; negative where the shapes overlap."""
        result = pin.computeDistance(self._shapes, self._placed, pair)
        return float(result.min_distance)

    def distances(self, q: Array, pairs: list[int]) -> Array:
        """Return the distances (len(pairs),) m at q (n,) rad."""
        self.place(q)
        return np.array([self.distance(pair) for pair in pairs])


def compare(shapes: pin.GeometryModel, pairs: list[tuple[int, int]]) -> None:
    """Make `pairs` of shapes the ones that are compared."""
    shapes.removeAllCollisionPairs()
    for pair in pairs:
        shapes.addCollisionPair(pin.CollisionPair(*pair))


def swing(model: pin.Model, shapes: pin.GeometryModel) -> Array:
    """Return (pairs, n) m: how far the spheres' surfaces turn when a joint turns by one rad."""
    radii, parents = _radii(shapes), [shape.parentJoint for shape in shapes.geometryObjects]
    turns = np.zeros((shapes.ngeoms, model.nv))
    for shape, parent in enumerate(parents):
        for joint in list(model.supports[parent])[1:]:
            turns[shape, model.joints[joint].idx_v] = radii[shape]
    pairs = shapes.collisionPairs
    swing = [turns[pair.first] + turns[pair.second] for pair in pairs]
    return np.array(swing).reshape(-1, model.nv)


def lengths(vectors: Array) -> Array:
    """Return the norms (m,) of vectors (m, 3)."""
    result: Array = np.sqrt(np.einsum('ij,ij->i', vectors, vectors))
    return result


def _radii(shapes: pin.GeometryModel) -> Array:
    """Return the radii (shapes,) m of the spheres about the shapes' origins that hold them."""
    radii = []
    for shape in shapes.geometryObjects:
        body = shape.geometry
        body.computeLocalAABB()
        radii.append(body.aabb_radius + np.linalg.norm(body.aabb_center))
    return np.array(radii)
