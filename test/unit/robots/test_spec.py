"""A robot's limits are checked when they are read; the message names the field."""

import pytest

from vla_ros.core.config import ConfigError, build, to_tree
from vla_ros.robots import ArmSpec, KeepOut, load_robot


POST = {'name': 'post', 'lower': [0.5, -0.1, 0.0], 'upper': [0.6, 0.1, 0.5]}


def tree(**changes):
    """Return the franka's tree with changes to its Cartesian limits."""
    plain = to_tree(load_robot('franka'))
    plain['cartesian'].update(changes)
    return plain


def test_keep_out_boxes_are_read():
    assert build(ArmSpec, tree()).cartesian.keep_out == ()
    (box,) = build(ArmSpec, tree(keep_out=[POST])).cartesian.keep_out
    assert box == KeepOut('post', (0.5, -0.1, 0.0), (0.6, 0.1, 0.5))


@pytest.mark.parametrize(
    ('tasks', 'words'),
    [
        (['put', 'put'], 'tasks: one is given twice'),
        (['wipe', 3], 'tasks.1.: expected str'),
    ],
)
def test_tasks_are_any_names_each_once(tasks, words):
    named = build(ArmSpec, to_tree(load_robot('franka')) | {'tasks': ['juggle']})
    assert named.tasks == ('juggle',)  # opaque labels: the world in which it acts knows them
    with pytest.raises(ConfigError, match=words):
        build(ArmSpec, to_tree(load_robot('franka')) | {'tasks': tasks})


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        ({'keep_out': [{**POST, 'lower': [0.5, 0.1, 0.0]}]}, "keep_out 'post': every lower bound"),
        ({'keep_out': [{**POST, 'lower': [0.5, 0.0]}]}, 'expected 3 values, got 2'),
        ({'keep_out': [{**POST, 'upper': [0.6, 0.1, float('nan')]}]}, 'expected a finite number'),
        ({'keep_out': [POST, POST]}, 'keep_out: a name is given twice'),
        (
            {'keep_out': [{**POST, 'lower': [0.0, -1.0, 0.0], 'upper': [1.0, 1.0, 1.0]}]},
            "keep_out 'post' leaves nothing of the workspace",
        ),
        ({'lower': [0.8, -0.4, 0.0]}, 'workspace: every lower bound'),
        ({'velocity': 0.0}, 'cartesian.velocity must be positive'),
        ({'angular_jerk': -1.0}, 'cartesian.angular_jerk must be positive'),
        ({'tilt': 3.2}, 'cartesian.tilt: expected 0..3 rad, got 3.2'),
    ],
)
def test_bad_limits_are_named(changes, words):
    with pytest.raises(ConfigError, match=words):
        build(ArmSpec, tree(**changes))
