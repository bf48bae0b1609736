"""What is judged: every known wording as what it asks for, and nothing else."""

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.robots import load_robot
from vla_ros.tabletop.language import FAMILIES, Request, render, requests
from vla_ros.tabletop.language.grammar import expand, fill, templates
from vla_ros.tabletop.language.guess import guess_request
from vla_ros.tabletop.language.wording import NEGATIONS


ROBOTS = ['franka', 'ur5e', 'aloha', 'humanoid']
# Words that turn a request into another, or into none.
TURNING = [
    'not',
    'never',
    "don't",
    'without',
    'fold',
    'paint',
    'stop',
    'unless',
    'nicht',
    'никогда',
]


@pytest.mark.parametrize('robot', ROBOTS)
@pytest.mark.parametrize('split', ['plain', 'train', 'heldout'])
def test_known_wordings_are_understood(robot, split):
    rng, families = np.random.default_rng(0), load_robot(robot).tasks
    for request in requests(*families):
        for _ in range(4):
            text = render(request, rng, split)
            assert guess_request(text, families) == request, text


@pytest.mark.parametrize('robot', ROBOTS)
@pytest.mark.parametrize('split', ['train', 'heldout'])
def test_every_template_of_every_family_is_understood(robot, split):
    rng, families = np.random.default_rng(1), load_robot(robot).tasks
    for family in families:
        options = requests(family)
        for template in templates(family, split):
            for _ in range(10):
                request = options[rng.integers(len(options))]
                text = fill(expand(template, rng), request, rng)
                assert guess_request(text, families) == request, text


@pytest.mark.parametrize(
    'text',
    [
        '',
        'fetch me a coffee',
        'fold the red cube',
        'paint the red cube',
        'throw the red cube',
        'throw the red cube away',
        'do not pick up the red cube',
        "don't pick up the red cube",
        'never pick up the red cube',
        'please stop, leave the red cube alone',
        'pick up anything but the red cube',
        'pick up the red cube and fold it',
        'pick up the red cube and the blue cube',
        'pick up the red cube, then put the blue cube in the bowl',
        'pick up the red cube. no, stop',
        'put the red cube next to the bowl',
        'stack the red cube on the red cube',
        'did you pick up the red cube',
        'what is the red cube',
        'pick up the red sock',
        'red cube, blue cube, you know what to do',
        'не pick up the red cube',
        'pick up the red cube 不要',
        '🚫 pick up the red cube',
        'pick up the red cube ' * 40,
    ],
)
def test_what_is_not_known_for_sure_is_not_judged(text):
    assert guess_request(text, FAMILIES) is None
    assert guess_request(text, FAMILIES, 'pick red') is None


@pytest.mark.parametrize('robot', ROBOTS)
def test_no_negation_of_a_known_wording_is_judged(robot):
    rng, families = np.random.default_rng(2), load_robot(robot).tasks
    for request in requests(*families):
        command = render(request, rng, 'plain')
        thing = f'the {request.object} {request.kind}'
        for template in NEGATIONS:
            text = expand(template, rng).replace('{command}', command).replace('{object}', thing)
            assert guess_request(text, families) is None, text


@settings(max_examples=300)
@given(st.sampled_from(ROBOTS), st.integers(0, 10**6), st.sampled_from(TURNING), st.data())
def test_a_wording_with_a_word_that_none_explains_is_not_judged(robot, seed, word, data):
    rng, families = np.random.default_rng(seed), load_robot(robot).tasks
    options = requests(*families)
    words = render(options[rng.integers(len(options))], rng, 'heldout').split()
    words.insert(data.draw(st.integers(0, len(words))), word)
    assert guess_request(' '.join(words), families) is None, words


@given(st.text())
def test_any_text_is_read(text):
    guess_request(text, FAMILIES)


def test_what_the_robot_does_not_do_is_not_judged():
    assert guess_request('press the red button', ('press',)) == Request('press', 'red')
    assert guess_request('press the red button', ('pick', 'put')) is None


def test_what_is_said_around_a_request_does_not_matter():
    for text in (
        'Please, could you pick up the red cube now? Thanks!',
        'Hey robot, please carefully pick up the red cube for me',
        "let's pick up the red cube",
    ):
        assert guess_request(text, ('pick',)) == Request('pick', 'red'), text


def test_one_stands_for_a_thing_where_it_is_clear_which():
    franka = load_robot('franka').tasks
    for text in ('stack the red cube on the blue one', 'stack the red one on the blue one'):
        assert guess_request(text, franka) == Request('stack', 'red', 'blue'), text
    both = ('pick', 'press', 'stack')
    assert guess_request('stack the red cube on the blue one', both)
    assert guess_request('push the red one', both) is None  # a cube, or a button?


def test_the_hint_decides_where_the_words_fit_several():
    text = 'lift the red box'  # a box is a cube's name, and a crate's
    assert guess_request(text, ('pick', 'hoist')) == Request('pick', 'red')
    assert guess_request(text, ('pick', 'hoist'), 'hoist red') == Request('hoist', 'red')
    assert guess_request(text, ('pick', 'hoist'), 'hoist blue') == Request('pick', 'red')
