"""An adversary on every law: what is sent never exceeds a limit; and the check would notice."""

from dataclasses import replace

import numpy as np
import pytest

from vla_ros.bench.limits import Verdict, fuzz_limits
from vla_ros.bench.limits.verdict import check_motion, check_pose, check_torque
from vla_ros.control.laws import load_law
from vla_ros.core.paths import share_dir
from vla_ros.robots import KeepOut, load_robot


TICKS, MANY = 5_000, 20_000  # for each of the laws; `vla_ros bench limits` runs a million
PRESETS = sorted(
    (robot, path.stem)
    for robot in ('franka', 'ur5e')
    for path in (share_dir() / 'config' / 'control').glob(f'{robot}_*.yaml')
    if path.stem != f'{robot}_stop'
)


@pytest.mark.parametrize(('robot', 'preset'), PRESETS)
def test_no_limit_is_exceeded(robot, preset):
    attack(robot, preset, TICKS, PRESETS.index((robot, preset)))


@pytest.mark.long
@pytest.mark.parametrize(('robot', 'preset'), PRESETS)
def test_no_limit_is_exceeded_for_longer(robot, preset, fresh_seed):
    attack(robot, preset, MANY, fresh_seed)


def attack(robot, preset, ticks, seed):
    spec = load_robot(robot)
    box = KeepOut('post', (0.40, 0.10, 0.0), (0.50, 0.25, 0.35))
    spec = replace(spec, cartesian=replace(spec.cartesian, keep_out=(box,)))
    verdict = fuzz_limits(spec, preset, ticks, seed)
    assert verdict.ticks == ticks
    assert not verdict.violations, verdict.shares
    if load_law(preset, spec).tracks == 'pose':
        assert verdict.shares['cartesian velocity'] > 0.5, 'the adversary is too gentle'


def test_the_check_notices_every_kind_of_violation(spec):
    verdict = Verdict()
    steps = np.zeros((10, spec.n))
    steps[5] = 100.0
    check_torque(spec, verdict, steps)
    check_motion(spec, verdict, steps)
    position = np.tile([0.5, 0.0, 0.3], (10, 1))
    position[5, 2] = -0.1
    turn = np.tile([1.0, 0, 0, 0], (10, 1))
    turn[5] = [0, 1, 0, 0]
    box = KeepOut('post', (0.45, -0.1, -0.2), (0.55, 0.1, 0.2))
    boxed = replace(spec, cartesian=replace(spec.cartesian, keep_out=(box,)))
    check_pose(boxed, verdict, position, turn)
    assert set(verdict.violations) == {
        'torque', 'torque rate', 'joint position', 'joint velocity', 'joint acceleration',
        'joint jerk', 'workspace', 'keep-out', 'cartesian velocity', 'cartesian acceleration',
        'cartesian jerk', 'angular velocity',
    }  # fmt: skip


def test_a_number_that_is_not_finite_is_a_violation(spec):
    verdict = Verdict()
    verdict.note('torque', np.array([1.0, np.nan]), 2.0)
    assert verdict.violations == ['torque']
