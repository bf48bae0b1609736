"""Bench: hosts one node, in a domain of its own, and speaks to it over real DDS."""

import gc
import time
import weakref

from domains import next_domain
from environments import adopt_bench_profile
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter


adopt_bench_profile()


_LEFT = {}  # domain -> what its last bench had; a participant lives as long as they do


def _empty_domain():
    for _ in range(50):
        domain = next_domain()
        if all(left() is None for left in _LEFT.get(domain, ())):
            return domain
    raise RuntimeError('fifty benches are still in memory: what keeps them?')


class Bench:
    """Hosts the node under test and speaks to it."""

    def __init__(self, executor=SingleThreadedExecutor):
        self.context = rclpy.Context()
        self.domain = _empty_domain()
        rclpy.init(context=self.context, domain_id=self.domain)
        self.executor = executor(context=self.context)
        self.tester = Node('tester', context=self.context)
        self.executor.add_node(self.tester)
        self.node = None
        self.messages = {}
        self._publishers = {}

    def host(self, kind, name='tested', **parameters):
        """Make the node; it is not configured yet."""
        overrides = [Parameter(key, value=value) for key, value in parameters.items()]
        self.node = kind(name, context=self.context, parameter_overrides=overrides)
        self.executor.add_node(self.node)
        return self.node

    def start(self, kind, **parameters):
        """Make, configure and activate the node."""
        node = self.host(kind, **parameters)
        assert node.trigger_configure().name == 'SUCCESS'
        assert node.trigger_activate().name == 'SUCCESS'
        return node

    def listen(self, topic):
        """Return the list that the topic's messages will be in."""
        received = self.messages.setdefault(topic.name, [])
        self.tester.create_subscription(topic.type, topic.name, received.append, topic.qos)
        return received

    def send(self, topic, message):
        """Publish, once the node under test listens."""
        if topic.name not in self._publishers:
            publisher = self.tester.create_publisher(topic.type, topic.name, topic.qos)
            self._publishers[topic.name] = publisher
            self.until(lambda: publisher.get_subscription_count(), f'nobody takes {topic.name}')
        self._publishers[topic.name].publish(message)

    def until(self, condition, words='it did not happen', timeout=10.0):
        """Spin until the condition holds, and return its value."""
        end = time.monotonic() + timeout
        while not (value := condition()):
            assert time.monotonic() < end, words() if callable(words) else words
            self.executor.spin_once(timeout_sec=0.02)
        return value

    def repeat(self, step, seconds, done, words='it did not happen', timeout=10.0):
        """Do `step` every so many seconds until done, and return its value."""
        end = time.monotonic() + timeout
        while not (value := done()):
            assert time.monotonic() < end, words() if callable(words) else words
            step()
            self.spin(seconds)
        return value

    def spin(self, seconds):
        """Spin for a time in which something must not happen."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.executor.spin_once(timeout_sec=0.02)

    def call(self, kind, name, **request):
        """Call a service and return its answer."""
        client = self.tester.create_client(kind, name)
        self.until(client.service_is_ready, f'no service {name}')
        future = client.call_async(kind.Request(**request))
        self.until(future.done, f'no answer from {name}')
        return future.result()

    def close(self):
        if self.node is not None:
            getattr(self.node, 'close', lambda: None)()
            self.executor.remove_node(self.node)
            self.node.destroy_node()
        _LEFT[self.domain] = [weakref.ref(self.context), weakref.ref(self.tester)]
        self.executor.shutdown()
        self.tester.destroy_node()
        rclpy.shutdown(context=self.context)
        # Its participant goes with the last reference: the domain is used again.
        self.executor = self.tester = self.node = self.context = None
        self._publishers.clear()
        gc.collect()
