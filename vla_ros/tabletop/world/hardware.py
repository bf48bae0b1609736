"""SimHardware: the robot as the control loop sees it, and the world around it."""

from collections.abc import Sequence
from typing import Any

import mujoco
import numpy as np

from vla_ros.core.data import Array, Pose
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.robots.spec import ArmSpec
from vla_ros.tabletop.world.contacts import Contacts, TouchMeter
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.limbs import SimArm, SimJointGroup, SimLimb, SimMobileBase
from vla_ros.tabletop.world.scene import Scene
from vla_ros.tabletop.world.servo import Servos
from vla_ros.tabletop.world.state import ArmSnapshot, WorldState
from vla_ros.tabletop.world.torso import Torso, outside
from vla_ros.tabletop.world.torso_reader import TorsoReader


class SimHardware:
    """Physics: the robot's limbs, and what they act on.

    Attributes:
        limbs: in the order of the spec's limbs, so that the arms are the first. The methods of an
            arm are here, too: they are the first one's.
    """

    def __init__(self, scene: Scene, layout: Layout, q: Array | None = None) -> None:
        """Start in `layout` with the arms at q (n,) rad, home when None."""
        self.scene = scene
        self.data = mujoco.MjData(scene.model)
        self._servos, self._servoed = Servos(scene, self.data), [*range(len(scene.limbs))]
        self.limbs = tuple(self._limb(i) for i in range(len(scene.limbs)))
        self.arms = tuple(limb for limb in self.limbs if isinstance(limb, SimArm))
        self._wipes = scene.config.lines.wipes
        self._meter = TouchMeter(
            Contacts(scene.model, self.data, scene.arms[0].tcp),
            scene.model.opt.timestep,
            scene.config.lines.band,
        )
        first = self.arms[0]
        self.read, self.write, self.move = first.read, first.write, first.move
        self._trunk = TorsoReader(scene, self.data) if len(self.arms) < len(self.limbs) else None
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
    def peak_force(self) -> float:
        """The greatest force on the robot since the reset, N; 0 where it is not followed."""
        return self._meter.peak

    @property
    def gripper(self) -> float:
        """Measured opening of the first arm, m."""
        return self.arms[0].gripper

    def step(self, steps: int = 1) -> None:
        """Advance the physics by `steps` timesteps."""
        model, data = self.scene.model, self.data
        servoed = [i for i, limb in enumerate(self.limbs) if limb.servoed]
        if not (servoed or self._watched):
            mujoco.mj_step(model, data, steps)
            return
        if servoed and servoed != self._servoed:
            self._servos.select(servoed)
            self._servoed = servoed
        for _ in range(steps):
            mujoco.mj_step1(model, data)
            if servoed:
                self._servos.drive()
            mujoco.mj_step2(model, data)
            if self._watched:
                self._watch()

    def _limb(self, number: int) -> SimLimb:
        spec, parts = self.scene.spec.limbs[number], (self.scene, self.data, self._servos)
        if isinstance(spec, ArmSpec):
            return SimArm(*parts, number)
        return (SimMobileBase if isinstance(spec, MobileBaseSpec) else SimJointGroup)(
            *parts, number
        )

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
        """Return the privileged state.

        Commanded pose, in the arm's base frame, and opening (m) of each arm are given.
        """
        data, scene, layout = self.data, self.scene, self.layout
        mujoco.mj_kinematics(scene.model, data)
        trunk = None if self._trunk is None else self._trunk.read(self.limbs)
        hands = tuple(
            self._hand(limb, arm.tcp, trunk, *command)
            for limb, arm, command in zip(self.arms, scene.arms, commands, strict=True)
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
        if scene.crates is not None:
            more['crates'] = scene.crates.read(data, layout.crates)
            more['crate_height'] = scene.config.crates.height
        return WorldState(
            time=self.time,
            hands=hands,
            cubes=cubes,
            bowl=np.array([*layout.bowl, 0.0]),
            zone=np.array([*layout.zone, 0.0]),
            touch=self._meter.touch(),
            trunk=trunk,
            **more,
        )

    def _hand(
        self, limb: SimArm, tcp: int, trunk: Torso | None, commanded: Pose, opening: float
    ) -> ArmSnapshot:
        w, x, y, z = self.data.xquat[tcp]
        here = Pose(self.data.xpos[tcp].copy(), np.array([x, y, z, w]))
        if trunk is not None:
            commanded = outside(trunk.frame, commanded)
        return ArmSnapshot(here, limb.gripper, commanded, opening, limb.side)
