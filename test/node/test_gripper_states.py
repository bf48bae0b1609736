"""A gripper with a driver of its own, as a Franka's: its joints have a topic of their own."""

import time

from control_bench import ControlBench
import numpy as np
import pytest
from sensor_msgs.msg import JointState
from standin import variant
from std_msgs.msg import Float64MultiArray

from vla_ros.core.data import Mode
from vla_ros.robots import load_arm
from vla_ros.ros import convert, qos
from vla_ros.ros.nodes.recorded_topics import recorded_topics
from vla_ros_msgs.srv import SetInstruction


pytestmark = pytest.mark.realtime


FINGERS = 'fr3_gripper/joint_states'


class Drivers(ControlBench):
    """The control node in front of both drivers, which the test plays."""

    def __init__(self, bench, folder):
        path = variant(folder, gripper_states=FINGERS)
        self.spec = load_arm(path)
        command = qos.Topic(self.spec.driver.command, Float64MultiArray, qos.COMMAND)
        self.commands = bench.listen(command)
        super().__init__(bench, sim='none', robot=path)

    def joints(self):
        self._send('joint_states', self.spec.joint_names, self.spec.home.tolist())

    def fingers(self, opening):
        names = self.spec.gripper.joints[::-1]
        self._send(FINGERS, ['some_camera', *names], [9.0, *[opening / 2] * 2])

    def both(self, opening=0.06):
        self.joints()
        self.fingers(opening)

    def _send(self, topic, names, position):
        message = JointState(name=list(names), position=position, velocity=[0.0] * len(names))
        message.header.stamp = convert.to_time(time.time_ns())
        self.bench.send(qos.joint_states(topic), message)


@pytest.fixture
def drivers(bench, tmp_path):
    return Drivers(bench, tmp_path)


def test_nothing_is_commanded_before_the_gripper_is_heard_of(drivers):
    drivers.repeat(drivers.joints, 0.01, lambda: len(drivers.statuses) > 3, 'no status')
    assert not drivers.commands
    drivers.repeat(drivers.both, 0.01, lambda: len(drivers.commands) > 20, 'no commands')
    assert drivers.status.gripper == pytest.approx(0.06)


def test_when_the_gripper_falls_silent_the_arm_holds(drivers):
    drivers.repeat(drivers.both, 0.01, lambda: len(drivers.commands) > 20, 'no commands')
    asked = drivers.bench.call(SetInstruction, 'set_instruction', instruction='pick up a cube')
    assert asked.accepted, asked.reason
    cause = 'gripper_states: 0.5'
    drivers.repeat(drivers.joints, 0.01, lambda: cause in drivers.status.cause, 'it goes on')
    assert drivers.status.mode is Mode.HOLD
    # It is held, not let go.
    before = len(drivers.commands)
    drivers.repeat(drivers.joints, 0.01, lambda: len(drivers.commands) > before + 30, 'let go')


def test_a_simulation_has_both_topics(bench, tmp_path):
    path = variant(tmp_path, gripper_states=FINGERS)
    topics = [bench.listen(qos.joint_states(name)) for name in ('joint_states', FINGERS)]
    ControlBench(bench, robot=path)
    for heard in topics:
        bench.until(lambda heard=heard: heard, 'no joints')
        assert set(load_arm(path).gripper.joints) <= set(heard[-1].name)
        assert np.isfinite(heard[-1].position).all()
    recorded = {topic.topic.name for topic in recorded_topics(load_arm(path), sim=True)}
    assert {'joint_states', FINGERS} <= recorded
