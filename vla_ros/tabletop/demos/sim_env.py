"""SimEnv: simulated robot and control loop, driven by one pose after the other."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from vla_ros.control.loops.interfaces import JointGroupHardware, MobileBaseHardware
from vla_ros.control.loops.loop import ControlLoop
from vla_ros.control.loops.supervisor import Event, Supervisor
from vla_ros.core.data import SECOND, Array, BodyState, Pose, RobotState
from vla_ros.core.rotations import (
    quat_conjugate,
    quat_from_matrix,
    quat_multiply,
    quat_slerp,
    rotvec_from_quat,
)
from vla_ros.robots.model import RobotModel
from vla_ros.robots.robot import Robot
from vla_ros.robots.spec import ArmSpec
from vla_ros.runtime.arm_limb import avoid_each_other, build_loop
from vla_ros.tabletop.demos.env_base import CellLimb
from vla_ros.tabletop.tasks import ArmInfo, make_arm_info
from vla_ros.tabletop.world.hardware import SimHardware
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.limbs import SimArm
from vla_ros.tabletop.world.scene import Scene
from vla_ros.tabletop.world.state import WorldState


class StepSource:
    """Leads from each wanted pose to the next in one control step, as the chunk queue does.

    Attributes:
        dry: never; the last pose is held.
    """

    dry = False

    def __init__(self, period: float) -> None:
        """Take `period` s from one pose to the next."""
        self._period = period * SECOND
        self.clear(0, np.zeros(8))

    def clear(self, now: int, values: Array) -> None:
        """Stand at the pose and opening that `values` begins with."""
        self._start = self._goal = values[:8].copy()
        self._way = np.zeros(3)
        self._turns = False
        self._since = now

    def lead(self, now: int, pose: Array) -> None:
        """Be at `pose` (8,) one period after `now`, ns."""
        self._start, self._goal, self._since = self._goal, pose.copy(), now
        self._way = self._goal[:3] - self._start[:3]
        self._turns = not np.array_equal(self._goal[3:7], self._start[3:7])

    def sample(self, now: int, out: Array) -> str:
        """Write the pose and opening wanted at `now` (ns) into the first 8 numbers of out."""
        share = min((now - self._since) / self._period, 1.0)
        out[:8] = self._goal
        out[:3] -= (1.0 - share) * self._way
        if self._turns:
            out[3:7] = quat_slerp(self._start[3:7], self._goal[3:7], share)
        return 'pose'


class EnvArm:
    """One arm of a simulation: its model, its control loop, and what that follows.

    Attributes:
        spec: the arm. model: its kinematics, of the last call that used them. home: of its tcp.
        source: where it is led to. loop: its control loop, from the first reset on. size: numbers
            of an action that are its own.
    """

    loop: ControlLoop
    size = 8

    def __init__(self, spec: ArmSpec, period: float) -> None:
        """Be led from pose to pose in `period` s."""
        self.spec = spec
        self.model = RobotModel(spec)
        self.home = tcp_pose(self.model)
        self.source = StepSource(period)

    @property
    def hand(self) -> ArmInfo:
        """What the scripted experts know of the arm."""
        return make_arm_info(self.spec, self.home)

    def start(self, hardware: SimArm, supervisor: Supervisor) -> None:
        """Take over where the arm is."""
        self.hardware = hardware
        self.loop = build_loop(self.spec, hardware, self.source, supervisor)
        self.tick = self.loop.tick
        self.tick(0)

    def lead(self, now: int, action: Array) -> None:
        """Be at the pose and opening `action` (8,) one period after `now`, ns."""
        self.source.lead(now, action)

    def commanded(self) -> tuple[Pose, float]:
        """Return the commanded pose, and the commanded opening in m."""
        limiter = self.loop.limiter
        target = limiter.target
        return Pose(target.position.copy(), target.quaternion.copy()), limiter.gripper

    def state(self, now: int) -> RobotState:
        """Return measured and commanded state at `now`, ns."""
        sample = self.hardware.read()
        self.model.update(sample.position, sample.velocity)
        return replace(
            self.loop.state(),
            stamp=now,
            position=sample.position.copy(),
            velocity=sample.velocity.copy(),
            ee=tcp_pose(self.model),
            gripper=sample.gripper,
            twist=self.model.twist.copy(),
        )

    def reach(self, position: Array, iterations: int = 40, rotation: Array | None = None) -> Array:
        """Return joint positions (n,) rad that bring the tcp to `position` (3,) m.

        Its rotation (4,) is as at home when None.
        """
        q, wanted = self.spec.home.copy(), self.home.quaternion if rotation is None else rotation
        for _ in range(iterations):
            self.model.update(q, np.zeros(self.spec.n))
            here = tcp_pose(self.model)
            turn = quat_multiply(wanted, quat_conjugate(here.quaternion))
            error = np.concatenate([position - here.position, rotvec_from_quat(turn)])
            jacobian = self.model.jacobian
            square = jacobian @ jacobian.T + 1e-6 * np.eye(6)
            q = q + jacobian.T @ np.linalg.solve(square, error)
        lower, upper = self.spec.joint_array('lower'), self.spec.joint_array('upper')
        result: Array = np.clip(q, lower + 0.1, upper - 0.1)
        return result


class SimEnv:
    """A simulated robot under the control law and the limits that also run the real one.

    Attributes:
        arms: of each arm. What only an arm has, the env has of the first.
        limbs: these and the robot's other limbs.
    """

    def __init__(self, spec: Robot, period: float = 0.1, scene: Scene | None = None) -> None:
        """Build the scene; `period` s is that of `advance`."""
        self.spec = spec
        self.scene = Scene(spec) if scene is None else scene
        self.period = period
        self.arms = tuple(EnvArm(limb, period) for limb in spec.arms)
        others = [limb for limb in spec.limbs if not isinstance(limb, ArmSpec)]
        self._others = tuple(CellLimb(limb, period) for limb in others)
        self.limbs: tuple[EnvArm | CellLimb, ...] = (*self.arms, *self._others)
        first = self.arms[0]
        self.model, self.home, self.source, self.reach = (
            *(first.model, first.home, first.source, first.reach),
        )
        self._ticks = round(period * spec.control_rate)
        self._physics_steps = round(1 / (spec.control_rate * self.scene.model.opt.timestep))
        self._tick = round(SECOND / spec.control_rate)

    @property
    def hand(self) -> ArmInfo:
        """What the scripted experts know of the first arm."""
        return self.arms[0].hand

    @property
    def hands(self) -> list[ArmInfo]:
        """What the scripted experts know of the robot."""
        return [arm.hand for arm in self.arms]

    @property
    def loop(self) -> ControlLoop:
        """The control loop of the first arm."""
        return self.arms[0].loop

    def reset(
        self,
        layout: Layout,
        q: Array | None = None,
        gripper: float | Sequence[float] | None = None,
    ) -> None:
        """Start in `layout`; arms at q (n,) rad, openings in m; None is home and open."""
        self.hardware = SimHardware(self.scene, layout)
        self.hardware.reset(layout, q, gripper)
        self.supervisor = Supervisor()
        self.now = 0
        for arm, own in zip(self.arms, self.hardware.arms, strict=True):
            arm.start(own, self.supervisor)
        avoid_each_other(self.spec, [arm.loop for arm in self.arms])
        carriers = self.hardware.limbs[len(self.arms) :]
        for other, limb in zip(self._others, carriers, strict=True):
            other.start(cast(JointGroupHardware | MobileBaseHardware, limb), self.supervisor)
        self.supervisor.post(Event.START, 'demonstration')

    def advance(self, action: Array) -> None:
        """Lead every limb to its part of `action` (8 per arm, 1 per other channel), one period."""
        ends = np.cumsum([limb.size for limb in self.limbs])
        for limb, own in zip(self.limbs, np.split(action, ends[:-1]), strict=True):
            limb.lead(self.now, own)
        ticks = [limb.tick for limb in self.limbs]
        step, physics = self.hardware.step, self._physics_steps
        for _ in range(self._ticks):
            for tick in ticks:
                tick(self.now)
            step(physics)
            self.now += self._tick

    def robot(self) -> RobotState | BodyState:
        """Return measured and commanded state now."""
        states = tuple(limb.state(self.now) for limb in self.limbs)
        if len(states) == 1 and isinstance(states[0], RobotState):
            return states[0]
        return BodyState(self.now, states)

    def world(self) -> WorldState:
        """Return the privileged state now."""
        return self.hardware.world([arm.commanded() for arm in self.arms])


def tcp_pose(model: RobotModel) -> Pose:
    """Return a copy of the tcp pose at the model's last update."""
    return Pose(model.position.copy(), quat_from_matrix(model.rotation))
