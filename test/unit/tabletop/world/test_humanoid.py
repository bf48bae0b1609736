"""The humanoid's world: a body with a head at a table, crates, and limbs that are no arms."""

from dataclasses import replace

import mujoco
import numpy as np
import pytest

from vla_ros.core.config import ConfigError
from vla_ros.core.data import Pose
from vla_ros.robots import load_robot
from vla_ros.tabletop.language import COLOURS
from vla_ros.tabletop.simulated import Scenes
from vla_ros.tabletop.tasks import draw
from vla_ros.tabletop.tasks.facing import facing
from vla_ros.tabletop.world import (
    CameraRenderer,
    Layout,
    Scene,
    SimConfig,
    SimHardware,
    draw_layout,
    load_sim,
)
from vla_ros.tabletop.world.config import BodyConfig
from vla_ros.tabletop.world.limbs import SimJointGroup, SimMobileBase
from vla_ros.tabletop.world.object_config import CrateConfig
from vla_ros.tabletop.world.state import absent
from vla_ros.tabletop.world.torso import outside, within


NOWHERE = np.full(2, np.nan)
HOME = Pose(np.array([0.3, 0.1, 0.0]), np.array([0.0, 0.0, 0.0, 1.0]))
# Family, seed 7 -> its request, and the sum of everything that was drawn, as before there were
# bodies and crates.
DRAWN = {
    'franka': (
        ('pick purple', 3.105486631), ('put yellow bowl', 3.214948356),
        ('push purple zone', 2.299323772), ('stack red blue', 2.445912364),
    ),
    'ur5e': (
        ('pick purple', 3.105486631), ('put yellow bowl', 3.214948356),
        ('press green', 3.036668695), ('wipe orange', 0.782711931),
    ),
    'aloha': (
        ('place red bowl right', -0.94061607), ('handover red - right', -0.456398991),
        ('lift purple', 0.04219308),
    ),
}  # fmt: skip


@pytest.fixture(scope='module')
def spec():
    return load_robot('humanoid')


@pytest.fixture(scope='module')
def scene(spec):
    return Scene(spec)


def things(kind, **places):
    table = absent(3)
    for colour, place in places.items():
        table[COLOURS.index(colour)] = place
    none = absent(3)
    cubes, crates = (table, none) if kind == 'cube' else (none, table)
    return Layout(cubes, NOWHERE, NOWHERE, crates=crates)


def world(hardware):
    return hardware.world([(HOME, 0.0)] * 2)


def hold(hardware, seconds):
    """Let every limb hold what it has, unless it is told otherwise meanwhile."""
    for arm in hardware.arms:
        sample = arm.read()
        arm.move(sample.position.copy(), np.zeros(7), sample.gripper)
    hardware.step(round(seconds / hardware.scene.model.opt.timestep))


@pytest.mark.parametrize('robot', DRAWN)
def test_the_scenes_of_other_robots_are_what_they_were(robot):
    own = load_robot(robot)
    scenes = Scenes(own, load_sim(own.sim))
    for family, (text, total) in zip(own.tasks, DRAWN[robot], strict=True):
        layout, request = draw(scenes.task(family), 7)
        every = (layout.cubes, layout.bowl, layout.zone, layout.tint)
        every += (layout.buttons, layout.lines, layout.bars)
        assert request.text == text and not layout.begin and not layout.colours('crate')
        assert sum(np.nansum(array) for array in every) == pytest.approx(total, abs=1e-8)


def test_the_table_ends_and_stands_on_a_floor(scene):
    model = scene.model
    top = model.geom('table_top')
    assert top.type == mujoco.mjtGeom.mjGEOM_BOX and top.pos[2] + top.size[2] == 0
    assert model.geom('floor').pos[2] + model.geom('floor').size[2] == pytest.approx(-0.75)
    assert model.body('base_x_link').pos[2] + model.body('odom').pos[2] == pytest.approx(-0.75)


