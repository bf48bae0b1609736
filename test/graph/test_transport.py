from domains import next_domain
import pytest

from vla_ros.bench.camera_bench import bench_transport
from vla_ros.ros.fastdds import profile_variables


pytestmark = [pytest.mark.ros, pytest.mark.slow]


def test_no_raw_image_is_lost_with_the_profile_that_ships(monkeypatch):
    monkeypatch.setenv('ROS_DOMAIN_ID', str(next_domain()))
    result = bench_transport(profile_variables(), width=640, height=480, seconds=5.0)
    assert result['sent'] == 300 and result['lost'] == 0
    assert result['latency_p50'] < 0.1
