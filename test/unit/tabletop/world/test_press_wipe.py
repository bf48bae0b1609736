"""Buttons that are pressed, lines that are wiped, and the forces that this takes."""

from dataclasses import replace
from functools import cache
import json

from hypothesis import given, settings
from hypothesis import strategies as st
import mujoco
import numpy as np
import pytest

from vla_ros.core import config
from vla_ros.robots import ForceSensorSpec, load_robot
from vla_ros.tabletop.demos.sim_env import SimEnv
from vla_ros.tabletop.language import COLOURS, Request
from vla_ros.tabletop.tasks import Progress, draw, make_tasks
from vla_ros.tabletop.world import (
    CameraRenderer,
    Layout,
    Scene,
    SimHardware,
    draw_layout,
    load_sim,
)
from vla_ros.tabletop.world.contacts import Touch
from vla_ros.tabletop.world.lines import centres, segments
from vla_ros.tabletop.world.object_config import ButtonConfig, LineConfig


NOTHING = np.full((6, 3), np.nan)
AWAY = np.full(2, np.nan)


def drive(env, task, layout, request, change=lambda world, action: action, limit=12.0):
    """Let the expert work, `change` may spoil what is commanded; return progress and worlds."""
    env.reset(layout)
    progress, worlds = Progress(task, request), []
    while not progress.update(world := env.world()) and world.time < limit:
        worlds.append(world)
        env.advance(change(world, task.expert(world, request).vector()))
    return progress, [*worlds, world]


def lines(**places):
    """Return a layout with lines by colour, each (x, y, x, y) m."""
    rows = np.full((6, 4), np.nan)
    for colour, place in places.items():
        rows[COLOURS.index(colour)] = place
    return Layout(NOTHING, AWAY, AWAY, lines=rows)


def buttons(**places):
    """Return a layout with buttons by colour, each (x, y) m."""
    rows = np.full((6, 2), np.nan)
    for colour, place in places.items():
        rows[COLOURS.index(colour)] = place
    return Layout(NOTHING, AWAY, AWAY, buttons=rows)


def test_buttons_keep_their_distance_and_lines_theirs():
    sim, rng = load_sim(), np.random.default_rng(0)
    counts = set()
    for _ in range(60):
        layout = draw_layout(sim, rng, 'button')
        places = layout.buttons[np.isfinite(layout.buttons[:, 0])]
        apart = np.linalg.norm(places[:, None] - places, axis=2) + np.eye(len(places))
        assert apart.min() >= sim.buttons.gap
        assert 2 <= len(places) <= 4 and not layout.colours('cube')
        layout = draw_layout(sim, rng, 'line')
        rows = layout.lines[np.isfinite(layout.lines[:, 0])]
        counts.add(len(rows))
        length = np.hypot(*(rows[:, 2:] - rows[:, :2]).T)
        assert (length > 0.119).all() and (length < 0.161).all()
        assert (rows[:, 1] > rows[:, 3]).all(), 'a line starts at the left of the robot'
        for corner in (rows[:, :2], rows[:, 2:]):
            assert (corner >= [sim.placement.x[0], sim.placement.y[0]]).all()
            assert (corner <= [sim.placement.x[1], sim.placement.y[1]]).all()
    assert counts == {1, 2, 3}


@given(st.lists(st.booleans(), min_size=16, max_size=16), st.integers(0, 5))
@settings(max_examples=40)
def test_what_is_wiped_is_read_back_from_the_positions(bits, colour):
    scene = _scene()
    wiped = np.zeros((6, segments(scene.config.lines)), bool)
    wiped[colour] = bits
    qpos = np.random.default_rng(0).normal(size=scene.model.nq)
    scene.lines.write(qpos, wiped)
    np.testing.assert_array_equal(scene.lines.wiped(qpos), wiped)
    again = np.array(json.loads(json.dumps(qpos.tolist())))  # as through any message
    np.testing.assert_array_equal(scene.lines.wiped(again), wiped)


