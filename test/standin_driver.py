"""A stand-in for a robot's driver, or for a simulator with its bridge: a process of its own.

`python test/standin_driver.py '{"robot": "franka@isaac", ...}'` holds the physics and speaks the
topics of the robot's YAML through a transport that takes `delay` s in each direction. Joints come
in another order than the robot's, with joints of other machines between. It ends with its parent.
"""

from collections import deque
import contextlib
from dataclasses import dataclass
import gc
import json
import os
import subprocess
import sys
import time

from geometry_msgs.msg import WrenchStamped
import rclpy
from rclpy._rclpy_pybind11 import RCLError
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from standin_inputs import inputs
from standin_robot import DT, Robot
from std_msgs.msg import String

from vla_ros.config import build
from vla_ros.nodes import qos
from vla_ros.nodes.base import PARENT, die_with_parent
from vla_ros.nodes.convert.base import header, packed, to_time
from vla_ros.robots import load_arm
from vla_ros_msgs.msg import SimState


@dataclass(frozen=True)
class Settings:
    """What it stands in for."""

    robot: str = 'franka'  # name or path, with @gazebo or @isaac for those bridges
    namespace: str = ''
    family: str = 'pick'
    seed: int = 0
    delay: float = 0.005  # s, in each direction
    rate: float = 250.0  # Hz, of joint_states
    clock: float = 0.0  # Hz, of /clock; 0: there is none, and stamps are of the wall clock
    speed: float = 1.0  # simulated seconds per second
    cameras: bool = False
    wall: bool = False  # stamps of the wall clock in spite of a /clock: a mistake


