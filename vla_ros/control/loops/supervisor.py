"""The supervisor: which mode the arm is in, and why. A pure state machine, one table."""

from enum import IntEnum

from vla_ros.core.data import Mode


class Event(IntEnum):
    """What can happen; the numbers go through the mailbox of the control process."""

    START = 0  # an instruction was given
    FINISH = 1  # the instruction is done or cancelled
    ACCEPTED = 2  # a chunk was accepted
    STARVED = 3  # the queue came to rest at the end of its last chunk
    ALARM = 4  # the failure detector
    HOLD = 5  # asked for
    RESUME = 6
    ESTOP = 7
    RESET = 8
    TAKEOVER = 9  # a person takes the arm
    RELEASE = 10  # and gives it back
    VIOLATION = 11  # a limit was exceeded, or a target or torque was not finite
    FAULT = 12  # the hardware's numbers cannot be believed
    STALE = 13  # the hardware is silent
    SILENT = 14  # the process that commands this one is silent


class State(IntEnum):
    """Modes, with the two kinds of HOLD told apart."""

    IDLE = 0
    RUN = 1
    HELD = 2  # latched: until resume or reset
    STOP = 3
    TAKEOVER = 4
    STARVED = 5  # HOLD for want of a chunk: until one is accepted


_MODES = {
    State.IDLE: Mode.IDLE,
    State.RUN: Mode.RUN,
    State.HELD: Mode.HOLD,
    State.STOP: Mode.STOP,
    State.TAKEOVER: Mode.TAKEOVER,
    State.STARVED: Mode.HOLD,
}

# What an event does in a state: the next state, or the cause of its refusal. BACK is RUN when
# there is an instruction, else IDLE.
BACK = 'back'
_STOPPED = 'stopped: reset first'
_TAKEN = 'a person has the arm: release first'
_NOT_TAKEN = 'no one has taken the arm'
_HELD = 'held: resume or reset first'
_NOTHING = 'no instruction to go on with'
_E, _S = Event, State

TABLE: dict[Event, dict[State, State | str]] = {
    _E.START: {
        _S.IDLE: _S.RUN, _S.RUN: _S.RUN, _S.STARVED: _S.RUN, _S.HELD: _HELD, _S.STOP: _STOPPED,
        _S.TAKEOVER: _S.TAKEOVER,
    },
    _E.FINISH: {
        _S.IDLE: _S.IDLE, _S.RUN: _S.IDLE, _S.STARVED: _S.IDLE, _S.HELD: _S.IDLE,
        _S.STOP: _S.STOP, _S.TAKEOVER: _S.TAKEOVER,
    },
    _E.ACCEPTED: {
        _S.IDLE: _NOTHING, _S.RUN: _S.RUN, _S.STARVED: _S.RUN, _S.HELD: _HELD,
        _S.STOP: _STOPPED, _S.TAKEOVER: _TAKEN,
    },
    _E.STARVED: {
        _S.IDLE: _S.IDLE, _S.RUN: _S.STARVED, _S.STARVED: _S.STARVED, _S.HELD: _S.HELD,
        _S.STOP: _S.STOP, _S.TAKEOVER: _S.TAKEOVER,
    },
    _E.ALARM: {
        _S.IDLE: _S.IDLE, _S.RUN: _S.HELD, _S.STARVED: _S.HELD, _S.HELD: _S.HELD,
        _S.STOP: _S.STOP, _S.TAKEOVER: _S.TAKEOVER,
    },
    _E.HOLD: {
        _S.IDLE: _S.HELD, _S.RUN: _S.HELD, _S.STARVED: _S.HELD, _S.HELD: _S.HELD,
        _S.STOP: _STOPPED, _S.TAKEOVER: _S.HELD,
    },
    _E.RESUME: {
        _S.IDLE: _NOTHING, _S.RUN: _S.RUN, _S.STARVED: _S.STARVED, _S.HELD: BACK,
        _S.STOP: _STOPPED, _S.TAKEOVER: _TAKEN,
    },
    _E.ESTOP: dict.fromkeys(State, _S.STOP),
    _E.RESET: {
        _S.IDLE: _S.IDLE, _S.RUN: 'running: hold or stop first', _S.STARVED: _S.IDLE,
        _S.HELD: _S.IDLE, _S.STOP: _S.IDLE, _S.TAKEOVER: _TAKEN,
    },
    _E.TAKEOVER: {
        _S.IDLE: _S.TAKEOVER, _S.RUN: _S.TAKEOVER, _S.STARVED: _S.TAKEOVER,
        _S.HELD: _S.TAKEOVER, _S.STOP: _STOPPED, _S.TAKEOVER: _S.TAKEOVER,
    },
    _E.RELEASE: {
        _S.IDLE: _NOT_TAKEN, _S.RUN: _NOT_TAKEN, _S.STARVED: _NOT_TAKEN, _S.HELD: _NOT_TAKEN,
        _S.STOP: _STOPPED, _S.TAKEOVER: BACK,
    },
    _E.VIOLATION: {**dict.fromkeys(State, _S.HELD), _S.STOP: _S.STOP},
    _E.FAULT: dict.fromkeys(State, _S.STOP),
    _E.STALE: {**dict.fromkeys(State, _S.HELD), _S.STOP: _S.STOP},
    # IDLE holds the arm as it is, so silence changes nothing there.
    _E.SILENT: {**dict.fromkeys(State, _S.HELD), _S.STOP: _S.STOP, _S.IDLE: _S.IDLE},
}  # fmt: skip

