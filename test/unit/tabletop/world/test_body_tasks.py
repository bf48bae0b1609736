"""Reach, hoist and fetch: what counts, what is asked, and experts without memory."""

from dataclasses import replace

import numpy as np
import pytest

from vla_ros.core.data import Pose
from vla_ros.core.rotations import matrix_from_quat
from vla_ros.robots import load_robot
from vla_ros.tabletop.demos.demonstrator import Demonstrator
from vla_ros.tabletop.demos.noise_injector import NoiseInjector
from vla_ros.tabletop.demos.perturbations import NoiseConfig
from vla_ros.tabletop.demos.sim_env import SimEnv
from vla_ros.tabletop.language import COLOURS, Request
from vla_ros.tabletop.tasks import Progress, draw, make_tasks
from vla_ros.tabletop.tasks.facing import from_base
from vla_ros.tabletop.world import Layout
from vla_ros.tabletop.world.state import absent


FAMILIES = ('reach', 'hoist', 'fetch')
NOWHERE = np.full(2, np.nan)


@pytest.fixture(scope='module')
def env():
    return SimEnv(load_robot('humanoid'))


@pytest.fixture(scope='module')
def tasks(env):
    return make_tasks(env.scene.config, env.hands, FAMILIES)


def vector(actions):
    return np.concatenate([action.vector() for action in actions])


def run(env, task, request, watch=lambda world, actions: None):
    """Let the expert go on; `watch(world, actions)` sees, and may spoil, every step."""
    progress = Progress(task, request)
    while not progress.update(world := env.world()):
        actions = task.step(world, request)
        watch(world, actions)
        env.advance(vector(actions))
    return progress, world


def cubes(**places):
    table = absent(3)
    for colour, place in places.items():
        table[COLOURS.index(colour)] = place
    return Layout(table, NOWHERE, NOWHERE)


def moved(world, hand, position):
    """Return the world with a hand's tcp elsewhere."""
    hands = list(world.hands)
    pose = Pose(np.asarray(position, float), hands[hand].ee.quaternion)
    hands[hand] = replace(hands[hand], ee=pose)
    return replace(world, hands=tuple(hands))


@pytest.mark.parametrize('name', FAMILIES)
def test_a_seed_gives_one_scene_and_a_request_that_is_possible(tasks, name):
    arms, turned = set(), 0
    for seed in range(40):
        layout, request = draw(tasks[name], seed)
        again, same = draw(tasks[name], seed)
        assert request == same and request.family == name
        np.testing.assert_array_equal(layout.cubes, again.cubes)
        np.testing.assert_array_equal(layout.crates, again.crates)
        assert layout.begin.keys() == again.begin.keys()
        assert tasks[name].feasible(layout, request)
        arms.add(request.arm)
        turned += 'head' in layout.begin
    assert arms == ({'left', 'right'} if name == 'reach' else {''})
    assert 10 < turned < 30


def test_where_the_head_begins_turned_the_thing_is_out_of_its_view(env, tasks):
    for name in FAMILIES:
        task, seen = tasks[name], []
        for seed in range(12):
            layout, request = draw(task, seed)
            env.reset(layout)
            world = env.world()
            if 'head' in layout.begin:
                assert not world.trunk.sees(task.thing(world, request))
            else:
                seen.append(world.trunk.sees(task.thing(world, request)))
        assert all(seen) or name == 'fetch'


def test_driving_begins_away_from_the_table(tasks):
    places = np.array([draw(tasks['fetch'], seed)[0].begin['base'] for seed in range(50)])
    assert (places[:, 0] <= -0.3).all() and (places[:, 0] >= -0.6).all()
    assert (abs(places[:, 1]) <= 0.2).all() and (abs(places[:, 2]) <= 0.3).all()
    assert np.ptp(places, axis=0).min() > 0.2