class Standin:
    """Physics in real time, and a line for what is under way in either direction."""

    def __init__(self, settings, node):
        self.settings, self.node = settings, node
        self.spec = spec = load_arm(settings.robot)
        self.robot = Robot(spec, settings.family, settings.seed)
        self.time = 10.0 if settings.clock else 0.0  # s, simulated
        self.steps, self.speed, self.late = 0, settings.speed, 0.0
        self.inwards, self.outwards = deque(), deque()  # (step when due, what to do)
        self.delay = round(settings.delay / DT)
        self.inputs, self.lost, self.paused = [], False, 0
        for kind, name, act in inputs(spec, self.robot):
            self._take(kind, name, act)
        self._take(String, 'standin/command', self._obey, now=True)
        self.joints = node.create_publisher(JointState, spec.driver.joint_states, qos.SENSOR)
        self.sim = node.create_publisher(SimState, 'standin/sim_state', qos.SENSOR)
        self.report = node.create_publisher(String, 'standin/report', 10)
        if settings.clock:
            self.clock = node.create_publisher(Clock, '/clock', 10)
        if spec.force_sensor is not None:
            self.wrench = node.create_publisher(WrenchStamped, spec.force_sensor.topic, qos.SENSOR)

    @property
    def stamp(self):
        by_clock = self.settings.clock and not self.settings.wall
        return round(self.time * 1e9) if by_clock else time.time_ns()

    def run(self):
        """Step until the process is ended."""
        deadline = time.monotonic()
        while rclpy.ok():
            deadline += DT / max(self.speed, 0.05)
            wait = deadline - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            elif wait < -0.05:
                # A real robot does not wait; this one does, and says so.
                self.late, deadline = self.late - wait, time.monotonic()
            for subscription, act, now in self.inputs:
                while taken := subscription.handle.take_message(subscription.msg_type, False):
                    if now:
                        act(taken[0])
                    else:
                        self.inwards.append((self.steps + self.delay, act, taken[0]))
            if self.speed > 0:
                self.step()
            else:
                self.paused += 1  # a pause has longer steps
                if not self.paused % 5:
                    self.tell()

    def step(self):
        """Pass a millisecond on."""
        while self.inwards and self.inwards[0][0] <= self.steps:
            _, act, message = self.inwards.popleft()
            act(message)
        self.robot.step()
        self.steps += 1
        self.time += DT
        settings, stamp = self.settings, self.stamp
        if not self.steps % round(1 / (settings.rate * DT)):
            self._later(self.joints, self._joint_states(stamp))
            if self.spec.force_sensor is not None:
                self._later(self.wrench, self._wrench(stamp))
        if settings.clock and not self.steps % round(1 / (settings.clock * DT)):
            self._later(self.clock, Clock(clock=to_time(round(self.time * 1e9))))
        if settings.cameras and not self.steps % 16:
            self._later(self.sim, self._sim_state(stamp))
        if not self.steps % 50:
            self.tell()
        while self.outwards and self.outwards[0][0] <= self.steps:
            _, publisher, message = self.outwards.popleft()
            publisher.publish(message)

    def tell(self):
        """Report to the test."""
        words = {**self.robot.judge(), 'time': self.time, 'steps': self.steps, 'late': self.late}
        self.report.publish(String(data=json.dumps(words)))

    def _obey(self, message):
        """Do what the test asks: 'speed 0.5', 'pause', 'rewind', 'lose' a joint or 'find' it."""
        word, _, value = message.data.partition(' ')
        if word == 'speed':
            self.speed = float(value)
        elif word == 'pause':
            self.speed = 0.0
        elif word in ('lose', 'find'):
            self.lost = word == 'lose'
        elif word == 'rewind':
            self.time = 1.0
            self.inwards.clear()
            self.outwards.clear()
            self.robot.reset()

    def _later(self, publisher, message):
        self.outwards.append((self.steps + self.delay, publisher, message))

    def _take(self, kind, name, act, now=False):
        subscription = self.node.create_subscription(kind, name, lambda _: None, qos.COMMAND)
        self.inputs.append((subscription, act, now))

    def _joint_states(self, stamp):
        """Return the joints backwards, with others at both ends."""
        sample, spec = self.robot.hardware.read(), self.spec
        fingers = spec.gripper.joints
        share = [sample.gripper / len(fingers)] * len(fingers)
        names = ['some_rail', *fingers, *spec.joint_names[::-1], 'some_wheel']
        if self.lost:
            names[-2] = 'renamed'
        message = JointState(header=header(stamp), name=names)
        message.position = packed([7.0, *share, *sample.position[::-1].tolist(), 9.0], 'd')
        rates = [0.0] * (1 + len(fingers))
        message.velocity = packed([*rates, *sample.velocity[::-1].tolist(), 0.0], 'd')
        return message

    def _wrench(self, stamp):
        message = WrenchStamped(header=header(stamp))
        values = self.robot.hardware.read().wrench.reshape(2, 3).tolist()
        for part, row in zip((message.wrench.force, message.wrench.torque), values, strict=True):
            part.x, part.y, part.z = row
        return message

    def _sim_state(self, stamp):
        data = self.robot.hardware.data
        message = SimState(header=header(stamp, 'world'))
        message.scene_id = f'{self.robot.seed} {self.robot.family}'
        message.qpos, message.qvel = packed(data.qpos, 'd'), packed(data.qvel, 'd')
        return message


def be_punctual():
    """Come before whoever only thinks, where that is permitted: no robot waits for a processor."""
    gc.freeze()
    gc.disable()
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(30))


def main():
    settings = build(Settings, json.loads(sys.argv[1]), 'stand-in')
    die_with_parent()
    rclpy.init()
    node = rclpy.create_node('standin', namespace=settings.namespace)
    camera = None
    if settings.cameras:
        # Pictures are drawn by a process of its own: they would stop the physics for milliseconds.
        names = ['-r', 'sim_state:=standin/sim_state', '-r', f'__ns:=/{settings.namespace}']
        camera = subprocess.Popen(
            [
                sys.executable,
                '-m',
                'vla_ros.nodes.camera',
                '--ros-args',
                *names,
                '-p',
                f'robot:={settings.robot}',
            ],
            env={**os.environ, PARENT: str(os.getpid())},
        )
    standin = Standin(settings, node)
    be_punctual()
    try:
        with contextlib.suppress(RCLError):  # asked to end in the middle of a step
            standin.run()
    finally:
        if camera is not None:
            camera.terminate()
        os._exit(0)  # rclpy, interrupted in a step, may not end by itself


if __name__ == '__main__':
    main()