_CAUSES = {
    _E.START: 'waiting for the first chunk',
    _E.FINISH: 'no instruction',
    _E.ACCEPTED: '',
    _E.STARVED: 'no chunk in time: holding at the end of the last one',
    _E.ALARM: 'failure detector: alarm',
    _E.HOLD: 'hold requested',
    _E.RESUME: 'resumed: waiting for a chunk',
    _E.ESTOP: 'emergency stop',
    _E.RESET: 'reset: no instruction',
    _E.TAKEOVER: 'taken over by a person',
    _E.RELEASE: 'released: waiting for a chunk',
    _E.VIOLATION: 'limit exceeded',
    _E.FAULT: 'hardware fault',
    _E.STALE: 'hardware is silent',
    _E.SILENT: 'the control node is silent',
}
# Events that change nothing while the state stays the same: the first cause is the one to keep.
_QUIET = frozenset({_E.STARVED, _E.ALARM, _E.STALE, _E.SILENT, _E.VIOLATION, _E.FAULT})


class Supervisor:
    """Decides the mode from events; never moves anything itself.

    Attributes:
        state: the state; `mode` is what the outside sees of it.
        cause: why it is in this state, for people.
        instruction: what is to be done; '' when nothing is.
        entries: counts the entries into a state, so that a change is seen without a callback.
    """

    def __init__(self) -> None:
        """Begin in IDLE."""
        self.state = State.IDLE
        self.cause = 'no instruction'
        self.instruction = ''
        self.entries = 0

    @property
    def mode(self) -> Mode:
        """The mode as published."""
        return _MODES[self.state]

    @property
    def refuses_chunks(self) -> str:
        """Why chunks are not executed in this state; '' when they are."""
        verdict = TABLE[Event.ACCEPTED][self.state]
        return '' if isinstance(verdict, State) else f'{self.mode.name}: {verdict}'

    def post(self, event: Event, text: str = '') -> str:
        """Apply an event; return '' or the cause of its refusal.

        `text` is the instruction of START, and for other events the cause to show.
        """
        verdict = TABLE[event][self.state]
        if event is Event.START and not text.strip():
            return 'instruction: expected some words, got none'
        if isinstance(verdict, str) and verdict != BACK:
            return f'{event.name.lower()} refused in {self.mode.name}: {verdict}'
        if event in (Event.FINISH, Event.RESET, Event.ESTOP, Event.FAULT):
            self.instruction = ''
        if event is Event.START:
            self.instruction = text
        if isinstance(verdict, str):
            following = State.RUN if self.instruction else State.IDLE
        else:
            following = verdict
        self._enter(event, following, text)
        return ''

    def _enter(self, event: Event, following: State, text: str) -> None:
        same = following is self.state
        if same and (event in _QUIET or following is State.STOP):
            return
        if following is State.TAKEOVER and event is not Event.TAKEOVER:
            return
        if event is Event.ACCEPTED:
            self.state, self.cause = following, ''
            return
        if same and event is Event.RESUME:
            return
        self.state = following
        self.cause = (text if event is not Event.START else '') or _CAUSES[event]
        if following is State.IDLE and event in (Event.RESUME, Event.RELEASE):
            self.cause = 'no instruction'
        self.entries += 1