@given(
    st.floats(-1, 1), st.floats(-1, 1), st.floats(-3, 3), st.integers(12, 16),
)  # fmt: skip
def test_segments_lie_on_their_line_and_cover_it(x, y, angle, count):
    own = LineConfig()
    way = count * own.segment * np.array([np.cos(angle), np.sin(angle)])
    row = np.full((6, 4), np.nan)
    row[2] = (x, y, x + way[0], y + way[1])
    found = centres(own, row)[2]
    there = found[np.isfinite(found[:, 0])]
    assert len(there) == count
    np.testing.assert_allclose((there[0] + there[-1]) / 2, (x + way[0] / 2, y + way[1] / 2))
    np.testing.assert_allclose(np.hypot(*np.diff(there, axis=0).T), own.segment)


@cache
def _scene():
    """Return a scene with everything; hypothesis does not like fixtures of a function."""
    return Scene(replace(load_robot('franka'), tasks=('press', 'wipe')))


def test_a_scene_has_only_what_its_tasks_need(spec):
    scene = Scene(replace(spec, tasks=('pick', 'put')))
    assert scene.buttons is None and scene.lines is None
    data = mujoco.MjData(scene.model)
    with pytest.raises(ValueError, match=f'no task of {spec.name} needs a button'):
        scene.apply(data, buttons(red=(0.5, 0.0)))
    with pytest.raises(ValueError, match=f'no task of {spec.name} needs a line'):
        scene.apply(data, lines(red=(0.5, 0.1, 0.5, -0.04)))


def test_a_cap_gives_with_its_spring_and_comes_back(env):
    scene, layout = env.scene, buttons(green=(0.5, 0.0))
    hardware = SimHardware(scene, layout)
    own, index = scene.config.buttons, COLOURS.index('green')
    body = scene.model.body('cap_green').id
    pose = env.home

    def travel(force):
        hardware.data.xfrc_applied[body, 2] = -force
        hardware.step(400)
        return hardware.world([(pose, 0.0)]).travel

    weight = 0.01 * 9.81
    assert travel(0.0)[index] < 0.1 * own.travel
    middle = 0.5 * (own.preload + own.full) - weight
    assert travel(middle)[index] == pytest.approx(own.travel / 2, abs=0.0005)
    assert travel(own.full)[index] > 0.95 * own.travel
    assert travel(0.0)[index] < 0.1 * own.travel
    assert np.isnan(np.delete(travel(0.0), index)).all()


def test_pressing_presses_one_button_with_little_force(env, tasks):
    task = tasks['press']
    layout, request = draw(task, 5)
    progress, worlds = drive(env, task, layout, request)
    assert progress.success
    assert progress.measured['peak_force'] < 10.0
    others = np.delete(worlds[-1].travel, COLOURS.index(request.object))
    assert np.nanmax(others) < 0.001


def test_the_wrong_button_is_a_failure(env, tasks):
    layout = buttons(red=(0.45, -0.1), blue=(0.45, 0.1))
    progress = Progress(tasks['press'], Request('press', 'blue'))
    env.reset(layout)
    while not progress.update(world := env.world()):
        env.advance(tasks['press'].expert(world, Request('press', 'red')).vector())
    assert progress.reason == 'the red button was pressed' and not progress.success


@pytest.mark.parametrize('name', ['press', 'wipe'])
def test_too_much_force_is_a_failure(env, tasks, name):
    task = tasks[name]
    layout, request = draw(task, 2)

    def slam(world, action):
        return action - (0, 0, 0.05 if world.touch.force[2] > 1.0 else 0.0, 0, 0, 0, 0, 0)

    progress, _ = drive(env, task, layout, request, slam)
    assert not progress.success and 'its limit is 20 N' in progress.reason


