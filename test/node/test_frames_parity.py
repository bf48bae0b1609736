"""Parity: the observations of a bag are the observations that a node had of the same messages."""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
import time

from data_values import assert_same
from fake_policy import write_fake_policy
import numpy as np
import pytest
from rclpy.serialization import serialize_message

from vla_ros.core.data import BodyState, JointGroupState, MobileBaseState, Pose, RobotState
from vla_ros.dataset import BagWriter, RecordConfig, Topic
from vla_ros.dataset.frames import read_frames
from vla_ros.observe import AlignConfig
from vla_ros.policies import load_policy
from vla_ros.robots import MobileBaseSpec, load_robot, named_limbs
from vla_ros.ros import convert, qos
from vla_ros.ros.convert import limbs as trunk
from vla_ros.ros.convert.fields import header
from vla_ros.ros.nodes.recorder import RecorderNode
from vla_ros.ros.observe.observer import Observer
from vla_ros.ros.params import param
from vla_ros.ros.stage_node import StageNode
from vla_ros.runtime.shm_limb import JointGroupSnapshot, Snapshot
from vla_ros_msgs.msg import EpisodeEvent, ExecutionStatus


pytest.importorskip('nav_msgs')
from vla_ros.ros.convert.odometry import odometry_to_msg  # noqa: E402


TASK = 'pick up the red cube'
MOMENTS = 12
# s: within the episode, between two moments of it, and longer than it is.
HISTORY = (0.0, 0.025, 0.1, 5.0)


@dataclass(frozen=True)
class Parameters:
    """What is observed."""

    policy: str = param('', 'Folder of a policy')
    robot: str = param('franka', 'Robot')


class Counted(StageNode):
    """Counts what it has taken, so that a test can wait for it."""

    def listen(self, topic, callback, **options):
        self.callbacks = getattr(self, 'callbacks', Counter())
        self.callbacks[topic.name] += 1
        self.taken = 0

        def take(message):
            callback(message)
            self.taken += 1

        return super().listen(topic, take, **options)


class CountedRecorder(Counted, RecorderNode):
    """The recorder."""


class Watcher(Counted):
    """Keeps every observation that an expert would act on, and how many messages it took."""

    Config = Parameters

    def configure(self, config):
        self.seen = []
        robot = load_robot(config.robot)
        self.observer = Observer(
            self, robot, looked_at(robot, config.policy), AlignConfig(),
            on_observation=self.seen.append,
        )  # fmt: skip


def looked_at(robot, policy):
    """Return the features of a policy, with the past of all and the wrenches that there are."""
    felt = tuple(
        f'{name}.wrench'.lstrip('.')
        for name, limb in named_limbs(robot)
        if limb.kind == 'arm' and limb.feels
    )
    own = load_policy(policy).spec.features
    images = {key: replace(image, history=True) for key, image in own.images.items()}
    vectors = {**own.vectors, **({'felt': felt} if felt else {})}
    features = replace(own, images=images, vectors=vectors, history=HISTORY)
    features.check(robot)
    return features


class Robot:
    """Says what a moving robot says, in an order that is the same for all who listen."""

    def __init__(self, bench, name, listeners):
        self.spec = load_robot(name)
        self.bench, self.listeners = bench, listeners
        self.random = np.random.default_rng(1)
        self.said = []  # topic, ns, bytes
        self.stamp = 0

    def say(self, topic, message):
        """Publish, and wait until every listener has taken it: one order for all of them."""
        wanted = [node.taken + node.callbacks[topic.name] for node in self.listeners]
        self.bench.send(topic, message)
        self.said.append((topic, time.time_ns(), serialize_message(message)))
        self.bench.until(
            lambda: [node.taken for node in self.listeners] == wanted,
            lambda: f'{topic.name} was not taken',
        )

    def event(self, kind):
        event = EpisodeEvent(header=header(time.time_ns()), episode_id='e', event=kind)
        event.instruction = TASK
        self.say(qos.EPISODE, event)

    def moment(self):
        """Say a new state of every limb and a new picture of every camera."""
        self.stamp = stamp = max(time.time_ns(), self.stamp + 10_000_000)
        by_topic = defaultdict(list)
        for name, limb in named_limbs(self.spec):
            state = self._state(limb, stamp)
            if isinstance(limb, MobileBaseSpec):
                self.say(qos.odom(limb.driver.odom), odometry_to_msg(limb, state))
                message = trunk.commanded_twist(limb, state)
            elif isinstance(state, RobotState):
                message = convert.commanded_to_msg(limb, state)
                if limb.feels:
                    felt = convert.external_wrench(Snapshot(state, None), limb.base_frame)
                    self.say(qos.EXTERNAL_WRENCH.of(name), felt)
            else:
                message = trunk.commanded_joints(limb, JointGroupSnapshot(state, np.zeros(limb.n)))
            self.say(qos.COMMANDED[limb.kind].of(name), message)
            if not isinstance(limb, MobileBaseSpec):
                by_topic[limb.driver.joint_states].append((limb, state))
        for topic, states in by_topic.items():
            self.say(qos.joint_states(topic), convert.joints_to_msg(states))
        if any(node.callbacks[qos.STATUS.name] for node in self.listeners):
            self.say(qos.STATUS, ExecutionStatus(header=header(stamp)))
        for k, camera in enumerate(self.spec.cameras):
            image = np.empty((camera.height, camera.width, 3), np.uint8)
            image[:] = self.random.integers(0, 255, 3)
            message = convert.image_to_msg(stamp + k * 1_000_000, image)
            self.say(qos.image_topic(camera.topic), message)

    def _state(self, limb, stamp):
        numbers = self.random.uniform(-0.1, 0.1, 7)
        if isinstance(limb, MobileBaseSpec):
            return MobileBaseState(stamp, numbers[:3], numbers[3:6])
        speed, effort, sent = self.random.uniform(-0.1, 0.1, (3, limb.n))
        if limb.kind == 'joint_group':
            home = limb.home
            return JointGroupState(stamp, home + numbers[0], speed, home + numbers[1], effort)
        pose = Pose(numbers[:3], np.array([1.0, 0.0, 0.0, 0.0]))
        return RobotState(
            stamp, limb.home + numbers[3], speed, pose, 0.03, pose, 0.02,
            effort=effort, wrench=self.random.uniform(-9, 9, 6), commanded_position=sent,
        )  # fmt: skip


