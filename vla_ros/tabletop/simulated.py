"""SimSystem: the MuJoCo scene within the control process."""

from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np

from vla_ros.core.data import Pose
from vla_ros.core.rotations import quat_from_matrix
from vla_ros.robots.model import RobotModel
from vla_ros.robots.robot import Robot
from vla_ros.robots.spec import ArmSpec
from vla_ros.runtime import shm_codec as wire
from vla_ros.runtime.mailbox import Mailbox
from vla_ros.tabletop.language.grammar import Request
from vla_ros.tabletop.tasks import Task, draw, make_arm_info, make_tasks
from vla_ros.tabletop.world.config import SimConfig
from vla_ros.tabletop.world.hardware import SimHardware
from vla_ros.tabletop.world.layout import Layout, draw_layout
from vla_ros.tabletop.world.limbs import (
    JointGroupReading,
    MobileBaseReading,
    SimArm,
    SimJointGroup,
    SimLimb,
    SimMobileBase,
    SimSample,
)
from vla_ros.tabletop.world.scene import Scene


class Scenes:
    """What family and seed stand for, the same in every process that asks."""

    def __init__(self, spec: Robot, sim: SimConfig) -> None:
        """Prepare the tasks of a robot."""
        self._sim = sim
        hands = [make_arm_info(limb, home_pose(limb)) for limb in spec.arms]
        self.tasks: dict[str, Task] = make_tasks(sim, hands, spec.tasks)

    def layout(self, family: str, seed: int) -> Layout:
        """Return the scene in which a request of `family` can be carried out; '' is any scene.

        Raises:
            KeyError: no such family; the message names the valid ones.
        """
        if not family:
            return draw_layout(self._sim, np.random.default_rng(seed))
        return draw(self.task(family), seed)[0]

    def request(self, family: str, seed: int) -> Request | None:
        """Return the request that goes with the scene; None if no family was named."""
        return draw(self.task(family), seed)[1] if family else None

    def task(self, family: str) -> Task:
        """Return a task of the robot.

        Raises:
            KeyError: it has none of that name; the message names those that it has.
        """
        if family not in self.tasks:
            raise KeyError(f'family: {family!r} is not one of {sorted(self.tasks)}')
        return self.tasks[family]


def home_pose(spec: ArmSpec) -> Pose:
    """Return where the tcp of an arm is in its home posture."""
    model = RobotModel(spec)
    return Pose(model.position.copy(), quat_from_matrix(model.rotation))


Sampled = TypeVar('Sampled', SimSample, JointGroupReading, MobileBaseReading)


class SystemLimb(Generic[Sampled]):
    """A simulated limb on the control clock instead of the simulation's.

    Attributes:
        now: ns, of the cycle in progress.
    """

    def __init__(self, read: Callable[[], Sampled]) -> None:
        """Stand for the limb that `read` reads."""
        self.now = 0
        self._read: Callable[[], Sampled] = read

    def read(self) -> Sampled:
        """Return the limb as it is in this cycle."""
        sample = self._read()
        sample.stamp = self.now
        return sample


class SystemArm(SystemLimb[SimSample]):
    """An arm."""

    def __init__(self, arm: SimArm) -> None:
        """Stand for `arm`."""
        super().__init__(arm.read)
        self.write, self.move = arm.write, arm.move


class SystemJointGroup(SystemLimb[JointGroupReading]):
    """A joint group."""

    def __init__(self, group: SimJointGroup) -> None:
        """Wrap `group`."""
        super().__init__(group.read)
        self.move = group.move


class SystemMobileBase(SystemLimb[MobileBaseReading]):
    """A mobile base."""

    def __init__(self, base: SimMobileBase) -> None:
        """Wrap `base`."""
        super().__init__(base.read)
        self.drive = base.drive


def _on_clock(limb: SimLimb) -> SystemArm | SystemJointGroup | SystemMobileBase:
    if isinstance(limb, SimJointGroup):
        return SystemJointGroup(limb)
    if isinstance(limb, SimMobileBase):
        return SystemMobileBase(limb)
    return SystemArm(limb)


class SimSystem:
    """Physics on the control clock, laid out by family and seed."""

    def __init__(self, spec: Robot, family: str, seed: int) -> None:
        """Build the scene and lay it out."""
        scene = Scene(spec)
        self._scenes = Scenes(spec, scene.config)
        self._hardware = SimHardware(scene, self._scenes.layout(family, seed))
        self.limbs = tuple(_on_clock(limb) for limb in self._hardware.limbs)
        timestep = scene.config.physics.timestep
        self._steps = max(round(1 / (spec.control_rate * timestep)), 1)
        self._place = (family, seed)
        self._resets = 0
        self._now = 0

    def begin(self, now: int) -> None:
        """Measure at `now`, ns: the control clock's, not the simulation's."""
        self._now = now
        for limb in self.limbs:
            limb.now = now

    def advance(self) -> None:
        """Step the physics through a control period."""
        self._hardware.step(self._steps)

    def reset(self, text: str) -> str:
        """Lay the scene out anew by '<seed>' or '<seed> <family>'."""
        seed, _, family = text.partition(' ')
        if not (seed.isdecimal() and int(seed) < 2**62):
            return f'scene: expected a seed, 0 or more, got {seed[:40]!r}'
        try:
            layout = self._scenes.layout(family, int(seed))
        except (KeyError, ValueError) as error:
            return f'scene: {error.args[0]}'
        self._hardware.reset(layout)
        self._place = (family, int(seed))
        self._resets += 1
        return ''

    def rewind(self) -> None:
        """Do nothing: this simulation's time never goes back."""

    def publish(self, mailbox: Mailbox) -> None:
        """Write what cameras and the referee need."""
        hardware = self._hardware
        wire.put_sim(
            mailbox.sim,
            wire.SimSnapshot(
                stamp=self._now,
                qpos=hardware.data.qpos,
                qvel=hardware.data.qvel,
                family=self._place[0],
                seed=self._place[1],
                resets=self._resets,
                time=hardware.time,
                peak_force=hardware.peak_force,
            ),
        )
