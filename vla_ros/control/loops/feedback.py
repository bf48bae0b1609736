"""Feedback: whether a control loop knows where its limb is; the supervisor hears of it."""

from typing import Generic, Protocol, TypeVar

from vla_ros.control.loops.supervisor import Event, State, Supervisor
from vla_ros.control.loops.validator import Verdict
from vla_ros.core.data import SECOND


Sample = TypeVar('Sample', contravariant=True)
S = TypeVar('S')


class Judge(Protocol[Sample]):
    """Says what of a measurement can be believed."""

    def judge(self, sample: Sample, now: int) -> Verdict:
        """Judge what was measured, at `now` ns."""

    def forget(self) -> None:
        """Believe the limb wherever it is next: it is known that it was put elsewhere."""


class Feedback(Generic[S]):
    """What has become of the measurements of a limb.

    Attributes:
        begun: whether one has been believed since the start, or since the limb was put elsewhere.
        lost: whether others may have moved the limb since its loop last commanded where it is:
            for as long as a silence is, nothing of it was believed.
        silent: whether, beside that, no numbers came: what was sent may not hold it any more.
    """

    def __init__(self, belief: Judge[S], supervisor: Supervisor, stale_after: float) -> None:
        """Know nothing yet; `stale_after` s without a measurement are a silence."""
        self._belief, self._supervisor = belief, supervisor
        self._stale = int(stale_after * SECOND)
        self._last = self._heard = 0  # ns, when numbers were last believed, and last finite
        self.begun = self.lost = self.silent = False

    @property
    def known(self) -> bool:
        """Whether what is commanded was made knowing where the limb is."""
        return self.begun and not self.lost

    def judge(self, sample: S, now: int) -> bool:
        """Return whether a measurement may be used, at `now` ns; tell the supervisor when not."""
        if not self.begun:
            self._belief.forget()
        believed, event, cause, elsewhere = self._belief.judge(sample, now)
        if believed or event is Event.VIOLATION:
            self._heard = now
        if believed:
            self._last = now
            self.lost = self.lost or elsewhere
        elif event is Event.STALE or now - self._last > self._stale:
            # Not for a single number that is none: the limb may be in motion, and obeys.
            self.lost = True
            quiet = event is Event.STALE or now - self._heard > self._stale
            self.silent = self.silent or quiet
        if event is not None and (
            event is not Event.STALE or self.begun or self._supervisor.state is not State.IDLE
        ):
            self._supervisor.post(event, cause)
        return believed

    def followed(self, doubt: str) -> None:
        """Hold for the `doubt` that the limb does what it is sent, and have it taken up anew."""
        if doubt:
            self.lost = True
            self._supervisor.post(Event.VIOLATION, doubt)

    def anchor(self) -> None:
        """Take the limb up where it is at the next tick, wherever that is."""
        self.lost = self.silent = True
        self._belief.forget()

    def take_up(self) -> None:
        """Say that from now on the limb is commanded knowing where it is."""
        self.begun, self.lost, self.silent = True, False, False
