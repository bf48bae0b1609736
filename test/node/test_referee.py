"""The referee node: it listens to episodes and to the simulation, and ends what it knows."""

from array import array
import time

import numpy as np
import pytest

from vla_ros.robots import load_robot
from vla_ros.ros.convert.fields import header
from vla_ros_msgs.msg import EpisodeEvent, SimState
from vla_ros_msgs.srv import EndEpisode


pytest.importorskip('mujoco')

from vla_ros.tabletop.language import COLOURS  # noqa: E402
from vla_ros.tabletop.referee_node import RefereeNode  # noqa: E402
from vla_ros.tabletop.simulated import SimSystem  # noqa: E402


SPEC = load_robot('franka')


class World:
    """What a simulated robot's control node publishes and offers, with a cube in the bowl."""

    def __init__(self, bench, topics):
        self.bench, self.topics = bench, topics
        self.asked = []
        bench.tester.create_service(EndEpisode, 'end_episode', self._end)
        bench.host(RefereeNode)
        self.hardware = SimSystem(SPEC, 'put', 4)._hardware
        self.seconds = 0.0

    def _end(self, request, response):
        self.asked.append(request)
        response.accepted = True
        return response

    def episode(self, text, event='start', name='e1'):
        message = EpisodeEvent(header=header(time.time_ns()), event=event, episode_id=name)
        message.instruction = text
        self.bench.send(self.topics.EPISODE, message)

    def put(self, colour):
        layout, address = self.hardware.layout, self.hardware.scene.cubes_q[COLOURS.index(colour)]
        self.hardware.data.qpos[address : address + 3] = (*layout.bowl, 0.03)
        self.hardware.step(500)  # it comes to rest

    def state(self, stamp=None):
        """Publish the world as of now."""
        self.seconds += 0.033
        message = SimState(header=header(time.time_ns() if stamp is None else stamp, 'world'))
        message.scene_id, message.time = '4 put', self.seconds
        data = self.hardware.data
        message.qpos, message.qvel = array('d', data.qpos), array('d', data.qvel)
        self.bench.send(self.topics.SIM_STATE, message)

    def watch(self, seconds=1.5):
        """Publish for so long, or until it asks for an end."""
        for _ in range(round(seconds / 0.033)):
            self.state()
            self.bench.spin(0.033)
            if self.asked:
                return


@pytest.fixture
def world(bench, topics):
    return World(bench, topics)


def present(world):
    cubes = world.hardware.layout.cubes
    return next(name for name, at in zip(COLOURS, cubes, strict=True) if np.isfinite(at[0]))


def test_a_cube_that_stays_in_the_bowl_is_a_success(world):
    colour = present(world)
    world.episode(f'put the {colour} cube in the bowl')
    world.watch(0.8)
    assert not world.asked
    world.put(colour)
    begin = world.seconds
    world.watch()
    (asked,) = world.asked
    assert (asked.outcome, asked.episode_id) == ('success', 'e1')
    assert asked.reason.startswith('done after ')
    # It counts once it has stayed for half a second; the verdict then is there within 0.2 s.
    assert 0.5 < world.seconds - begin < 0.7
    world.asked.clear()
    world.watch(0.5)
    assert not world.asked  # once is enough


@pytest.mark.parametrize('text', ['fold the {} cube', 'do not put the {} cube in the bowl'])
def test_what_it_does_not_know_it_leaves_alone(world, text):
    colour = present(world)
    world.episode(text.format(colour))
    world.put(colour)
    world.watch()
    assert not world.asked


def test_after_the_end_and_before_the_start_nothing_is_judged(world):
    colour = present(world)
    world.put(colour)
    world.episode('', 'end')
    world.watch(0.8)
    world.episode(f'put the {colour} cube in the bowl')
    for _ in range(30):
        world.state(stamp=1)  # from before the instruction
        world.bench.spin(0.02)
    assert not world.asked


def test_a_state_of_another_world_is_passed_over(world):
    colour = present(world)
    world.episode(f'put the {colour} cube in the bowl')
    world.put(colour)
    world.bench.send(world.topics.SIM_STATE, SimState(header=header(time.time_ns()), scene_id='x'))
    world.watch()
    assert [asked.outcome for asked in world.asked] == ['success']
