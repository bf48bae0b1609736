from dataclasses import replace
import itertools

import mujoco
import numpy as np
import pytest
import yaml

from vla_ros.core import config
from vla_ros.core.config import ConfigError
from vla_ros.core.paths import config_file
from vla_ros.tabletop.language.grammar import COLOURS
from vla_ros.tabletop.world import Layout, Scene, SimConfig, draw_layout, load_sim


def layouts(count, seed=0):
    rng, sim = np.random.default_rng(seed), load_sim()
    return sim, [draw_layout(sim, rng) for _ in range(count)]


def test_every_scene_has_three_to_five_cubes_and_all_colours_come_up():
    _, drawn = layouts(100)
    assert {len(layout.present) for layout in drawn} == {3, 4, 5}
    assert {colour for layout in drawn for colour in layout.present} == set(COLOURS)


def test_nothing_overlaps_and_open_fingers_fit_between_cubes():
    sim, drawn = layouts(100)
    objects = sim.objects
    for layout in drawn:
        places = [layout.cube(colour) for colour in layout.present]
        for a, b in itertools.combinations(places, 2):
            assert np.hypot(*(a - b)) >= sim.placement.gap
        for place in places:
            assert np.hypot(*(place - layout.bowl)) > objects.bowl_radius + 0.05
            assert np.hypot(*(place - layout.zone)) > objects.zone / 2 + 0.05
        both = objects.bowl_radius + objects.zone / 2
        assert np.hypot(*(layout.bowl - layout.zone)) > both


def test_the_same_seed_gives_the_same_layout():
    first, second = layouts(3, seed=5)[1], layouts(3, seed=5)[1]
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.cubes, b.cubes)
        np.testing.assert_array_equal(a.tint, b.tint)
        assert a.light == b.light


def test_cubes_lie_where_the_layout_says_and_absent_ones_stay_parked(scene):
    layout = layouts(1)[1][0]
    data = mujoco.MjData(scene.model)
    scene.apply(data, layout)
    for _ in range(300):
        data.ctrl[scene.arm_u] = data.qfrc_bias[scene.arm_v]
        mujoco.mj_step(scene.model, data)
    for i, colour in enumerate(COLOURS):
        place = data.qpos[scene.cubes_q[i] : scene.cubes_q[i] + 3]
        if colour in layout.present:
            np.testing.assert_allclose(place, [*layout.cube(colour), 0.02], atol=2e-3)
        else:
            assert place[2] < -0.9
    np.testing.assert_allclose(data.mocap_pos[scene.bowl][:2], layout.bowl)


def test_arm_stays_with_gravity_torque_only_and_falls_without(scene):
    layout = layouts(1)[1][0]
    for scale, stays in ((1.0, True), (0.0, False)):
        data = mujoco.MjData(scene.model)
        scene.apply(data, layout)
        start = data.xpos[scene.arms[0].tcp].copy()
        for _ in range(200):
            data.ctrl[scene.arm_u] = scale * data.qfrc_bias[scene.arm_v]
            mujoco.mj_step(scene.model, data)
        assert bool(np.linalg.norm(data.xpos[scene.arms[0].tcp] - start) < 1e-3) == stays


def test_home_points_straight_down_above_the_table(env):
    x, y, z = env.home.position
    assert 0.4 < x < 0.55 and abs(y) < 1e-6 and 0.2 < z < 0.35
    np.testing.assert_allclose(np.abs(env.home.quaternion), [1, 0, 0, 0], atol=1e-6)


def tree(change):
    values = yaml.safe_load(config_file('sim', 'tabletop').read_text())
    change(values)
    return values


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda t: t.update(physic={}), "unknown key 'physic'"),
        (lambda t: t.update(physics={'timestep': 1.0}), 'timestep: expected 0..0.005 s'),
        (lambda t: t.update(physics={'timestep': '1 ms'}), 'physics.timestep: expected float'),
        (lambda t: t.update(placement={'x': [0.6, 0.3]}), 'x: lower bound must be below'),
        (lambda t: t.update(placement={'cubes': [3, 9]}), 'cubes: expected 1 <= fewest'),
        (lambda t: t.update(objects={'cube': 40.0}), 'cube: expected 0.02..0.06 m'),
        (lambda t: t['appearance'].pop('bowl'), "missing key 'bowl'"),
    ],
)
def test_a_wrong_world_is_refused_by_name(change, message):
    with pytest.raises(ConfigError, match=message):
        config.build(SimConfig, tree(change))


def test_an_unknown_world_is_refused_with_the_valid_names():
    with pytest.raises(FileNotFoundError, match='tabletop'):
        load_sim('moon')


def test_a_missing_colour_is_named(spec):
    values = tree(lambda t: t['appearance']['cubes'].pop('green'))
    with pytest.raises(ValueError, match="appearance.cubes: 'green' is missing"):
        Scene(spec, config.build(SimConfig, values))


def test_a_camera_on_an_unknown_link_is_named(spec):
    front = replace(spec.cameras[0], frame='nose')
    with pytest.raises(ValueError, match="camera front: frame 'nose' is not one of"):
        Scene(replace(spec, cameras=(front,)))


def test_a_placement_without_room_says_so():
    sim = load_sim()
    crowded = replace(sim, placement=replace(sim.placement, x=(0.45, 0.5), y=(-0.05, 0.05)))
    with pytest.raises(ValueError, match='enlarge x, y or reduce gap'):
        draw_layout(crowded, np.random.default_rng(0))


def test_layout_checks_its_shapes():
    with pytest.raises(ValueError, match=r'cubes: expected \(6, 3\)'):
        Layout(np.zeros((5, 3)), np.zeros(2), np.zeros(2))


def test_the_arms_joints_are_rubbed_as_their_spec_says(spec):
    joints = tuple(
        replace(joint, damping=0.1 * i, friction=0.2 * i) for i, joint in enumerate(spec.joints)
    )
    scene = Scene(replace(spec, joints=joints))
    np.testing.assert_allclose(scene.model.dof_damping[scene.arm_v], 0.1 * np.arange(spec.n))
    np.testing.assert_allclose(scene.model.dof_frictionloss[scene.arm_v], 0.2 * np.arange(spec.n))


@pytest.mark.parametrize('name', ['damping', 'friction', 'armature'])
def test_a_joint_that_would_be_driven_by_its_friction_is_refused(name, spec):
    with pytest.raises(ValueError, match=f'{spec.joints[0].name}.{name} must not be negative'):
        replace(spec.joints[0], **{name: -0.1})
