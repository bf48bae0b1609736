from array import array

import numpy as np
import pytest

from vla_ros.nodes.convert import image_from_msg
from vla_ros.nodes.convert.base import header
from vla_ros.robots import load_robot
from vla_ros_msgs.msg import SimState


pytest.importorskip('vla_ros.nodes.camera')  # first: it chooses the GL library
SPEC = load_robot('franka')


@pytest.fixture
def camera(bench):
    from vla_ros.nodes.camera import CameraNode

    try:
        return bench.host(CameraNode)
    except RuntimeError as error:
        pytest.skip(str(error))


def state(camera, stamp, scene='3 put', **fields):
    nq = camera._scene.model.nq
    message = SimState(header=header(stamp), scene_id=scene)
    qpos = np.zeros(nq)
    qpos[camera._scene.arm_q] = SPEC.home
    message.qpos = array('d', qpos.tolist())
    for name, value in fields.items():
        setattr(message, name, value)
    return message


def test_every_state_gives_a_picture_of_each_camera_with_its_stamp(bench, topics, camera):
    images = [bench.listen(topics.image_topic(spec.topic)) for spec in SPEC.cameras]
    stamp = 10**18
    while not all(images):
        stamp += 40_000_000
        bench.send(topics.SIM_STATE, state(camera, stamp))
        bench.spin(0.05)
    for spec, received in zip(SPEC.cameras, images, strict=True):
        at, image = image_from_msg(received[-1])
        assert (at - 10**18) % 40_000_000 == 0
        assert image.shape == (spec.height, spec.width, 3)
        assert image.std() > 5  # something is seen


@pytest.mark.parametrize(
    'fields', [{'scene': 'kitchen'}, {'scene': '3 juggle'}, {'qpos': array('d', [0.0] * 5)}]
)
def test_a_state_it_cannot_show_is_refused(bench, topics, camera, fields):
    images = bench.listen(topics.image_topic(SPEC.cameras[0].topic))
    for i in range(10):
        bench.send(topics.SIM_STATE, state(camera, 10**18 + i * 40_000_000, **fields))
        bench.spin(0.03)
    assert not images
