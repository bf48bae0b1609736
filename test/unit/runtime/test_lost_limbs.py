"""What the control process says of limbs it has lost sight of: nothing, or that they stand."""

import time

from feeding import obey_twist
import numpy as np
import pytest
from waiting import wait_for

from vla_ros.control.loops.supervisor import Event
from vla_ros.control.loops.targets import Kind
from vla_ros.core.data import SECOND, Mode
from vla_ros.robots import load_robot
from vla_ros.runtime.realtime import RealtimeConfig, RealtimeProcess


TORSO, HEAD, BASE = 2, 3, 4
LAW = 'ur5e_cartesian_servo'


class Robot:
    """A driver's end of a control process, on a clock that the test moves: no one is late."""

    def __init__(self, name, law=''):
        self.spec = load_robot(name)
        self.process = RealtimeProcess(
            RealtimeConfig(name, hardware='driver', priority=0, sim_time=True, law=law)
        )
        self.q = [limb.home.copy() for limb in self.spec.limbs]
        self.now, self.rewinds, self.silent = 2 * SECOND, 0, set()
        self.process.start()

    def feed(self):
        """Say where every limb is that is not silent; let time pass."""
        self.now += SECOND // 100
        self.process.clock(self.now, self.rewinds)
        for i, limb in enumerate(self.spec.limbs):
            if i in self.silent:
                continue
            if limb.kind == 'mobile_base':
                obey_twist(self.process, i, self.now)
                continue
            self.process.joint_states(self.now, self.q[i], np.zeros(limb.n), 0.05, i)
            if getattr(limb, 'force_sensor', None) is not None:
                self.process.wrench(self.now, np.zeros(6), i)

    def until(self, condition):
        """Feed until something is so."""

        def met():
            self.feed()
            time.sleep(0.004)  # of real time, which the process needs
            return condition()

        wait_for(met)

    def arm(self):
        """Return the joint positions sent to the first arm; None while none are to be sent."""
        snapshot = self.process.state()
        return None if snapshot is None else snapshot.command.position

    def until_lost(self):
        self.silent = set(range(len(self.spec.limbs)))
        self.until(lambda: self.process.status().mode is Mode.HOLD and self.arm() is None)

    def until_found(self):
        """Return the first positions that can be read after the silence, as a driver would."""
        self.silent = set()
        first = []

        def found():
            if (sent := self.arm()) is not None:
                first.append(sent)
            return first

        self.until(found)
        return first[0]


@pytest.fixture
def make():
    made = []

    def start(*args, **options):
        made.append(Robot(*args, **options))
        made[0].until(lambda: not made[0].process.unheard)
        return made[0]

    yield start
    made[0].process.stop()


def test_positions_for_where_an_arm_was_are_not_to_be_had(make):
    robot = make('ur5e', law=LAW)
    np.testing.assert_allclose(robot.arm(), robot.q[0], atol=1e-6)
    robot.until_lost()
    assert robot.process.unheard
    robot.q[0] += 0.3
    np.testing.assert_allclose(robot.until_found(), robot.q[0], atol=1e-4)
    assert robot.process.status().mode is Mode.HOLD
    assert robot.process.post(Event.RESET) == ''


def test_a_robot_that_nobody_commanded_is_taken_up_where_others_have_put_it(make):
    robot = make('ur5e', law=LAW)
    away = 0.8 * robot.spec.driver.following.error
    for _ in range(15):  # by its own controller, not at once
        robot.q[0] += away / 15
        robot.feed()
        time.sleep(0.004)
    moved = robot.now
    robot.until(lambda: robot.process.state().state.stamp > moved + SECOND // 2)
    assert np.abs(robot.arm() - robot.q[0]).max() > 0.9 * away  # nobody has said that it was moved
    robot.feed()
    assert robot.process.anchor() == ''
    np.testing.assert_allclose(robot.until_found(), robot.q[0], atol=1e-4)
    assert robot.process.status().mode is Mode.IDLE


def drive_at(robot, speed):
    assert robot.process.post(Event.TAKEOVER) == ''

    def driving():
        twist = np.array([speed, 0.0, 0.0])
        robot.process.target(Kind.TWIST, robot.now, twist, BASE)
        return robot.process.mobile_base(BASE).state.commanded[0] > speed - 0.01

    robot.until(driving)


def test_when_the_clock_goes_back_a_drive_stands_and_no_limb_is_commanded_where_it_was(make):
    robot = make('humanoid')
    drive_at(robot, 0.4)
    robot.now, robot.rewinds = 0, robot.rewinds + 1
    robot.silent = {0, TORSO, BASE}
    robot.until(lambda: not robot.process.mobile_base(BASE).state.commanded.any())
    robot.until(lambda: robot.process.status().mode is Mode.HOLD)
    robot.until(lambda: robot.now > SECOND // 2)
    assert not robot.process.mobile_base(BASE).state.commanded.any()
    assert robot.process.mobile_base(BASE).state.stamp > SECOND // 4  # it lives, and says so
    assert robot.process.state(0) is None and robot.process.joint_group(TORSO) is None
    assert robot.process.state(1) is not None and robot.process.joint_group(HEAD) is not None
    robot.q[TORSO] += 0.2
    robot.silent = set()
    robot.until(lambda: not robot.process.unheard)
    sent = robot.process.joint_group(TORSO).state.commanded
    np.testing.assert_allclose(sent, robot.q[TORSO], atol=1e-9)


def test_a_drive_stands_at_once_though_the_new_time_does_not_begin(make):
    robot = make('humanoid')
    drive_at(robot, 0.4)
    robot.process.clock(0, 1)
    wait_for(lambda: not robot.process.mobile_base(BASE).state.commanded.any())
    assert robot.process.state(0) is None
