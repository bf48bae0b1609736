"""The control node of a humanoid, and the drivers of its limbs, whose side the test plays."""

import time

from control_bench import ControlBench
from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import Odometry
import numpy as np
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
import yaml

from vla_ros.core.data import ActionChunk
from vla_ros.core.paths import config_file
from vla_ros.robots import load_robot
from vla_ros.robots.channels import channel_kinds
from vla_ros.ros import convert, qos


TORSO, HEAD, BASE = 2, 3, 4
ROBOT = load_robot('humanoid')


def make_chunk(row, seq=0, twist=(0.0, 0.0, 0.0), yaw_rate=0.0, horizon=16, dt=0.1):
    """Return a chunk that stays at `row` (24,), but drives, and turns the head."""
    stamp = time.time_ns()
    actions = np.tile(row, (horizon, 1))
    actions[:, 21:] = twist
    actions[:, 20] += yaw_rate * dt * np.arange(1, horizon + 1)
    return ActionChunk(
        stamp=stamp, seq=seq, latent_seq=1, latent_age=0.1, robot='humanoid', model='test:0',
        channels=ROBOT.channels, kinds=channel_kinds(ROBOT), dt=dt, actions=actions,
        inference_start=stamp, inference_end=stamp, valid_for=10.0,
    )  # fmt: skip


def patient(folder):
    """Return the path of a humanoid whose drivers may be silent for as long as a busy machine."""
    tree = yaml.safe_load(config_file('robots', 'humanoid').read_text())
    for limb in tree['limbs']:
        limb['driver']['stale_after'] = 0.7
    path = folder / 'humanoid.yaml'
    path.write_text(yaml.safe_dump(tree))
    return str(path)


class HumanoidBench(ControlBench):
    """The node, and what it publishes of every limb."""

    def __init__(self, bench, **parameters):
        self.arms = [bench.listen(qos.COMMANDED_STATE.of(arm.name)) for arm in ROBOT.arms]
        names = [ROBOT.limbs[i].name for i in (TORSO, HEAD)]
        self.joints = [bench.listen(qos.COMMANDED_JOINTS.of(name)) for name in names]
        self.twists = bench.listen(qos.COMMANDED_TWIST.of('base'))
        super().__init__(bench, **{'robot': 'humanoid', **parameters})

    @property
    def row(self):
        """What is commanded, as a row of a chunk."""
        row = []
        for messages in self.arms:
            _, pose, opening = convert.commanded_from_msg(messages[-1])
            row += [*pose.position, *pose.quaternion, opening]
        return np.array(
            [*row, *self.joints[0][-1].position, *self.joints[1][-1].position, 0, 0, 0]
        )

    @property
    def heard(self):
        return all([*self.arms, *self.joints, self.twists, self.statuses])

    def offer(self, *arguments, **fields):
        self.bench.send(qos.ACTION_CHUNK, convert.chunk_to_msg(make_chunk(*arguments, **fields)))


class HumanoidDrivers(HumanoidBench):
    """The node in front of drivers: joints and a base that do at once what they are sent."""

    def __init__(self, bench, folder):
        group = {limb.name: limb.driver.command for limb in ROBOT.limbs[:BASE]}
        self.commands = {
            name: bench.listen(qos.Topic(topic, Float64MultiArray, qos.COMMAND))
            for name, topic in group.items()
        }
        self.driven = bench.listen(qos.Topic('cmd_vel', TwistStamped, qos.COMMAND))
        super().__init__(bench, sim='none', robot=patient(folder))
        self._joints = qos.joint_states('joint_states')
        self.silent = set()  # of 'joints', 'odom'
        self.frame, self.shuffled, self.missing = 'base_link', False, set()

    def step(self):
        """Publish joints and odometry of now."""
        stamp = convert.to_time(time.time_ns())
        if 'joints' not in self.silent:
            self.bench.send(self._joints, self._joint_state(stamp))
        if 'odom' not in self.silent:
            message = Odometry(child_frame_id=self.frame)
            message.header.stamp = stamp
            message.pose.pose.orientation.w = 1.0
            if self.driven:
                message.twist.twist = self.driven[-1].twist
            self.bench.send(qos.odom('odom'), message)

    @property
    def whole(self):
        """Whether every limb has been heard of, and has been sent something."""
        return self.heard and all(self.commands.values()) and bool(self.driven)

    def _joint_state(self, stamp):
        values = {}
        for limb in ROBOT.limbs[:BASE]:
            sent = self.commands[limb.name]
            q = sent[-1].data if sent else limb.home
            values |= dict(zip(limb.joint_names, q, strict=True))
        for arm in ROBOT.arms:
            values |= dict.fromkeys(arm.gripper.joints, 0.04)
        names = [name for name in values if name not in self.missing]
        names = names[::-1] if self.shuffled else names
        message = JointState(name=names)
        message.header.stamp = stamp
        message.position = [float(values[name]) for name in names]
        message.velocity = [0.0] * len(names)
        return message

    def feed(self, done, words, timeout=15.0):
        """Publish at 100 Hz until done."""
        self.repeat(self.step, 0.01, done, words, timeout)

    @property
    def speed(self):
        """The last twist that was sent to the base, (3,)."""
        twist = self.driven[-1].twist
        return np.array([twist.linear.x, twist.linear.y, twist.angular.z])
