"""NoiseInjector: what goes wrong on purpose in one demonstration, limb by limb."""

from dataclasses import replace
import itertools
import math

import numpy as np

from vla_ros.core.data import Array
from vla_ros.core.rotations import matrix_from_quat
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.robot import Robot
from vla_ros.robots.spec import ArmSpec
from vla_ros.tabletop.demos.perturbations import Disturbance, JointDisturbance, NoiseConfig
from vla_ros.tabletop.demos.sim_env import EnvArm, SimEnv
from vla_ros.tabletop.tasks import Task
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.state import WorldState
from vla_ros.tabletop.world.torso import Torso


FPS = 10.0  # Hz
_APART = 0.25  # m, at least between hands at the start
# m, corners of the box about home in which hands begin that a body carries.
_AROUND = ((-0.06, -0.06, -0.01), (0.05, 0.06, 0.10))
_BENT = 0.8  # rad, greatest difference of their joints from home


class NoiseInjector:
    """Disturbs the limbs that act; those that keep out of the way are left in peace."""

    def __init__(
        self,
        spec: Robot,
        task: Task,
        acting: tuple[int, ...],
        noise: NoiseConfig,
        rng: np.random.Generator,
    ) -> None:
        """Draw for one episode of `task`."""
        self._task, self._rng = task, rng
        self._slip, self._stand = noise.slip, noise.stand
        noise = noise if task.drops else replace(noise, drop_rate=0.0)
        self._limbs = {
            i: Disturbance(noise, rng, 1 / FPS, spec.arms[i].gripper.open) for i in acting
        }

        others = [limb for limb in spec.limbs if not isinstance(limb, ArmSpec)]
        self._postures = {
            limb.name: JointDisturbance(noise, limb.name, rng, 1 / FPS)
            for limb in others
            if isinstance(limb, JointGroupSpec)
        }
        self._others, self._first = others, 8 * len(spec.arms)

    def begin(self, layout: Layout) -> Layout:
        """Return the scene with limbs that are no arms a little off where they would begin."""
        begin = dict(layout.begin)
        for limb in self._others:
            place = np.asarray(begin.get(limb.name, limb.home))
            if limb.name in self._postures:
                lower, upper = limb.joint_array('lower'), limb.joint_array('upper')
                begin[limb.name] = np.clip(self._postures[limb.name].start(place), lower, upper)
            else:
                begin[limb.name] = place + self._rng.normal(0, self._stand)
        return replace(layout, begin=begin) if self._others else layout

    def start(self, env: SimEnv) -> tuple[Array, list[float]]:
        """Return joints (n,) rad and openings, m, to begin with: open ones, if it may be."""
        while True:
            begun = [self._begin(number, arm, env) for number, arm in enumerate(env.arms)]
            places = [place for place, _ in begun]
            if all(np.linalg.norm(a - b) > _APART for a, b in itertools.combinations(places, 2)):
                q = [
                    arm.reach(place) if number in self._limbs else arm.spec.home
                    for number, (arm, place) in enumerate(zip(env.arms, places, strict=True))
                ]
                # Short arms with much between them and the chest do not get everywhere.
                pairs = zip(env.arms, q, strict=True)
                if not self._others or all(_near_home(arm, own) for arm, own in pairs):
                    return np.concatenate(q), [opening for _, opening in begun]

    def apply(self, label: Array, world: WorldState) -> Array:
        """Return what is really commanded instead of `label` (every channel,)."""
        result, trunk, floor = label.copy(), world.trunk, self._task.floor
        for number, disturbance in self._limbs.items():
            own = slice(8 * number, 8 * number + 8)
            if trunk is None:
                result[own] = disturbance.apply(label[own], floor)
            else:
                moved = disturbance.apply(label[own], -math.inf)
                result[own] = _keep_above(trunk, moved, label[own], floor)
        end = self._first
        for limb in self._others:
            own = slice(end, end := end + len(limb.channels))
            if limb.name in self._postures:
                result[own] = self._postures[limb.name].apply(label[own])
            else:
                result[own] *= 1 + self._rng.normal(0, self._slip, len(limb.channels))
        return result

    def _begin(self, number: int, arm: EnvArm, env: SimEnv) -> tuple[Array, float]:
        """Return the first position (3,) m of a tcp, and the opening, m."""
        limits, gripper = arm.spec.cartesian, arm.spec.gripper
        if number not in self._limbs:
            return arm.home.position, gripper.open
        lower, upper = np.array(limits.lower) + 0.02, np.array(limits.upper) - 0.02
        lower[2] = max(lower[2], 0.075)
        low = np.array(env.scene.config.placement.start)
        if self._others:  # the box of the commands goes through the table
            box = np.array(_AROUND) + (0.0, 0.0, self._task.above)
            lower, upper = arm.home.position + box
            low = box[:, :2] + arm.home.position[:2]
        place, closed = self._limbs[number].start(arm.home.position, lower, upper, low)
        shut = closed or not (self._task.drops or self._others)
        return place, gripper.closed if shut else gripper.open


def _near_home(arm: EnvArm, q: Array) -> bool:
    """Whether an arm at q (n,) is much as at home."""
    return bool(np.abs(q - arm.spec.home).max() < _BENT)


def _keep_above(trunk: Torso, moved: Array, label: Array, floor: float) -> Array:
    """Return `moved` (8,), raised to a height of `floor` m, or to that of `label` if lower."""
    up = matrix_from_quat(trunk.frame.quaternion)[2]
    lacks = min(floor - trunk.frame.position[2], float(up @ label[:3])) - float(up @ moved[:3])
    result = moved.copy()
    result[:3] += max(0.0, lacks) * up
    return result
