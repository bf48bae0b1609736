"""CameraRenderer: pictures of the scene, rendered offscreen."""

import os

import mujoco
import numpy as np

from vla_ros.core.data import Array, Image
from vla_ros.robots.spec import CameraSpec
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.scene import Scene


_OFF = (
    mujoco.mjtRndFlag.mjRND_SHADOW,
    mujoco.mjtRndFlag.mjRND_REFLECTION,
    mujoco.mjtRndFlag.mjRND_SKYBOX,
    mujoco.mjtRndFlag.mjRND_HAZE,
)


class CameraRenderer:
    """Renders the spec's cameras, each at its own size (or at `size`, square)."""

    def __init__(self, scene: Scene, size: int | None = None) -> None:
        """Open a GL context for `scene`. Use it from the thread that made it.

        Raises:
            RuntimeError: no offscreen GL; the message names the library to install.
        """
        self.scene = scene
        self._data = mujoco.MjData(scene.model)
        self._renderers: dict[tuple[int, int], mujoco.Renderer] = {}
        self._size = size
        for camera in scene.spec.cameras:
            self._renderer(camera)

    def show(self, layout: Layout) -> None:
        """Set up the things that qpos does not hold: bowl, zone, colours and light."""
        self.scene.apply(self._data, layout)

    def render(self, name: str, qpos: Array) -> Image:
        """Return the picture (H, W, 3) uint8 RGB of camera `name` at generalised positions qpos.

        Raises:
            KeyError: no such camera; the message names the valid ones.
        """
        camera = self.scene.spec.camera(name)
        if not np.array_equal(qpos, self._data.qpos):
            self._data.qpos[:] = qpos
            mujoco.mj_kinematics(self.scene.model, self._data)
            mujoco.mj_camlight(self.scene.model, self._data)
        if self.scene.lines is not None:
            self.scene.lines.show(qpos)
        renderer = self._renderer(camera)
        renderer.update_scene(self._data, name)
        image: Image = renderer.render()
        return image

    def close(self) -> None:
        """Free the GL contexts."""
        for renderer in self._renderers.values():
            renderer.close()
        self._renderers.clear()

    def _renderer(self, camera: CameraSpec) -> mujoco.Renderer:
        height, width = (self._size, self._size) if self._size else (camera.height, camera.width)
        if (height, width) not in self._renderers:
            visual = self.scene.model.vis.global_
            visual.offheight = max(visual.offheight, height)
            visual.offwidth = max(visual.offwidth, width)
            self._renderers[height, width] = _open(self.scene.model, height, width)
        return self._renderers[height, width]


def _open(model: mujoco.MjModel, height: int, width: int) -> mujoco.Renderer:
    try:
        renderer = mujoco.Renderer(model, height, width)
    except Exception as error:  # GL loaders raise anything from ImportError to AttributeError
        backend = os.environ.get('MUJOCO_GL', 'none found')
        raise RuntimeError(
            f'cannot render offscreen (MUJOCO_GL: {backend}): {error}; install libegl1 and '
            'libgl1-mesa-dri, or libosmesa6 with MUJOCO_GL=osmesa'
        ) from error
    for flag in _OFF:  # each costs milliseconds in software rendering
        renderer.scene.flags[flag] = 0
    return renderer
