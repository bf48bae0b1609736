"""LocalRunner: what `ros2 launch` does for the stack, where launch is not installed.

with LocalRunner(describe(options)) as runner:
runner.bring_up()
while not (deaths := runner.deaths()):
...
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import os
from pathlib import Path
import shutil
import signal
import tempfile
import time
from types import TracebackType
from typing import Self

from vla_ros.ros.bringup.description import Stack
from vla_ros.ros.bringup.lifecycle import LifecycleClient, TransitionError
from vla_ros.ros.bringup.process import Echo, NodeProcess, command_of
from vla_ros.ros.twins import Neighbours, words


# When a process that has not ended is asked more firmly, s after the first signal. Everything
# is over within 3 s.
_LADDER = ((0.0, signal.SIGINT), (1.5, signal.SIGTERM), (2.2, signal.SIGKILL))
_LOCAL = {'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}  # unless the user says otherwise


@dataclass(frozen=True)
class NodeDeath:
    """A node that ended without being asked to."""

    name: str
    code: int  # exit code; negative: the signal
    lines: tuple[str, ...]  # the last it wrote
    vital: bool

    def __str__(self) -> str:
        how = f'signal {-self.code}' if self.code < 0 else f'exit code {self.code}'
        return '\n  '.join([f'the node {self.name} died ({how}); its last lines:', *self.lines])


class BringupError(RuntimeError):
    """The stack did not come up; the message names the node and has its last lines."""


class LocalRunner:
    """Starts the nodes as processes, takes them through their lifecycle, and ends them all."""

    def __init__(self, stack: Stack, echo: Echo | None = None) -> None:
        """Prepare.

        Args:
            stack: what to start.
            echo: called from reading threads with node name and line, for verbose output.

        Raises:
            BringupError: RViz is asked for and not installed.
        """
        if stack.options.rviz and shutil.which('rviz2') is None:
            raise BringupError('rviz: rviz2 is not installed here; leave out the argument')
        self.stack = stack
        self._echo = echo
        self._folder = Path(tempfile.mkdtemp(prefix='vla_ros_'))
        self._processes: dict[str, NodeProcess] = {}
        self._reported: set[str] = set()
        adopt_environment(stack.environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by node name."""
        return {name: process.pid for name, process in self._processes.items()}

    def bring_up(self, timeout: float = 60.0) -> None:
        """Start every node, configure all, then activate them in the stack's order.

        Raises:
            BringupError: nodes of these names run already, which are left alone; or a node ended,
                refused or did not answer. Everything that was started here is stopped.
        """
        stack = self.stack
        try:
            with Neighbours() as neighbours:
                # The nodes load what they need meanwhile, and join the graph when they may.
                for node in stack.nodes:
                    command = command_of(node, stack.options.namespace, self._folder)
                    self._start(node.name, command, node.vital)
                names = [node.name for node in stack.nodes]
                if found := neighbours.living(names, stack.options.namespace, self._say):
                    raise BringupError(words(found))
            for process in self._processes.values():
                process.go()
            if stack.options.rviz:
                self._start('rviz', ['rviz2'], vital=False)
            end = time.monotonic() + timeout
            names = [node.name for node in stack.nodes if node.lifecycle]
            with LifecycleClient(stack.options.namespace) as client:
                client.change(names, 'configure', end - time.monotonic(), self._dead)
                for name in names:
                    client.change([name], 'activate', end - time.monotonic(), self._dead)
        except TransitionError as error:
            time.sleep(0.1)  # for the cause to come through the pipe
            lines = list(self._processes[error.node].lines)
            self.stop()
            raise BringupError('\n  '.join([f'{error}; its last lines:', *lines])) from error
        except BaseException:
            self.stop()
            raise

    @property
    def alive(self) -> bool:
        """Whether any node runs."""
        return any(process.code is None for process in self._processes.values())

    def lost(self) -> str:
        """Return which vital node has died, in words; '' for none."""
        dead = (p.name for p in self._processes.values() if p.vital and p.code is not None)
        return next((f'the node {name} died' for name in dead), '')

    def deaths(self) -> list[NodeDeath]:
        """Return the nodes that have died since the last call."""
        result = []
        for name, process in self._processes.items():
            if process.code is not None and name not in self._reported:
                self._reported.add(name)
                lines = tuple(process.last_words())
                result.append(NodeDeath(name, process.code, lines, process.vital))
        return result

    def stop(self) -> None:
        """End every node; none is left after 3 s, nor anything that a node has started."""
        begin = time.monotonic()
        for (_, number), (until, _) in zip(_LADDER, (*_LADDER[1:], (2.8, None)), strict=True):
            for process in self._processes.values():
                if process.code is None:
                    process.signal(number)
            waiting = [p for p in self._processes.values() if p.code is None]
            # All are waited for, also after one that does not end.
            ended = [p.wait(begin + until - time.monotonic()) for p in waiting]
            if all(ended):
                break
        for process in self._processes.values():
            process.finish()
            self._reported.add(process.name)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, name: str, command: Sequence[str], vital: bool) -> None:
        environment = self.stack.environment
        self._processes[name] = NodeProcess(name, command, environment, self._echo, vital)

    def _say(self, words: str) -> None:
        if self._echo is not None:
            self._echo('bringup', words)

    def _dead(self) -> str:
        return next((name for name, p in self._processes.items() if p.code is not None), '')


def adopt_environment(environment: Mapping[str, str]) -> None:
    """Give this process, whose own ROS nodes talk to the stack, the stack's environment.

    Call it before the process first uses ROS.
    """
    for name, value in {**_LOCAL, **environment}.items():
        if name == 'ROS_DOMAIN_ID':
            os.environ[name] = value
        else:
            os.environ.setdefault(name, value)
