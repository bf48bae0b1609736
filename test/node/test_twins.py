"""A second node of the same name, and a second stack, leave the first alone and name it."""

import signal
import subprocess
import sys
import time

from environments import environment_in
from lifecycle_msgs.srv import GetState
import pytest
from waiting import wait_for

from vla_ros.ros import twins
from vla_ros.ros.bringup.description import StackOptions, describe
from vla_ros.ros.bringup.runner import BringupError, LocalRunner
from vla_ros.ros.fastdds import profile_variables
from vla_ros.ros.nodes.recorder import RecorderNode


@pytest.fixture
def first(bench, tmp_path):
    """Another process's recorder in the bench's domain."""
    environment = environment_in(bench.domain, orphan=False)
    node = [sys.executable, '-m', 'vla_ros.ros.nodes.recorder', '--ros-args']
    process = subprocess.Popen(
        [*node, '-r', '__node:=recorder', '-p', f'folder:={tmp_path}'], env=environment
    )
    there = lambda: 'recorder' in bench.tester.get_node_names()  # noqa: E731
    bench.until(there, 'it does not start', 30.0)
    bench.call(GetState, 'recorder/get_state')
    yield process
    process.terminate()
    process.wait(10.0)


def second(bench, tmp_path):
    node = bench.host(RecorderNode, name='recorder', folder=str(tmp_path))
    named = lambda: bench.tester.get_node_names().count('recorder') > 1  # noqa: E731
    bench.until(named, 'they do not meet')
    return node


def test_a_node_does_not_configure_beside_another_of_its_name(first, bench, tmp_path, capfd):
    node = second(bench, tmp_path)
    assert node.trigger_configure().name == 'FAILURE'
    said = capfd.readouterr().err
    assert 'already running in ROS domain' in said and '/recorder' in said
    assert 'another ROS_DOMAIN_ID' in said
    assert first.poll() is None


def test_a_node_of_another_namespace_is_none_of_its_business(first, bench):
    context = bench.context
    other = RecorderNode('recorder', context=context, namespace='b')
    try:
        assert twins.twin_of(other) == ''
    finally:
        other.destroy_node()


def test_who_was_killed_is_waited_for_and_then_forgotten(first, bench, tmp_path):
    node = second(bench, tmp_path)
    first.send_signal(signal.SIGKILL)
    first.wait()
    begin = time.monotonic()
    assert node.trigger_configure().name == 'SUCCESS'
    assert time.monotonic() - begin < twins._LEASE


def test_a_second_stack_names_the_first_and_leaves_it_alone(first, bench, tmp_path, monkeypatch):
    for name in profile_variables():
        monkeypatch.delenv(name)  # the benches'; the runner takes its own
    monkeypatch.setenv('ROS_DOMAIN_ID', str(bench.domain))
    stack = describe(StackOptions(sim='none', record=str(tmp_path), domain=bench.domain))
    with LocalRunner(stack) as runner:
        with pytest.raises(BringupError) as raised:
            runner.bring_up()
        assert not runner.alive
    said = str(raised.value)
    assert '/recorder' in said and f'domain {bench.domain}' in said
    assert 'another ROS_DOMAIN_ID or another namespace' in said
    state = bench.call(GetState, 'recorder/get_state')
    assert state.current_state.label == 'unconfigured' and first.poll() is None
    wait_for(lambda: bench.tester.get_node_names().count('recorder') == 1)
