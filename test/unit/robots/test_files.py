"""A robot is its files: none of them is missing, and they agree with each other."""

import ast

import pytest

from vla_ros.bench.demo_program import Program
from vla_ros.control.laws import load_law
from vla_ros.core import config
from vla_ros.core.paths import config_file, share_dir
from vla_ros.robots import load_robot
from vla_ros.tabletop.language.grammar import FAMILIES
from vla_ros.tabletop.world.config import load_sim


ROBOTS = sorted(path.stem for path in (share_dir() / 'config' / 'robots').glob('*.yaml'))


@pytest.fixture(params=ROBOTS)
def spec(request):
    return load_robot(request.param)


def test_it_is_called_as_its_file(spec):
    assert spec.name in ROBOTS and spec.urdf == f'urdf/{spec.name}.urdf'


def test_its_driver_takes_what_its_law_makes(spec):
    for limb in spec.arms:
        assert limb.driver.takes(load_law(limb.law, limb).output)


def test_it_has_a_law_to_stop_with(spec):
    for limb in spec.arms:
        assert load_law(f'{spec.name}_stop', limb).output == 'effort'


def test_it_has_a_demo_of_known_families(spec):
    program = config.load(Program, config_file('demo', spec.name))
    assert {step.family for step in program.steps} <= {'', *FAMILIES}


def test_it_has_a_launch_file_of_its_own(spec):
    source = (share_dir() / 'launch' / f'{spec.name}.launch.py').read_text()
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    assert [call.args[0].value for call in calls] == [spec.name]


def test_it_has_a_world_of_its_own_size(spec):
    if any(limb.kind == 'mobile_base' for limb in spec.limbs):
        pytest.skip('it drives to where things are')
    place = load_sim(spec.sim).placement
    for x in place.x:
        for y in place.y:
            assert any(
                limb.cartesian.lower[0] < x < limb.cartesian.upper[0]
                and limb.cartesian.lower[1] < y < limb.cartesian.upper[1]
                for limb in spec.arms
            ), (x, y)


def test_its_cameras_are_those_that_policies_look_through(spec):
    """What one arm's pictures show, another's do: the same table from the same place."""
    if len(spec.arms) > 1:
        pytest.skip('it has a table of its own')
    front, first = spec.camera('front'), load_robot('franka').camera('front')
    assert (front.position, front.look_at, front.fov_y) == (
        first.position, first.look_at, first.fov_y,
    )  # fmt: skip
    assert spec.camera('wrist').fov_y == load_robot('franka').camera('wrist').fov_y
