"""The demo's program on the real graph."""

import io
from threading import Thread
import time

from domains import next_domain
import psutil
import pytest


pytest.importorskip('rclpy')

from rich.console import Console  # noqa: E402

from vla_ros.bench.demo_program import Program, Step  # noqa: E402
from vla_ros.bench.demo_run import run_program  # noqa: E402


pytestmark = [pytest.mark.ros, pytest.mark.slow]


def kill_once_recording(node, bags):
    """Kill a node of this process's stack when the first episode has begun."""
    end = time.monotonic() + 60
    while not list(bags.glob('*/*.mcap')) and time.monotonic() < end:
        time.sleep(0.02)
    for child in psutil.Process().children(recursive=True):
        if f'vla_ros.ros.nodes.{node}' in child.cmdline():
            child.kill()


def test_a_vital_node_that_dies_ends_the_program_and_is_named(monkeypatch, fake_policy, tmp_path):
    monkeypatch.setenv('ROS_DOMAIN_ID', str(next_domain()))
    program = Program(20.0, (Step('put', 3), Step('put', 4)))
    said = io.StringIO()
    killer = Thread(target=kill_once_recording, args=('expert', tmp_path))
    killer.start()
    begin = time.monotonic()
    results, figures = run_program(
        'franka', str(fake_policy), program, tmp_path, 0.0, Console(file=said, width=200), False
    )
    killer.join()
    assert results == [] and figures['error'].endswith('the node expert died')
    assert 'the node expert died (signal 9); its last lines:' in said.getvalue()
    assert figures['tick']['p99'] < 0.01
    assert time.monotonic() - begin < 40
