"""The simulated world: scene, hardware, cameras and tasks with their scripted experts."""

# First: MuJoCo wants to know the GL library when it is imported.
from vla_ros.sim import gl  # isort: skip
from vla_ros.sim.cameras import CameraRenderer
from vla_ros.sim.config import SimConfig, load_sim
from vla_ros.sim.hardware import SimHardware
from vla_ros.sim.layout import Layout, draw_layout
from vla_ros.sim.scene import Scene
from vla_ros.sim.state import WorldState


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
