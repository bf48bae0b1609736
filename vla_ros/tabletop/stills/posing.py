"""Hands where they were drawn to be: inverse kinematics, and whether bodies are in each other."""

from collections.abc import Callable
from dataclasses import dataclass
import math
from typing import TypeVar

import mujoco
import numpy as np

from vla_ros.core.data import Array, Pose
from vla_ros.core.rotations import quat_angle
from vla_ros.tabletop.demos.sim_env import EnvArm, tcp_pose
from vla_ros.tabletop.world.scene import ROBOT, Scene


_MISSED = (0.01, 0.05)  # m and rad, by which a hand may be elsewhere than wanted
_DEEP = 0.003  # m, by which shapes may be in each other
_ATTEMPTS = 10  # of each sort

T = TypeVar('T')


@dataclass(frozen=True)
class Goal:
    """Where a hand is to be in its arm's base frame, and its opening in m."""

    pose: Pose
    opening: float


def redrawn(draw: Callable[[float], T | None], sorts: int, rng: np.random.Generator) -> T | None:
    """Return the first thing drawn that can be so, of up to `sorts` sorts; None if none can.

    `draw` takes a sort (0..1), and returns None for what cannot be.
    """
    for _ in range(sorts):
        sort = rng.random()
        for _ in range(_ATTEMPTS):
            if (result := draw(sort)) is not None:
                return result
    return None


def reach(arm: EnvArm, goal: Goal) -> Array | None:
    """Return joints (n,) rad that bring the tcp to the goal; None where it does not get there."""
    q = arm.reach(goal.pose.position, 20, goal.pose.quaternion)
    arm.model.update(q, np.zeros(arm.spec.n))
    here, (missed, askew) = tcp_pose(arm.model), _MISSED
    near = np.linalg.norm(here.position - goal.pose.position) < missed
    return q if near and quat_angle(here.quaternion, goal.pose.quaternion) < askew else None


class Bodies:
    """Tells whether a robot is in itself or in the table."""

    def __init__(self, scene: Scene, data: mujoco.MjData, things: float = math.inf) -> None:
        """Judge it with everything but the arms as it is in `data`.

        Things that lie about may be up to `things` m in the robot.
        """
        model = scene.model
        self._scene, self._data, self._things = scene, data, things
        self._own = model.geom_contype & ROBOT > 0
        self._solid = self._own | (model.geom_bodyid == 0)

    def meet(self, q: list[Array], openings: list[float]) -> bool:
        """Return it for joints (n,) rad and openings, m, of each arm."""
        scene, data = self._scene, self._data
        for arm, own, opening in zip(scene.arms, q, openings, strict=True):
            data.qpos[arm.q] = own
            data.qpos[arm.fingers_q] = opening / len(arm.fingers_q)
        mujoco.mj_kinematics(scene.model, data)
        mujoco.mj_collision(scene.model, data)
        pairs = data.contact.geom
        most = np.where(self._solid[pairs].all(1), _DEEP, self._things)
        return bool((self._own[pairs].any(1) & (data.contact.dist < -most)).any())