def test_what_a_hand_cannot_reach_is_not_asked_of_it(tasks):
    layout = cubes(red=(0.4, 0.15, 0.0), blue=(0.4, 0.0, 0.0))
    task = tasks['reach']
    assert not task.feasible(layout, Request('reach', 'red', '', 'right'))
    for request in (('red', 'left'), ('blue', 'left'), ('blue', 'right')):
        assert task.feasible(layout, Request('reach', request[0], '', request[1]))
    for name, request in (
        ('reach', Request('reach', 'green', '', 'left')),
        ('hoist', Request('hoist', 'red')),
        ('fetch', Request('fetch', 'green')),
    ):
        assert not tasks[name].feasible(layout, request)


@pytest.mark.parametrize('seed', [0, 3])
@pytest.mark.parametrize('name', FAMILIES)
def test_the_experts_succeed(env, tasks, name, seed):
    """And nothing but the hands touches anything, the robot not itself."""
    layout, request = draw(tasks[name], seed)
    env.reset(layout)
    model, data = env.scene.model, env.hardware.data
    assert not tasks[name].success(env.world(), request)

    def watch(world, actions):
        assert [len(action.vector()) for action in actions] == [8, 8, 3, 2, 3]
        for pair in model.geom_bodyid[data.contact.geom]:
            one, other = sorted(model.body(body).name for body in pair)
            things = one.startswith(('cube', 'crate'))
            assert things and (other == 'world' or 'finger' in other), (one, other)

    progress, world = run(env, tasks[name], request, watch)
    assert progress.success, progress.reason
    assert 0.5 < world.time < 10
    for colour in set(layout.colours('cube')) - {request.object}:
        assert np.hypot(*(world.cube(colour)[:2] - layout.cube(colour))) < 0.02


def test_the_head_searches_before_anything_else_happens(env, tasks):
    layout, request = draw(tasks['reach'], 0)
    assert 'head' in layout.begin
    env.reset(layout)
    (own,), looked = tasks['reach'].acting(request), []

    def watch(world, actions):
        trunk = world.trunk
        if trunk.sees(world.cube(request.object)) or looked:
            looked.append(world.time)
            return
        np.testing.assert_allclose(actions[2].position, trunk.chain('torso').home, atol=0.01)
        assert not actions[4].twist.any()
        assert np.linalg.norm(world.hands[own].ee.position - world.cube(request.object)) > 0.1

    assert run(env, tasks['reach'], request, watch)[0].success
    assert looked[0] > 0.4


def test_the_search_depends_on_the_joints_of_the_head_alone(env, tasks):
    task, request = tasks['reach'], Request('reach', 'red', '', 'left')
    away = {'head': np.array([0.1, -1.6])}
    steps = []
    for place, torso in (((0.4, 0.1, 0.0), 0.0), ((0.3, 0.2, 0.2), 0.1)):
        begin = {**away, 'torso': np.array([torso, 0.0, 0.15])}
        env.reset(replace(cubes(red=place), begin=begin))
        steps.append(task.step(env.world(), request)[3].position)
    np.testing.assert_allclose(*steps, atol=1e-6)


def test_the_search_comes_round_and_sees_the_whole_table(env, tasks):
    """Nothing is there to be found: the cube is taken to be behind the robot."""
    task, request = tasks['fetch'], Request('fetch', 'red')
    begin = {'base': np.array([-0.5, 0.0, 0.0]), 'head': np.array([0.2, -1.7])}
    env.reset(replace(cubes(red=(0.4, 0.0, 0.0)), begin=begin))
    behind = np.tile([-1.5, 0.0, 0.5], (6, 1))
    corners = [np.array([x, y, 0.02]) for x in (0.28, 0.46) for y in (-0.22, 0.22)]
    seen, joints = set(), []
    for _ in range(60):
        world = replace(env.world(), cubes=behind)
        seen |= {i for i, corner in enumerate(corners) if world.trunk.sees(corner)}
        joints.append(world.trunk.chain('head').position.copy())
        env.advance(vector(task.step(world, request)))
    assert seen == {0, 1, 2, 3}
    assert np.ptp(np.array(joints)[-30:], axis=0).min() > 0.3  # still looking


