"""Two robots in one domain: what concerns one leaves the other alone.

Left is a whole stack, right a control node and a recorder: two whole ones ask too much of two
processors. Right's own policy is left out; that left's chunks do not move it is what counts.
"""

from fake_policy import write_fake_policy
from geometry_msgs.msg import TwistStamped
import numpy as np
import pytest
from std_srvs.srv import Trigger

from vla_ros.bench.recorder_bench import recorded
from vla_ros.core.data import Mode
from vla_ros.ros import qos
from vla_ros.ros.convert.fields import header


pytestmark = [pytest.mark.ros, pytest.mark.slow]
TASK = 'put the red cube in the bowl'
ROS = {'/parameter_events', '/rosout'}  # every node has these


def there(graph):
    return graph.status.measured.position


def names(graph):
    """Return every topic and service that the graph's client sees."""
    node = graph.client.node
    found = [*node.get_topic_names_and_types(), *node.get_service_names_and_types()]
    return {name for name, _ in found} - ROS


def lead(graph, until):
    """Take the arm and move it by twists."""
    assert graph.ask(Trigger, 'takeover').success
    publisher = graph.client.node.create_publisher(
        TwistStamped, qos.TARGET_TWIST.name, qos.COMMAND
    )

    def done():
        message = TwistStamped(header=header(graph.client.now, 'base_link'))
        message.twist.linear.y = 0.1
        publisher.publish(message)
        return until()

    graph.until(done, 'it does not move')


def test_two_robots_in_one_domain_do_not_hear_each_other(shared, start, tmp_path):
    left = shared
    other = write_fake_policy(tmp_path / 'policy', name='ur5e')
    right = start(
        other, domain=left.domain, only=('recorder', 'control'), robot='ur5e',
        namespace='right', record=str(tmp_path / 'right'),
    )  # fmt: skip
    assert all(name.startswith(('/left/', '/right/')) for name in names(left))
    # Right waits for chunks of its own while left executes its.
    right.instruct(TASK)
    home_left, home_right = there(left), there(right)
    left.instruct(TASK)
    left.until(lambda: np.linalg.norm(there(left) - home_left) > 0.05, 'left does not move')
    assert left.chunks and not right.chunks
    assert right.status.chunk_seq == -1 and right.status.refused_chunks == 0
    assert np.abs(there(right) - home_right).max() < 1e-3
    # Stopping left leaves right as it was, and right is led while left stays stopped.
    assert left.ask(Trigger, 'estop').success
    left.until(lambda: left.status.mode is Mode.STOP, 'left does not stop')
    assert right.status.mode in (Mode.RUN, Mode.HOLD)
    stopped = there(left)
    lead(right, lambda: np.linalg.norm(there(right) - home_right) > 0.05)
    assert right.status.mode is Mode.TAKEOVER and left.status.mode is Mode.STOP
    assert np.abs(there(left) - stopped).max() < 0.02  # damped, it may sag a little
    left.runner.stop()
    assert right.ask(Trigger, 'release').success
    right.runner.stop()
    (right_bag,) = (tmp_path / 'right').iterdir()
    for side, folder in (('left', left.new_bag()), ('right', right_bag)):
        (bag,) = folder.glob('*.mcap')
        kept = recorded(bag)
        assert kept and all(name.startswith(f'{side}/') for name in kept), kept
