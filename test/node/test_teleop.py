"""The teleoperation node, its device and the control node played by the test."""

import time

from fake_control import FakeControl
from geometry_msgs.msg import Twist
import numpy as np
import pytest
from robot_feed import SPEC
from sensor_msgs.msg import Joy

from vla_ros.control.loops.supervisor import Event
from vla_ros.core.data import Mode
from vla_ros.core.paths import config_file
from vla_ros.ros import convert, qos
from vla_ros.ros.convert.fields import header
from vla_ros.ros.nodes.teleop import TeleopNode


JOY = qos.Topic('joy', Joy, qos.SENSOR)
DEADMAN, RELEASE, CLOSE = 9, 6, 0  # of config/teleop/joystick.yaml


class Person:
    """Holds a game controller at 50 Hz."""

    def __init__(self, bench):
        self.bench = bench
        self.control = FakeControl(bench)
        self.control.supervisor.post(Event.START, 'pick up the red cube')
        self.twists = bench.listen(qos.TARGET_TWIST)
        self.grips = bench.listen(qos.TARGET_GRIPPER)

    def joy(self, *pressed, forward=0.0, axes=6, buttons=21):
        message = Joy(header=header(time.time_ns()))
        message.axes = [0.0] * axes
        if axes > 1:
            message.axes[1] = forward
        message.buttons = [int(index in pressed) for index in range(buttons)]
        self.bench.send(JOY, message)

    def hold(self, *pressed, until, words='it did not happen', timeout=10.0, **state):
        """Hold the controller like this until something happens."""
        self.bench.repeat(lambda: self.joy(*pressed, **state), 0.02, until, words, timeout)

    def hold_for(self, seconds, *pressed, **state):
        end = time.monotonic() + seconds
        self.hold(*pressed, until=lambda: time.monotonic() > end, **state)

    def take(self):
        """Take the arm over."""
        self.hold_for(0.3)
        self.hold(DEADMAN, until=lambda: self.twists, words='not engaged')
        assert self.control.supervisor.mode is Mode.TAKEOVER


@pytest.fixture
def person(bench):
    person = Person(bench)
    bench.start(TeleopNode, device='joystick')
    bench.until(lambda: bench.node._arm.mode(time.time_ns()), 'no status')
    return person


def forward(person):
    return person.twists[-1].twist.linear.x


def test_the_deadman_takes_the_arm_from_the_policy_and_a_button_gives_it_back(person):
    person.hold_for(0.3, forward=1.0)
    assert person.control.asked == [] and person.twists == []  # no dead-man, no word
    person.take()
    assert forward(person) == 0.0
    person.hold(DEADMAN, forward=1.0, until=lambda: forward(person) > 0, words='no motion')
    twist = person.twists[-1]
    assert twist.header.frame_id == SPEC.base_frame
    assert twist.twist.linear.x == pytest.approx(0.25)
    assert abs(time.time_ns() - convert.from_time(twist.header.stamp)) < 0.2e9
    # Let go: the arm stands still, and stays with the person.
    person.hold(forward=1.0, until=lambda: forward(person) == 0.0, words='it goes on')
    person.hold_for(0.2, forward=1.0)
    assert forward(person) == 0.0 and person.control.supervisor.mode is Mode.TAKEOVER
    person.hold(RELEASE, until=lambda: person.control.supervisor.mode is Mode.RUN)
    person.hold_for(0.2)
    assert person.control.asked == ['takeover', 'release']
    person.twists.clear()
    person.hold_for(0.3, forward=1.0)
    assert person.twists == []


def test_a_twist_along_the_axes_of_the_tool_names_its_frame(bench, tmp_path):
    text = config_file('teleop', 'joystick').read_text()
    preset = tmp_path / 'tool.yaml'
    preset.write_text(text.replace('parameters:', 'parameters:\n  frame: tool'))
    person = Person(bench)
    bench.start(TeleopNode, device=str(preset))
    bench.until(lambda: bench.node._arm.mode(time.time_ns()), 'no status')
    person.take()
    assert person.twists[-1].header.frame_id == SPEC.ee_frame


def test_a_twist_bears_the_time_of_its_input(person):
    person.take()
    stamps = []
    for _ in range(10):
        stamps.append(time.time_ns())
        message = Joy(header=header(stamps[-1]), axes=[0.0, 1.0, 0.0, 0.0, 0.0, 0.0])
        message.buttons = [int(index == DEADMAN) for index in range(21)]
        person.bench.send(JOY, message)
        person.bench.spin(0.05)
    moving = [t for t in person.twists if t.twist.linear.x > 0]
    assert moving and {convert.from_time(t.header.stamp) for t in moving} <= set(stamps)


