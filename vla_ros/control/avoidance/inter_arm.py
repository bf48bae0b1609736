"""InterArmAvoidance: slows motion that leads an arm into another arm of the same robot."""

from collections.abc import Sequence
from functools import cache
import itertools
import math
from typing import Protocol

import numpy as np
import pinocchio as pin

from vla_ros.control.avoidance.approach import BRAKING, STEP, share
from vla_ros.control.avoidance.shapes import JointGroup, compare, lengths, swing
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.mount import movers
from vla_ros.robots.robot import RobotSpec
from vla_ros.robots.spec import ArmSpec


class Arm(Protocol):
    """What is known of an arm: its ControlLoop."""

    model: RobotModel  # as measured
    gripper: float  # m, measured


class InterArmAvoidance:
    """Distances between the collision shapes of one arm and those of the others.

    The others go on as they are measured to move, as far as that leads nearer: each arm keeps what
    the others leave of the way between them. Fingers may touch fingers.

    Attributes:
        pairs: names of the shapes that are compared.
        distance: m, of the nearest of the pairs that were compared; infinite when none was close.
        cause: which pair slows the motion; '' when none does.
    """

    def __init__(self, robot: RobotSpec, number: int, arms: Sequence[Arm]) -> None:
        """Watch arm `number` of all `arms`, in the order of the robot's."""
        self._model, self._shapes, own = _prepared(robot)
        self._arms, self._number = tuple(arms), number
        self._joints = [_addresses(self._model, spec.joint_names) for spec in robot.arms]
        self._fingers = [_addresses(self._model, spec.gripper.joints) for spec in robot.arms]
        pairs = [(pair.first, pair.second) for pair in self._shapes.collisionPairs]
        self._mine = np.array([number in (own[one], own[other]) for one, other in pairs], bool)
        names = [shape.name for shape in self._shapes.geometryObjects]
        self._names = [(names[one], names[other]) for one, other in pairs]
        self.pairs = [pair for pair, mine in zip(self._names, self._mine, strict=True) if mine]
        hands = _hands(self._shapes, self._model, robot)
        both = np.array([one in hands and other in hands for one, other in pairs], bool)
        clearance = robot.inter_arm_clearance
        self._slow = np.where(both, clearance.slow_hands, clearance.slow_distance)
        self._stop = np.where(both, clearance.stop_hands, clearance.stop_distance)
        self._now, self._moved, self._drifted = (
            JointGroup(self._model, self._shapes) for _ in range(3)
        )
        self._swing = swing(self._model, self._shapes)
        self._q, self._next, self._speed = np.zeros((3, self._model.nv))
        self.distance, self.cause = math.inf, ''

    def scale(self, q: Array, velocity: Array) -> float:
        """Return the share in [0, 1] of the wanted joint velocity (n,) rad/s to be kept at q."""
        scale, self.distance, self.cause = 1.0, math.inf, ''
        if not self.pairs:
            return scale
        for pair in self._near(q, velocity):
            left = self._now.distance(pair)
            rate = (self._moved.distance(pair) - left) / STEP
            drift = min(self._drifted.distance(pair) - left, 0.0) / STEP
            slow, stop = float(self._slow[pair]), float(self._stop[pair])
            kept = share(left + drift * BRAKING, rate, slow, stop)
            self.distance = min(self.distance, left)
            if kept < scale:
                scale = kept
                self.cause = f'another arm: {" and ".join(self._names[pair])}, {left:.3f} m'
            if scale == 0.0:
                break
        return scale

    def _near(self, q: Array, velocity: Array) -> list[int]:
        """Place the arms; return the pairs that may slow the motion, by their bounding spheres."""
        own = self._joints[self._number]
        for arm, joints, fingers in zip(self._arms, self._joints, self._fingers, strict=True):
            self._q[joints], self._speed[joints] = arm.model.q, arm.model.dq
            self._q[fingers] = arm.gripper / len(fingers)
        self._q[own], self._speed[own] = q, 0.0
        self._now.place(self._q)
        np.add(self._q, np.multiply(self._speed, STEP, out=self._next), out=self._next)
        self._drifted.place(self._next)
        self._next[:] = self._q
        self._next[own] += STEP * velocity
        self._moved.place(self._next)
        self._speed[own] = velocity
        between = self._now.between()
        bound = lengths(between) - self._now.reach
        ways = lengths(self._moved.between() - between) + lengths(
            self._drifted.between() - between
        )
        rate = ways / STEP + self._swing @ np.abs(self._speed)
        near = bound < np.maximum(rate * BRAKING + self._stop, self._slow)
        result: list[int] = np.flatnonzero(near & self._mine).tolist()
        return result


@cache
def _prepared(robot: RobotSpec) -> tuple[pin.Model, pin.GeometryModel, list[int]]:
    """Return the arms with their fingers, their shapes and whose each is; nobody changes them."""
    urdf = str(robot.arms[0].urdf_path)
    full = pin.buildModelFromUrdf(urdf)
    shapes = pin.buildGeomFromUrdf(full, urdf, pin.GeometryType.COLLISION)
    joints = [{*arm.joint_names, *arm.gripper.joints} for arm in robot.arms]
    every = set().union(*joints)
    still = [s.name for s in shapes.geometryObjects if not _movers(full, s) & every]
    for name in still:
        shapes.removeGeometryObject(name)
    locked = [full.getJointId(name) for name in list(full.names)[1:] if name not in every]
    model, shapes = pin.buildReducedModel(full, shapes, locked, pin.neutral(full))
    own = [
        next(i for i, names in enumerate(joints) if _movers(model, shape) & names)
        for shape in shapes.geometryObjects
    ]
    fingers = [bool(_movers(model, s) & _fingers(robot.arms)) for s in shapes.geometryObjects]
    pairs = [
        (one, other)
        for one, other in itertools.combinations(range(shapes.ngeoms), 2)
        if own[one] != own[other] and not (fingers[one] and fingers[other])
    ]
    compare(shapes, pairs)
    return model, shapes, own


def _movers(model: pin.Model, shape: pin.GeometryObject) -> set[str]:
    """Return the names of the joints that move a shape."""
    return set(movers(model, shape.parentJoint))


def _fingers(arms: Sequence[ArmSpec]) -> set[str]:
    return {name for arm in arms for name in arm.gripper.joints}


def _hands(shapes: pin.GeometryModel, model: pin.Model, robot: RobotSpec) -> set[int]:
    """Return the shapes that the last joints of the arms move."""
    last = {arm.joint_names[-1] for arm in robot.arms}
    return {i for i, s in enumerate(shapes.geometryObjects) if _movers(model, s) & last}


def _addresses(model: pin.Model, names: tuple[str, ...]) -> Array:
    return np.array([model.joints[model.getJointId(name)].idx_v for name in names])
