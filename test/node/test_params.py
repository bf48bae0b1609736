from dataclasses import dataclass

import pytest

from vla_ros.core.config import ConfigError
from vla_ros.ros.params import Parameters, param
from vla_ros.ros.stage_node import StageNode


@dataclass(frozen=True)
class Example:
    rate: float = param(5.0, 'How often, Hz', 0.1, 50.0)
    count: int = param(3, 'How many', 1, 9)
    policy: str = param('pocket', 'Which')
    sim: bool = param(True, 'Whether')


def read(bench, **values):
    from rclpy.node import Node

    return Parameters(bench.host(Node, **values), Example).read(Example)


def test_values_become_the_dataclass(bench):
    assert read(bench) == Example()
    given = {'rate': 7.5, 'count': 4, 'policy': 'big', 'sim': False}
    bench.executor.remove_node(bench.node)
    assert read(bench, **given) == Example(**given)


def test_a_whole_number_will_do_for_a_float(bench):
    assert read(bench, rate=7) == Example(rate=7.0)


@pytest.mark.parametrize(
    ('values', 'words'),
    [
        ({'rate': 'fast'}, "'rate': expected float in 0.1..50, got 'fast'"),
        ({'rate': 100.0}, "'rate': expected float in 0.1..50, got 100.0"),
        ({'count': 2.5}, "'count': expected int in 1..9, got 2.5"),
        ({'count': 0}, "'count': expected int in 1..9, got 0"),
        ({'policy': 3}, "'policy': expected str, got 3"),
        ({'sim': 1}, "'sim': expected bool, got 1"),
        ({'reate': 1.0}, "'reate' is unknown; valid ones: .*'rate'"),
    ],
)
def test_a_wrong_value_is_named(bench, values, words):
    with pytest.raises(ConfigError, match=words):
        read(bench, **values)


def test_a_stage_that_configures_nothing_cannot_be_made():
    with pytest.raises(TypeError, match='configure'):
        StageNode('stage')


def test_parameters_describe_themselves(bench):
    read(bench)
    rate = bench.node.describe_parameter('rate')
    assert rate.description == 'How often, Hz'
    assert rate.floating_point_range[0].to_value == 50.0
