from array import array

import numpy as np
import pytest
import yaml

from vla_ros.core.config import to_tree
from vla_ros.robots import load_robot
from vla_ros.ros.convert import image_from_msg
from vla_ros.ros.convert.fields import header
from vla_ros_msgs.msg import SimState


pytest.importorskip('vla_ros.tabletop.camera_node')  # first: it chooses the GL library
SPEC = load_robot('franka')


@pytest.fixture
def camera(bench):
    from vla_ros.tabletop.camera_node import CameraNode

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


def test_what_is_wiped_vanishes_by_the_positions_alone(bench, topics, tmp_path):
    robot = tmp_path / 'wiper.yaml'
    robot.write_text(yaml.safe_dump(to_tree(SPEC) | {'tasks': ['wipe']}))
    from vla_ros.tabletop.camera_node import CameraNode

    try:
        camera = bench.host(CameraNode, robot=str(robot))
    except RuntimeError as error:
        pytest.skip(str(error))
    images = bench.listen(topics.image_topic(SPEC.cameras[0].topic))
    lines, message, stamp = camera._scene.lines, state(camera, 0, '3 wipe'), 10**18
    pictures = []
    for gone in (False, True):
        qpos = np.array(message.qpos)
        lines.write(qpos, np.full((6, 16), gone))
        images.clear()
        while not images:
            stamp += 40_000_000
            sent = state(camera, stamp, '3 wipe', qpos=array('d', qpos.tolist()))
            bench.send(topics.SIM_STATE, sent)
            bench.spin(0.05)
        pictures.append(image_from_msg(images[-1])[1].astype(int))
    changed = np.abs(pictures[0] - pictures[1]).max(axis=2) > 40
    assert 20 < changed.sum() < 1000