def test_a_button_must_be_held_for_its_time_and_alone(env, tasks):
    task, request = tasks['press'], Request('press', 'red')
    env.reset(buttons(red=(0.45, -0.1), blue=(0.45, 0.1)))
    world, own = env.world(), env.scene.config.buttons
    down = np.where(np.arange(6) == 0, own.travel, world.travel)
    progress = Progress(task, request)
    assert not progress.update(replace(world, travel=down, time=1.0))
    assert not progress.update(replace(world, time=1.1))
    assert not progress.update(replace(world, travel=down, time=1.2))
    assert progress.update(replace(world, travel=down, time=1.4)) and progress.success
    both = np.where(np.isfinite(world.travel), own.travel, np.nan)
    assert not task.success(replace(world, travel=both), request)
    hit = replace(world, travel=down, touch=Touch(peak=21.0))
    assert not task.success(hit, request) and task.failure(hit, request)


def test_wiping_takes_the_line_off_with_the_force_in_its_band(env, tasks):
    task = tasks['wipe']
    layout = lines(red=(0.45, 0.1, 0.5, -0.03), blue=(0.55, 0.1, 0.6, -0.03))
    progress, worlds = drive(env, task, layout, Request('wipe', 'red'))
    assert progress.success
    assert progress.measured['in_band'] >= 0.9 and progress.measured['peak_force'] < 12.0
    done = np.array([world.done for world in worlds])
    assert (np.diff(done[:, 0]) >= 0).all() and done[-1, 0] >= 0.9 and not done[:, 2].any()
    left = [len(world.left('red')) for world in worlds]
    assert left[0] == round(np.hypot(0.05, 0.13) / 0.01) and left[-1] <= 0.1 * left[0]


def test_the_label_of_a_line_is_where_what_is_left_of_it_begins(env, tasks):
    layout = lines(red=(0.45, 0.1, 0.45, -0.04))
    _, worlds = drive(env, tasks['wipe'], layout, Request('wipe', 'red'))
    y = np.array([world.things[0, 1] for world in worlds])
    assert y[0] == pytest.approx(0.095) and (np.diff(y[np.isfinite(y)]) <= 0).all()
    wiped = np.ones_like(worlds[0].wiped)
    assert np.isnan(replace(worlds[0], wiped=wiped).things).all()


def test_a_light_touch_takes_nothing_off(env):
    layout = lines(red=(0.45, 0.07, 0.45, -0.07))
    env.reset(layout, env.reach(np.array([0.45, 0.0, 0.05])))
    scene, world = env.scene, env.world()
    own = scene.config.lines
    for height, takes in ((own.reach - 0.002, False), (own.reach - 0.016, True)):
        goal = np.array([*world.ee.position[:2], height, *world.ee.quaternion, 0.0])
        for _ in range(15):
            env.advance(goal)
        world = env.world()
        assert (0 < world.touch.force[2] < own.wipes) != takes
        assert world.wiped.any() == takes


def test_the_wrong_line_is_a_failure(env, tasks):
    layout = lines(red=(0.45, 0.1, 0.45, -0.04), blue=(0.55, 0.1, 0.55, -0.04))
    progress = Progress(tasks['wipe'], Request('wipe', 'blue'))
    env.reset(layout)
    while not progress.update(world := env.world()):
        env.advance(tasks['wipe'].expert(world, Request('wipe', 'red')).vector())
    assert progress.reason == 'the red line was wiped'


@pytest.mark.parametrize('name', ['press', 'wipe'])
def test_the_expert_goes_on_after_it_was_pushed_away(env, tasks, name):
    task = tasks[name]
    layout, request = draw(task, 4)
    pushed = []

    def push(world, action):
        if world.touch.force[2] > 4.0 and len(pushed) < 4:
            pushed.append(world.time)
            return action + (0.02, 0.02, 0.005, 0, 0, 0, 0, 0)
        return action

    progress, _ = drive(env, task, layout, request, push, 15.0)
    assert len(pushed) == 4 and progress.success, progress.reason


