"""ALOHA's world: two arms that touch each other, bars, and the tasks that need both hands."""

from dataclasses import replace

import mujoco
import numpy as np
import pytest

from vla_ros.robots import load_robot
from vla_ros.tabletop.demos.sim_env import SimEnv
from vla_ros.tabletop.language import COLOURS, Request, requests
from vla_ros.tabletop.tasks import Progress, draw, make_tasks
from vla_ros.tabletop.tasks.arms import number_of
from vla_ros.tabletop.world import CameraRenderer, Layout, SimHardware, draw_layout
from vla_ros.tabletop.world.state import absent


FAMILIES = ('place', 'handover', 'lift')
NOWHERE = np.full(2, np.nan)


@pytest.fixture(scope='module')
def able(aloha):
    """The robot of the env here."""
    return aloha


@pytest.fixture(scope='module')
def tasks(env):
    return make_tasks(env.scene.config, env.hands, FAMILIES)


def act(env, task, world, request):
    env.advance(np.concatenate([a.vector() for a in task.step(world, request)]))


def run(env, task, request, change=None):
    """Let the expert go on; `change(world)` may spoil something before each step."""
    progress = Progress(task, request)
    while not progress.update(world := env.world()):
        if change is not None:
            change(world)
        act(env, task, world, request)
    return progress, world


def cubes(**places):
    table = absent(3)
    for colour, place in places.items():
        table[COLOURS.index(colour)] = place
    return table


def test_nothing_touches_at_home(env):
    hardware = SimHardware(env.scene, draw_layout(env.scene.config, np.random.default_rng(0)))
    bodies = env.scene.model.geom_bodyid[hardware.data.contact.geom]
    names = {env.scene.model.body(b).name for b in bodies.flat}
    assert all(name == 'world' or name.startswith('cube_') for name in names)


def test_arms_touch_each_other_but_not_themselves(env):
    model = env.scene.model

    def geoms(side):
        ids = [model.geom_bodyid == b for b in range(model.nbody) if
               model.body(b).name.startswith(side) and model.body(b).name != f'{side}base_link'
               and model.body(b).name != f'{side}shoulder_link']  # fmt: skip
        every = np.flatnonzero(np.any(ids, axis=0))
        return [g for g in every if model.geom_contype[g]]

    def meet(a, b):
        return bool(
            model.geom_contype[a] & model.geom_conaffinity[b]
            or model.geom_contype[b] & model.geom_conaffinity[a]
        )

    left, right = geoms('left_'), geoms('right_')
    assert len(left) == len(right) > 5
    assert all(meet(a, b) for a in left for b in right)
    assert not any(meet(a, b) for side in (left, right) for a in side for b in side)


@pytest.mark.parametrize(
    ('left', 'right'),
    [
        ((-0.02, -0.05, 0.22), (-0.02, 0.05, 0.22)),  # both into each other
        ((-0.02, -0.05, 0.22), (-0.02, -0.17, 0.22)),  # one into the other
        ((0.0, -0.05, 0.1), (0.0, 0.05, 0.33)),  # one above the other
    ],
)
def test_arms_that_are_led_into_each_other_stop_before_they_touch(env, left, right):
    env.reset(draw_layout(env.scene.config, np.random.default_rng(0)))
    goal = np.array([[*arm.home.position, *arm.home.quaternion, 0.074] for arm in env.arms])
    away = goal.copy()
    goal[:, :3] = left, right
    data, model = env.hardware.data, env.scene.model
    for _ in range(25):
        env.advance(goal.reshape(-1))
        bodies = model.geom_bodyid[data.contact.geom]
        sides = [{model.body(b).name.split('_')[0] for b in pair} for pair in bodies]
        assert {'left', 'right'} not in sides
    causes = [arm.loop.slowdown.cause for arm in env.arms]
    assert any(cause.startswith('another arm: ') for cause in causes)
    for _ in range(20):  # the way back may first lead round a wrist
        env.advance(away.reshape(-1))
    places = [hand.ee.position for hand in env.world().hands]
    np.testing.assert_allclose(places, away[:, :3], atol=0.01)


