"""One node over real DDS, in a domain of its own, with a tester beside it on the same thread."""

from pathlib import Path
import sys

import pytest


sys.path.insert(0, str(Path(__file__).parent))
pytest.importorskip('rclpy')
pytest.importorskip('vla_ros_msgs.msg')

from node_bench import Bench  # noqa: E402

from vla_ros.ros import qos  # noqa: E402
from vla_ros.ros.node_process import PROMPT, prioritise  # noqa: E402


@pytest.fixture
def bench():
    made = Bench()
    yield made
    made.close()


@pytest.fixture(autouse=True, scope='module')
def prompt(request):
    """A node that runs a robot has the priority here that its process would have."""
    if request.node.get_closest_marker('realtime'):
        prioritise(PROMPT)


@pytest.fixture
def topics():
    return qos
