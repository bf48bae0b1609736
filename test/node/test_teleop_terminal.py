"""`vla_ros teleop` with the keyboard, on a pseudo-terminal, as a person runs it."""

import os
import pty
import signal
import subprocess
import sys
import termios
import time

from environments import environment_in
from fake_control import FakeControl
import pytest

from vla_ros.control.loops.supervisor import Event
from vla_ros.core.data import Mode
from vla_ros.ros import qos


class Session:
    """The command in a terminal, and what it wrote there."""

    def __init__(self, bench, domain):
        self.bench = bench
        self.control = FakeControl(bench)
        self.control.supervisor.post(Event.START, 'pick up the red cube')
        self.twists = bench.listen(qos.TARGET_TWIST)
        self.ours, self.theirs = pty.openpty()
        self.before = termios.tcgetattr(self.theirs)
        self.process = subprocess.Popen(
            [sys.executable, '-m', 'vla_ros.cli.main', 'teleop', '--device', 'keyboard'],
            stdin=self.theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=environment_in(domain),
        )  # fmt: skip
        bench.until(
            lambda: bench.tester.get_publishers_info_by_topic(qos.TARGET_TWIST.name),
            'the command did not start', 20.0,
        )  # fmt: skip
        # Its clients know the services a little after their server knows of it.
        bench.spin(1.0)

    def type(self, text, until, words, timeout=5.0):
        """Hold keys down, which repeat 30 times a second."""
        end = time.monotonic() + timeout
        while not until():
            assert time.monotonic() < end, words
            os.write(self.ours, text.encode())
            self.bench.spin(0.033)

    def end(self):
        """Interrupt it, and return what it wrote."""
        self.process.send_signal(signal.SIGINT)
        output, _ = self.process.communicate(timeout=10)
        return output

    def close(self):
        self.process.kill()
        self.process.communicate()
        os.close(self.ours)
        os.close(self.theirs)


@pytest.fixture
def session(bench):
    session = Session(bench, bench.context.get_domain_id())
    yield session
    session.close()


def test_keys_move_the_arm_and_the_terminal_is_given_back(session):
    supervisor = session.control.supervisor
    session.type('w', lambda: supervisor.mode is Mode.TAKEOVER, 'not taken over')
    session.type('w', lambda: session.twists and session.twists[-1].twist.linear.x > 0, 'still')
    session.bench.until(lambda: session.twists[-1].twist.linear.x == 0.0, 'it goes on', 1.0)
    session.type('r', lambda: supervisor.mode is Mode.RUN, 'not given back')
    session.bench.spin(0.3)
    output = session.end()
    assert session.process.returncode == 0, output
    assert 'you have the arm' in output and 'the arm is given back' in output
    assert termios.tcgetattr(session.theirs)[:4] == session.before[:4]
    assert session.control.asked == ['takeover', 'release']


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGHUP, signal.SIGTERM])
def test_an_end_leaves_the_arm_held_and_the_terminal_as_it_was(session, number):
    supervisor = session.control.supervisor
    session.type('w', lambda: session.twists and session.twists[-1].twist.linear.x > 0, 'still')
    session.process.send_signal(number)
    session.bench.until(lambda: supervisor.mode is Mode.HOLD, 'not held', 3.0)
    session.bench.until(lambda: session.twists[-1].twist.linear.x == 0.0, 'it goes on', 1.0)
    output, _ = session.process.communicate(timeout=10)
    assert session.process.returncode == 0, output
    assert termios.tcgetattr(session.theirs)[:4] == session.before[:4]
