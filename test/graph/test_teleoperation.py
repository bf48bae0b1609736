"""A person with a joystick takes the arm from the policy in the whole stack, and gives it back."""

import time

import pytest
from sensor_msgs.msg import Joy

from vla_ros.core.data import Mode
from vla_ros.dataset.read import read_episode
from vla_ros.ros import qos
from vla_ros.ros.convert.fields import header


pytestmark = [pytest.mark.ros, pytest.mark.slow]
TASK = 'put the red cube in the bowl'
DEADMAN, RELEASE = 9, 6  # config/teleop/joystick.yaml
LEFT = 0  # axis


class Joystick:
    """A game controller's driver."""

    def __init__(self, graph):
        self.graph = graph
        self.publisher = graph.client.node.create_publisher(Joy, 'joy', qos.SENSOR)
        # A dead-man switch that was never seen released takes nothing.
        graph.until(self.publisher.get_subscription_count, 'nobody listens')

    def hold(self, *pressed, left=0.0, until, words):
        """Hold the controller like this, at 50 Hz, until something happens."""
        end = time.monotonic() + 20
        while not until():
            assert time.monotonic() < end, f'{words}; {self.graph.status}'
            message = Joy(header=header(time.time_ns()), axes=[left, 0.0, 0.0, 0.0, 0.0, 0.0])
            message.buttons = [int(index in pressed) for index in range(21)]
            self.publisher.publish(message)
            time.sleep(0.02)

    def take(self):
        """Release and press, as a person does until the arm is theirs.

        What is pressed before the node has seen it released takes nothing.
        """
        taken = lambda: self.graph.status.mode is Mode.TAKEOVER  # noqa: E731
        end = time.monotonic() + 20
        while not taken():
            said = [line for node, line in self.graph.lines if node == 'teleop']
            assert time.monotonic() < end, f'the arm is not taken; {said[-10:]}'
            self.rest(0.3)
            patience = time.monotonic() + 2
            over = lambda until=patience: taken() or time.monotonic() > until  # noqa: E731
            self.hold(DEADMAN, until=over, words='')

    def rest(self, seconds):
        """Hold it without pressing anything."""
        end = time.monotonic() + seconds
        self.hold(until=lambda: time.monotonic() > end, words='')


def test_the_arm_is_taken_moved_and_given_back_and_the_bag_knows_it(shared):
    graph = shared
    graph.instruct(TASK)
    graph.until(lambda: graph.status.mode is Mode.RUN and graph.status.chunk_seq > 0, 'no RUN')
    stick = Joystick(graph)
    stick.take()
    y = graph.status.measured.position[1]
    direction = -1.0 if y > 0 else 1.0
    stick.hold(
        DEADMAN, left=direction,
        until=lambda: abs(graph.status.measured.position[1] - y) > 0.05, words='it does not move',
    )  # fmt: skip
    assert graph.status.refused_targets == 0, graph.status.last_refusal
    stick.rest(0.3)
    stick.hold(RELEASE, until=lambda: graph.status.mode is Mode.RUN, words='it is not given back')
    resumed = graph.status.chunk_seq
    graph.until(lambda: graph.status.chunk_seq > resumed, 'the policy does not go on')
    assert graph.client.end_episode('aborted') == ''
    episode = read_episode(graph.new_bag())
    ((begin, end),) = episode.interventions
    assert 0.2 < (end - begin) * 1e-9 < 30
    taken = episode.status.stamp[episode.status.mode == Mode.TAKEOVER]
    assert begin - 2e8 < taken.min() and taken.max() < end + 2e8
    assert sum(count for topic, count in episode.counts.items() if 'target_twist' in topic) > 3