@pytest.mark.parametrize('kind', ['cube', 'crate'])
def test_nothing_touches_the_robot_at_home(scene, kind):
    for seed in range(10):
        layout = draw_layout(scene.config, np.random.default_rng(seed), kind)
        hardware = SimHardware(scene, layout)
        bodies = scene.model.geom_bodyid[hardware.data.contact.geom]
        names = {scene.model.body(b).name for b in bodies.flat}
        assert all(name == 'world' or name.startswith(kind) for name in names)


def test_arms_touch_each_other_and_what_carries_them_but_not_themselves(scene):
    model = scene.model

    def geoms(*names):
        bodies = [b for b in range(model.nbody) if model.body(b).name.startswith(names)]
        return [g for g in range(model.ngeom)
                if model.geom_bodyid[g] in bodies and model.geom_contype[g]]  # fmt: skip

    def meet(a, b):
        return bool(
            model.geom_contype[a] & model.geom_conaffinity[b]
            or model.geom_contype[b] & model.geom_conaffinity[a]
        )

    left, right = geoms('left_'), geoms('right_')
    trunk = geoms('torso_link', 'head_link', 'pelvis', 'base_link')
    table = [model.geom('table_top').id]
    assert len(left) == len(right) > 5 and len(trunk) == 5
    pairs = (left, right), (left, trunk), (right, trunk), (left, table), (trunk, table)
    for one, other in pairs:
        assert all(meet(a, b) for a in one for b in other)
    assert not any(meet(a, b) for own in (left, right, trunk) for a in own for b in own)


def test_limbs_begin_where_the_layout_says(scene, spec):
    begin = {'base': np.array([-0.4, 0.1, 0.2]), 'head': np.array([0.1, 1.2])}
    hardware = SimHardware(scene, replace(things('cube'), begin=begin))
    left, right, torso, head, base = hardware.limbs
    np.testing.assert_allclose(base.read().pose, begin['base'])
    np.testing.assert_allclose(head.read().position, begin['head'])
    for limb, own in zip((left, right, torso), spec.limbs, strict=False):
        np.testing.assert_allclose(limb.read().position, own.home)
    trunk = world(hardware).trunk
    np.testing.assert_allclose(trunk.base, begin['base'])
    for name in ('tail', 'left'):
        with pytest.raises(ValueError, match=rf"begin: '{name}' is not one of \['torso', 'head'"):
            hardware.reset(replace(things('cube'), begin={name: np.zeros(2)}))


def test_a_posture_goes_where_it_is_sent_and_shakes_nothing(scene):
    hardware = SimHardware(scene, things('cube'))
    torso = next(limb for limb in hardware.limbs if isinstance(limb, SimJointGroup))
    hold(hardware, 0.1)
    arms = [arm.read().position.copy() for arm in hardware.arms]
    goal, speed = np.array([0.3, 0.0, 0.35]), np.array([0.6, 0.0, 0.4])
    for share in np.linspace(0, 1, 101)[1:]:
        torso.move(np.array([0.0, 0.0, 0.15]) + share * (goal - (0, 0, 0.15)), speed)
        hardware.step(2)
    torso.move(goal, np.zeros(3))
    hardware.step(100)
    np.testing.assert_allclose(torso.read().position, goal, atol=2e-3)
    np.testing.assert_allclose(torso.read().velocity, 0, atol=2e-2)
    for arm, before in zip(hardware.arms, arms, strict=True):
        np.testing.assert_allclose(arm.read().position, before, atol=5e-3)
    np.testing.assert_allclose(world(hardware).trunk.chain('torso').commanded, goal)


def test_the_drive_keeps_up_a_twist_in_its_own_axes(scene):
    layout = replace(things('cube'), begin={'base': np.array([-1.0, 0.0, np.pi / 2])})
    hardware = SimHardware(scene, layout)
    base = hardware.limbs[-1]
    assert isinstance(base, SimMobileBase)
    hold(hardware, 0.1)
    base.drive(np.array([0.2, 0.1, 0.0]))
    hardware.step(400)
    np.testing.assert_allclose(base.read().twist, (0.2, 0.1, 0), atol=0.01)
    np.testing.assert_allclose(base.read().pose, (-1.1, 0.2, np.pi / 2), atol=0.02)
    base.drive(np.array([0.0, 0.0, 0.5]))
    hardware.step(200)
    np.testing.assert_allclose(base.read().twist, (0, 0, 0.5), atol=0.02)
    base.drive(np.zeros(3))
    hardware.step(100)
    assert abs(base.read().twist).max() < 0.01 and base.read().stamp > 0
    hardware.reset(layout)
    assert not base.commanded.any()


