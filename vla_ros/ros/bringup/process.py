"""One node as a process of the local runner: its output, its end."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
import contextlib
import os
from pathlib import Path
import signal
import subprocess
import sys
from threading import Thread

import yaml

from vla_ros.ros.bringup.description import NodeDescription
from vla_ros.ros.node_process import PARENT, WAIT


Echo = Callable[[str, str], None]  # node name, line of its output


def command_of(node: NodeDescription, namespace: str, folder: Path) -> list[str]:
    """Return how to start a node; its parameters go through a file in `folder`."""
    parameters = folder / f'{node.name}.yaml'
    tree = {'/**': {'ros__parameters': dict(node.parameters)}}
    parameters.write_text(yaml.safe_dump(tree), encoding='utf-8')
    command = [sys.executable, '-m', node.module, '--ros-args', '--params-file']
    command += [str(parameters), '-r', f'__node:={node.name}']
    if namespace:
        command += ['-r', f'__ns:=/{namespace.strip("/")}']
    for old, new in node.remappings:
        command += ['-r', f'{old}:={new}']
    return command


class NodeProcess:
    """Starts at construction, in a session of its own: a terminal's Ctrl-C goes to the runner."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        echo: Echo | None,
        vital: bool = True,
    ) -> None:
        """Start `command`; `echo` gets every line of its output.

        A node of this package joins the graph when `go` is called.
        """
        self.name, self.vital = name, vital
        self.lines: deque[str] = deque(maxlen=20)
        self._echo, self._finished = echo, False
        whole = {**os.environ, **environment, PARENT: str(os.getpid()), WAIT: '1'}
        whole['PYTHONUNBUFFERED'] = '1'
        # Another environment's Python would believe that its libraries are set up already.
        whole.pop('_ROS_WHEELS_BOOTSTRAP_COMPLETE', None)
        self._process = subprocess.Popen(
            list(command), env=whole, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors='replace', start_new_session=True,
        )  # fmt: skip
        self._reader = Thread(target=self._read, name=name, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Process id, also of its process group."""
        return self._process.pid

    def go(self) -> None:
        """Let the node join the graph."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has ended: who looks at `code` is told
            self._process.stdin.write('\n')
            self._process.stdin.close()

    @property
    def code(self) -> int | None:
        """Exit code; negative: the signal; None while it runs."""
        return self._process.poll()

    def last_words(self) -> list[str]:
        """Return the last lines of a process that has ended."""
        self._reader.join(0.5)
        return list(self.lines)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the node, if it still runs."""
        self._process.send_signal(number)

    def finish(self) -> None:
        """Kill whatever is left of it and of what it has started.

        Once: its number may be that of another process later.
        """
        if not self._finished:
            self._finished = True
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def wait(self, timeout: float) -> bool:
        """Wait for the end; return whether it has come."""
        try:
            self._process.wait(max(timeout, 0.0))
        except subprocess.TimeoutExpired:
            return False
        return True

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self.lines.append(line.rstrip('\n'))
                if self._echo is not None:
                    self._echo(self.name, self.lines[-1])
