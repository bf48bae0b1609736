"""The teleoperation node with a leader arm and a pedal."""

import time

from fake_control import FakeControl
import numpy as np
from robot_feed import SPEC, state
from sensor_msgs.msg import JointState, Joy

from vla_ros.ros import convert, qos
from vla_ros.ros.convert.fields import header
from vla_ros.ros.nodes.teleop import TeleopNode


class LeaderBench:
    """A leader arm with a pedal, and the arm that follows it."""

    def __init__(self, bench, tmp_path, **parameters):
        lines = ''.join(f'  {key}: {value}\n' for key, value in parameters.items())
        preset = tmp_path / 'mine.yaml'
        preset.write_text(f'device: leader\nparameters:\n  pedal: pedal\n{lines}')
        self.bench = bench
        self.control = FakeControl(bench)
        bench.start(TeleopNode, device=str(preset))
        bench.until(lambda: bench.node._arm.mode(time.time_ns()) is not None, 'no status')
        self.targets = bench.listen(qos.TARGET_JOINT)
        self.leader = SPEC.home.copy()
        self.pedal_topic = qos.Topic('pedal', Joy, qos.SENSOR)
        self.leader_topic = qos.Topic('leader/joint_states', JointState, qos.SENSOR)

    def hold(self, pedal, until, words='it did not happen', timeout=10.0):
        end = time.monotonic() + timeout
        while not until():
            assert time.monotonic() < end, words
            stamp = time.time_ns()
            self.bench.send(qos.JOINT_STATES, convert.joints_to_msg([(SPEC, state(stamp))]))
            joints = JointState(header=header(stamp), name=list(SPEC.joint_names)[::-1])
            joints.position = self.leader[::-1].tolist()
            self.bench.send(self.leader_topic, joints)
            self.bench.send(self.pedal_topic, Joy(header=header(stamp), buttons=[int(pedal), 0]))
            self.bench.spin(0.02)

    def hold_for(self, seconds, pedal):
        end = time.monotonic() + seconds
        self.hold(pedal, lambda: time.monotonic() > end)


def test_a_leader_elsewhere_is_approached_at_a_limited_speed_and_then_followed(bench, tmp_path):
    leader = LeaderBench(bench, tmp_path, catch_up=0.5)
    leader.leader = SPEC.home + 0.3
    leader.hold_for(0.3, False)
    leader.hold(True, lambda: leader.targets, 'not engaged')
    assert leader.targets[0].name == list(SPEC.joint_names)
    first = np.array(leader.targets[0].position)
    assert np.abs(first - SPEC.home).max() < 0.06  # it begins where the arm is
    leader.hold(
        True, lambda: np.allclose(leader.targets[-1].position, SPEC.home + 0.3, atol=1e-9), 'lost'
    )
    stamps = np.array([convert.from_time(t.header.stamp) for t in leader.targets]) / 1e9
    path = np.array([t.position for t in leader.targets])
    far = np.abs(path - SPEC.home - 0.3).max(axis=1) > 0.1
    speeds = np.abs(np.diff(path, axis=0)).max(axis=1)[far[1:]]
    assert speeds.sum() <= 0.5 * (stamps[far][-1] - stamps[0]) + 0.05
    # The pedal let go: the target stays where it is, wherever the leader goes.
    leader.hold_for(0.2, False)
    leader.leader = SPEC.home
    leader.hold_for(0.3, False)
    assert np.allclose(leader.targets[-1].position, SPEC.home + 0.3, atol=1e-9)


def test_a_leader_elsewhere_is_refused_where_it_is_not_approached(bench, tmp_path):
    leader = LeaderBench(bench, tmp_path, catch_up=0.0)
    leader.leader = SPEC.home + 0.3
    leader.hold_for(0.3, False)
    leader.hold_for(0.5, True)
    assert leader.control.asked == [] and leader.targets == []
    leader.leader = SPEC.home + 0.05
    leader.hold_for(0.2, False)
    leader.hold(True, lambda: leader.targets, 'not engaged')
