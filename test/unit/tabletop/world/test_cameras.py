import os
import subprocess
import sys

import numpy as np
import pytest

from vla_ros.tabletop.language.grammar import COLOURS
from vla_ros.tabletop.world import CameraRenderer, Layout, SimHardware, draw_layout


@pytest.fixture(scope='module')
def renderer(scene):
    result = CameraRenderer(scene)
    yield result
    result.close()


def place_all(scene, bowl=(0.55, 0.2), zone=(0.55, -0.18)):
    """Return a layout with all six cubes in a row in front of the base."""
    y = np.linspace(-0.25, 0.25, 6)
    cubes = np.stack([np.full(6, 0.4), y, np.zeros(6)], axis=1)
    return Layout(cubes, np.array(bowl), np.array(zone))


def test_pictures_have_the_size_of_the_spec_and_repeat(scene, renderer):
    layout = draw_layout(scene.config, np.random.default_rng(0))
    qpos = SimHardware(scene, layout).qpos()
    renderer.show(layout)
    for camera in scene.spec.cameras:
        first, second = (renderer.render(camera.name, qpos) for _ in range(2))
        assert first.shape == (camera.height, camera.width, 3) and first.dtype == np.uint8
        np.testing.assert_array_equal(first, second)
        assert first.std() > 10


def test_a_picture_follows_the_joints(scene, renderer):
    layout = draw_layout(scene.config, np.random.default_rng(1))
    hardware = SimHardware(scene, layout)
    renderer.show(layout)
    before = renderer.render('wrist', hardware.qpos()).astype(int)
    hardware.reset(layout, scene.spec.home + 0.05)
    after = renderer.render('wrist', hardware.qpos()).astype(int)
    assert np.abs(after - before).mean() > 2


def hue_pixels(image, colour):
    """Count pixels whose colour direction is that of `colour` (3,)."""
    pixels = image.reshape(-1, 3).astype(float)
    pixels /= np.linalg.norm(pixels, axis=1, keepdims=True) + 1e-6
    wanted = np.asarray(colour) / np.linalg.norm(colour)
    return int((pixels @ wanted > 0.985).sum())


def test_the_front_camera_sees_every_cube_in_its_colour(scene, renderer):
    layout = place_all(scene)
    qpos = SimHardware(scene, layout).qpos()
    renderer.show(layout)
    image = renderer.render('front', qpos)
    for colour in COLOURS:
        assert hue_pixels(image, scene.config.appearance.cubes[colour]) >= 25, colour


@pytest.mark.parametrize('thing', ['bowl', 'zone'])
def test_bowl_and_zone_are_seen(scene, renderer, thing):
    pictures = []
    for place in ((0.55, -0.18), (0.40, 0.18)):
        other = {'bowl': 'zone', 'zone': 'bowl'}[thing]
        layout = Layout(
            cubes=np.full((6, 3), np.nan),
            **{thing: np.array(place), other: np.array((0.60, 0.05))},
        )
        renderer.show(layout)
        image = renderer.render('front', SimHardware(scene, layout).qpos())
        pictures.append(image.astype(int))
    changed = (np.abs(pictures[0] - pictures[1]).max(axis=2) > 40).sum()
    assert changed > 150  # px of 96 x 96


def test_an_unknown_camera_is_named(scene, renderer):
    with pytest.raises(KeyError, match="'rear' is not one of"):
        renderer.render('rear', np.zeros(scene.model.nq))


def test_a_missing_gl_library_is_named(tmp_path):
    code = (
        'from vla_ros.robots import load_robot\n'
        'from vla_ros.tabletop.world import CameraRenderer, Scene\n'
        'import mujoco\n'
        'def broken(*args): raise AttributeError("no eglQueryDevicesEXT")\n'
        'mujoco.Renderer = broken\n'
        'CameraRenderer(Scene(load_robot("franka")))\n'
    )
    run = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True, env=os.environ, check=False
    )
    assert run.returncode == 1
    assert 'install libegl1' in run.stderr.splitlines()[-1]