def test_the_table_stops_the_base(scene):
    hardware = SimHardware(scene, things('cube'))
    hold(hardware, 0.1)
    hardware.limbs[-1].drive(np.array([0.3, 0.0, 0.0]))
    hardware.step(800)
    assert 0.05 < hardware.limbs[-1].read().pose[0] < 0.12


def test_things_lie_on_the_table_wherever_the_robot_is(scene):
    begin = {'base': np.array([-0.3, 0.1, 0.3]), 'torso': np.array([0.4, 0.0, 0.3])}
    layout = replace(things('crate', red=(0.4, 0.02, 0.1)), begin=begin)
    hardware = SimHardware(scene, layout)
    hold(hardware, 0.5)
    state, crates = world(hardware), scene.config.crates
    rim = state.crate('red')
    np.testing.assert_allclose(rim.mean(axis=0), (0.4, 0.02, crates.height), atol=1e-3)
    np.testing.assert_allclose(state.things[0], rim.mean(axis=0) - (0, 0, 0.045), atol=1e-4)
    assert np.isnan(state.crate('blue')).all() and layout.present == ('red',)
    across = rim[3] - rim[2]
    assert np.arctan2(-across[0], across[1]) == pytest.approx(0.1, abs=0.01)
    left, right = state.grips[:, 0]
    assert left[1] > right[1] and left[2] == pytest.approx(crates.height, abs=1e-3)
    assert np.linalg.norm(left - right) == pytest.approx(crates.length - crates.wall, abs=1e-3)
    # The same in the arms' base frame, by MuJoCo's own word.
    place, matrix = hardware.data.body('torso_link').xpos, hardware.data.body('torso_link').xmat
    expected = matrix.reshape(3, 3).T @ (rim[0] - place)
    np.testing.assert_allclose(state.local(rim)[0], expected, atol=1e-9)
    assert np.isnan(state.local(state.bowl)).all()


def test_commanded_poses_are_given_in_the_frame_of_the_arms(scene):
    hardware = SimHardware(scene, things('cube'))
    state = world(hardware)
    seen = within(state.trunk.frame, state.hands[0].commanded)
    np.testing.assert_allclose(seen.position, HOME.position, atol=1e-12)
    np.testing.assert_allclose(seen.quaternion, HOME.quaternion, atol=1e-12)
    again = outside(state.trunk.frame, seen)
    np.testing.assert_allclose(again.position, state.hands[0].commanded.position, atol=1e-12)


def test_a_chain_carries_what_is_on_it(scene):
    """Where the eye and the arms' frame go is what MuJoCo says after moving the joints."""
    torso, head = np.array([0.4, -0.1, 0.4]), np.array([-0.3, 0.8])
    hardware = SimHardware(scene, things('cube'))
    before = world(hardware).trunk
    moved = before.chain('head').carry(before.eye, head)
    moved = before.chain('torso').carry(moved, torso)
    hardware.reset(replace(things('cube'), begin={'torso': torso, 'head': head}))
    after = world(hardware).trunk
    np.testing.assert_allclose(moved.position, after.eye.position, atol=1e-9)
    assert abs(moved.quaternion @ after.eye.quaternion) == pytest.approx(1, abs=1e-9)
    with pytest.raises(ValueError, match=r"'tail' is not one of \['torso', 'head'\]"):
        before.chain('tail')


