"""The simulated world: scene, hardware, cameras and tasks with their scripted experts."""

# First: MuJoCo wants to know the GL library when it is imported.
from vla_ros.tabletop.world import gl  # isort: skip
from vla_ros.tabletop.world.cameras import CameraRenderer
from vla_ros.tabletop.world.config import SimConfig, load_sim
from vla_ros.tabletop.world.hardware import SimHardware
from vla_ros.tabletop.world.layout import Layout, draw_layout
from vla_ros.tabletop.world.scene import Scene
from vla_ros.tabletop.world.state import WorldState


__all__ = [
    'CameraRenderer',
    'Layout',
    'Scene',
    'SimConfig',
    'SimHardware',
    'WorldState',
    'draw_layout',
    'gl',
    'load_sim',
]