def test_the_hands_hold_what_they_grip(env):
    """A cube lifted by each arm, as fast as it may go."""
    layout = Layout(cubes(red=(0.0, 0.15, 0.1), blue=(0.0, -0.15, -0.1)), NOWHERE, NOWHERE)
    env.reset(layout)
    goal = np.array([[*arm.home.position, *arm.home.quaternion, 0.074] for arm in env.arms])
    for place, opening, steps in (
        *(((0.0, 0.15, 0.06), 0.074, 8), ((0.0, 0.15, 0.016), 0.074, 6)),
        *(((0.0, 0.15, 0.016), 0.0, 6), ((0.0, 0.15, 0.25), 0.0, 12)),
    ):
        goal[:, :3] = place, place * np.array([1, -1, 1])
        goal[:, 7] = opening
        for _ in range(steps):
            env.advance(goal.reshape(-1))
    world = env.world()
    for hand, colour in zip(world.hands, ('red', 'blue'), strict=True):
        assert np.linalg.norm(hand.ee.position - world.cube(colour)) < 0.02
        assert 0.037 < hand.gripper < 0.041


def test_bars_lie_where_the_layout_says(env):
    bars = absent(3)
    bars[0] = (0.05, 0.01, 0.2)
    layout = Layout(absent(3), NOWHERE, NOWHERE, bars=bars)
    env.reset(layout)
    ends = env.world().bar('red')
    np.testing.assert_allclose(ends.mean(axis=0), (0.05, 0.01, 0.015), atol=1e-3)
    way = ends[0] - ends[1]
    assert np.linalg.norm(way) == pytest.approx(env.scene.config.bars.length)
    assert np.arctan2(-way[0], way[1]) == pytest.approx(0.2, abs=1e-3)
    assert np.isnan(env.world().bar('blue')).all()
    np.testing.assert_allclose(env.world().things[0], ends.mean(axis=0))
    assert layout.present == layout.colours('bar') == ('red',)


def test_each_hand_takes_a_bar_near_the_end_on_its_side(env, tasks):
    own, bars = env.scene.config.bars, absent(3)
    bars[0], bars[3] = (0.05, 0.01, 0.2), (-0.12, 0.0, -0.2)
    env.reset(Layout(absent(3), NOWHERE, NOWHERE, bars=bars))
    world = env.world()
    assert world.grips.shape == (2, 6, 3)
    for colour in ('red', 'yellow'):
        index, ends = COLOURS.index(colour), world.bar(colour)
        left, right = world.grips[:, index]
        assert left[1] > 0.1 and right[1] < -0.1
        for place, end in zip((left, right), sorted(ends, key=lambda e: -e[1]), strict=True):
            assert np.linalg.norm(place - end) == pytest.approx(own.grip)
        np.testing.assert_allclose(0.5 * (left + right), ends.mean(axis=0), atol=1e-9)
    np.testing.assert_array_equal(world.of(1).grips, world.grips[::-1])
    assert np.isnan(world.grips[:, [1, 2, 4, 5]]).all()
    turned = replace(world, bars=world.bars[:, ::-1])
    np.testing.assert_allclose(turned.grips, world.grips, atol=1e-12)


def test_a_cube_is_taken_where_it_is_by_either_hand(env):
    env.reset(Layout(cubes(red=(0.0, 0.1, 0.0)), np.array([0.0, -0.1]), NOWHERE))
    world = env.world()
    for own in world.grips:
        np.testing.assert_array_equal(own, world.things)


def test_a_robot_without_bars_refuses_them():
    env = SimEnv(load_robot('franka'))
    bars = absent(3)
    bars[2] = (0.5, 0.0, 0.0)
    with pytest.raises(ValueError, match='no task of franka needs a bar'):
        env.reset(Layout(absent(3), NOWHERE, NOWHERE, bars=bars))


def test_one_hand_is_not_enough(env):
    for name in FAMILIES:
        with pytest.raises(ValueError, match=f'{name}: takes 2 hands, the robot has 1'):
            make_tasks(env.scene.config, env.hands[:1], (name,))
    with pytest.raises(ValueError, match=r"'middle' is not one of \['left', 'right'\]"):
        number_of(tuple(env.hands), 'middle')


def test_a_task_for_one_hand_leaves_the_other_where_it_is(env):
    pick = make_tasks(env.scene.config, env.hands, ('pick',))['pick']
    env.reset(draw_layout(env.scene.config, np.random.default_rng(2)))
    world = env.world()
    _, other = pick.step(world, Request('pick', 'red'))
    np.testing.assert_array_equal(other.pose.position, world.hands[1].commanded.position)


@pytest.mark.parametrize('name', FAMILIES)
def test_a_seed_gives_one_scene_and_a_request_that_is_possible(tasks, name):
    arms = set()
    for seed in range(30):
        layout, request = draw(tasks[name], seed)
        again, same = draw(tasks[name], seed)
        assert request == same and request.family == name
        np.testing.assert_array_equal(layout.cubes, again.cubes)
        np.testing.assert_array_equal(layout.bars, again.bars)
        assert tasks[name].feasible(layout, request)
        arms.add(request.arm)
    assert arms == ({''} if name == 'lift' else {'left', 'right'})