def test_reaching_is_being_there_with_the_named_hand_and_looking(env, tasks):
    task, request = tasks['reach'], Request('reach', 'red', '', 'left')
    env.reset(cubes(red=(0.38, 0.1, 0.0)))
    progress, world = run(env, task, request)
    assert progress.success
    place = world.cube('red') + (0.0, 0.0, task.config.above)
    assert task.success(moved(world, 0, place + (0.0, 0.025, 0.0)), request)
    assert not task.success(moved(world, 0, place + (0.0, 0.035, 0.0)), request)
    other = moved(moved(world, 0, (0.3, 0.3, 0.2)), 1, place)
    assert not task.success(other, request)
    assert task.success(other, Request('reach', 'red', '', 'right'))
    eye = replace(world.trunk, eye=Pose(world.trunk.eye.position, np.array([0.0, 0.0, 0.0, 1.0])))
    assert not task.success(replace(world, trunk=eye), request)


def test_a_crate_is_lifted_level(env, tasks):
    task, (layout, request) = tasks['hoist'], draw(tasks['hoist'], 6)
    env.reset(layout)
    progress, world = run(env, task, request)
    assert progress.success
    number = COLOURS.index(request.object)
    for change, counts in (((0.0, 0.0), True), ((0.06, 0.0), False), ((0.0, 0.06), False)):
        crates = world.crates.copy()
        crates[number, [0, 3], 2] += change[0]
        crates[number, [0, 1], 2] += change[1]
        assert task.success(replace(world, crates=crates), request) == counts
    crates = world.crates.copy()
    crates[number, :, 2] -= crates[number, :, 2].min() - 0.14
    assert not task.success(replace(world, crates=crates), request)


def test_both_hands_close_together(env, tasks):
    layout, request = draw(tasks['hoist'], 4)
    env.reset(layout)

    def watch(world, actions):
        shut = [action.gripper < 0.05 for action in actions[:2]]
        assert shut[0] == shut[1]

    assert run(env, tasks['hoist'], request, watch)[0].success


def test_the_base_stands_while_the_hand_is_at_the_cube(env, tasks):
    task, (layout, request) = tasks['fetch'], draw(tasks['fetch'], 1)
    env.reset(layout)
    drove = []

    def watch(world, actions):
        drove.append(np.abs(actions[4].twist).max())
        near = min(np.linalg.norm(h.ee.position - world.cube(request.object)) for h in world.hands)
        if near < 0.1:
            assert drove[-1] == 0 and np.abs(world.trunk.limbs[2].twist).max() < 0.02

    progress, world = run(env, task, request, watch)
    assert progress.success and max(drove) > 0.2
    ahead, left = from_base(world.trunk, world.cube(request.object))
    assert 0.3 < ahead < 0.5 and 0.05 < abs(left) < 0.25
    assert abs(world.trunk.base[2]) < 0.06
    low = world.cubes.copy()
    low[COLOURS.index(request.object), 2] = 0.05
    assert not task.success(replace(world, cubes=low), request)


def test_a_cube_that_is_dropped_is_picked_after_all(env, tasks):
    task, request = tasks['fetch'], Request('fetch', 'red')
    begin = {'base': np.array([-0.05, 0.0, 0.0])}
    env.reset(replace(cubes(red=(0.36, 0.14, 0.1)), begin=begin))
    dropped = []

    def drop(world, actions):
        if not dropped and world.cube('red')[2] > 0.05:
            dropped.append(world.time)
            for address in env.scene.arms[0].fingers_q:
                env.hardware.data.qpos[address] = 0.0445
            env.hardware.data.qpos[env.scene.cubes_q[0] + 2] = 0.02

    assert run(env, task, request, drop)[0].success and dropped


def test_a_look_away_does_not_open_a_hand_that_holds(env, tasks):
    task, request = tasks['fetch'], Request('fetch', 'red')
    begin = {'base': np.array([-0.05, 0.0, 0.0])}
    env.reset(replace(cubes(red=(0.36, 0.14, 0.1)), begin=begin))
    progress, world = run(env, task, request)
    assert progress.success
    back = Pose(world.trunk.eye.position, np.array([0.0, 0.0, 0.0, 1.0]))  # at the ceiling
    action = task.step(replace(world, trunk=replace(world.trunk, eye=back)), request)[0]
    assert action.gripper < 0.01


