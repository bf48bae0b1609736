"""The running control node, as the tests of its topics, services and parameters meet it."""

from node_bench import Bench
from std_srvs.srv import Trigger

from vla_ros.core.data import Mode
from vla_ros.ros import convert, qos
from vla_ros.ros.nodes.control import ControlNode


class ControlBench:
    """The node, and what it published last; a subclass listens to more before it starts."""

    def __init__(self, bench, **parameters):
        self.bench = bench
        self.statuses = bench.listen(qos.STATUS)
        bench.start(ControlNode, **parameters)

    @property
    def status(self):
        return convert.status_from_msg(self.statuses[-1])

    def trigger(self, name):
        return self.bench.call(Trigger, name)

    def until(self, mode, cause=''):
        self.bench.until(
            lambda: self.status.mode is mode and cause in self.status.cause,
            lambda: f'expected {mode.name} {cause!r}, is {self.status}',
        )

    def repeat(self, step, seconds, done, words, timeout=10.0):
        """Do `step` every so many seconds until done."""
        self.bench.repeat(
            step, seconds, done, lambda: f'{words}: {self.statuses and self.status}', timeout
        )

    def rest(self):
        """End whatever goes on."""
        assert self.trigger('estop').success and self.trigger('reset').success
        self.until(Mode.IDLE)


def shared(kind):
    """Yield one running node for a module of tests: it takes seconds to start."""
    bench = Bench()
    yield kind(bench)
    bench.close()
