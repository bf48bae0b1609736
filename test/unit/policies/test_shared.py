"""The shared policies are one set of weights: a robot has but its mark of its own."""

from collections import defaultdict

import pytest

from vla_ros.core.paths import share_dir
from vla_ros.policies import load_policy
from vla_ros.robots import load_robot


onnx = pytest.importorskip('onnx')

ROBOTS = ('franka', 'ur5e', 'aloha', 'humanoid')
MARK = 8  # numbers: `body_width` of config/train/shared.yaml
SIDES = 2 * 48  # what tells two arms apart; a robot of one has the first one's alone


def weights(robot, name):
    """Return the weights of a net by shape."""
    model = onnx.load(share_dir() / 'policies' / robot / 'shared' / f'{name}.onnx')
    pool = defaultdict(list)
    for tensor in model.graph.initializer:
        array = onnx.numpy_helper.to_array(tensor)
        if array.dtype.kind == 'f':
            pool[array.shape].append(array)
    return pool


def differing(one, other):
    """Return how many numbers of `one` are in no tensor of `other`."""
    return sum(
        array.size
        for shape, arrays in one.items()
        for array in arrays
        if array.tobytes() not in {found.tobytes() for found in other.get(shape, [])}
    )


@pytest.mark.parametrize('robot', ROBOTS)
def test_it_is_for_the_robot(robot):
    spec = load_policy(share_dir() / 'policies' / robot / 'shared').spec
    loaded = load_robot(robot)
    assert (spec.name, spec.robot) == (f'{robot}-shared', robot)
    assert spec.actions.channels == loaded.channels and set(spec.tasks) == set(loaded.tasks)


@pytest.mark.parametrize('robot', ROBOTS[1:])
def test_the_weights_are_those_of_the_others(robot):
    own, first = weights(robot, 'reasoner'), weights('franka', 'reasoner')
    assert differing(own, first) <= MARK and sum(a.size for s in own.values() for a in s) > 3e5
    # From the Franka's side: a robot with a base has a head more.
    assert differing(weights('franka', 'perceive'), weights(robot, 'perceive')) <= MARK + SIDES
    assert differing(weights('franka', 'head'), weights(robot, 'head')) == 0
