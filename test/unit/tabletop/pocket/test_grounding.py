"""What cannot be an instruction is refused before a net sees it, and refusals name the cause."""

import pytest

from vla_ros.tabletop.language.vocabulary import training_vocabulary
from vla_ros.tabletop.pocket.grounding import check_text, explain


CUBES = ('pick', 'put', 'push', 'stack')
VOCABULARY = training_vocabulary(CUBES)


@pytest.mark.parametrize(
    ('text', 'cause'),
    [
        ('', 'empty'),
        ('  \n\t ', 'empty'),
        ('red ' * 2500, '10000 characters'),
        ('положи красный кубик в миску', 'script'),
        ('把红色方块放进碗里', 'script'),
        ('ضع المكعب الأحمر', 'script'),
        ('12345 !!! 678', 'no words'),
        ('?!...', 'no words'),
        ('\x00\x01', 'no words'),
        (' '.join(['the'] * 50), '50 words'),
    ],
)
def test_refused(text, cause):
    assert cause in check_text(text, VOCABULARY, CUBES)


@pytest.mark.parametrize('text', ['put the red cube in the bowl', 'Café: pick up the red cube!'])
def test_accepted(text):
    assert check_text(text, VOCABULARY, CUBES) == ''


@pytest.mark.parametrize(
    ('text', 'cause'),
    [
        ('pick up the red banana', "unknown word 'banana'"),
        ('grab the teal cube', "unknown word 'teal'"),
        ('put the red cube in the oven', "unknown word 'oven'"),
        ('stack the red cube on the pink block', "unknown word 'pink'"),
        ('pick up the red cube', 'no red cube is seen'),
        ('stack the red cube on the scarlet cube', 'no red cube is seen'),
        ('stack the red cube on the azure one', 'no red cube or blue cube is seen'),
        ('pick it up', 'no object is named'),
        ('elevate the shiny red cube', 'no red cube is seen'),
    ],
)
def test_explained(text, cause):
    assert cause in explain(text, VOCABULARY, CUBES)


@pytest.mark.parametrize(
    ('families', 'text', 'cause'),
    [
        (('press', 'wipe'), 'press the red button', 'no red button is seen'),
        (('press', 'wipe'), 'wipe the crimson stripe', 'no red line is seen'),
        (('press', 'wipe'), 'pick up the red cube', "unknown word 'cube'"),
        (('press', 'wipe'), 'now please', 'expected a button or a line (red, green'),
        (('pick', 'wipe'), 'wipe the blue mark', 'no blue line is seen'),
        (('pick', 'put'), 'now please', 'purple, orange), the bowl'),
    ],
)
def test_a_policy_speaks_of_what_it_was_trained_for(families, text, cause):
    assert cause in explain(text, training_vocabulary(families), families)


TWO_ARMS = ('place', 'handover', 'lift')
ARMS = 'expected one of: left arm, right arm'


@pytest.mark.parametrize(
    ('text', 'cause'),
    [
        ('put the red cube in the bowl', f'no arm is named; {ARMS}'),
        ('put the red cube in the bowl right away', f'no arm is named; {ARMS}'),
        ('hand the crimson box over', f'no arm is named; {ARMS}'),
        ('put the red cube in the bowl with the middle arm', f"unknown word 'middle'; {ARMS}"),
        ('put the red banana in the bowl', "unknown word 'banana'; expected a cube or a bar"),
        ('put the red banana in the bowl with the left arm', "unknown word 'banana'; expected a"),
        ('pass it over', 'no object is named'),
        ('lift the red bar', 'no red bar is seen'),
        ('put the red cube in the bowl with the left arm', 'no red cube is seen'),
        ('right arm: put the red cube in the bowl right away', 'no red cube is seen'),
    ],
)
def test_a_missing_arm_is_asked_for(text, cause):
    assert cause in explain(text, training_vocabulary(TWO_ARMS), TWO_ARMS)


def test_who_needs_no_arm_is_not_asked_for_one():
    families = ('put', 'place')
    cause = explain('put the red cube in the bowl', training_vocabulary(families), families)
    assert 'arm' not in cause


@pytest.mark.parametrize(
    ('families', 'example'),
    [(CUBES, 'put the red cube in the bowl'), (('wipe', 'press'), 'wipe the red line')],
)
def test_the_example_is_of_the_policys_own_families(families, example):
    assert f'"{example}"' in check_text('', VOCABULARY, families)
