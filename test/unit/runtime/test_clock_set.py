"""The control process of a driven robot while somebody sets the clock of its machine."""

import time
from types import SimpleNamespace

import numpy as np
import pytest

from vla_ros.control.loops.supervisor import Event
from vla_ros.core.data import Mode
from vla_ros.runtime import pace
from vla_ros.runtime import shm_limb as wire_limb
from vla_ros.runtime.mailbox import Mailbox
from vla_ros.runtime.worker import RealtimeConfig, Worker


MS = 1_000_000


class Machine:
    """The clocks of a machine on which driver and control process run, in a time of its own."""

    def __init__(self, spec, monkeypatch):
        self.monotonic, self.offset = 10**12, 17 * 10**17  # ns
        clocks = SimpleNamespace(
            monotonic_ns=lambda: self.monotonic,
            time_ns=lambda: self.monotonic + self.offset,
            sleep=self._sleep,
        )
        monkeypatch.setattr(pace, 'time', clocks)
        self.spec, self.mailbox = spec, Mailbox()
        self.mailbox.beat.write((time.monotonic_ns() + 3600 * 10**9,))  # its parent is well
        self.worker = Worker(RealtimeConfig('franka', hardware='driver'), self.mailbox)
        self.execution = self.worker._execution
        self._script = iter(())

    def run(self, *script):
        """Run for so many ms, then do a deed, and so on; return the last status."""
        self._script = iter([step for ms, deed in script for step in [None] * ms + [deed]])
        self.worker.run()
        return self.execution.status()

    def set_clock(self, ns):
        def deed():
            self.offset += ns

        return deed

    def post(self, event, text=''):
        def deed():
            assert self.execution.post(event, text) == ''

        return deed

    def look(self, statuses):
        return lambda: statuses.append(self.execution.status())

    def _sleep(self, seconds):
        self.monotonic += round(seconds * 1e9)
        for deed in self._script:
            if deed is None:
                break
            deed()
        else:
            self.worker.stop()
        home, box = self.spec.home, self.mailbox.limbs[0].driver
        now = self.monotonic + self.offset
        wire_limb.put_driver(box, now, home, np.zeros(len(home)), 0.05)


@pytest.mark.parametrize('step', [-300 * MS, 300 * MS, -3600_000 * MS, 25 * MS])
def test_a_clock_that_is_set_holds_the_robot_until_a_person_resets(spec, monkeypatch, step):
    machine, seen = Machine(spec, monkeypatch), []
    look = machine.look(seen)
    machine.run(
        (50, machine.post(Event.START, 'pick up the red cube')),
        (5, look),
        (0, machine.set_clock(step)),
        (5, look),
        (500, look),
        (0, machine.post(Event.RESET)),
        (500, look),
        (0, machine.post(Event.START, 'pick up the red cube')),
        (5, look),
    )
    assert [status.mode for status in seen] == [
        Mode.RUN, Mode.HOLD, Mode.HOLD, Mode.IDLE, Mode.RUN,
    ]  # fmt: skip
    cause = f'the clock was set by {step * 1e-9:+.3g} s'
    assert seen[1].cause == seen[2].cause == cause
    assert seen[3].cause == 'reset: no instruction'
    # What was commanded goes on being commanded: the robot is where it was.
    places = np.array([status.commanded.position for status in seen])
    np.testing.assert_allclose(places, np.tile(places[0], (5, 1)), atol=1e-9)
    assert seen[1].stamp - seen[0].stamp == pytest.approx(step + 6 * MS, abs=2 * MS)


@pytest.mark.parametrize('event', [Event.TAKEOVER, Event.ESTOP])
def test_in_whatever_mode_the_robot_stands(spec, monkeypatch, event):
    machine = Machine(spec, monkeypatch)
    status = machine.run(
        (50, machine.post(event)),
        (5, machine.set_clock(-300 * MS)),
        (5, lambda: None),
    )
    assert status.mode is (Mode.STOP if event is Event.ESTOP else Mode.HOLD)
