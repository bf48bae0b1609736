"""One node's process: ended with what it has started, and its group killed but once."""

import os
import subprocess

import pytest

from vla_ros.ros.bringup.process import NodeProcess


SCRIPT = 'sleep 60 & echo $!; wait'


@pytest.fixture
def process():
    lines = []
    made = NodeProcess('x', ['sh', '-c', SCRIPT], {}, lambda _, line: lines.append(line))
    made.output = lines
    yield made
    made.finish()


def test_it_ends_with_what_it_has_started(process):
    process.finish()
    assert process.wait(5.0) and process.code == -9
    # Its child held the pipe: the end of the output is the end of both.
    process._reader.join(5.0)
    assert not process._reader.is_alive()


def test_its_group_is_killed_once_for_the_number_may_be_anothers_later(process, monkeypatch):
    killed = []
    kill = os.killpg
    monkeypatch.setattr(os, 'killpg', lambda *group: (killed.append(group), kill(*group)))
    process.finish()
    assert process.wait(5.0)
    process.finish()
    assert len(killed) == 1


def test_a_signal_to_a_process_that_has_ended_is_none_to_others(process):
    process.finish()
    assert process.wait(5.0)
    with subprocess.Popen(['true']) as other:
        process.signal(15)
        assert other.wait() == 0
