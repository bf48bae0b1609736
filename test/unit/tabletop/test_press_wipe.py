"""Press and wipe through everything that scenes, demonstrations and stills pass through."""

from dataclasses import replace

import numpy as np
import pytest

from vla_ros.cli import options
from vla_ros.runtime.mailbox import Mailbox
from vla_ros.runtime.shm_codec import get_sim
from vla_ros.tabletop.demos import demonstrate as demonstrating
from vla_ros.tabletop.demos.demonstrate import demonstrate
from vla_ros.tabletop.demos.demonstrator import Demonstrator
from vla_ros.tabletop.evaluate.run import choose
from vla_ros.tabletop.evaluate.trials import Trial
from vla_ros.tabletop.language import COLOURS, FAMILIES
from vla_ros.tabletop.simulated import Scenes, SimSystem
from vla_ros.tabletop.stills.static_scenes import StaticSceneGenerator
from vla_ros.tabletop.tasks import TASKS
from vla_ros.tabletop.world.config import load_sim
from vla_ros.tabletop.world.lines import segments


@pytest.fixture(scope='module')
def able(spec):
    return replace(spec, tasks=tuple(name for name in FAMILIES if TASKS[name].takes == 1))


@pytest.fixture(scope='module')
def demonstrator(able):
    return Demonstrator(able)


@pytest.fixture(scope='module')
def scenes(able):
    return Scenes(able, load_sim())


def test_a_demonstration_of_wiping_carries_what_happened(demonstrator):
    episode = demonstrator.collect('wipe', 2)
    asked = COLOURS.index(episode.info.request.object)
    assert episode.info.success and set(demonstrator.measured) == {'peak_force', 'in_band'}
    share = episode.wiped[:, asked]
    assert share[0] == 0.0 and share[-1] >= 0.9 and (np.diff(share) >= 0).all()
    assert (episode.force[:, 2] > 4.0).mean() > 0.1 and np.isnan(episode.travel).all()
    assert np.isnan(episode.bowl[:, 0]).all()  # out of the way
    left = share < 1.0
    assert np.isfinite(episode.objects[left, asked]).all()
    assert np.isnan(episode.objects[~left, asked]).all()
    assert (episode.action[:, 7] == demonstrator.spec.gripper.closed).all()


def test_a_demonstration_of_pressing_ends_with_the_button_down(demonstrator):
    episode = demonstrator.collect('press', 1)
    asked = COLOURS.index(episode.info.request.object)
    assert episode.info.success and demonstrator.measured['peak_force'] < 20.0
    pressed = 0.8 * load_sim().buttons.travel
    assert (episode.travel[-8:, asked] >= pressed).all()  # and stays
    down = episode.objects[0, asked, 2] - episode.objects[-1, asked, 2]
    assert down == pytest.approx(episode.travel[-1, asked] - episode.travel[0, asked], abs=1e-6)


def test_stills_show_all_that_the_robots_tasks_need(able):
    generator = StaticSceneGenerator(able)
    assert generator.kinds == ('cube', 'button', 'line')
    kinds = []
    for seed in range(3):
        episode = generator.episode(seed)
        kinds.append(episode.info.request.kind)
        seen = np.isfinite(episode.objects[..., 0]).any(axis=0)
        assert seen[COLOURS.index(episode.info.request.object)]
        assert np.ptp(episode.images['front'].astype(int), axis=0).max() > 40
    assert kinds == ['cube', 'button', 'line']
    with pytest.raises(ValueError, match='franka has no tasks'):
        StaticSceneGenerator(replace(able, tasks=()))


def test_what_is_wiped_is_published_with_the_positions(able):
    plant, mailbox = SimSystem(able, 'wipe', 3), Mailbox()
    colour = Scenes(able, load_sim()).request('wipe', 3).object
    hardware = plant._hardware
    scene = hardware.scene
    wiped = np.zeros((6, segments(scene.config.lines)), bool)
    wiped[COLOURS.index(colour)] = True
    scene.lines.write(hardware.data.qpos, wiped)
    plant.advance()
    plant.publish(mailbox)
    sim = get_sim(mailbox.sim)
    assert len(sim.qpos) == scene.model.nq
    np.testing.assert_array_equal(scene.lines.wiped(sim.qpos), wiped)
    assert plant.reset('4 wipe') == ''
    plant.publish(mailbox)
    assert scene.lines.wiped(get_sim(mailbox.sim).qpos).sum() == 0


def test_how_hard_a_button_is_pushed_is_published(able):
    plant, mailbox = SimSystem(able, 'press', 3), Mailbox()
    hardware = plant._hardware
    assert hardware.peak_force == 0.0
    hardware.data.qpos[hardware.scene.arms[0].q[1]] += 0.9  # the arm into the table
    plant.advance()
    plant.publish(mailbox)
    assert get_sim(mailbox.sim).peak_force == hardware.peak_force > 1.0
    assert plant.reset('4 press') == ''
    plant.publish(mailbox)
    assert get_sim(mailbox.sim).peak_force == 0.0


def test_a_task_that_the_robot_lacks_is_refused_by_name(spec):
    plant = SimSystem(spec, 'pick', 1)
    assert "'wipe' is not one of ['pick', 'push', 'put', 'stack']" in plant.reset('3 wipe')
    assert "'press' is not one of" in plant.reset('3 press')
    with pytest.raises(ValueError, match=r"--tasks: 'wipe' is not one of \['pick', 'put'"):
        options.families('pick,wipe', 'franka')
    assert options.families('', 'franka') == spec.tasks


def test_demonstrations_of_a_task_that_the_robot_lacks_are_refused(tmp_path):
    with pytest.raises(ValueError, match='wipe.* is not one of .*which franka has'):
        demonstrate('franka', tmp_path, 1, ('wipe',))


def test_a_robot_without_tasks_cannot_be_asked_for_all_of_them(spec, monkeypatch):
    monkeypatch.setattr(options, 'load_robot', lambda name: replace(spec, tasks=()))
    with pytest.raises(ValueError, match='idle has no tasks'):
        options.families('', 'idle')


def test_what_else_can_be_asked_is_of_what_is_there(scenes):
    rng = np.random.default_rng(0)
    for family in scenes.tasks:
        for seed in range(8):
            layout, named = scenes.layout(family, seed), scenes.request(family, seed)
            other = choose(Trial(family, seed, 'other'), named, layout, rng, scenes.tasks)
            assert other.object in layout.colours(other.kind)
            absent = choose(Trial(family, seed, 'absent'), named, layout, rng, scenes.tasks)
            assert absent.object not in layout.present and absent.family == family
            assert other != named or len(layout.present) == 1


def test_a_report_has_the_means_of_what_was_measured():
    rows = [{'in_band': 0.9}, {'in_band': 0.8}]
    assert demonstrating._means(rows) == {'in_band': pytest.approx(0.85)}
    assert demonstrating._means([{}]) == {} == demonstrating._means([])
