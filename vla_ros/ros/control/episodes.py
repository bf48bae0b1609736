"""Episodes: from an instruction to its outcome, and who is told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
import unicodedata
import uuid

from vla_ros.control.loops.supervisor import Event
from vla_ros.core.config import ConfigError
from vla_ros.core.data import SECOND, Latent
from vla_ros.robots.robot import Robot
from vla_ros.ros import qos
from vla_ros.ros.control.control_limb import measured_topic
from vla_ros.ros.convert.fields import header
from vla_ros.ros.stage_node import StageNode
from vla_ros.runtime.realtime import RealtimeProcess
from vla_ros.runtime.section import TEXT
from vla_ros_msgs.msg import EpisodeEvent


MAX_BYTES = TEXT  # of an instruction: what the control process can be told
OUTCOMES = ('success', 'failure', 'aborted')
# What the reasoner's verdict makes of an episode: the outcome, and how its reason begins.
ENDS = {
    'refuse': ('failure', 'refused'),
    'ask': ('aborted', 'the reasoner asks'),
    'done': ('success', 'done'),
}

Ended = Callable[[str, str], None]  # outcome, reason


class Arm(Protocol):
    """What the manager asks of the control process."""

    def post(self, event: Event, text: str = '') -> str:
        """Send an event; return '' or the cause of its refusal."""


@dataclass(frozen=True)
class Episode:
    """One instruction being carried out."""

    id: str
    instruction: str
    start: int  # ns
    timeout: float  # s, 0 = none
    ended: Ended | None


def instruction_problem(text: str) -> str:
    """Return why a text cannot be an instruction, or ''.

    Any text is one, of several lines too; what it means is the policy's to say.
    """
    if not any(letter.isprintable() and not letter.isspace() for letter in text):
        return 'instruction: expected some words, got none'
    return text_problem('instruction', text)


def text_problem(name: str, text: str) -> str:
    """Return why a text cannot be passed on, or ''.

    Signs that nothing can show (control characters, lone surrogates) are none that a person has
    meant.
    """
    size = len(text.encode('utf-8', 'replace'))
    if size > MAX_BYTES:
        return f'{name}: expected at most {MAX_BYTES} bytes of UTF-8, got {size}'
    for place, letter in enumerate(text):
        if letter != '\n' and unicodedata.category(letter) in ('Cc', 'Cs'):
            return (
                f'{name}: expected printable text, on one line or more, '
                f'got {letter!r} at character {place}'
            )
    return ''


class EpisodeManager:
    """Begins and ends episodes, at most one at a time. Whether one succeeds it is told."""

    def __init__(self, arm: Arm, announce: Callable[[Episode, str, str], None]) -> None:
        """Work with `arm`.

        Args:
            arm: the control process.
            announce: called with an episode, its outcome ('' at the start) and the reason.
        """
        self.current: Episode | None = None
        self._arm = arm
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
        self.current = Episode(episode_id or uuid.uuid4().hex[:12], text, now, timeout, ended)
        self._announce(self.current, '', '')
        return ''

    def end(self, outcome: str, reason: str) -> None:
        """End the current episode, if any; the arm holds where it is."""
        if self.current is not None:
            self._arm.post(Event.FINISH)
            self._finish(outcome, reason)

    def abandon(self, reason: str) -> None:
        """End the current episode, whose instruction the control process has dropped by itself."""
        self._finish('aborted', reason)

    def end_named(self, outcome: str, reason: str, episode_id: str) -> str:
        """End the episode of that id, '' being the current one; return '' or why not."""
        current = self.current
        if outcome not in OUTCOMES:
            return f'outcome: {outcome!r} is not one of {list(OUTCOMES)}'
        if current is None:
            return 'episode_id: no episode is going on'
        if episode_id not in ('', current.id):
            return f'episode_id: {episode_id!r} is not going on, but {current.id!r} is'
        cause = text_problem('reason', reason)
        if not cause:
            self.end(outcome, reason)
        return cause

    def judged(self, latent: Latent) -> None:
        """End the episode that the reasoner refuses, asks about, or calls done."""
        current = self.current
        if current is not None and latent.episode_id == current.id and latent.verdict in ENDS:
            outcome, words = ENDS[latent.verdict]
            self.end(outcome, f'{words}: {latent.refusal}')

    def poll(self, now: int, held: str = '') -> None:
        """End the episode when its time is up; `held`: why the arm holds."""
        current = self.current
        if current is not None and 0 < current.timeout < (now - current.start) / SECOND:
            holds = f'; the arm holds: {held}' if held else ''
            self.end('failure', f'not done within {current.timeout:.1f} s{holds}')

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


class EpisodeEvents:
    """Tells everyone when episodes and interventions begin and end."""

    def __init__(self, node: StageNode, policy_hash: str) -> None:
        """Advertise on `node`; `policy_hash` is that of the policy's weights."""
        self._node, self._hash = node, policy_hash
        self._episode = node.publish_on(qos.EPISODE)
        self._intervention = node.publish_on(qos.INTERVENTION)

    def announce(self, episode: Episode, outcome: str, reason: str) -> None:
        """Tell that an episode begins or, when there is an outcome, that it has ended."""
        event = self._event(episode, EpisodeEvent.END if outcome else EpisodeEvent.START)
        event.outcome, event.reason = outcome, reason
        self._episode.publish(event)
        words = f'{event.event} {episode.instruction!r} {outcome} {reason}'
        self._node.get_logger().info(words.strip())

    def mark(self, episode: Episode, begins: bool) -> None:
        """Tell that a person takes the arm within an episode or, unless it `begins`, gives it."""
        kind = EpisodeEvent.INTERVENTION_START if begins else EpisodeEvent.INTERVENTION_END
        self._intervention.publish(self._event(episode, kind))

    def _event(self, episode: Episode, kind: str) -> EpisodeEvent:
        event = EpisodeEvent(header=header(self._node.now), episode_id=episode.id, event=kind)
        event.instruction, event.policy_hash = episode.instruction, self._hash
        return event


class FirstInstruction:
    """An instruction that begins once the robot's state was received: drivers may start later."""

    def __init__(
        self,
        node: StageNode,
        spec: Robot,
        arm: RealtimeProcess,
        episodes: EpisodeManager,
        text: str,
    ) -> None:
        """Wait with `text`; '' is none."""
        self._node, self._spec, self._arm = node, spec, arm
        self._episodes, self._text = episodes, text

    def check(self) -> None:
        """Raise ConfigError if it is none."""
        if self._text and (cause := instruction_problem(self._text)):
            raise ConfigError(cause)

    def begin(self) -> None:
        """Give it, once, unless the state of a limb was not received yet."""
        if not self._text:
            return
        if unheard := self._arm.unheard:
            topics = sorted({measured_topic(self._spec.limbs[number]) for number in unheard})
            self._node.get_logger().warning(
                f'the instruction waits: nothing came on {topics} yet', throttle_duration_sec=5.0
            )
            return
        text, self._text = self._text, ''
        if cause := self._episodes.begin(text, self._node.now):
            self._node.get_logger().error(cause)
