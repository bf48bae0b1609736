"""The control node of a robot with two arms: what belongs to one of them begins with its name."""

import time

from control_bench import ControlBench, shared
from geometry_msgs.msg import TwistStamped
import numpy as np
import pytest
from rclpy.parameter import Parameter

from vla_ros.core.data import Mode
from vla_ros.robots import load_robot
from vla_ros.ros import convert, qos
from vla_ros.ros.nodes.control import ControlNode


pytestmark = pytest.mark.realtime


pytest.importorskip('mujoco')
SIDES = ('left', 'right')


class TwoArms(ControlBench):
    """The node, and what both arms published last."""

    def __init__(self, bench):
        robot = load_robot('aloha')
        self.poses = [bench.listen(qos.CURRENT_POSE.of(side)) for side in SIDES]
        self.joints = [
            bench.listen(qos.joint_states(limb.driver.joint_states)) for limb in robot.limbs
        ]
        super().__init__(bench, robot='aloha')
        bench.until(
            lambda: self.statuses and all(self.poses) and all(self.joints), 'nothing is published'
        )

    @property
    def places(self):
        newest = [poses[-1].pose.position for poses in self.poses]
        return np.array([[p.x, p.y, p.z] for p in newest])


@pytest.fixture(scope='module')
def running():
    yield from shared(TwoArms)


def test_each_arm_has_topics_of_its_own(running):
    for side, joints, poses in zip(SIDES, running.joints, running.poses, strict=True):
        assert joints[-1].name[0] == f'{side}_waist'
        assert poses[-1].header.frame_id == 'base_link'
    np.testing.assert_allclose(running.places[:, 1], (0.169, -0.169), atol=2e-3)


def test_a_twist_moves_only_its_arm(running):
    assert running.trigger('takeover').success
    running.until(Mode.TAKEOVER)
    begin = running.places
    message = TwistStamped()
    message.header.frame_id = 'base_link'
    message.twist.linear.z = 0.1

    def send():
        message.header.stamp = convert.to_time(time.time_ns())
        running.bench.send(qos.TARGET_TWIST.of('left'), message)

    running.repeat(send, 0.02, lambda: running.places[0, 2] > begin[0, 2] + 0.03, 'left rises')
    np.testing.assert_allclose(running.places[1], begin[1], atol=1e-3)
    running.rest()


def test_it_may_be_configured_again(bench):
    node = bench.start(ControlNode, robot='aloha')
    (refused,) = node.set_parameters([Parameter('law', value='aloha_servo')])
    assert not refused.successful and 'law: it is read by configure' in refused.reason
    (taken,) = node.set_parameters([Parameter('left.law', value='aloha_servo')])
    assert taken.successful, taken.reason
    for transition in ('deactivate', 'cleanup', 'configure', 'activate'):
        assert getattr(node, f'trigger_{transition}')().name == 'SUCCESS', transition
    assert node.has_parameter('left.law') and node.has_parameter('right.gains.damping')
    node.trigger_deactivate()
    node.trigger_cleanup()
    assert not any(name.startswith(('left.', 'right.')) for name in node._parameters)
    (taken,) = node.set_parameters([Parameter('seed', value=3)])
    assert taken.successful, taken.reason
