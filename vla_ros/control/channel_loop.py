"""ChannelLoop: what the control loops of a posture and of a drive have in common."""

from abc import ABC, abstractmethod
from typing import Generic, Protocol, TypeVar

import numpy as np

from vla_ros.control.belief import Verdict
from vla_ros.control.interfaces import TargetSource
from vla_ros.control.limb_target import LimbTarget
from vla_ros.control.supervisor import Event, State, Supervisor
from vla_ros.data import Array


Sample = TypeVar('Sample', contravariant=True)
S = TypeVar('S')


class Judge(Protocol[Sample]):
    """Says what of a measurement can be believed."""

    def judge(self, sample: Sample, now: int) -> Verdict:
        """Judge what was measured, at `now` ns."""


class ChannelLoop(ABC, Generic[S]):
    """One tick of a limb whose channels are followed number by number, without a law.

    The mode decides whose numbers are followed, as in ControlLoop: the source's in RUN (and in
    HOLD for want of a chunk), the target's in TAKEOVER. In every other mode, and while nothing is
    wanted, the limb comes to rest.

    Attributes:
        targets: what a person or another program wants.
        commanded: (width,) what was sent in the last tick, after every limit.
        stamp: ns, of the last tick. ticks: ticks done.
    """

    commanded: Array

    def __init__(
        self,
        width: int,
        belief: Judge[S],
        source: TargetSource,
        supervisor: Supervisor,
        targets: LimbTarget,
    ) -> None:
        """Take the parts of a limb of `width` channels; the first tick takes over where it is."""
        self.supervisor, self.source, self.targets = supervisor, source, targets
        self.stamp = self.ticks = 0
        self._belief = belief
        self._want = np.zeros(width)
        self._entries = supervisor.entries
        self._begun = self._prepared = False

    def tick(self, now: int) -> None:
        """Do one cycle at `now`, ns."""
        self.stamp = now
        sample = self._read()
        if self._believe(sample, now):
            self._take(sample)
            if not self._begun:
                self._begin()
                self._begun = True
        if self.supervisor.entries != self._entries:
            self._enter(now)
        if not self._begun:
            return  # nothing is known of the limb: nothing is sent
        if not self._prepared:
            self._move(now)
        self._prepared = False
        self._send()
        self.ticks += 1

    def prepare(self, now: int) -> None:
        """Move what is commanded on for the tick at `now` (ns), ahead of it; optional."""
        if self._begun and not self._prepared:
            self._move(now)
            self._prepared = True

    def restart(self) -> None:
        """Take over wherever the limb is at the next tick: it was put elsewhere, as in a reset."""
        self._begun = self._prepared = False

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
    def _step(self, wanted: Array | None) -> None:
        """Move what is commanded one tick on towards `wanted` (width,); to rest for None."""

    @abstractmethod
    def _send(self) -> None:
        """Send what is commanded."""

    def _believe(self, sample: S, now: int) -> bool:
        """Return whether the measurement may be used; tell the supervisor when not."""
        believed, event, cause = self._belief.judge(sample, now)
        if event is not None and (
            event is not Event.STALE or self._begun or self.supervisor.state is not State.IDLE
        ):
            self.supervisor.post(event, cause)
        return believed

    def _enter(self, now: int) -> None:
        """Prepare the state that the supervisor has entered since the last tick."""
        self._entries = self.supervisor.entries
        if self.supervisor.state is State.RUN:
            self.source.clear(now, self.commanded)
        elif self.supervisor.state is State.TAKEOVER:
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
