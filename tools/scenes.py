"""Still pictures of random scenes to learn to see from, in the format of demonstrations.

    python tools/scenes.py OUT --scenes 1500 --seed 0

Nothing moves in them: cubes lie about, are held, stacked, in the bowl or on the zone, and the
hand is anywhere. Every step is marked invalid, so that only perception learns from it. Seconds of
rendering replace minutes of physics; `vla_ros train` takes them from beside the demonstrations.
"""

# ruff: noqa: I001
import vla_ros.sim  # noqa: F401  first: it decides which OpenGL MuJoCo will use

import argparse
from pathlib import Path

import mujoco
import numpy as np
from safetensors.numpy import save_file

from vla_ros.language import COLOURS
from vla_ros.robots import load_robot, RobotSpec
from vla_ros.robots.model import RobotModel
from vla_ros.sim.cameras import CameraRenderer
from vla_ros.sim.layout import draw_layout, Layout
from vla_ros.sim.scene import Scene


FRAMES = 4  # per scene


class Studio:
    """Poses scenes and takes pictures of them."""

    def __init__(self, spec: RobotSpec, seed: int) -> None:
        """Open the scene of a robot."""
        self.spec, self.rng = spec, np.random.default_rng(seed)
        self.scene = Scene(spec)
        self.cameras = CameraRenderer(self.scene)
        self.arm = RobotModel(spec)
        self.upright = self.arm.rotation.copy()
        self.data = mujoco.MjData(self.scene.model)

    def episode(self) -> tuple[dict[str, np.ndarray], dict[str, str]]:
        """Return the frames of one random scene, and their metadata."""
        layout = draw_layout(self.scene.config, self.rng)
        self.cameras.show(layout)
        frames = [self._frame(layout) for _ in range(FRAMES)]
        data = {key: np.stack([f[key] for f in frames]) for key in frames[0]}
        data['stamp'] = np.arange(FRAMES) * 100_000_000
        data['valid'] = np.zeros(FRAMES, np.uint8)
        metadata = {'robot': self.spec.name, 'family': 'pick', 'object': layout.present[0]}
        metadata |= {'target': '', 'instruction': '', 'success': 'true', 'fps': '10', 'seed': '0'}
        return data, metadata

    def _frame(self, layout: Layout) -> dict[str, np.ndarray]:
        rng = self.rng
        cubes = np.c_[layout.cubes[:, :2], np.full(6, 0.02)]
        self._rearrange(layout, cubes)
        present = np.flatnonzero(np.isfinite(cubes[:, 0]))
        chosen = cubes[rng.choice(present)]
        tcp = rng.uniform([0.34, -0.28, 0.08], [0.66, 0.28, 0.32])
        opening, held = float(rng.choice([0.0, 0.04, 0.08, 0.08])), -1
        draw = rng.random()
        if draw < 0.35:  # above a cube, as before a grasp
            tcp = chosen + rng.normal(0, 0.02, 3) * [1, 1, 0]
            tcp[2] = max(tcp[2], chosen[2]) + rng.uniform(0.05, 0.14)
            opening = 0.08
        elif draw < 0.45:  # around it
            tcp = chosen + rng.normal(0, 0.004, 3) + [0, 0, rng.uniform(-0.004, 0.03)]
            opening = 0.08
        elif draw < 0.55:  # beside it, closed, as before a push
            side = rng.uniform(-np.pi, np.pi)
            tcp = chosen + 0.05 * np.array([np.cos(side), np.sin(side), 0.0])
            tcp[2], opening = rng.uniform(0.02, 0.1), 0.0
        elif draw < 0.8:
            held, opening = int(rng.choice(present)), 0.04
            tcp[2] = rng.uniform(0.02, 0.25)
            cubes[held] = tcp + [*rng.normal(0, 0.003, 2), rng.uniform(-0.012, 0.004)]
        q = self._reach(tcp)
        yaws = layout.cubes[:, 2] * (np.arange(6) != held)
        return self._picture(layout, cubes, np.nan_to_num(yaws), q, opening)

    def _rearrange(self, layout: Layout, cubes: np.ndarray) -> None:
        """Move one cube into the bowl, onto the zone or onto another, now and then."""
        rng = self.rng
        present = np.flatnonzero(np.isfinite(cubes[:, 0]))
        one, other = rng.permutation(present)[:2]
        draw = rng.random()
        if draw < 0.15:
            cubes[one] = [*(layout.bowl + rng.uniform(-0.02, 0.02, 2)), rng.uniform(0.02, 0.06)]
        elif draw < 0.3:
            cubes[one, :2] = layout.zone + rng.uniform(-0.04, 0.04, 2)
        elif draw < 0.45:
            cubes[one] = cubes[other] + [*rng.normal(0, 0.006, 2), rng.uniform(0.04, 0.07)]

    def _reach(self, tcp: np.ndarray) -> np.ndarray:
        """Return joints (n,) for an upright hand at tcp (3,), by damped Newton steps."""
        q = self.spec.home.copy()
        for _ in range(12):
            self.arm.update(q, np.zeros_like(q))
            turn = self.upright @ self.arm.rotation.T
            spin = 0.5 * np.array(
                [turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]]
            )
            error = np.concatenate([tcp - self.arm.position, spin])
            j = self.arm.jacobian
            q = q + j.T @ np.linalg.solve(j @ j.T + 1e-4 * np.eye(6), error)
        self.arm.update(q, np.zeros_like(q))
        return q

    def _picture(
        self, layout: Layout, cubes: np.ndarray, yaws: np.ndarray, q: np.ndarray, opening: float
    ) -> dict[str, np.ndarray]:
        scene = self.scene
        scene.apply(self.data, layout, q, opening)
        for i in range(len(COLOURS)):
            if np.isfinite(cubes[i, 0]):
                turn = [np.cos(yaws[i] / 2), 0, 0, np.sin(yaws[i] / 2)]
                address = scene.cubes_q[i]
                self.data.qpos[address : address + 7] = [*cubes[i], *turn]
        # scene.apply sets mocap and colours; the renderer got them from `show`.
        qpos = self.data.qpos.copy()
        mujoco.mj_kinematics(scene.model, self.data)
        w, x, y, z = self.data.xquat[scene.tcp]
        pose = np.array([*self.data.xpos[scene.tcp], x, y, z, w])
        commanded = pose.copy()
        commanded[:3] += self.rng.normal(0, 0.004, 3)
        state = np.concatenate([pose, [opening], commanded, [opening]])
        images = {
            f'observation.images.{c.name}': self.cameras.render(c.name, qpos).copy()
            for c in self.spec.cameras
        }
        return images | {
            'observation.state': state.astype(np.float32),
            'action': np.concatenate([commanded, [opening]]).astype(np.float32),
            'privileged.objects': cubes.astype(np.float32),
            'privileged.bowl': np.array([*layout.bowl, 0.0], np.float32),
            'privileged.zone': np.array([*layout.zone, 0.0], np.float32),
        }


def main() -> None:
    """Write the scenes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('out', type=Path)
    parser.add_argument('--scenes', type=int, default=1500)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--robot', default='franka')
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    studio = Studio(load_robot(arguments.robot), arguments.seed)
    for i in range(arguments.scenes):
        data, metadata = studio.episode()
        save_file(data, arguments.out / f'scene_{i:05d}.safetensors', metadata)


if __name__ == '__main__':
    main()