@pytest.mark.parametrize('name', FAMILIES)
def test_what_cannot_be_done_any_more_fails(env, tasks, name):
    layout, request = draw(tasks[name], 0)
    env.reset(layout)
    world = env.world()
    far = replace(world, cubes=world.cubes + (0, 1.5, 0), crates=world.crates + (0, 0, -0.3))
    progress = Progress(tasks[name], request)
    assert progress.update(far) and not progress.success
    assert progress.reason == f'the {request.object} {request.kind} left the table'


def test_a_robot_without_a_body_is_refused(env, tasks):
    env.reset(cubes(red=(0.4, 0.1, 0.0)))
    world = replace(env.world(), trunk=None)
    for request in (Request('reach', 'red', '', 'left'), Request('fetch', 'red')):
        with pytest.raises(ValueError, match='takes a torso and a head, the robot has none'):
            tasks[request.family].step(world, request)
    with pytest.raises(ValueError, match='hoist: takes 2 hands, the robot has 1'):
        make_tasks(env.scene.config, env.hands[:1], ('hoist',))


def injector(task, request, seed, **noise):
    spec = load_robot('humanoid')
    rng = np.random.default_rng(seed)
    return NoiseInjector(spec, task, task.acting(request), NoiseConfig(**noise), rng)


def test_demonstrations_begin_a_little_off_and_nothing_touches(env, tasks):
    task = tasks['hoist']
    for seed in range(6):
        layout, request = draw(task, seed)
        own = injector(task, request, seed)
        begun = own.begin(layout)
        env.reset(begun, *own.start(env))
        assert set(begun.begin) == {'torso', 'head', 'base'}
        torso = begun.begin['torso'] - (0.0, 0.0, 0.15)
        assert 0 < np.abs(torso).max() <= 0.08 + 1e-9
        assert np.abs(begun.begin['base']).max() < 0.15
        bodies = env.scene.model.geom_bodyid[env.hardware.data.contact.geom]
        names = {env.scene.model.body(b).name for b in bodies.flat}
        assert all(name == 'world' or name.startswith('crate') for name in names)


def test_pushes_leave_the_hands_above_the_table_however_the_body_leans(env, tasks):
    task, request = tasks['reach'], Request('reach', 'red', '', 'left')
    own = injector(task, request, 1, push_rate=9.0, push=(0.2, 0.3), quiet=0.0)
    env.reset(replace(cubes(red=(0.4, 0.1, 0.0)), begin={'torso': np.array([0.3, 0.0, 0.4])}))
    world = env.world()
    label, frame = vector(task.step(world, request)), world.trunk.frame
    for _ in range(50):
        result = own.apply(label, world)
        place = frame.position + matrix_from_quat(frame.quaternion) @ result[:3]
        assert place[2] > task.floor - 1e-9
        np.testing.assert_array_equal(result[8:16], label[8:16])  # the other hand is left in peace
        assert np.abs(result[16:21] - label[16:21]).max() < 0.5
        np.testing.assert_array_equal(result[21:], label[21:])  # it stands


def test_an_episode_is_in_the_frame_of_the_arms():
    demonstrator = Demonstrator(load_robot('humanoid'), NoiseConfig(quiet=1.0))
    episode = demonstrator.collect('hoist', 0)
    steps = len(episode)
    assert episode.info.success and set(episode.images) == {'head', 'left_wrist', 'right_wrist'}
    assert episode.state.shape == (steps, 48) and episode.action.shape == (steps, 24)
    assert episode.grips.shape == (steps, 2, 6, 3)
    number = COLOURS.index(episode.info.request.object)
    # At the end each hand, in its own state, is where it takes hold, just below the rim.
    for hand in (0, 1):
        tcp = episode.state[-1, 16 * hand : 16 * hand + 3]
        assert np.linalg.norm(tcp - episode.grips[-1, hand, number]) < 0.025
    middle = episode.grips[:, :, number].mean(axis=1)
    below = np.linalg.norm(episode.objects[:, number] - middle, axis=1)
    np.testing.assert_allclose(below, 0.045, atol=1e-3)  # half of the crate's height
    # The crate stands still at first while the torso turns: in its frame the crate moves.
    assert np.ptp(episode.objects[:, number], axis=0).max() > 0.03
