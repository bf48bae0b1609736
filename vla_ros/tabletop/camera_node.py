"""The camera node: renders the simulation's published state. Not part of a real robot."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from vla_ros.core.data import SECOND
from vla_ros.robots import load_robot
from vla_ros.ros import convert, qos
from vla_ros.ros.convert import from_time
from vla_ros.ros.guard import Guarded
from vla_ros.ros.node_process import run
from vla_ros.ros.params import Parameters, param
from vla_ros.tabletop.simulated import Scenes
from vla_ros.tabletop.world.cameras import CameraRenderer
from vla_ros.tabletop.world.scene import Scene
from vla_ros_msgs.msg import SimState


@dataclass(frozen=True)
class CameraConfig:
    """Parameters of the camera node."""

    robot: str = param('franka', 'Robot: a name in config/robots/ or a YAML file')


class CameraNode(Guarded):
    """One picture per camera for every state, with the state's stamp."""

    def __init__(self, name: str = 'camera', **options: Any) -> None:
        """Open the renderer; raises ConfigError for parameters that are wrong."""
        super().__init__(name, **options)
        config = Parameters(self, CameraConfig).read(CameraConfig)
        self._spec = load_robot(config.robot)
        self._scene = Scene(self._spec)
        self._renderer = CameraRenderer(self._scene)
        self._scenes = Scenes(self._spec, self._scene.config)
        self._shown = ''
        self._images = {
            camera.name: self.create_publisher(
                qos.image_topic(camera.topic).type, camera.topic, qos.SENSOR
            )
            for camera in self._spec.cameras
        }
        self._due = dict.fromkeys(self._images, 0)
        self.create_subscription(SimState, qos.SIM_STATE.name, self._render, qos.NEWEST)

    def close(self) -> None:
        """Free the GL contexts."""
        self._renderer.close()

    def _render(self, message: SimState) -> None:
        stamp = from_time(message.header.stamp)
        if message.scene_id != self._shown and not self._show(message.scene_id):
            return
        qpos = np.asarray(message.qpos)
        if qpos.shape != (self._scene.model.nq,):
            self.get_logger().error(
                f'sim_state: expected {self._scene.model.nq} positions, got {qpos.size}',
                throttle_duration_sec=2.0,
            )
            return
        for camera in self._spec.cameras:
            if stamp < self._due[camera.name]:
                continue
            # A little early is on time: the states come at a rate near the camera's.
            self._due[camera.name] = stamp + int(0.7 * SECOND / camera.rate)
            image = self._renderer.render(camera.name, qpos)
            self._images[camera.name].publish(convert.image_to_msg(stamp, image, camera.frame))

    def _show(self, scene: str) -> bool:
        """Set up the scene 'seed family'; return whether it could be."""
        seed, _, family = scene.partition(' ')
        try:
            self._renderer.show(self._scenes.layout(family, int(seed)))
        except (ValueError, KeyError) as error:
            self.get_logger().error(
                f'sim_state.scene_id {scene[:40]!r}: {error}', throttle_duration_sec=2.0
            )
            return False
        self._shown = scene
        return True


def main() -> None:
    """Run the node."""
    run(CameraNode)


if __name__ == '__main__':
    main()
