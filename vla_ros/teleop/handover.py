"""Handover: when a person takes the arm from the policy, and when it goes back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from vla_ros.core.config import require
from vla_ros.core.data import SECOND, Mode
from vla_ros.teleop.operator import Operator


Request = Literal['', 'takeover', 'release']  # services of the control node
_PATIENCE = 1.0  # s for an answer, and for the mode to follow it


@dataclass(frozen=True)
class HandoverConfig:
    """When the arm goes back to the policy."""

    # s after the dead-man switch was let go; 0: only when the device's release button is pressed
    release_after: float = 0.0

    def __post_init__(self) -> None:
        require(
            0 <= self.release_after <= 60,
            f'release_after: expected 0..60 s, got {self.release_after}',
        )


class Handover:
    """Asks for the arm when the dead-man switch is pressed, and gives it back.

    Only a press takes the arm: a switch that is down when this begins, or when the inputs come
    back after they were lost, has to be let go first. Lost inputs never give the arm back: it
    stays where it is, with the person.

    Attributes:
        engaged: whether the person's intent is to be passed on.
    """

    def __init__(self, config: HandoverConfig) -> None:
        """Begin with the arm in other hands."""
        self.engaged = False
        self._news = ''
        self._after = int(config.release_after * SECOND)
        self._down = True
        self._released = True
        self._asked: Request = ''
        self._granted = False
        self._begun = 0  # ns, of the asking or of the answer
        self._seen_down = 0  # ns, when the dead-man switch was last down, or unknown

    def step(
        self, now: int, operator: Operator, mode: Mode | None, refusal: Callable[[], str] = str
    ) -> Request:
        """Return the service to call at `now`, ns.

        Args:
            now: ns.
            operator: the person's intent.
            mode: of the arm; None: not known.
            refusal: why the person cannot have the arm now, or ''; asked before it is asked for.
        """
        press = operator.deadman and not self._down
        release = operator.release and not self._released
        self._released = operator.release
        self._down = operator.deadman or bool(operator.cause)
        if self._down:
            self._seen_down = now
        if self.engaged and mode is not Mode.TAKEOVER:
            self.engaged = False
            self._news = f'the arm was taken away: {_words(mode)}'
        if self._asked:
            self._wait(now, mode)
            return ''
        if mode is Mode.TAKEOVER and (release or self._let_go(now)):
            return self._ask('release', now)
        if press and not self.engaged:
            cause = 'the control node is silent' if mode is None else refusal()
            if cause:
                self._news = f'not taken over: {cause}'
                return ''
            return self._ask('takeover', now)
        return ''

    def answer(self, now: int, cause: str) -> None:
        """Take the answer to the last request over; `cause`: why it was refused, or ''."""
        if not self._asked:
            return  # too late
        if cause:
            self._news = f'{self._asked}: {cause}'
            self._asked = ''
        self._granted, self._begun = not cause, now

    def news(self) -> str:
        """Return what there is to tell the person since the last call, or ''."""
        news, self._news = self._news, ''
        return news

    def _let_go(self, now: int) -> bool:
        return self.engaged and 0 < self._after <= now - self._seen_down

    def _ask(self, request: Request, now: int) -> Request:
        self.engaged = False
        self._asked, self._granted, self._begun = request, False, now
        return request

    def _wait(self, now: int, mode: Mode | None) -> None:
        """Follow a request until the mode shows what came of it."""
        if self._granted and (mode is Mode.TAKEOVER) == (self._asked == 'takeover'):
            self.engaged = self._asked == 'takeover'
            self._news = 'you have the arm' if self.engaged else 'the arm is given back'
            self._asked = ''
        elif now - self._begun > _PATIENCE * SECOND:
            self._news = f'{self._asked}: no answer within {_PATIENCE:.0f} s'
            self._asked = ''


def _words(mode: Mode | None) -> str:
    return 'the control node is silent' if mode is None else f'it is in {mode.name}'
