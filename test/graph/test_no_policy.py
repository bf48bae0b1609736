"""Without a policy a robot takes chunks from any node; the example of docs/your-policy.md does."""

from pathlib import Path
import subprocess
import sys

from environments import environment_in
import pytest

from vla_ros.ros import qos


pytestmark = [pytest.mark.ros, pytest.mark.slow]
EXAMPLE = Path(__file__).parents[2] / 'examples' / 'chunk_publisher.py'
HEIGHT = 0.05  # m, of the example


def test_a_plain_node_moves_the_arm_with_chunks(start):
    graph = start('none')
    assert set(graph.runner.pids) == {'camera', 'referee', 'control'}
    heights = []
    graph.client.subscribe(qos.COMMANDED_STATE, lambda m: heights.append(m.pose.position.z))
    environment = environment_in(graph.domain)
    with subprocess.Popen([sys.executable, str(EXAMPLE)], env=environment) as example:
        graph.until(lambda: example.poll() is not None, 'the example did not end', 30.0)
    assert example.returncode == 0
    assert max(heights) - heights[0] == pytest.approx(HEIGHT, abs=0.005)
    assert heights[-1] == pytest.approx(heights[0], abs=0.005)
    assert graph.status.refused_chunks == 0, graph.status.last_refusal
