"""A robot is its files: none of them is missing, and they agree with each other."""

import ast

import pytest

from vla_ros import config
from vla_ros.commands.demo import Program
from vla_ros.control.laws import load_law
from vla_ros.language.grammar import FAMILIES
from vla_ros.paths import config_file, share_dir
from vla_ros.robots import load_robot


ROBOTS = sorted(path.stem for path in (share_dir() / 'config' / 'robots').glob('*.yaml'))


@pytest.fixture(params=ROBOTS)
def spec(request):
    return load_robot(request.param)


def test_it_is_called_as_its_file(spec):
    assert spec.name in ROBOTS and spec.urdf == f'urdf/{spec.name}.urdf'


def test_its_driver_takes_what_its_law_makes(spec):
    assert spec.driver.takes(load_law(spec.law, spec).output)


def test_it_has_a_law_to_stop_with(spec):
    assert load_law(f'{spec.name}_stop', spec).output == 'effort'


def test_it_has_a_demo_of_known_families(spec):
    program = config.load(Program, config_file('demo', spec.name))
    assert {step.family for step in program.steps} <= {'', *FAMILIES}


def test_it_has_a_launch_file_of_its_own(spec):
    source = (share_dir() / 'launch' / f'{spec.name}.launch.py').read_text()
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    assert [call.args[0].value for call in calls] == [spec.name]


def test_its_cameras_are_those_that_policies_look_through(spec):
    """What one robot's pictures show, another's do: the same table from the same place."""
    front, first = spec.camera('front'), load_robot('franka').camera('front')
    assert (front.position, front.look_at, front.fov_y) == (
        first.position, first.look_at, first.fov_y,
    )  # fmt: skip
    assert spec.camera('wrist').fov_y == load_robot('franka').camera('wrist').fov_y