@pytest.mark.parametrize(
    'fault', [{'forward': np.nan}, {'axes': 1}, {'buttons': 3}, {'axes': 0, 'buttons': 0}, None],
    ids=['not finite', 'an axis short', 'a button short', 'unplugged', 'silent'],
)  # fmt: skip
def test_inputs_that_cannot_be_believed_stop_the_arm_and_leave_it_with_the_person(person, fault):
    person.take()
    person.hold(DEADMAN, forward=1.0, until=lambda: forward(person) > 0)
    begin = time.monotonic()
    if fault is None:
        person.bench.until(lambda: forward(person) == 0.0, 'it goes on', 1.0)
    else:
        fault = {'forward': 1.0, **fault}
        person.hold(DEADMAN, until=lambda: forward(person) == 0.0, timeout=1.0, **fault)
    assert time.monotonic() - begin < 0.5
    assert person.control.supervisor.mode is Mode.TAKEOVER


def test_a_switch_that_is_down_from_the_beginning_takes_nothing(person):
    person.hold_for(0.5, DEADMAN, forward=1.0)
    assert person.control.asked == []
    person.take()


def test_a_refusal_is_not_asked_for_again_and_again(person):
    person.control.supervisor.post(Event.ESTOP)
    person.hold_for(0.3)
    person.hold_for(0.5, DEADMAN, forward=1.0)
    assert person.control.asked == ['takeover'] and person.twists == []


def test_an_emergency_stop_takes_the_arm_away(person):
    person.take()
    person.control.supervisor.post(Event.ESTOP)
    person.control.report()
    person.hold_for(0.2, DEADMAN, forward=1.0)
    person.twists.clear()
    person.hold_for(0.3, DEADMAN, forward=1.0)
    assert person.twists == []


def test_the_gripper_is_commanded_in_metres_and_only_once_it_is_asked_for(person):
    person.take()
    person.hold_for(0.2, CLOSE)
    assert person.grips == []
    person.hold(DEADMAN, CLOSE, until=lambda: person.grips, words='no gripper command')
    assert person.grips[-1].data == SPEC.gripper.closed


def test_a_node_that_ends_leaves_the_arm_held_and_still(person):
    person.take()
    person.hold(DEADMAN, forward=1.0, until=lambda: forward(person) > 0)
    person.bench.node.trigger_deactivate()
    person.bench.until(lambda: 'hold' in person.control.asked, 'not held')
    assert person.control.supervisor.mode is Mode.HOLD and forward(person) == 0.0
    assert person.control.supervisor.post(Event.RESUME) == ''
    assert person.control.supervisor.mode is Mode.RUN


def test_a_spacemouse_moves_by_twist_and_its_buttons(bench, topics):
    control = FakeControl(bench)
    bench.start(TeleopNode, device='spacemouse')
    bench.until(lambda: bench.node._arm.mode(time.time_ns()) is not None, 'no status')
    twists = bench.listen(qos.TARGET_TWIST)
    motion = qos.Topic('spacenav/twist', Twist, qos.SENSOR)
    buttons = qos.Topic('spacenav/joy', Joy, qos.SENSOR)

    def hold(deadman, until, words):
        end = time.monotonic() + 10
        while not until():
            assert time.monotonic() < end, words
            message = Twist()
            message.linear.z = 0.68
            bench.send(motion, message)
            stamped = header(time.time_ns())
            bench.send(buttons, Joy(header=stamped, axes=[0.0] * 6, buttons=[deadman, 0]))
            bench.spin(0.02)

    begin = time.monotonic()
    hold(0, lambda: time.monotonic() > begin + 0.3, '')
    hold(1, lambda: twists and twists[-1].twist.linear.z > 0, 'no motion')
    assert twists[-1].twist.linear.z == pytest.approx(0.25)
    # Its dead-man switch let go for a second gives the arm back.
    hold(0, lambda: 'release' in control.asked, 'not given back')
    assert twists[-1].twist.linear.z == 0.0


@pytest.mark.parametrize(
    'parameters',
    [{'device': 'mouse'}, {'robot': 'r2d2'}, {'rate': 1000.0}, {'devise': 'joystick'}],
    ids=str,
)
def test_a_wrong_parameter_fails_configure(bench, parameters):
    assert bench.host(TeleopNode, **parameters).trigger_configure().name == 'FAILURE'


def test_a_keyboard_without_a_terminal_fails_activate(bench):
    node = bench.host(TeleopNode, device='keyboard')
    assert node.trigger_configure().name == 'SUCCESS'
    assert node.trigger_activate().name == 'FAILURE'