def test_cameras_see_a_line_vanish_and_the_sponge_only_where_there_are_lines(env):
    scene = env.scene
    renderer = CameraRenderer(scene)
    layout = lines(red=(0.45, 0.07, 0.45, -0.07))
    renderer.show(layout)
    qpos = SimHardware(scene, layout).qpos()
    whole = renderer.render('front', qpos).astype(int).copy()
    wiped = np.zeros((6, segments(scene.config.lines)), bool)
    for count, few in ((7, 30), (16, 60)):
        wiped[0, :count] = True
        scene.lines.write(qpos, wiped)
        changed = np.abs(renderer.render('front', qpos).astype(int) - whole).max(axis=2) > 40
        assert few / 2 < changed.sum() < 4 * few
    assert scene.model.geom_rgba[scene.model.geom('sponge').id, 3] == 1
    renderer.show(buttons(red=(0.5, 0.0)))
    assert scene.model.geom_rgba[scene.model.geom('sponge').id, 3] == 0
    assert scene.model.geom_contype[scene.model.geom('sponge').id] == 0
    renderer.close()


def test_the_hand_is_closed_where_it_holds_the_sponge(env):
    closed, opened = lines(red=(0.45, 0.07, 0.45, -0.07)), buttons(red=(0.5, 0.0))
    own = env.spec.gripper
    assert SimHardware(env.scene, closed).gripper == pytest.approx(own.closed)
    assert SimHardware(env.scene, opened).gripper == pytest.approx(own.open)


def test_a_reset_forgets_forces_and_strokes(env, tasks):
    layout, request = draw(tasks['wipe'], 0)
    _, worlds = drive(env, tasks['wipe'], layout, request, limit=5.0)
    assert worlds[-1].touch.peak > 1.0 and worlds[-1].wiped.any()
    env.reset(layout)
    world = env.world()
    assert world.touch.peak == 0.0 and np.isnan(world.touch.share) and not world.wiped.any()


def test_an_unknown_task_is_named(env):
    with pytest.raises(ValueError, match='juggle.* is not one of'):
        make_tasks(env.scene.config, env.hands, ('pick', 'juggle'))


@pytest.mark.parametrize(
    ('kind', 'values', 'message'),
    [
        (ButtonConfig, {'count': [3, 2]}, 'count: expected 1 <= fewest'),
        (ButtonConfig, {'travel': 0.1}, 'travel: expected less than rise'),
        (ButtonConfig, {'full': 1.0}, 'preload: expected 0 < preload < full'),
        (ButtonConfig, {'cap': 0.05}, 'expected cap < housing'),
        (LineConfig, {'count': [0, 2]}, 'count: expected 1 <= fewest'),
        (LineConfig, {'length': [0.2, 0.1]}, 'length: expected shortest'),
        (LineConfig, {'segment': 0.001}, 'at most 32'),
        (LineConfig, {'slant': 1.6}, 'slant: expected 0..1.2'),
        (LineConfig, {'wipes': 6.0}, 'expected wipes <= band'),
    ],
)
def test_a_wrong_button_or_line_is_refused_by_name(kind, values, message):
    with pytest.raises(config.ConfigError, match=message):
        config.build(kind, values)


@pytest.mark.parametrize('name', ['buttons', 'lines'])
def test_layouts_of_a_wrong_shape_are_refused(name):
    with pytest.raises(ValueError, match=rf'{name}: expected \(6, '):
        Layout(NOTHING, AWAY, AWAY, **{name: np.zeros((6, 3))})


@pytest.mark.parametrize('name', ['press', 'wipe'])
def test_the_same_expert_leans_through_an_admittance(able, name):
    sensor = able.force_sensor or ForceSensorSpec('fr3_hand', 'wrench', 0.7126, (0.0, 0.0, 0.03))
    driver = replace(able.driver, command_type='position')
    law = f'{able.name}_admittance'
    spec = replace(able, law=law, control_rate=500.0, driver=driver, force_sensor=sensor)
    env = SimEnv(spec)
    task = make_tasks(env.scene.config, env.hands, (name,))[name]
    layout, request = draw(task, 0)
    progress, _ = drive(env, task, layout, request)
    assert progress.success, progress.reason
    assert progress.measured['peak_force'] < 12.0
    assert progress.measured.get('in_band', 1.0) >= 0.9
