"""Workcell: simulated robot and control loop, driven by one pose after the other."""

import numpy as np

from vla_ros.control.supervisor import Event
from vla_ros.data import SECOND, Array, Pose, RobotState
from vla_ros.geometry import (
    quat_conjugate,
    quat_from_matrix,
    quat_multiply,
    rotvec_from_quat,
    slerp,
)
from vla_ros.pipeline.limb import build_loop
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import RobotSpec
from vla_ros.sim.hardware import SimHardware
from vla_ros.sim.layout import Layout
from vla_ros.sim.scene import Scene
from vla_ros.sim.state import WorldState
from vla_ros.sim.tasks import Hand, make_hand


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

    def clear(self, now: int, pose: Array) -> None:
        """Stand at `pose` (8,)."""
        self._start = self._goal = pose.copy()
        self._way = np.zeros(3)
        self._turns = False
        self._since = now

    def lead(self, now: int, pose: Array) -> None:
        """Be at `pose` (8,) one period after `now`, ns."""
        self._start, self._goal, self._since = self._goal, pose.copy(), now
        self._way = self._goal[:3] - self._start[:3]
        self._turns = not np.array_equal(self._goal[3:7], self._start[3:7])

    def sample(self, now: int, out: Array) -> bool:
        """Write the pose and opening (8,) wanted at `now` (ns) into out."""
        share = min((now - self._since) / self._period, 1.0)
        out[:] = self._goal
        out[:3] -= (1.0 - share) * self._way
        if self._turns:
            out[3:7] = slerp(self._start[3:7], self._goal[3:7], share)
        return True


class Workcell:
    """A simulated robot under the control law and the limits that also run the real one."""

    def __init__(self, spec: RobotSpec, period: float = 0.1, scene: Scene | None = None) -> None:
        """Build the scene; `period` s is that of `advance`."""
        self.spec = spec
        self.scene = Scene(spec) if scene is None else scene
        self.period = period
        self.model = RobotModel(spec)
        self.home = tcp_pose(self.model)
        self._ticks = round(period * spec.control_rate)
        self._physics_steps = round(1 / (spec.control_rate * self.scene.model.opt.timestep))
        self._tick = round(SECOND / spec.control_rate)
        self.source = StepSource(period)

    @property
    def hand(self) -> Hand:
        """What the scripted experts know of the robot."""
        return make_hand(self.spec, self.home)

    def reset(self, layout: Layout, q: Array | None = None, gripper: float | None = None) -> None:
        """Start in `layout`; the arm at q (n,) rad, the opening in m; None is home and open."""
        self.hardware = SimHardware(self.scene, layout)
        self.hardware.reset(layout, q, gripper)
        self.loop = build_loop(self.spec, self.hardware, self.source)
        self.now = 0
        self.loop.tick(0)  # takes over where the arm is
        self.loop.supervisor.post(Event.START, 'demonstration')

    def advance(self, action: Array) -> None:
        """Lead to `action` (8,), pose and opening, for one period."""
        self.source.lead(self.now, action)
        tick, step, physics = self.loop.tick, self.hardware.step, self._physics_steps
        for _ in range(self._ticks):
            tick(self.now)
            step(physics)
            self.now += self._tick

    def robot(self) -> RobotState:
        """Return measured and commanded state now."""
        sample = self.hardware.read()
        self.model.update(sample.position, sample.velocity)
        target = self.loop.limiter.target
        return RobotState(
            stamp=self.now,
            position=sample.position.copy(),
            velocity=sample.velocity.copy(),
            ee=tcp_pose(self.model),
            gripper=sample.gripper,
            commanded=Pose(target.position.copy(), target.quaternion.copy()),
            commanded_gripper=self.loop.limiter.gripper,
        )

    def world(self) -> WorldState:
        """Return the privileged state now."""
        target = self.loop.limiter.target
        commanded = Pose(target.position.copy(), target.quaternion.copy())
        return self.hardware.world([(commanded, self.loop.limiter.gripper)])

    def reach(self, position: Array, iterations: int = 40) -> Array:
        """Return joint positions (n,) rad that bring the tcp to `position`, rotated as at home."""
        q = self.spec.home.copy()
        for _ in range(iterations):
            self.model.update(q, np.zeros(self.spec.n))
            here = tcp_pose(self.model)
            turn = quat_multiply(self.home.quaternion, quat_conjugate(here.quaternion))
            error = np.concatenate([position - here.position, rotvec_from_quat(turn)])
            jacobian = self.model.jacobian
            square = jacobian @ jacobian.T + 1e-6 * np.eye(6)
            q = q + jacobian.T @ np.linalg.solve(square, error)
        lower, upper = self.spec.joint_array('lower'), self.spec.joint_array('upper')
        result: Array = np.clip(q, lower + 0.1, upper - 0.1)
        return result


def tcp_pose(model: RobotModel) -> Pose:
    """Return a copy of the tcp pose at the model's last update."""
    return Pose(model.position.copy(), quat_from_matrix(model.rotation))
