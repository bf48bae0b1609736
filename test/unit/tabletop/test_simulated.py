"""The simulated system is laid out by family and seed, and published as it is."""

import dataclasses

import numpy as np
import pytest

from vla_ros.robots import ForceSensorSpec
from vla_ros.runtime.mailbox import Mailbox
from vla_ros.runtime.shm_codec import get_sim
from vla_ros.tabletop.simulated import Scenes, SimSystem
from vla_ros.tabletop.world.config import load_sim


@pytest.fixture(scope='module')
def scenes(spec):
    return Scenes(spec, load_sim())


@pytest.fixture
def plant(spec):
    return SimSystem(spec, 'put', 4)


def publish(plant, mailbox):
    plant.publish(mailbox)
    return get_sim(mailbox.sim)


def test_family_and_seed_are_the_same_scene_everywhere(spec, scenes):
    again = Scenes(spec, load_sim())
    for family in ('', *scenes.tasks):
        assert np.array_equal(
            scenes.layout(family, 7).cubes, again.layout(family, 7).cubes, equal_nan=True
        )
    assert scenes.request('put', 7).family == 'put'
    assert scenes.request('', 7) is None
    with pytest.raises(KeyError, match="'juggle' is not one of"):
        scenes.layout('juggle', 7)


def test_what_is_published_is_the_scene(plant):
    mailbox = Mailbox()
    plant.begin(5)
    sim = publish(plant, mailbox)
    assert (sim.stamp, sim.family, sim.seed, sim.resets) == (5, 'put', 4, 0)
    assert len(sim.qpos) == len(plant._hardware.data.qpos)
    assert plant.limbs[0].read() is plant.limbs[0].read()  # nothing is made anew


def test_a_force_sensor_is_read_with_the_joints(spec, plant):
    assert plant.limbs[0].read().wrench is None
    sensor = ForceSensorSpec('fr3_hand', 'wrench', 0.7126, (0.0, 0.0, 0.0))
    sensing = SimSystem(dataclasses.replace(spec, force_sensor=sensor), 'put', 4)
    wrench = sensing.limbs[0].read().wrench
    assert wrench[2] == pytest.approx(
        9.81 * sensor.tool_mass, abs=0.2
    )  # it points down, and hangs
    sensing.advance()
    assert sensing.limbs[0].read().wrench is wrench


def test_time_and_force_of_a_scene_begin_anew_with_it(plant):
    mailbox = Mailbox()
    plant.advance()
    first = publish(plant, mailbox)
    plant.advance()
    assert publish(plant, mailbox).time > first.time > 0
    assert plant.reset('5') == ''
    sim = publish(plant, mailbox)
    assert (sim.time, sim.peak_force, sim.seed, sim.resets) == (0.0, 0.0, 5, 1)
