import numpy as np
import pytest

from vla_ros.robots import load_robot
from vla_ros.tabletop.language import FAMILIES, Request, render, requests
from vla_ros.tabletop.language.guess import guess_request


@pytest.mark.parametrize('robot', ['franka', 'ur5e', 'aloha', 'humanoid'])
@pytest.mark.parametrize('split', ['plain', 'train', 'heldout'])
def test_known_wordings_are_understood(robot, split):
    rng, families = np.random.default_rng(0), load_robot(robot).tasks
    for request in requests(*families):
        for _ in range(4):
            text = render(request, rng, split)
            assert guess_request(text, families) == request, text


def test_what_names_no_cube_is_not_guessed():
    assert guess_request('fetch me a coffee', FAMILIES) is None
    assert guess_request('', FAMILIES) is None


def test_what_the_robot_does_not_do_is_not_guessed():
    assert guess_request('press the red button', ('press',)) == Request('press', 'red')
    assert guess_request('press the red button', ('pick', 'put')) is None


def test_the_hint_decides_where_the_order_of_two_cubes_is_unclear():
    text = 'red cube, blue cube, you know what to do'
    assert guess_request(text, FAMILIES) is None
    assert guess_request(text, FAMILIES, 'stack blue red') == Request('stack', 'blue', 'red')
