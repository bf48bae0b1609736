"""Every event in every state does what the table says, and says why."""

import itertools

import pytest

from vla_ros.control.loops.supervisor import TABLE, Event, State, Supervisor
from vla_ros.core.data import Mode


WAYS = {
    State.IDLE: [],
    State.RUN: [Event.START],
    State.HELD: [Event.START, Event.HOLD],
    State.STOP: [Event.ESTOP],
    State.TAKEOVER: [Event.START, Event.TAKEOVER],
    State.STARVED: [Event.START, Event.STARVED],
}


def in_state(state):
    supervisor = Supervisor()
    for event in WAYS[state]:
        assert supervisor.post(event, 'pick the red cube' if event is Event.START else '') == ''
    assert supervisor.state is state
    return supervisor


def test_the_table_is_complete():
    assert set(TABLE) == set(Event)
    assert all(set(row) == set(State) for row in TABLE.values())


@pytest.mark.parametrize(('event', 'state'), list(itertools.product(Event, State)))
def test_every_transition(event, state):
    supervisor = in_state(state)
    entries, cause = supervisor.entries, supervisor.cause
    verdict = TABLE[event][state]
    refusal = supervisor.post(event, 'some words')
    if isinstance(verdict, State):
        assert refusal == ''
        assert supervisor.state is verdict
        assert supervisor.entries > entries or supervisor.state in (state, State.RUN)
    elif verdict == 'back':
        assert refusal == ''
        assert supervisor.state is State.RUN
    else:
        assert verdict in refusal
        assert event.name.lower() in refusal
        assert (supervisor.state, supervisor.entries, supervisor.cause) == (state, entries, cause)
    quiet_run = supervisor.state is State.RUN and event is Event.ACCEPTED
    assert supervisor.cause or quiet_run


@pytest.mark.parametrize('event', [e for e in Event if e is not Event.RESET])
def test_a_stop_is_latched(event):
    supervisor = in_state(State.STOP)
    supervisor.post(event, 'some words')
    assert supervisor.mode is Mode.STOP
    assert supervisor.cause == 'emergency stop'
    assert supervisor.post(Event.RESET) == ''
    assert supervisor.mode is Mode.IDLE
    assert supervisor.instruction == ''


@pytest.mark.parametrize('alarm', [Event.ALARM, Event.HOLD, Event.VIOLATION, Event.STALE])
def test_a_hold_is_latched_and_keeps_its_cause_and_its_instruction(alarm):
    supervisor = in_state(State.RUN)
    supervisor.post(alarm, 'p = 0.02')
    for event in (Event.ACCEPTED, Event.STARVED, Event.SILENT, Event.START):
        supervisor.post(event, 'another')
    assert supervisor.mode is Mode.HOLD
    assert supervisor.cause == 'p = 0.02'
    assert supervisor.instruction == 'pick the red cube'
    assert 'resume or reset first' in supervisor.refuses_chunks
    assert supervisor.post(Event.RESUME) == ''
    assert supervisor.mode is Mode.RUN


def test_starvation_holds_until_a_chunk_comes():
    supervisor = in_state(State.STARVED)
    assert supervisor.mode is Mode.HOLD
    assert 'no chunk in time' in supervisor.cause
    assert supervisor.refuses_chunks == ''
    entries = supervisor.entries
    supervisor.post(Event.ACCEPTED)
    assert supervisor.mode is Mode.RUN
    assert supervisor.cause == ''
    assert supervisor.entries == entries  # no entry: the queue must not be cleared


def test_a_new_instruction_is_an_entry_and_an_empty_one_is_refused():
    supervisor = in_state(State.RUN)
    entries = supervisor.entries
    supervisor.post(Event.START, 'stack the cubes')
    assert supervisor.entries == entries + 1
    assert supervisor.instruction == 'stack the cubes'
    assert 'expected some words' in supervisor.post(Event.START, ' \n')


def test_release_goes_back_to_the_instruction_or_to_idle():
    supervisor = in_state(State.TAKEOVER)
    supervisor.post(Event.RELEASE)
    assert supervisor.mode is Mode.RUN
    supervisor = Supervisor()
    supervisor.post(Event.TAKEOVER)
    supervisor.post(Event.RELEASE)
    assert supervisor.mode is Mode.IDLE
    assert supervisor.cause == 'no instruction'


def test_an_instruction_given_during_a_takeover_waits_for_the_release():
    supervisor = in_state(State.TAKEOVER)
    supervisor.post(Event.START, 'push it')
    assert supervisor.mode is Mode.TAKEOVER
    assert supervisor.cause == 'taken over by a person'
    supervisor.post(Event.RELEASE)
    assert (supervisor.mode, supervisor.instruction) == (Mode.RUN, 'push it')
