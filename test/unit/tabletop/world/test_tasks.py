from dataclasses import replace

import numpy as np
import pytest

from vla_ros.tabletop.language import COLOURS, FAMILIES, Request
from vla_ros.tabletop.tasks import TASKS, Progress, draw


ONE_HAND = sorted(name for name, task in TASKS.items() if task.takes == 1)


def run(env, task, layout, request, q=None, gripper=None, change=None):
    """Let the expert do the request; `change(step, action)` may spoil what is commanded."""
    env.reset(layout, q, gripper)
    progress = Progress(task, request)
    step = 0
    while not progress.update(world := env.world()):
        action = task.expert(world, request).vector()
        env.advance(action if change is None else change(step, action))
        step += 1
    return progress, world


def test_every_family_of_the_language_is_a_task():
    assert set(TASKS) == set(FAMILIES)


@pytest.mark.parametrize('name', ONE_HAND)
def test_a_seed_gives_one_scene_and_a_request_that_is_possible(tasks, name):
    for seed in range(20):
        layout, request = draw(tasks[name], seed)
        again, same = draw(tasks[name], seed)
        assert request == same and request.family == name
        for key in ('cubes', 'buttons', 'lines', 'bowl', 'zone'):
            np.testing.assert_array_equal(getattr(layout, key), getattr(again, key))
        assert layout.present == layout.colours(request.kind)
        assert tasks[name].feasible(layout, request)


@pytest.mark.parametrize('seed', [11, 12])
@pytest.mark.parametrize('name', ONE_HAND)
def test_the_expert_succeeds(env, tasks, name, seed):
    layout, request = draw(tasks[name], seed)
    progress, world = run(env, tasks[name], layout, request)
    assert progress.success, progress.reason
    assert 3 < world.time < 13
    untouched = set(layout.colours('cube')) - {request.object}
    for colour in untouched:
        moved = world.cube(colour)[:2] - layout.cube(colour)
        assert np.hypot(*moved) < 0.02, f'{colour} was moved'


@pytest.mark.parametrize('name', ONE_HAND)
def test_the_expert_starts_from_anywhere(env, tasks, name):
    layout, request = draw(tasks[name], 21)
    env.reset(layout)
    place = env.world().things[COLOURS.index(request.object)]
    low = np.array([*place[:2], 0.08]) + (0.03, -0.03, 0)
    progress, _ = run(env, tasks[name], layout, request, env.reach(low), 0.0)
    assert progress.success, progress.reason


@pytest.mark.parametrize('name', ['pick', 'put', 'stack'])
def test_the_expert_fetches_a_cube_that_was_dropped(env, tasks, name):
    layout, request = draw(tasks[name], 31)
    dropped = []

    def drop(step, action):
        cube = env.world().cube(request.object)
        if (not dropped and cube[2] > 0.06) or 0 < len(dropped) < 5:
            dropped.append(step)
            return np.array([*action[:7], 0.08])
        return action

    progress, _ = run(env, tasks[name], layout, request, change=drop)
    assert dropped and progress.success, progress.reason


@pytest.mark.parametrize('name', ONE_HAND)
def test_the_expert_moves_smoothly_and_keeps_its_rotation(env, tasks, name):
    layout, request = draw(tasks[name], 41)
    actions = []
    env.reset(layout)
    for _ in range(25):
        world = env.world()
        action = tasks[name].expert(world, request)
        step = action.pose.position - world.commanded.position
        assert np.linalg.norm(step) < 0.03
        np.testing.assert_array_equal(action.pose.quaternion, env.home.quaternion)
        actions.append(action.pose.position)
        env.advance(action.vector())
    jumps = np.linalg.norm(np.diff(actions, axis=0), axis=1)
    assert jumps.max() < 0.035


def test_nothing_is_done_at_the_start(env, tasks):
    for name, task in tasks.items():
        for seed in range(5):
            layout, request = draw(task, seed)
            env.reset(layout)
            assert not task.success(env.world(), request), name


def test_success_must_last(env, tasks):
    task = tasks['pick']
    layout, request = draw(task, 0)
    env.reset(layout)
    world = env.world()
    cubes = world.cubes.copy()
    cubes[COLOURS.index(request.object)] = world.ee.position
    progress = Progress(task, request)
    assert not progress.update(replace(world, cubes=cubes, time=1.0))
    assert not progress.update(replace(world, time=1.3))  # slipped
    assert not progress.update(replace(world, cubes=cubes, time=1.4))
    assert not progress.update(replace(world, cubes=cubes, time=1.8))
    assert progress.update(replace(world, cubes=cubes, time=1.9)) and progress.success


@pytest.mark.parametrize(
    ('place', 'reason'), [((0.6, 1.2, 0.02), 'left the table'), ((0.1, 0.0, 0.02), 'out of reach')]
)
def test_what_cannot_be_done_any_more_fails(env, tasks, place, reason):
    task = tasks['put']
    layout, request = draw(task, 0)
    env.reset(layout)
    world = env.world()
    cubes = world.cubes.copy()
    cubes[COLOURS.index(request.object)] = place
    progress = Progress(task, request)
    assert progress.update(replace(world, cubes=cubes))
    assert not progress.success and reason in progress.reason


def test_the_time_limit_ends_an_episode(env, tasks):
    task = tasks['pick']
    layout, request = draw(task, 0)
    env.reset(layout)
    progress = Progress(task, request)
    assert progress.update(replace(env.world(), time=task.time_limit))
    assert progress.reason == 'time limit'


def test_an_absent_cube_cannot_be_asked_for(tasks):
    layout, _ = draw(tasks['stack'], 0)
    absent = next(colour for colour in COLOURS if colour not in layout.present)
    present = layout.present[0]
    assert not tasks['pick'].feasible(layout, Request('pick', absent))
    assert not tasks['stack'].feasible(layout, Request('stack', present, absent))
    assert not tasks['push'].feasible(layout, Request('push', absent, 'zone'))
    assert not tasks['press'].feasible(layout, Request('press', present))  # it is a cube
