"""The referee judges by positions alone, as well as those who see the whole simulation."""

from dataclasses import replace

import numpy as np
import pytest

from vla_ros.robots import load_robot
from vla_ros.tabletop.demos.sim_env import SimEnv
from vla_ros.tabletop.language import render
from vla_ros.tabletop.referee import Look, Referee
from vla_ros.tabletop.tasks import Progress, draw, make_tasks


# Every family, once.
ABLE = {
    'franka': ('pick', 'put', 'push', 'stack', 'press', 'wipe'),
    'aloha': ('place', 'handover', 'lift'),
    'humanoid': ('reach', 'hoist', 'fetch'),
}
SEED = 3


class World:
    """A simulated robot with its referee, and what they say of it."""

    def __init__(self, robot, families):
        spec = replace(load_robot(robot), tasks=families)
        self.env, self.referee = SimEnv(spec), Referee(spec)
        self.tasks = make_tasks(self.env.scene.config, self.env.hands, families)

    def begin(self, family, seed=SEED):
        self.scene = f'{seed} {family}'
        layout, request = draw(self.tasks[family], seed)
        self.env.reset(layout)
        return request

    def look(self, **fields):
        hardware = self.env.hardware
        look = Look(
            self.scene, hardware.time, hardware.qpos(), hardware.qvel(), hardware.peak_force
        )
        return self.referee.look(replace(look, **fields))

    def carry_out(self, family, request, seconds=30.0):
        """Let the scripted expert work; return what the referee says and what the truth is."""
        task, progress = self.tasks[family], Progress(self.tasks[family], request)
        verdict = ('', '')
        while not verdict[0] and self.env.hardware.time < seconds:
            world = self.env.world()
            progress.update(world)
            verdict = self.look()
            actions = task.step(world, request)
            self.env.advance(np.concatenate([action.vector() for action in actions]))
        return verdict, progress


@pytest.fixture(scope='module', params=ABLE)
def world(request):
    return World(request.param, ABLE[request.param])


@pytest.fixture(scope='module')
def franka():
    return World('franka', ABLE['franka'])


def text_of(request):
    return render(request, np.random.default_rng(0), 'plain')


def test_every_family_is_found_done_when_it_is(world):
    for family in world.tasks:
        request = world.begin(family)
        world.referee.begin(text_of(request))
        (outcome, reason), progress = world.carry_out(family, request)
        assert (outcome, progress.success) == ('success', True), (family, reason, progress.reason)
        assert world.referee.request == request
        assert reason.startswith('done after ')


@pytest.mark.parametrize('text', ['fold the {} cube', 'do not pick up the {} cube', 'well?', ''])
def test_what_is_not_known_for_sure_is_not_judged(franka, text):
    request = franka.begin('pick')
    franka.referee.begin(text.format(request.object))
    assert franka.carry_out('pick', request, 6.0)[0] == ('', '')
    assert franka.referee.request is None


def test_what_was_done_before_is_no_failure_of_what_is_asked_now(franka):
    request = franka.begin('press')
    franka.referee.begin(text_of(request))
    assert franka.carry_out('press', request)[0][0] == 'success'
    others = franka.env.hardware.layout.colours('button')
    other = replace(request, object=next(name for name in others if name != request.object))
    franka.referee.begin(text_of(other))
    # The first button is still down, and the hand on it.
    assert franka.look() == ('', '')
    assert franka.carry_out('press', other, 60.0)[0][0] == 'success'


def test_what_can_no_longer_be_done_is_a_failure(franka):
    request = franka.begin('press')
    franka.referee.begin(text_of(request))
    assert franka.look() == ('', '')
    outcome, reason = franka.look(peak_force=99.0)
    assert outcome == 'failure' and '99' in reason


def test_a_force_from_before_the_instruction_does_not_count(franka):
    request = franka.begin('press')
    franka.referee.begin(text_of(request))
    assert franka.look(peak_force=99.0) == ('', '')
    assert franka.look(peak_force=99.0) == ('', '')


def test_another_scene_begins_anew(franka):
    request = franka.begin('pick')
    franka.referee.begin(text_of(request))
    franka.look()
    judged = franka.referee._progress
    franka.begin('put', 5)
    franka.look()
    assert franka.referee._progress is not judged
    assert franka.referee.request == request  # the words are the same


@pytest.mark.parametrize(
    ('fields', 'words'),
    [
        ({'scene': 'kitchen'}, 'expected "seed family"'),
        ({'scene': '3 juggle'}, "'juggle' is not one of"),
        ({'qpos': np.zeros(5)}, 'qpos: expected'),
        ({'qvel': np.zeros(5)}, 'qvel: expected'),
    ],
)
def test_a_state_of_another_world_is_refused(franka, fields, words):
    franka.begin('pick')
    franka.referee.begin('pick up the red cube')
    with pytest.raises(ValueError, match=words):
        franka.look(**fields)
