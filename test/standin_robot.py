"""The robot behind the stand-in driver: MuJoCo, and all its limbs in it."""

import numpy as np
from standin_limbs import KINDS

from vla_ros.core.data import Pose
from vla_ros.tabletop.simulated import Scenes
from vla_ros.tabletop.tasks import Progress
from vla_ros.tabletop.world.hardware import SimHardware
from vla_ros.tabletop.world.scene import Scene


class Robot:
    """One physics for limbs that each take commands of their own, a timestep at a time."""

    def __init__(self, spec, family, seed):
        self.spec, self.family, self.seed = spec, family, seed
        scene = Scene(spec)
        self.timestep = scene.config.physics.timestep  # s
        self.scenes = Scenes(spec, scene.config)
        self.hardware = SimHardware(scene, self.scenes.layout(family, seed))
        self.limbs = [
            KINDS[own.kind](own, limb, self.timestep)
            for own, limb in zip(spec.limbs, self.hardware.limbs, strict=True)
        ]
        self.arms = self.limbs[: len(spec.arms)]
        self.reset()

    def reset(self):
        """Begin again, as laid out."""
        self.hardware.reset(self.scenes.layout(self.family, self.seed))
        for limb in self.limbs:
            limb.reset()
        request = self.scenes.request(self.family, self.seed)
        self.progress = Progress(self.scenes.task(self.family), request, np.inf)
        self.peak = 0.0  # greatest share of a limit of speed so far, reached or asked for

    def step(self):
        """Let a timestep pass."""
        for limb in self.limbs:
            limb.step()
        self.hardware.step()
        self.peak = max(self.peak, *(max(limb.speed, limb.asked) for limb in self.limbs))

    def stand(self):
        """Forget the velocities that were sent."""
        for limb in self.limbs:
            if limb.spec.kind == 'arm':
                limb.velocity = np.zeros(limb.spec.n)

    def judge(self):
        """Return what the world looks like, with the task's own test of success.

        tcp, position and gripper are the first arm's.
        """
        here = Pose(np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]))
        world = self.hardware.world([(here, arm.gripper) for arm in self.arms])
        self.progress.update(world)
        return {
            'success': bool(self.progress.success),
            'tcp': world.hands[0].ee.position.tolist(),
            'position': self.arms[0].where.tolist(),
            'peak': self.peak,
            'gripper': self.hardware.gripper,
            'limbs': {limb.spec.name: limb.where.tolist() for limb in self.limbs},
            'speeds': {limb.spec.name: limb.speed for limb in self.limbs},
        }