def watch(bench, folder, name):
    """Start the watcher of a robot; return it and what it looks at."""
    folder = write_fake_policy(folder, name=name)
    node = bench.start(Watcher, name='watcher', policy=str(folder), robot=name)
    return node, looked_at(load_robot(name), folder)


def run(robot):
    """Play an episode, one message after the other."""
    robot.event(EpisodeEvent.START)
    for _ in range(MOMENTS):
        robot.moment()
    robot.event(EpisodeEvent.END)


def same_state(a, b):
    assert type(a) is type(b)
    if isinstance(a, BodyState):
        assert a.stamp == b.stamp
        for own, other in zip(a.limbs, b.limbs, strict=True):
            same_state(own, other)
    else:
        assert_same(a, b)


def same_images(a, b, apart):
    assert a.keys() == b.keys()
    for name, image in a.items():
        assert np.abs(image.astype(int) - b[name].astype(int)).max() <= apart, name


def whole(state):
    """Whether everything is known of a state that its robot can know."""
    if isinstance(state, BodyState):
        return all(map(whole, state.limbs))
    if not isinstance(state, RobotState):
        return all(np.isfinite(own).all() for own in vars(state).values())
    names = ('position', 'velocity', 'effort', 'twist', 'commanded_position')
    return all(np.isfinite(getattr(state, name)).all() for name in names)


def compare(live, frames, apart):
    """Assert that all are the same, with pictures at most so many grey levels apart."""
    assert [o.stamp for o in live] == [o.stamp for o in frames]
    for own, other in zip(live, frames, strict=True):
        assert own.instruction == other.instruction == TASK
        same_state(own.state, other.state)
        same_images(own.images, other.images, apart)
        assert [then.ago for then in own.past] == [then.ago for then in other.past]
        for then, again in zip(own.past, other.past, strict=True):
            same_state(then.state, again.state)
            same_images(then.images, again.images, apart)
    assert [then.ago for then in live[-1].past] == [*HISTORY[1:]]
    assert all(whole(own.state) for own in live)
    oldest = live[0].past[-1]
    assert [own.past[-1].state.stamp for own in live] == [oldest.state.stamp] * len(live)
    assert len({own.past[0].state.stamp for own in live}) > 1


def frames_of(folder, robot, features):
    images, history = features.images.values(), features.history
    return read_frames(folder, robot.spec, images, history=history, wrench=features.feels)


@pytest.mark.parametrize('name', ['franka', 'ur5e', 'aloha', 'humanoid'])
def test_frames_of_raw_images_are_exactly_what_a_node_saw(bench, tmp_path, name):
    node, features = watch(bench, tmp_path / 'policy', name)
    robot = Robot(bench, name, [node])
    run(robot)
    topics = {f'/{topic.name}': Topic(f'/{topic.name}', topic.kind) for topic, _, _ in robot.said}
    bag = BagWriter(tmp_path / 'bags', 'e', topics.values(), {}, RecordConfig(min_free=0))
    for topic, at, data in robot.said:
        assert bag.write(f'/{topic.name}', data, at)
    folder = bag.close({'outcome': 'success'})
    frames = list(frames_of(folder, robot, features))
    assert len(frames) >= MOMENTS
    compare(node.seen, frames, apart=0)
    if features.feels:
        assert np.isfinite(frames[-1].state.wrench).all()


def test_frames_of_the_recorder_are_what_a_node_saw_but_for_jpeg(bench, tmp_path):
    recorder = bench.start(CountedRecorder, folder=str(tmp_path / 'bags'), sim=False)
    node, features = watch(bench, tmp_path / 'policy', 'franka')
    robot = Robot(bench, 'franka', [recorder, node])
    run(robot)
    bench.until(lambda: recorder._bag is None, 'the bag is not closed')
    recorder.close()
    bench.executor.remove_node(recorder)
    recorder.destroy_node()
    (folder,) = (tmp_path / 'bags').iterdir()
    frames = list(frames_of(folder, robot, features))
    assert len(frames) >= MOMENTS
    compare(node.seen, frames, apart=3)
