"""EpisodeManager: from an instruction to its outcome. No ROS."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol
import uuid

from vla_ros.control.loops.supervisor import Event
from vla_ros.core.data import SECOND, Latent
from vla_ros.runtime.section import TEXT
from vla_ros.tabletop.language.guess import guess_request


MAX_BYTES = TEXT  # of an instruction: what the control process can be told

Ended = Callable[[str, str], None]  # outcome, reason


class Arm(Protocol):
    """What the desk asks of the control process."""

    def post(self, event: Event, text: str = '') -> str:
        """Send an event; return '' or the cause of its refusal."""

    def judge(self, request: str) -> str:
        """Judge success by a request; return '' or the cause of its refusal."""


@dataclass(frozen=True)
class Episode:
    """One instruction being carried out."""

    id: str
    instruction: str
    start: int  # ns
    timeout: float  # s, 0 = none
    judged: bool  # whether the simulation knows when it has succeeded
    ended: Ended | None


def instruction_problem(text: str) -> str:
    """Return why a text cannot be an instruction, or ''."""
    if not text.strip():
        return 'instruction: expected some words, got none'
    size = len(text.encode('utf-8', 'replace'))
    if size > MAX_BYTES:
        return f'instruction: expected at most {MAX_BYTES} bytes, got {size}'
    if not text.isprintable():
        return 'instruction: expected printable text on one line'
    return ''


class EpisodeManager:
    """Begins and ends episodes, at most one at a time."""

    def __init__(
        self,
        arm: Arm,
        judged: Collection[str],
        announce: Callable[[Episode, str, str], None],
    ) -> None:
        """Work with `arm`.

        Args:
            arm: the control process.
            judged: families of tasks whose success can be told; none of a real robot.
            announce: called with an episode, its outcome ('' at the start) and the reason.
        """
        self.current: Episode | None = None
        self.hint = ''  # the scene's own request, as `Request.text`
        self._arm = arm
        self._judged = judged
        self._announce = announce

    def begin(
        self, text: str, now: int, episode_id: str = '', timeout: float = 0.0,
        ended: Ended | None = None,
    ) -> str:  # fmt: skip
        """Begin an episode; return '' or why it cannot begin. It replaces the current one."""
        cause = instruction_problem(text) or self._arm.post(Event.START, text)
        if cause:
            return cause
        self._finish('aborted', 'replaced by another instruction')
        judged = self._judge(text)
        name = episode_id or uuid.uuid4().hex[:12]
        self.current = Episode(name, text, now, timeout, judged, ended)
        self._announce(self.current, '', '')
        return ''

    def end(self, outcome: str, reason: str) -> None:
        """End the current episode, if any; the arm holds where it is."""
        if self.current is not None:
            self._arm.post(Event.FINISH)
            self._finish(outcome, reason)

    def refused(self, latent: Latent) -> None:
        """End the episode whose instruction the reasoner refuses."""
        current = self.current
        if current is not None and latent.episode_id == current.id and latent.refusal:
            self.end('failure', f'refused: {latent.refusal}')

    def poll(self, now: int, success: bool, held: str = '') -> None:
        """End the episode when it has succeeded or its time is up; `held`: why the arm holds."""
        current = self.current
        if current is None:
            return
        elapsed = (now - current.start) / SECOND
        if current.judged and success:
            self.end('success', f'done after {elapsed:.1f} s')
        elif 0 < current.timeout < elapsed:
            holds = f'; the arm holds: {held}' if held else ''
            self.end('failure', f'not done within {current.timeout:.1f} s{holds}')

    def _judge(self, text: str) -> bool:
        """Have success judged, where it can be; return whether it is."""
        if not self._judged:
            return False
        request = guess_request(text, self._judged, self.hint)
        if request is None:
            self._arm.judge('')
            return False
        return not self._arm.judge(request.text)

    def _finish(self, outcome: str, reason: str) -> None:
        current, self.current = self.current, None
        if current is None:
            return
        self._announce(current, outcome, reason)
        if current.ended is not None:
            current.ended(outcome, reason)


class Interventions:
    """Marks when a person has the arm within an episode."""

    def __init__(self, mark: Callable[[Episode, bool], None]) -> None:
        """Begin with none; `mark` is called with the episode and whether one begins."""
        self._mark = mark
        self._marked: Episode | None = None

    def update(self, taken: bool, episode: Episode | None) -> None:
        """Say whether a person has the arm, and in which episode."""
        if self._marked is not None and not (taken and episode is self._marked):
            self._mark(self._marked, False)
            self._marked = None
        if taken and episode is not None and self._marked is None:
            self._marked = episode
            self._mark(episode, True)
