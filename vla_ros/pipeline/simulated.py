"""SimPlant: the MuJoCo scene within the control process."""

import numpy as np

from vla_ros.control.loop import JointSample
from vla_ros.data import Array
from vla_ros.pipeline import wire
from vla_ros.pipeline.mailbox import Mailbox
from vla_ros.robots.spec import RobotSpec
from vla_ros.sim.hardware import SimHardware
from vla_ros.sim.layout import Layout, draw_layout
from vla_ros.sim.scene import Scene


def layout_of(scene: Scene, seed: int) -> Layout:
    """Return the layout that `seed` stands for, the same in every process."""
    return draw_layout(scene.config, np.random.default_rng(seed))


class SimPlant:
    """Physics on the control clock, laid out by seed."""

    def __init__(self, spec: RobotSpec, seed: int) -> None:
        """Build the scene and lay it out by `seed`."""
        self._scene = Scene(spec)
        self._hardware = SimHardware(self._scene, layout_of(self._scene, seed))
        timestep = self._scene.config.physics.timestep
        self._steps = max(round(1 / (spec.control_rate * timestep)), 1)
        self._stamp = 0
        self._seed = seed
        self._resets = 0
        self._request = ''
        self._success = False

    def read(self) -> JointSample:
        """Return the joint state of the last step."""
        sample = self._hardware.read()
        sample.stamp = self._stamp  # the control clock's, not the simulation's
        return sample

    def write(self, torque: Array, gripper: float) -> None:
        """Set the motors."""
        self._hardware.write(torque, gripper)

    def advance(self, now: int) -> None:
        """Step the physics through the control period that begins at `now`, ns."""
        self._hardware.step(self._steps)
        self._stamp = now

    def reset(self, text: str) -> str:
        """Lay the scene out anew by the seed in `text`."""
        if not text.isdecimal():
            return f'scene: expected a seed, 0 or more, got {text[:40]!r}'
        self._seed = int(text)
        self._hardware.reset(layout_of(self._scene, self._seed))
        self._resets += 1
        self._success = False
        return ''

    def judge(self, text: str) -> str:
        """Judge success by 'family object target' from now on; '' judges nothing."""
        self._request = text
        self._success = False
        return ''

    def publish(self, mailbox: Mailbox) -> None:
        """Write what cameras and evaluation need."""
        hardware = self._hardware
        wire.put_sim(
            mailbox.sim,
            wire.SimSnapshot(
                stamp=self._stamp,
                qpos=hardware.data.qpos,
                qvel=hardware.data.qvel,
                seed=self._seed,
                resets=self._resets,
                request=self._request,
                success=self._success,
            ),
        )