def test_what_an_arm_cannot_reach_is_not_asked_of_it(tasks):
    bowl = np.array([0.0, 0.2])
    layout = Layout(cubes(red=(0.0, 0.05, 0.0), blue=(0.0, -0.15, 0.0)), bowl, NOWHERE)
    asked = [r for r in requests('place') if tasks['place'].feasible(layout, r)]
    assert asked == [Request('place', 'red', 'bowl', 'left')]
    given = [r for r in requests('handover') if tasks['handover'].feasible(layout, r)]
    # Who receives is named: who gives has to reach the cube.
    assert given == [
        Request('handover', 'red', '', 'right'), Request('handover', 'blue', '', 'left')
    ]  # fmt: skip


@pytest.mark.parametrize('seed', [11, 12])
@pytest.mark.parametrize('name', FAMILIES)
def test_the_experts_succeed(env, tasks, name, seed):
    layout, request = draw(tasks[name], seed)
    env.reset(layout)
    assert not tasks[name].success(env.world(), request)
    progress, world = run(env, tasks[name], request)
    assert progress.success, progress.reason
    assert 3 < world.time < 16
    for colour in set(layout.colours('cube')) - {request.object}:
        moved = world.cube(colour)[:2] - layout.cube(colour)
        assert np.hypot(*moved) < 0.02, f'{colour} was moved'


def test_the_arm_that_is_not_named_keeps_out(env, tasks):
    layout, request = draw(tasks['place'], 3)
    idle = 1 - number_of(tuple(env.hands), request.arm)
    env.reset(layout)

    def watch(world):
        hand, home = world.hands[idle], env.hands[idle].home
        assert abs(hand.ee.position[1]) > abs(home.position[1]) - 0.01
        assert hand.ee.position[2] > 0.15

    assert run(env, tasks['place'], request, watch)[0].success


def test_a_cube_that_is_dropped_on_the_way_is_handed_over_after_all(env, tasks):
    layout, request = draw(tasks['handover'], 5)
    env.reset(layout)
    giver = env.hardware.limbs[1 - number_of(tuple(env.hands), request.arm)]
    dropped = []

    def drop(world):
        if not dropped and world.cube(request.object)[2] > 0.12:
            dropped.append(world.time)
            fingers = giver._arm.fingers_q
            env.hardware.data.qpos[fingers] = 0.037
            address = env.scene.cubes_q[COLOURS.index(request.object)]
            env.hardware.data.qpos[address + 2] -= 0.05
            mujoco.mj_forward(env.scene.model, env.hardware.data)

    progress, _ = run(env, tasks['handover'], request, drop)
    assert dropped and progress.success, progress.reason


def test_a_bar_is_lifted_level(env, tasks):
    task, (layout, request) = tasks['lift'], draw(tasks['lift'], 7)
    env.reset(layout)
    slopes = []

    def watch(world):
        ends = world.bar(request.object)
        slopes.append(abs(ends[0, 2] - ends[1, 2]) / env.scene.config.bars.length)

    assert run(env, task, request, watch)[0].success
    assert np.degrees(np.arcsin(max(slopes))) < 5
    world = env.world()
    tipped = world.bars.copy()
    tipped[COLOURS.index(request.object), 0, 2] += 0.07
    assert task.success(world, request)
    assert not task.success(replace(world, bars=tipped), request)


@pytest.mark.parametrize('name', ['place', 'handover', 'lift'])
def test_what_cannot_be_done_any_more_fails(env, tasks, name):
    layout, request = draw(tasks[name], 0)
    env.reset(layout)
    world = env.world()
    far = replace(world, cubes=world.cubes + (0.0, 1.5, 0.0), bars=world.bars + (0.0, 1.5, 0.0))
    progress = Progress(tasks[name], request)
    assert progress.update(far) and not progress.success
    assert 'left the table' in progress.reason or 'out of reach' in progress.reason


def test_the_cameras_see_the_table_and_the_hands(aloha, env):
    renderer = CameraRenderer(env.scene)
    layout = Layout(cubes(red=(-0.019, 0.169, 0.0)), NOWHERE, NOWHERE)
    renderer.show(layout)
    qpos = SimHardware(env.scene, layout).qpos()
    reds = {}
    for camera in aloha.cameras:
        image = renderer.render(camera.name, qpos).astype(int)
        assert image.shape == (96, 96, 3)
        reds[camera.name] = ((image[..., 0] > 120) & (image[..., 1:].max(axis=2) < 90)).sum()
    renderer.close()
    assert reds['left_wrist'] > 100 > reds['right_wrist'] == 0
    assert reds['top'] > 5