def test_the_head_can_face_things_and_says_what_it_sees(scene):
    hardware = SimHardware(scene, things('cube'))
    trunk, thing = world(hardware).trunk, np.array([0.4, 0.2, 0.02])
    joints = facing(trunk.chain('head'), trunk.eye, thing)
    begin = {'head': joints}
    hardware.reset(replace(things('cube'), begin=begin))
    there = world(hardware).trunk
    assert there.off_centre(thing) < 1e-3 < trunk.off_centre(thing)
    assert there.sees(thing) and there.sees(thing, 0.4) and not there.sees(thing, 0.51)
    hardware.reset(replace(things('cube'), begin={'head': np.array([0.0, -1.6])}))
    assert not world(hardware).trunk.sees(thing)
    assert not there.sees(there.eye.position + (0.0, 0.0, 1.0))  # behind it


def test_the_cameras_see_cubes_where_they_should(scene, spec):
    layout = things('cube', red=(0.34, 0.0, 0.0), blue=(0.35, 0.17, 0.0))
    renderer = CameraRenderer(scene)
    renderer.show(layout)
    qpos = SimHardware(scene, layout).qpos()
    seen = {}
    for camera in spec.cameras:
        image = renderer.render(camera.name, qpos).astype(int)
        assert image.shape == (96, 96, 3)
        red = (image[..., 0] > 120) & (image[..., 1:].max(axis=2) < 90)
        blue = (image[..., 2] > 110) & (image[..., :2].max(axis=2) < 80)
        seen[camera.name] = int(red.sum()), int(blue.sum())
    renderer.close()
    assert seen['head'][0] > 20
    assert seen['left_wrist'][1] > 100 > seen['right_wrist'][1] == 0


def test_scenes_with_crates_leave_room_between_them():
    sim = load_sim('humanoid')
    counts = set()
    for seed in range(40):
        layout = draw_layout(sim, np.random.default_rng(seed), 'crate')
        there = layout.crates[np.isfinite(layout.crates[:, 0])]
        counts.add(len(there))
        bearing = np.arctan2(there[:, 1], there[:, 0])
        assert (np.abs(there[:, 2] - bearing) <= sim.crates.slant).all()
        assert (np.abs(bearing) <= sim.crates.bearing).all()
        if len(there) > 1:
            assert np.ptp(bearing) >= sim.crates.gap - 1e-9
    assert counts == {1, 2}


def test_without_goals_there_is_neither_bowl_nor_zone():
    layout = draw_layout(load_sim('humanoid'), np.random.default_rng(0))
    assert np.isnan([layout.bowl, layout.zone]).all()
    assert 2 <= len(layout.colours('cube')) <= 4


def test_a_robot_without_crates_refuses_them():
    franka = Scene(load_robot('franka'))
    with pytest.raises(ValueError, match='no task of franka needs a crate'):
        SimHardware(franka, things('crate', red=(0.5, 0.0, 0.0)))


@pytest.mark.parametrize(
    ('make', 'message'),
    [
        (lambda: CrateConfig(wall=0.03), 'wall: expected'),
        (lambda: CrateConfig(count=(3, 1)), 'count: expected'),
        (lambda: CrateConfig(slant=2.0), 'slant: expected'),
        (lambda: CrateConfig(gap=1.2), 'gap: no room for 2 crates'),
        (lambda: CrateConfig(distance=(0.4, 0.3)), 'distance: expected'),
        (lambda: BodyConfig(turned=1.5), 'turned: expected a share'),
        (lambda: BodyConfig(pan=2), 'pan: expected less than 2'),
        (lambda: BodyConfig(lean=(1.0,)), 'bearing and lean: one number per joint'),
        (lambda: BodyConfig(near=0.7), 'expected 0 < near < far'),
        (lambda: BodyConfig(back=(0.5, 0.2)), 'back: expected least <= greatest'),
        (lambda: replace(load_sim('humanoid'), table_top=-1.0), 'table_top: expected 0..2 m'),
    ],
)
def test_a_wrong_world_is_refused_by_name(make, message):
    with pytest.raises((ValueError, ConfigError), match=message):
        make()


def test_the_servo_may_not_be_faster_than_the_physics():
    sim = load_sim('humanoid')
    assert isinstance(sim, SimConfig)
    with pytest.raises(ValueError, match='servo.bandwidth'):
        replace(sim, servo=replace(sim.servo, bandwidth=100.0))
