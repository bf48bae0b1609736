import numpy as np
import pytest

from vla_ros.language import FAMILIES, Request, render, requests
from vla_ros.nodes.request import guess_request


@pytest.mark.parametrize('split', ['plain', 'train', 'heldout'])
def test_known_wordings_are_understood(split):
    rng = np.random.default_rng(0)
    for request in requests(*FAMILIES):
        for _ in range(4):
            text = render(request, rng, split)
            assert guess_request(text) == request, text


def test_what_names_no_cube_is_not_guessed():
    assert guess_request('fetch me a coffee') is None
    assert guess_request('') is None


def test_the_hint_decides_where_the_order_of_two_cubes_is_unclear():
    text = 'red cube, blue cube, you know what to do'
    assert guess_request(text) is None
    assert guess_request(text, 'stack blue red') == Request('stack', 'blue', 'red')
