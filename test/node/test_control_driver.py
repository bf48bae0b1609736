"""The control node in front of a real robot's driver: its topics, played by the test."""

import time

from control_bench import ControlBench
import numpy as np
import pytest
from robot_feed import SPEC
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray

from vla_ros.data import Mode
from vla_ros.nodes import convert, qos
from vla_ros.robots.model import RobotModel
from vla_ros_msgs.srv import SetInstruction


JOINTS = qos.Topic(SPEC.driver.joint_states, JointState, qos.SENSOR)
EFFORT = qos.Topic(SPEC.driver.command, Float64MultiArray, qos.COMMAND)


class DriverBench(ControlBench):
    """The node, the driver's side of its topics, and what came back."""

    def __init__(self, bench):
        self.efforts = bench.listen(EFFORT)
        super().__init__(bench, sim='none')
        names = (*SPEC.joint_names, *SPEC.gripper.joints)
        self.position = dict(zip(names, [*SPEC.home, 0.04, 0.04], strict=True))

    def joints(self, names=None):
        """Publish the joints, at rest, in any order."""
        message = JointState(name=list(names or self.position))
        message.header.stamp = convert.to_time(time.time_ns())
        message.position = [float(self.position[name]) for name in message.name]
        message.velocity = [0.0] * len(message.name)
        self.bench.send(JOINTS, message)

    def feed(self, done, words, names=None, timeout=10.0):
        """Publish joint states at 100 Hz until done."""
        self.repeat(lambda: self.joints(names), 0.01, done, words, timeout)


@pytest.fixture
def driver(bench):
    return DriverBench(bench)


def test_efforts_hold_the_arm_against_gravity(driver):
    driver.bench.until(lambda: driver.statuses, 'no status')
    assert not driver.efforts  # nothing is measured yet, nothing is sent
    driver.feed(lambda: len(driver.efforts) > 20, 'no efforts')
    model = RobotModel(SPEC)
    model.update(SPEC.home, np.zeros(SPEC.n))
    np.testing.assert_allclose(driver.efforts[-1].data, model.gravity, atol=0.5)


def test_joint_names_may_come_in_any_order(driver):
    driver.feed(lambda: driver.efforts, 'no efforts', names=list(driver.position)[::-1])
    measured = driver.status.measured.position
    model = RobotModel(SPEC)
    model.update(SPEC.home, np.zeros(SPEC.n))
    np.testing.assert_allclose(measured, model.position, atol=1e-3)


@pytest.mark.parametrize('names', [SPEC.joint_names[1:], ('a', 'b')], ids=['one', 'all'])
def test_with_a_joint_missing_nothing_is_commanded_and_the_arm_holds(driver, names):
    driver.feed(lambda: driver.efforts, 'no efforts')
    driver.position |= dict.fromkeys(('a', 'b'), 0.0)
    whole = [*SPEC.joint_names, *SPEC.gripper.joints]
    answer = driver.bench.call(SetInstruction, 'set_instruction', instruction='pick up a cube')
    assert answer.accepted or 'stale' in answer.reason
    driver.feed(lambda: driver.status.mode in (Mode.HOLD, Mode.STOP), 'it goes on', names)
    assert 'joint' in driver.status.cause
    driver.efforts.clear()
    driver.joints(names)
    driver.bench.spin(0.2)
    assert not driver.efforts
    # The driver is back: a person has to say that it goes on.
    driver.feed(lambda: driver.efforts, 'no efforts', whole)
    assert driver.trigger('reset').success
