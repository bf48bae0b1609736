"""The whole stack in front of a robot that is elsewhere: it does a task through the topics."""

from domains import next_domain
import numpy as np
import pytest
from standin import REPORT, end_standin, report_of, start_standin, variant
from std_srvs.srv import Trigger

from vla_ros.core.data import Mode
from vla_ros.core.paths import share_dir
from vla_ros.robots import load_robot
from vla_ros.robots.bridge import robot_in
from vla_ros.ros import qos
from vla_ros.tabletop.language.grammar import render
from vla_ros.tabletop.simulated import Scenes
from vla_ros.tabletop.world.config import load_sim
from vla_ros_msgs.srv import SetInstruction


ROBOTS = ('franka', 'ur5e', 'aloha', 'humanoid')
POLICIES = {robot: share_dir() / 'policies' / robot / 'pocket' for robot in ROBOTS}
SEED = 3
pytestmark = [
    pytest.mark.ros,
    pytest.mark.slow,
    pytest.mark.skipif(
        not all(policy.is_dir() for policy in POLICIES.values()), reason='no policy is trained'
    ),
]
COMPLIANCE = {'command_type': 'pose', 'command': 'target', 'law': 'franka_cartesian_servo'}
# Physics, three cameras and the policy of a body leave nothing of two processors: joint states,
# which come from the same machine here, are late now and then.
PATIENT = {'stale_after': 0.3, 'camera_rate': 15.0}
WAYS = {
    'compliance': ('franka', 'none', COMPLIANCE, {'rate': 200.0}),
    'isaac': ('franka', 'isaac', {}, {'rate': 100.0, 'clock': 100.0, 'speed': 0.7}),
    'forward_position': ('ur5e', 'none', {}, {'rate': 500.0}),
    'two_arms': ('aloha', 'none', PATIENT, {'family': 'place', 'rate': 100.0}),
    'body': ('humanoid', 'none', PATIENT, {'family': 'fetch', 'rate': 100.0}),
    'body_isaac': (
        'humanoid', 'isaac', {},
        {'family': 'fetch', 'rate': 100.0, 'clock': 100.0, 'speed': 0.7},
    ),
}  # fmt: skip


@pytest.fixture
def standin():
    made = []

    def start(domain, **settings):
        made.append(start_standin(domain, cameras=True, **settings))

    yield start
    for process in made:
        end_standin(process)


def instruction(robot, family, seed):
    """Return what the scene asks for."""
    spec = load_robot(robot)
    request = Scenes(spec, load_sim(spec.sim)).request(family, seed)
    return render(request, np.random.default_rng(0), 'plain')


def settle(graph):
    """Wait until it has been idle for a second: while everything starts, it may be held."""
    begun = len(graph.statuses)

    def calm():
        if graph.status.mode is Mode.HOLD:
            graph.ask(Trigger, 'reset')
        newest = graph.statuses[begun:][-20:]
        return len(newest) == 20 and all(message.mode == Mode.IDLE for message in newest)

    graph.until(calm, 'it is held', 30.0)


@pytest.mark.parametrize('way', WAYS)
def test_a_task_is_done_through_five_milliseconds_of_transport(start, standin, tmp_path, way):
    name, sim, driver, settings = WAYS[way]
    scene = {'family': settings.get('family', 'pick'), 'seed': SEED}
    robot, reports, images = variant(tmp_path, name, **driver), [], []
    domain = next_domain()
    # It starts beside the stack: each waits for the other.
    standin(domain, robot=robot_in(robot, sim), **{**settings, **scene})
    graph = start(POLICIES[name], domain, robot=robot, sim=sim)
    graph.client.subscribe(REPORT, reports.append)
    hand = load_robot(robot_in(robot, sim)).cameras[-1]
    graph.client.subscribe(qos.image_topic(hand.topic), images.append)
    graph.until(lambda: reports, 'no stand-in', 30.0)
    graph.until(lambda: len(images) > 10, 'no pictures', 40.0)
    graph.until(lambda: graph.status.measured.position.any(), 'no joint states')
    settle(graph)
    text = instruction(name, **scene)
    answer = graph.ask(SetInstruction, 'set_instruction', instruction=text)
    assert answer.accepted, answer.reason
    graph.until(lambda: report_of(reports)['success'], 'not done', 40.0)
    print(way, text, report_of(reports), graph.status)
    assert graph.status.mode is Mode.RUN
