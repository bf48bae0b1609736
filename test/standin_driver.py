"""A stand-in for a robot's driver, or for a simulator with its bridge: a process of its own.

`python test/standin_driver.py '{"robot": "franka@isaac", ...}'` holds the physics of all limbs and
speaks the topics of the robot's YAML through a transport that takes `delay` s in each direction.
Joints come in another order than the robot's, with joints of other machines between. It ends with
its parent.
"""

from collections import deque
from dataclasses import dataclass
import faulthandler
import gc
import json
import os
import signal
import subprocess
import sys
import time

import rclpy
from rclpy.signals import SignalHandlerOptions
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from standin_inputs import inputs
from standin_outputs import outputs
from standin_robot import Robot
from std_msgs.msg import String

from vla_ros.core.config import build
from vla_ros.robots import load_robot
from vla_ros.ros import qos
from vla_ros.ros.convert.fields import header, packed, to_time
from vla_ros.ros.fastdds import adopt_profile
from vla_ros.ros.node_process import PARENT, PROMPT, die_with_parent, prioritise
from vla_ros_msgs.msg import SimState


QUEUE = 10  # messages, as drivers have it: limbs that share a topic send one each at a time


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
        self.robot = robot = Robot(load_robot(settings.robot), settings.family, settings.seed)
        self.timestep = robot.timestep
        self.time = 10.0 if settings.clock else 0.0  # s, simulated
        self.steps, self.speed, self.late = 0, settings.speed, 0.0
        self.inwards, self.outwards = deque(), deque()  # (step when due, what to do)
        self.delay = round(settings.delay / self.timestep)
        self.inputs, self.outputs = {}, []
        self.lost, self.paused, self.obeys = '', 0, True
        for kind, name, act in inputs(robot):
            self._take(kind, name, act)
        self._take(String, 'standin/command', self._obey, now=True)
        for topic, rate, make in outputs(robot, settings.rate):
            self._give(topic, rate, make)
        if settings.clock:
            clock = qos.Topic('/clock', Clock, 10)
            self._give(clock, settings.clock, self._clock)
        if settings.cameras:
            self._give(qos.Topic('standin/sim_state', SimState, qos.SENSOR), 62.5, self._sim_state)
        self.report = node.create_publisher(String, 'standin/report', 10)

    @property
    def stamp(self):
        by_clock = self.settings.clock and not self.settings.wall
        return round(self.time * 1e9) if by_clock else time.time_ns()

    def run(self, asked):
        """Step until the process is `asked` to end."""
        deadline = time.monotonic()
        while not asked:
            deadline += self.timestep / max(self.speed, 0.05)
            wait = deadline - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            elif wait < -0.05:
                # A real robot does not wait; this one does, and says so.
                self.late, deadline = self.late - wait, time.monotonic()
            self.hear()
            if self.speed > 0:
                self.step()
            else:
                self.paused += 1  # a pause has longer steps
                if not self.paused % 5:
                    self.tell()

    def hear(self):
        """Take what has come; most of it is still under way to the robot."""
        for subscription, acts, now in self.inputs.values():
            while taken := subscription.handle.take_message(subscription.msg_type, False):
                for act in acts:
                    if now:
                        act(taken[0])
                    else:
                        self.inwards.append((self.steps + self.delay, act, taken[0]))

    def step(self):
        """Pass a timestep on."""
        while self.inwards and self.inwards[0][0] <= self.steps:
            _, act, message = self.inwards.popleft()
            if self.obeys:
                act(message)
        self.robot.step()
        self.steps += 1
        self.time += self.timestep
        stamp = self.stamp
        for name, publisher, every, make in self.outputs:
            if not self.steps % every and name != self.lost:
                message = self._spoilt(make(stamp))
                self.outwards.append((self.steps + self.delay, publisher, message))
        if not self.steps % self._every(20.0):
            self.tell()
        while self.outwards and self.outwards[0][0] <= self.steps:
            _, publisher, message = self.outwards.popleft()
            publisher.publish(message)

    def tell(self):
        """Report to the test."""
        words = {**self.robot.judge(), 'time': self.time, 'steps': self.steps, 'late': self.late}
        self.report.publish(String(data=json.dumps(words)))

    def _obey(self, message):
        """Do what the test asks.

        'speed 0.5', 'pause', 'rewind'; 'lose' a joint or a topic, the first joint where none is
        named, or 'find' it; 'disobey': stand, and take no commands, while all else goes on, as
        after a protective stop, until told to 'obey'.
        """
        word, _, value = message.data.partition(' ')
        if word == 'speed':
            self.speed = float(value)
        elif word == 'pause':
            self.speed = 0.0
        elif word == 'lose':
            self.lost = value or self.robot.spec.joint_names[0]
        elif word == 'find':
            self.lost = ''
        elif word in ('obey', 'disobey'):
            self.obeys = word == 'obey'
            self.robot.stand()
        elif word == 'rewind':
            self.time = 1.0
            self.inwards.clear()
            self.outwards.clear()
            self.robot.reset()

    def _take(self, kind, name, act, now=False):
        if name not in self.inputs:
            subscription = self.node.create_subscription(kind, name, lambda _: None, QUEUE)
            self.inputs[name] = subscription, [], now
        self.inputs[name][1].append(act)

    def _give(self, topic, rate, make):
        publisher = self.node.create_publisher(topic.type, topic.name, topic.qos)
        self.outputs.append((topic.name, publisher, self._every(rate), make))

    def _every(self, rate):
        """Return the steps between two messages at a rate in Hz."""
        return max(round(1 / (rate * self.timestep)), 1)

    def _spoilt(self, message):
        """Return the message with another name for the joint that is lost."""
        if self.lost and isinstance(message, JointState):
            message.name = ['renamed' if name == self.lost else name for name in message.name]
        return message

    def _clock(self, stamp):
        return Clock(clock=to_time(round(self.time * 1e9)))  # also where stamps are of the wall's

    def _sim_state(self, stamp):
        data = self.robot.hardware.data
        message = SimState(header=header(stamp, 'world'))
        message.scene_id = f'{self.robot.seed} {self.robot.family}'
        message.qpos, message.qvel = packed(data.qpos, 'd'), packed(data.qvel, 'd')
        return message


def be_punctual():
    """Let nothing of this process's own come between two steps."""
    gc.freeze()
    gc.disable()


def start_camera(settings):
    """Start the process that draws: pictures would stop the physics for milliseconds."""
    names = ['-r', 'sim_state:=standin/sim_state', '-r', f'__ns:=/{settings.namespace}']
    node = [sys.executable, '-m', 'vla_ros.tabletop.camera_node', '--ros-args', *names]
    return subprocess.Popen(
        [*node, '-p', f'robot:={settings.robot}'], env={**os.environ, PARENT: str(os.getpid())}
    )


def main():
    settings = build(Settings, json.loads(sys.argv[1]), 'stand-in')
    faulthandler.register(signal.SIGUSR1)
    prioritise(PROMPT)
    die_with_parent()
    # Between two steps, and not in the middle of a message: whoever ends while it holds a lock of
    # the shared memory leaves it locked to all others.
    asked = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: asked.append(number))
    adopt_profile()
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node('standin', namespace=settings.namespace)
    camera = start_camera(settings) if settings.cameras else None
    standin = Standin(settings, node)
    be_punctual()
    standin.run(asked)
    if camera is not None:
        camera.terminate()
    node.destroy_node()
    rclpy.try_shutdown()


if __name__ == '__main__':
    main()
