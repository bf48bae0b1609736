"""SimHardware: the robot as the control loop sees it, and the world around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np

from vla_ros.data import SECOND, Array, Pose
from vla_ros.sim.contacts import Contacts, TouchMeter
from vla_ros.sim.layout import Layout
from vla_ros.sim.scene import Scene
from vla_ros.sim.servo import PositionServo
from vla_ros.sim.state import HandState, WorldState


@dataclass
class SimSample:
    """What the simulated joints measure; overwritten by the next read."""

    stamp: int  # ns
    position: Array  # (n,) rad
    velocity: Array  # (n,) rad/s
    gripper: float  # opening, m
    wrench: Array | None = None  # (6,) N and Nm, sensor frame


class SimArm:
    """One arm of the simulation, with the interface of a robot: read, write or move."""

    def __init__(self, scene: Scene, data: mujoco.MjData, limb: int = 0) -> None:
        """Take limb number `limb` of the scene's robot."""
        arm = scene.arms[limb]
        self._data, self._arm = data, arm
        self._servo = PositionServo(scene, data, limb)
        wrench = None if arm.wrench is None else np.zeros(6)
        self._q, self._v, self._u = _as_slice(arm.q), _as_slice(arm.v), _as_slice(arm.u)
        self._fingers_u, self._fingers_q = _as_slice(arm.fingers_u), _as_slice(arm.fingers_q)
        self._finger_share = 1 / len(arm.fingers_q)
        self.servoed = False  # whether the last command was a position
        self.side = scene.spec.arms[limb].cartesian.side
        # MuJoCo's own memory: making these views anew costs more than reading them.
        self._qpos, self._qvel, self._ctrl = data.qpos, data.qvel, data.ctrl
        self._sample = SimSample(0, self._qpos[self._q], self._qvel[self._v], 0.0, wrench)

    def reset(self) -> None:
        """Hold what is, after the scene was laid out anew."""
        self.servoed = False
        self._ctrl[self._fingers_u] = self._qpos[self._fingers_q]
        self._ctrl[self._u] = self._data.qfrc_bias[self._v]

    def read(self) -> SimSample:
        """Return the joints as they are now."""
        sample = self._sample
        sample.stamp = round(self._data.time * SECOND)
        sample.position = self._qpos[self._q]
        sample.velocity = self._qvel[self._v]
        sample.gripper = self.gripper
        if sample.wrench is not None:
            # MuJoCo gives what the arm does to the tool.
            np.negative(self._data.sensordata[self._arm.wrench], out=sample.wrench)
        return sample

    @property
    def gripper(self) -> float:
        """Measured opening between the pads, m."""
        return max(0.0, sum(self._qpos[self._fingers_q].tolist()))

    def write(self, torque: Array, gripper: float) -> None:
        """Set motor torques (n,) Nm and the wanted opening, m, until the next write or move."""
        self.servoed = False
        self._ctrl[self._u] = torque
        self._ctrl[self._fingers_u] = gripper * self._finger_share

    def move(self, position: Array, velocity: Array, gripper: float) -> None:
        """Let the servo hold joint positions (n,) rad, passed with (n,) rad/s; opening in m."""
        self.servoed = True
        self._servo.aim(position, velocity)
        self._ctrl[self._fingers_u] = gripper * self._finger_share

    def drive(self) -> None:
        """Let the servo set the motors for the next physics step."""
        self._servo.drive()


class SimHardware:
    """Physics: the robot's arms, and what they act on.

    Attributes:
        limbs: the arms, in the order of the spec's limbs. The methods of an arm are here, too:
            they are the first one's.
    """

    def __init__(self, scene: Scene, layout: Layout, q: Array | None = None) -> None:
        """Start in `layout` with the arms at q (n,) rad, home when None."""
        self.scene = scene
        self.data = mujoco.MjData(scene.model)
        self.limbs = tuple(SimArm(scene, self.data, i) for i in range(len(scene.arms)))
        self._wipes = scene.config.lines.wipes
        self._meter = TouchMeter(
            Contacts(scene.model, self.data, scene.arms[0].tcp),
            scene.model.opt.timestep,
            scene.config.lines.band,
        )
        first = self.limbs[0]
        self.read, self.write, self.move = first.read, first.write, first.move
        self.reset(layout, q)

    def reset(
        self,
        layout: Layout,
        q: Array | None = None,
        gripper: float | Sequence[float] | None = None,
    ) -> None:
        """Start again in `layout`; the arms at q (n,) rad, openings in m, one or one of each."""
        self.layout, self._watched = layout, layout.watched
        self._meter.reset()
        self.scene.apply(self.data, layout, q, gripper)
        for limb in self.limbs:
            limb.reset()
        if any(arm.wrench is not None for arm in self.scene.arms):
            # Or the sensor would feel it fall.
            mujoco.mj_forward(self.scene.model, self.data)

    @property
    def time(self) -> float:
        """Seconds since the reset."""
        return float(self.data.time)

    @property
    def gripper(self) -> float:
        """Measured opening of the first arm, m."""
        return self.limbs[0].gripper

    def step(self, steps: int = 1) -> None:
        """Advance the physics by `steps` timesteps."""
        model, data = self.scene.model, self.data
        servoed = [limb for limb in self.limbs if limb.servoed]
        if not (servoed or self._watched):
            mujoco.mj_step(model, data, steps)
            return
        for _ in range(steps):
            mujoco.mj_step1(model, data)
            for limb in servoed:
                limb.drive()
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

    def world(self, commands: Sequence[tuple[Pose, float]]) -> WorldState:
        """Return the privileged state; commanded pose and opening (m) of each arm are given."""
        data, scene, layout = self.data, self.scene, self.layout
        mujoco.mj_kinematics(scene.model, data)
        hands = tuple(
            self._hand(limb, arm.tcp, *command)
            for limb, arm, command in zip(self.limbs, scene.arms, commands, strict=True)
        )
        cubes = np.stack([data.qpos[a : a + 3] for a in scene.cubes_q])
        cubes[np.isnan(layout.cubes[:, 0])] = np.nan
        more: dict[str, Any] = {}
        if scene.buttons is not None:
            more['buttons'], more['travel'] = scene.buttons.read(data, layout.buttons)
        if scene.lines is not None:
            more['lines'], more['wiped'] = scene.lines.read(data)
        if scene.bars is not None:
            more['bars'] = scene.bars.read(data, layout.bars)
            more['bar_grip'] = scene.config.bars.grip
        return WorldState(
            time=self.time,
            hands=hands,
            cubes=cubes,
            bowl=np.array([*layout.bowl, 0.0]),
            zone=np.array([*layout.zone, 0.0]),
            touch=self._meter.touch(),
            **more,
        )

    def _hand(self, limb: SimArm, tcp: int, commanded: Pose, opening: float) -> HandState:
        w, x, y, z = self.data.xquat[tcp]
        here = Pose(self.data.xpos[tcp].copy(), np.array([x, y, z, w]))
        return HandState(here, limb.gripper, commanded, opening, limb.side)


def _as_slice(indices: Array) -> slice | Array:
    """Return consecutive indices as a slice, which is cheaper to use."""
    start = int(indices[0])
    consecutive = np.array_equal(indices, np.arange(start, start + len(indices)))
    return slice(start, start + len(indices)) if consecutive else indices
