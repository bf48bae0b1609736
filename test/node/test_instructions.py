"""Any printable text of up to 4 kB reaches the policy as it was given; nothing else does."""

from dataclasses import replace
import os
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from rclpy.context import Context
from rclpy.node import Node

from vla_ros.control.loops.supervisor import Supervisor
from vla_ros.core.data import Latent
from vla_ros.ros.bringup.description import NodeDescription
from vla_ros.ros.bringup.process import command_of
from vla_ros.ros.control.episodes import EpisodeManager, instruction_problem
from vla_ros.runtime.mailbox import TEXT, Mailbox


# What shows, and line breaks; few of them are of one byte.
PRINTABLE = st.text(st.characters(exclude_categories=('Cc', 'Cs')) | st.just('\n'), min_size=1)
WORDS = st.tuples(PRINTABLE, st.sampled_from(['pick', '猫', '🦾', '1'])).map(''.join)
UNSEEN = st.characters(categories=('Cc', 'Cs')).filter(lambda letter: letter != '\n')


@settings(max_examples=300)
@given(WORDS)
def test_what_can_be_shown_is_an_instruction_and_stays_whole(text):
    supervisor, said = Supervisor(), []
    episodes = EpisodeManager(supervisor, lambda episode, *_: said.append(episode.instruction))
    assert episodes.begin(text, 0) == ''
    assert (supervisor.instruction, said) == (text, [text])


@given(WORDS, UNSEEN, st.data())
def test_what_nothing_can_show_is_refused_and_nothing_begins(text, sign, data):
    place = data.draw(st.integers(0, len(text)))
    text = text[:place] + sign + text[place:]
    supervisor = Supervisor()
    episodes = EpisodeManager(supervisor, lambda *_: pytest.fail('it begins'))
    cause = episodes.begin(text, 0)
    assert f'got {sign!r} at character {place}' in cause
    assert episodes.current is None and supervisor.instruction == ''


@pytest.mark.parametrize(
    ('verdict', 'outcome', 'reason'),
    [
        ('refuse', 'failure', 'refused: no cube'),
        ('ask', 'aborted', 'the reasoner asks: no cube'),
        ('done', 'success', 'done: no cube'),
        ('go', '', ''),
    ],
)
def test_the_verdict_of_the_reasoner_ends_an_episode(verdict, outcome, reason):
    said = []
    episodes = EpisodeManager(Supervisor(), lambda episode, *end: said.append(end))
    episodes.begin('pick up the cube', 0, 'e')
    words = '' if verdict == 'go' else 'no cube'
    latent = Latent(
        1, 1, 'e', 'm:h', 'pick up the cube', '', 0, 0, 1.0, np.zeros((1, 1), np.float32),
        refusal=words, verdict=verdict,
    )  # fmt: skip
    episodes.judged(replace(latent, episode_id='another'))
    assert episodes.current is not None
    episodes.judged(latent)
    assert said[-1] == (outcome, reason)
    assert (episodes.current is None) == (verdict != 'go')


@given(st.text(st.sampled_from('aß猫🦾'), min_size=1), st.integers(TEXT - 3, TEXT + 3))
def test_the_limit_is_one_of_bytes(text, size):
    letters = (text * size)[:size]
    while len(letters.encode()) > size:
        letters = letters[:-1]
    letters += 'a' * (size - len(letters.encode()))
    cause = instruction_problem(letters)
    assert cause == ('' if size <= TEXT else f'instruction: expected at most {TEXT} bytes of '
                     f'UTF-8, got {size}')  # fmt: skip


@given(WORDS)
def test_the_control_process_is_told_all_of_it_and_tells_it_again(text):
    mailbox = Mailbox()
    try:
        long = (text * TEXT)[: TEXT // 4]  # no letter takes more than four bytes
        mailbox.events[3].write((0,), texts=(long,))
        assert mailbox.events[3].read()[2][0] == long
        mailbox.status.write(texts=('', long, ''))
        assert mailbox.status.read()[2][1] == long
    finally:
        mailbox.close()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WORDS)
def test_the_parameter_of_a_started_node_is_the_text(tmp_path: Path, text):
    node = NodeDescription('control', 'control_node', True, {'instruction': text})
    arguments = command_of(node, '', tmp_path)[3:]
    context = Context()
    context.init(args=arguments, domain_id=os.getpid() % 80 + 1)
    try:
        started = Node('control', context=context, start_parameter_services=False)
        assert started.declare_parameter('instruction', '').value == text
        started.destroy_node()
    finally:
        context.shutdown()
