"""The recorder node under load: everything that was sent is in the bag."""

from domains import next_domain
import pytest


pytest.importorskip('rclpy')

from vla_ros.bench.recorder_bench import bench_recorder  # noqa: E402


pytestmark = [pytest.mark.ros, pytest.mark.slow]


def test_what_was_sent_is_recorded(monkeypatch, tmp_path, fake_policy):
    monkeypatch.setenv('ROS_DOMAIN_ID', str(next_domain()))
    figures = bench_recorder('franka', str(fake_policy), tmp_path, 4.0, 160, 120)
    topics = figures['topics']
    assert topics['joint_states']['sent'] == 800
    assert topics['camera/front/image_raw']['sent'] == 120
    assert figures['messages'] == sum(row['sent'] for row in topics.values()) > 1000
    assert figures['lost'] == 0, topics
