"""The control process: physics or driver, loop and queue, at the robot's control rate.

Started by realtime.py as `python -m vla_ros.runtime.worker FD`, its configuration on stdin.
"""

import json
import os
import signal
import sys
import time
import traceback

from vla_ros.control import native
from vla_ros.control.laws import LawPreset
from vla_ros.control.loops.supervisor import Event, State
from vla_ros.control.loops.targets import Kind
from vla_ros.control.loops.timing import TickStatistics
from vla_ros.core import config, entry_points
from vla_ros.core.config import require
from vla_ros.core.data import SECOND
from vla_ros.robots import load_robot
from vla_ros.runtime import shm_codec as wire
from vla_ros.runtime import shm_limb as wire_limb
from vla_ros.runtime.controller import ChunkController
from vla_ros.runtime.mailbox import EVENTS, MAX_LIMBS, Mailbox
from vla_ros.runtime.pace import Pace, SimPace, WallPace, prepare
from vla_ros.runtime.realtime_config import RealtimeConfig
from vla_ros.runtime.requests import ANCHOR, LAW, SCENE, TARE
from vla_ros.runtime.system import System, TopicSystem


class Worker:
    """Runs the control cycle until it is told to stop or its parent is gone."""

    def __init__(self, settings: RealtimeConfig, mailbox: Mailbox) -> None:
        """Build everything; afterwards nothing is allocated that lasts."""
        spec = load_robot(settings.robot)
        require(len(spec.limbs) <= MAX_LIMBS, f'limbs: expected at most {MAX_LIMBS}')
        self._mailbox = mailbox
        self._plant: System
        if settings.driven:
            self._plant = TopicSystem(spec, mailbox)
        else:
            kind = entry_points.load(entry_points.SYSTEMS, settings.hardware)
            self._plant = kind(spec, settings.family, settings.seed)
        chosen = settings.queue, settings.law, settings.targets, settings.driven
        self._execution = ChunkController(spec, self._plant.limbs, *chosen)
        self._boxes = mailbox.limbs[: len(spec.limbs)]
        self._period = round(SECOND / spec.control_rate)
        self._sim_time = settings.sim_time
        self._idle_every = round(SECOND / settings.status_rate)
        self._idle = 0  # monotonic ns, of the last status without a cycle
        self._silent = int(settings.silent_after * SECOND)
        self._every_state = max(round(spec.control_rate / settings.state_rate), 1)
        self._every_sim = max(round(spec.control_rate / settings.sim_rate), 1)
        self._every_status = max(round(spec.control_rate / settings.status_rate), 1)
        self._parent = os.getppid()
        self._chunk = mailbox.chunk.version
        self._targets = [[section.version for section in box.targets] for box in self._boxes]
        self._done = 0
        self._cycle = TickStatistics()  # of all the work, physics and publishing included
        self._splices = 0
        self._stopped = False

    def stop(self) -> None:
        """End after the cycle in progress."""
        self._stopped = True

    def stop_if_orphaned(self) -> None:
        """End if the parent is gone; the kernel also signals the end of the thread that forked."""
        if os.getppid() != self._parent:
            self.stop()

    def run(self) -> None:
        """Cycle whenever it is due.

        `now` is the time the cycle was due, not the time it began, so that the physics, the
        playback of chunks and the limits all see equal steps.
        """
        clock, period, execution = time.monotonic_ns, self._period, self._execution
        plant, timing = self._plant, execution.timing
        pace: Pace = WallPace(period)
        if self._sim_time:
            pace = SimPace(period, self._mailbox.clock)
        count = 0
        while not self._stopped:
            now = pace.wait()
            begin = clock()
            self._obey(begin)
            if pace.rewound or pace.set_by:
                self._rewind(pace.set_by)
            if not now:
                self._rest(begin, pace.still)
                continue
            plant.begin(now)
            execution.tick(now)
            sent = clock()
            plant.advance()
            count += 1
            self._publish(count)
            self._receive(now)
            execution.prepare(now + period)
            end = clock()
            missed = pace.missed + (end > pace.deadline + period)
            timing.add((sent - begin) * 1e-9, missed)
            self._cycle.add((end - begin) * 1e-9, missed)

    def _rest(self, monotonic: int, still: str) -> None:
        """Do without a cycle what must not wait: the robot stands still, people ask why."""
        supervisor = self._execution.supervisor
        if still and supervisor.state is not State.IDLE:
            supervisor.post(Event.STALE, still)
        if monotonic - self._idle > self._idle_every:
            self._idle = monotonic
            wire.put_status(self._mailbox.status, self._execution.status())

    def _rewind(self, set_by: int) -> None:
        """Begin again: the simulator has gone back in time, or the clock was set, by ns."""
        self._plant.rewind()
        self._execution.rewind(set_by)
        self._put_states()  # the clock may stand still now: no one may go on with what was

    def _obey(self, monotonic: int) -> None:
        """Apply what must not wait: events, and the parent's silence."""
        mailbox = self._mailbox
        if mailbox.posted.integer() != self._done:
            self._answer()
        if monotonic - mailbox.beat.integer() > self._silent:
            self._execution.post(Event.SILENT)
            self.stop_if_orphaned()

    def _receive(self, now: int) -> None:
        """Take targets over; after the write, as they are for the next tick and need checking."""
        mailbox, execution = self._mailbox, self._execution
        entry = mailbox.chunk.poll(self._chunk)
        if entry is not None:
            self._chunk = entry[0]
            execution.offer(wire.get_chunk(entry[1]), now)
        for limb, (box, versions) in enumerate(zip(self._boxes, self._targets, strict=True)):
            for kind, section in zip(Kind, box.targets, strict=True):
                entry = section.poll(versions[kind])
                if entry is not None:
                    versions[kind] = entry[0]
                    execution.target(kind, *wire.get_target(entry[1]), now, limb)

    def _answer(self) -> None:
        """Apply the events posted since the last cycle, and answer each."""
        mailbox = self._mailbox
        while self._done < mailbox.posted.integer():
            place = self._done % EVENTS
            (kind,), _, (text,) = mailbox.events[place].read()
            if kind == SCENE:
                cause = self._plant.reset(text)
                if not cause:
                    self._execution.restart()
            elif kind == TARE:
                cause = self._execution.tare()
            elif kind == ANCHOR:
                self._execution.anchor()
                self._put_states()  # before the answer: after it no one reads what was
                cause = ''
            elif kind == LAW:
                cause = self._adopt(int(text))
            else:
                cause = self._execution.post(Event(kind), text)
            self._done += 1
            mailbox.answers[place].write(texts=(cause,))
            mailbox.answered.write((self._done,))

    def _adopt(self, limb: int) -> str:
        """Change a limb to the law in the mailbox; return '' or the cause of the refusal."""
        (text,) = self._mailbox.law.read()[2]
        try:
            preset = config.build(LawPreset, json.loads(text), 'law')
        except ValueError as error:
            return str(error)
        return self._execution.adopt(preset, limb)

    def _publish(self, count: int) -> None:
        """Write what is due; mostly in different cycles, so that none bears it all."""
        mailbox = self._mailbox
        if not count % self._every_state:
            self._put_states()
        if count % self._every_sim == min(7, self._every_sim - 1):
            self._plant.publish(mailbox)
        splices = self._execution.queue.splices
        due = count % self._every_status == min(3, self._every_status - 1)
        if due or splices != self._splices:
            # At a splice at once: the chunk's age then is the latency from camera to command.
            self._splices = splices
            wire.put_status(mailbox.status, self._execution.status())
            mailbox.cycle.write((), self._cycle.percentiles())

    def _put_states(self) -> None:
        """Write the state of every limb that has ever been heard of."""
        for limb, box in zip(self._execution.limbs, self._boxes, strict=True):
            if limb.loop.ticks:
                wire_limb.put_state(box.state, limb.loop)


def main() -> int:
    """Run the control process; return its exit code."""
    mailbox = Mailbox(int(sys.argv[1]))
    # Ctrl-C reaches the whole group: the parent decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        settings = config.build(RealtimeConfig, json.loads(sys.stdin.readline()), 'control')
        worker = Worker(settings, mailbox)
        signal.signal(signal.SIGTERM, lambda *_: worker.stop())
        signal.signal(signal.SIGHUP, lambda *_: worker.stop_if_orphaned())
        note = prepare(settings.priority)
        missing = native.reason()
        kernel = f'kernel {missing}' if missing else 'compiled kernel'
        mailbox.life.write((1, os.getpid()), texts=(f'{note}; {kernel}', ''))
        worker.run()
    except Exception as error:
        mailbox.life.write((2,), texts=('', f'{type(error).__name__}: {error}'))
        traceback.print_exc()
        return 1
    mailbox.life.write((2,))
    return 0


if __name__ == '__main__':
    sys.exit(main())
