"""SimHardware: the robot as the control loop sees it, and the world around it."""

from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np

from vla_ros.data import SECOND, Array, Pose
from vla_ros.sim.contacts import Contacts, TouchMeter
from vla_ros.sim.layout import Layout
from vla_ros.sim.scene import Scene
from vla_ros.sim.servo import PositionServo
from vla_ros.sim.state import WorldState


@dataclass
class SimSample:
    """What the simulated joints measure; overwritten by the next read."""

    stamp: int  # ns
    position: Array  # (n,) rad
    velocity: Array  # (n,) rad/s
    gripper: float  # opening, m
    wrench: Array | None = None  # (6,) N and Nm, sensor frame


class SimHardware:
    """Physics with the interface of a robot: read, write or move, step."""

    def __init__(self, scene: Scene, layout: Layout, q: Array | None = None) -> None:
        """Start in `layout` with the arm at q (n,) rad, home when None."""
        self.scene = scene
        self.data = mujoco.MjData(scene.model)
        self._servo = PositionServo(scene, self.data)
        self._wipes = scene.config.lines.wipes
        self._meter = TouchMeter(
            Contacts(scene.model, self.data, scene.tcp),
            scene.model.opt.timestep,
            scene.config.lines.band,
        )
        n = scene.spec.n
        wrench = None if scene.wrench is None else np.zeros(6)
        self._sample = SimSample(0, np.zeros(n), np.zeros(n), 0.0, wrench)
        self._arm_q, self._arm_v = _as_slice(scene.arm_q), _as_slice(scene.arm_v)
        self._arm_u, self._fingers_u = _as_slice(scene.arm_u), _as_slice(scene.fingers_u)
        self._fingers_q = _as_slice(scene.fingers_q)
        self._finger_share = 1 / len(scene.fingers_q)
        # MuJoCo's own memory: making these views anew costs more than reading them.
        self._qpos, self._qvel, self._ctrl = self.data.qpos, self.data.qvel, self.data.ctrl
        self.reset(layout, q)

    def reset(self, layout: Layout, q: Array | None = None, gripper: float | None = None) -> None:
        """Start again in `layout`; the arm at q (n,) rad and the gripper's opening in m."""
        self.layout, self._watched = layout, layout.watched
        self._meter.reset()
        self._servoed = False
        self.scene.apply(self.data, layout, q, gripper)
        self.data.ctrl[self._fingers_u] = self.data.qpos[self.scene.fingers_q]
        self.data.ctrl[self._arm_u] = self.data.qfrc_bias[self._arm_v]
        if self.scene.wrench is not None:
            mujoco.mj_forward(self.scene.model, self.data)  # or the sensor would feel it fall

    @property
    def time(self) -> float:
        """Seconds since the reset."""
        return float(self.data.time)

    def read(self) -> SimSample:
        """Return the joints as they are now."""
        sample = self._sample
        sample.stamp = round(self.data.time * SECOND)
        sample.position[:] = self._qpos[self._arm_q]
        sample.velocity[:] = self._qvel[self._arm_v]
        sample.gripper = self.gripper
        self.read_wrench(sample.wrench)
        return sample

    def read_wrench(self, out: Array | None) -> None:
        """Write the force sensor's reading (6,) N and Nm, sensor frame, into out, if any."""
        if out is not None:
            # MuJoCo gives what the arm does to the tool.
            np.negative(self.data.sensordata[self.scene.wrench], out=out)

    @property
    def gripper(self) -> float:
        """Measured opening between the pads, m."""
        return max(0.0, sum(self._qpos[self._fingers_q].tolist()))

    def write(self, torque: Array, gripper: float) -> None:
        """Set motor torques (n,) Nm and the wanted opening, m, until the next write or move."""
        self._servoed = False
        self._ctrl[self._arm_u] = torque
        self._ctrl[self._fingers_u] = gripper * self._finger_share

    def move(self, position: Array, velocity: Array, gripper: float) -> None:
        """Let the servo hold joint positions (n,) rad, passed with (n,) rad/s; opening in m."""
        self._servoed = True
        self._servo.aim(position, velocity)
        self._ctrl[self._fingers_u] = gripper * self._finger_share

    def step(self, steps: int = 1) -> None:
        """Advance the physics by `steps` timesteps."""
        model, data = self.scene.model, self.data
        if not (self._servoed or self._watched):
            mujoco.mj_step(model, data, steps)
            return
        for _ in range(steps):
            mujoco.mj_step1(model, data)
            if self._servoed:
                self._servo.drive()
            mujoco.mj_step2(model, data)
            if self._watched:
                self._watch()

    def _watch(self) -> None:
        """Follow what touches the robot, and wipe."""
        self._meter.update()
        if self.scene.lines is not None and self._meter.up >= self._wipes:
            self.scene.lines.wipe(self.data)

    def qpos(self) -> Array:
        """Return a copy of the generalised positions: with the layout, all that a camera needs."""
        result: Array = self.data.qpos.copy()
        return result

    def qvel(self) -> Array:
        """Return a copy of the generalised velocities."""
        result: Array = self.data.qvel.copy()
        return result

    def world(self, commanded: Pose, gripper_command: float) -> WorldState:
        """Return the privileged state; the commanded pose and opening (m) are the controller's."""
        data, scene, layout = self.data, self.scene, self.layout
        mujoco.mj_kinematics(scene.model, data)
        w, x, y, z = data.xquat[scene.tcp]
        cubes = np.stack([data.qpos[a : a + 3] for a in scene.cubes_q])
        cubes[np.isnan(layout.cubes[:, 0])] = np.nan
        more: dict[str, Any] = {}
        if scene.buttons is not None:
            more['buttons'], more['travel'] = scene.buttons.read(data, layout.buttons)
        if scene.lines is not None:
            more['lines'], more['wiped'] = scene.lines.read(data)
        return WorldState(
            time=self.time,
            ee=Pose(data.xpos[scene.tcp].copy(), np.array([x, y, z, w])),
            gripper=self.gripper,
            commanded=commanded,
            gripper_command=gripper_command,
            cubes=cubes,
            bowl=np.array([*layout.bowl, 0.0]),
            zone=np.array([*layout.zone, 0.0]),
            touch=self._meter.touch(),
            **more,
        )


def _as_slice(indices: Array) -> slice | Array:
    """Return consecutive indices as a slice, which is cheaper to use."""
    start = int(indices[0])
    consecutive = np.array_equal(indices, np.arange(start, start + len(indices)))
    return slice(start, start + len(indices)) if consecutive else indices
