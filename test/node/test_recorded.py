"""What goes into the bags of robots with limbs of several kinds."""

import pytest

from vla_ros.robots import load_robot
from vla_ros.ros.nodes.recorded_topics import recorded_topics


def recorded(name):
    return {topic.topic.name: topic for topic in recorded_topics(load_robot(name), sim=True)}


def test_every_limb_of_a_humanoid_is_recorded():
    pytest.importorskip('nav_msgs')
    topics = recorded('humanoid')
    assert topics['odom'].topic.kind == 'nav_msgs/msg/Odometry'
    assert topics['joint_states'].topic.kind == 'sensor_msgs/msg/JointState'
    own = {name for name in topics if '/' in name and not name.startswith('camera/')}
    arms = {name for name in own if name.startswith(('left/', 'right/'))}
    assert own - arms == {
        'torso/commanded_joints', 'torso/target_joint', 'head/commanded_joints',
        'head/target_joint', 'base/commanded_twist', 'base/target_twist',
    }  # fmt: skip
    assert 'left/commanded_state' in arms and 'right/target_stiffness' in arms
    assert 'left/external_wrench' not in arms  # nobody knows it
    assert {'camera/head/image_raw', 'camera/left_wrist/image_raw'} <= set(topics)


def test_one_arm_is_recorded_as_ever():
    topics = recorded('franka')
    assert 'commanded_state' in topics and 'target_gripper' in topics
    assert 'external_wrench' in topics  # known by the torques sent
    assert not {'odom', 'commanded_joints', 'commanded_twist'} & set(topics)
