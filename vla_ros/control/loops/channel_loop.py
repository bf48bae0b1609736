"""ChannelLoop: what the control loops of a joint group and of a mobile base have in common."""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

import numpy as np

from vla_ros.control.loops.feedback import Feedback
from vla_ros.control.loops.following import FollowingMonitor
from vla_ros.control.loops.interfaces import TargetSource
from vla_ros.control.loops.limb_target import LimbTarget
from vla_ros.control.loops.supervisor import State, Supervisor
from vla_ros.core.data import Array


S = TypeVar('S')


class ChannelLoop(ABC, Generic[S]):
    """One tick of a limb whose channels are followed number by number, without a law.

    The mode decides whose numbers are followed, as in ControlLoop: the source's in RUN (and in
    HOLD for want of a chunk), the target's in TAKEOVER. In every other mode, and while nothing is
    wanted, the limb comes to rest.

    Attributes:
        targets: what a person or another program wants.
        commanded: (width,) what was sent in the last tick, after every limit.
        measured: (width,) what of it was measured.
        stamp: ns, of the last tick. ticks: ticks done.
        feedback: whether it is known where the limb is.
    """

    commanded: Array
    measured: Array

    def __init__(
        self,
        width: int,
        feedback: Feedback[S],
        following: FollowingMonitor,
        source: TargetSource,
        supervisor: Supervisor,
        targets: LimbTarget,
    ) -> None:
        """Take the parts of a limb of `width` channels; the first tick takes over where it is."""
        self.supervisor, self.source, self.targets = supervisor, source, targets
        self.stamp = self.ticks = 0
        self.feedback, self._following = feedback, following
        self._want = np.zeros(width)
        self._entries, self._state = supervisor.entries, supervisor.state
        self._prepared = False

    def tick(self, now: int) -> None:
        """Do one cycle at `now`, ns."""
        self.stamp = now
        sample, feedback = self._read(), self.feedback
        if feedback.judge(sample, now):
            self._take(sample)
            if feedback.known:
                feedback.followed(self._following.judge(self.commanded, self.measured))
            if not feedback.known:
                if not feedback.begun or self._astray():
                    self._begin()
                feedback.take_up()
                self._following.reset()
        if self.supervisor.entries != self._entries:
            self._enter(now)
        if not feedback.begun:
            return  # nothing is known of the limb: nothing is sent
        if not self._prepared:
            self._move(now)
        self._prepared = False
        self._send()
        self.ticks += 1

    def prepare(self, now: int) -> None:
        """Move what is commanded on for the tick at `now` (ns), ahead of it; optional."""
        if self.feedback.begun and not self._prepared:
            self._move(now)
            self._prepared = True

    def restart(self) -> None:
        """Take over wherever the limb is at the next tick: it was put elsewhere, as in a reset."""
        self.feedback.begun = self._prepared = False

    @abstractmethod
    def _read(self) -> S:
        """Return the newest measurement."""

    @abstractmethod
    def _take(self, sample: S) -> None:
        """Remember a measurement that is believed."""

    @abstractmethod
    def _begin(self) -> None:
        """Command what was measured, at rest."""

    @abstractmethod
    def _astray(self) -> bool:
        """Whether the limb is not where it was sent, by more than it yields while it holds."""

    @abstractmethod
    def _step(self, wanted: Array | None) -> None:
        """Move what is commanded one tick on towards `wanted` (width,); to rest for None."""

    @abstractmethod
    def _send(self) -> None:
        """Send what is commanded."""

    def _enter(self, now: int) -> None:
        """Prepare the state that the supervisor has entered since the last tick."""
        before, self._state = self._state, self.supervisor.state
        self._entries = self.supervisor.entries
        if before is State.STOP and self._state is not State.STOP and self._astray():
            self._begin()  # it may have been moved by hand
        if self._state is State.RUN:
            self.source.clear(now, self.commanded)
        elif self._state is State.TAKEOVER:
            self.targets.clear()

    def _move(self, now: int) -> None:
        """Move what is commanded one tick on."""
        state, wanted = self.supervisor.state, None
        if state is State.TAKEOVER:
            wanted = self.targets.wanted(now)
        elif state in (State.RUN, State.STARVED):
            self._want[:] = self.commanded
            if self.source.sample(now, self._want):
                wanted = self._want
        self._step(wanted)
