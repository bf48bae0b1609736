"""Bags of a run into a video and a timeline; simulated scenes are drawn again, larger."""

from pathlib import Path

from vla_ros.core.data import Array, Image
from vla_ros.dataset.read import read_episode
from vla_ros.dataset.timeline import write_timeline
from vla_ros.dataset.video import write_video
from vla_ros.robots import load_robot
from vla_ros.robots.robot import Robot
from vla_ros.tabletop.simulated import Scenes
from vla_ros.tabletop.world.cameras import CameraRenderer
from vla_ros.tabletop.world.scene import Scene


_SIZE = 480  # px, of a redrawn picture
_FPS = 20


class Redraw:
    """Draws a recorded physics state again; the scene changes only when its id does."""

    def __init__(self, robot: Robot) -> None:
        """Open the renderer."""
        scene = Scene(robot)
        self._scenes = Scenes(scene.spec, scene.config)
        self._renderer = CameraRenderer(scene, size=_SIZE)
        self._shown = ''

    def __call__(self, camera: str, scene_id: str, qpos: Array) -> Image:
        """Return the picture of a camera (480, 480, 3)."""
        if scene_id != self._shown:
            seed, _, family = scene_id.partition(' ')
            self._renderer.show(self._scenes.layout(family, int(seed)))
            self._shown = scene_id
        return self._renderer.render(camera, qpos)


def film(robot: str, bags: Path, out: Path) -> dict[str, str]:
    """Write <out>/demo.mp4 and <out>/timeline.png; return their names for the report."""
    episodes = [read_episode(path) for path in sorted(bags.iterdir()) if path.is_dir()]
    video, timeline = out / 'demo.mp4', out / 'timeline.png'
    write_timeline(timeline, episodes, f'vla_ros demo: {robot}')
    spec = load_robot(robot)
    cameras = [camera.name for camera in spec.cameras]
    write_video(video, episodes, cameras, Redraw(spec), fps=_FPS)
    return {'video': str(video), 'timeline': str(timeline)}
