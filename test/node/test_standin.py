"""The control node behind a transport of 5 ms in each direction: every command type."""

import numpy as np
import pytest


pytest.importorskip('mujoco')

from standin import variant  # noqa: E402
from standin_bench import StandinBench  # noqa: E402

from vla_ros.data import Mode  # noqa: E402


@pytest.fixture
def connect(bench, tmp_path):
    made = []

    def make(robot='franka', sim='none', driver=None, **settings):
        if driver:
            robot = variant(tmp_path, robot, **driver)
        made.append(StandinBench(bench, robot, sim, **settings))
        return made[-1]

    yield make
    for standin in made:
        standin.close()


SERVO = 'franka_cartesian_servo'
EACH = 'joint/{joint}/cmd_pos'
WAYS = {
    'pose': ('franka', 'none', {'command_type': 'pose', 'command': 'target', 'law': SERVO}),
    'position': ('franka', 'none', {'command_type': 'position', 'law': SERVO}),
    'velocity': ('franka', 'none', {'command_type': 'velocity', 'law': SERVO}),
    'trajectory': ('franka', 'none', {'command_type': 'trajectory', 'law': SERVO}),
    'ur5e': ('ur5e', 'none', {}),
    'isaac': ('franka', 'isaac', {}),
    'ur5e_isaac': ('ur5e', 'isaac', {}),
    'gazebo': ('franka', 'gazebo', {}),
    'gazebo_topics': (
        'franka', 'gazebo',
        {'gazebo': {'command': EACH, 'command_type': 'position', 'gripper_command': EACH}},
    ),
    'gazebo_trajectory': (
        'franka', 'gazebo', {'gazebo': {'command_type': 'trajectory', 'gripper_type': 'with_arm'}}
    ),
}  # fmt: skip


@pytest.mark.parametrize('way', WAYS)
def test_the_arm_is_held_moved_and_stopped(connect, way):
    robot, sim, driver = WAYS[way]
    standin = connect(robot, sim, driver)
    begin = standin.tcp
    standin.pass_time(1.0)
    assert np.abs(standin.tcp - begin).max() < 0.005
    standin.take()
    standin.lead(begin + [0.0, 0.08, -0.05])
    assert standin.report['peak'] < 1.2
    standin.trigger('estop')
    standin.until(Mode.STOP)
    standin.pass_time(0.3)
    stopped = standin.tcp
    standin.pass_time(0.5)
    assert np.abs(standin.tcp - stopped).max() < 0.01
    print(way, standin.report)
