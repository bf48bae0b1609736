"""The laws as a whole, and how they are made from presets."""

import dataclasses

import numpy as np
import pinocchio as pin
import pytest
import yaml

from vla_ros.control.laws import CartesianTarget, LawPreset, load_law, make_law
from vla_ros.control.laws.cartesian_impedance import CartesianImpedance, CartesianImpedanceConfig
from vla_ros.control.laws.cartesian_wrench import CartesianWrench, CartesianWrenchConfig
from vla_ros.control.laws.gravity_compensation import (
    GravityCompensation,
    GravityCompensationConfig,
)
from vla_ros.control.laws.joint_impedance import JointImpedance, JointImpedanceConfig
from vla_ros.control.laws.operational_space import OperationalSpace, OperationalSpaceConfig
from vla_ros.control.laws.torque_feedback import TorqueFeedback, TorqueFeedbackConfig
from vla_ros.core.config import ConfigError
from vla_ros.core.paths import share_dir
from vla_ros.core.rotations import from_matrix
from vla_ros.robots import load_robot
from vla_ros.robots.model import RobotModel


SPEC = load_robot('franka')
ROBOTS = {name: load_robot(name) for name in ('franka', 'ur5e')}
EFFORT = [
    (name, path.stem)
    for name, spec in ROBOTS.items()
    for path in sorted((share_dir() / 'config' / 'control').glob(f'{name}_*.yaml'))
    if load_law(path.stem, spec).output == 'effort'
]


@pytest.fixture
def model():
    return RobotModel(SPEC)


def target_at(
    model, shift=(0.0, 0.0, 0.0), turn=(0.0, 0.0, 0.0), twist=(0.0,) * 6, acceleration=(0.0,) * 6
):
    target = CartesianTarget(model.q)
    rotation = pin.exp3(np.array(turn)) @ model.rotation
    target.set(tuple(model.position + shift), from_matrix(rotation), twist, acceleration)
    return target


@pytest.mark.parametrize(('robot', 'preset'), EFFORT)
def test_every_preset_makes_a_law_that_carries_the_arm(robot, preset):
    spec = ROBOTS[robot]
    law, model = load_law(preset, spec), RobotModel(spec)
    out = np.full(spec.n, np.nan)
    assert law.torque(model, target_at(model), out) is out
    np.testing.assert_allclose(out, model.gravity, atol=1e-9)


BARE = {'gravity': False, 'coriolis': False, 'friction': False}


def torque(law, model, target):
    return law.torque(model, target, np.zeros(SPEC.n)).copy()


def test_joint_impedance_is_a_spring_and_a_damper_in_every_joint(model):
    stiffness, inertia = np.arange(10.0, 17.0), np.linspace(0.1, 2, SPEC.n)
    config = JointImpedanceConfig(
        stiffness=tuple(stiffness), inertia=tuple(inertia), damping_ratio=0.5, **BARE
    )
    law = JointImpedance(config, SPEC)
    model.update(SPEC.home, np.full(SPEC.n, 0.1))
    target = target_at(model)
    target.posture[:], target.posture_rate[:] = SPEC.home + 0.2, 0.4
    target.wrench[:] = np.arange(6)
    expected = 0.2 * stiffness + np.sqrt(stiffness * inertia) * (0.4 - 0.1)
    expected += model.jacobian.T @ np.arange(6)
    np.testing.assert_allclose(torque(law, model, target), expected, atol=1e-12)
    with pytest.raises(ValueError, match='stiffness: expected 7 values for franka, got 2'):
        JointImpedance(JointImpedanceConfig(stiffness=(1.0, 2.0)), SPEC)


def test_joint_impedance_compensates_the_friction_of_the_wanted_motion(model):
    law = JointImpedance(JointImpedanceConfig(stiffness=0.0, gravity=False, coriolis=False), SPEC)
    model.update(SPEC.home, np.full(SPEC.n, 0.3))
    target = target_at(model)
    np.testing.assert_array_equal(torque(law, model, target), 0)
    target.posture_rate[:] = 0.2
    viscous = SPEC.joint_array('damping')
    assert viscous.min() > 0
    np.testing.assert_allclose(torque(law, model, target), 0.2 * viscous, atol=1e-12)


def test_torque_feedback_answers_what_exceeds_the_threshold(model):
    config = TorqueFeedbackConfig(
        stiffness=0.0, share=0.5, threshold=1.0, max_torque=(3.0,) * 7, **BARE
    )
    law, target = TorqueFeedback(config, SPEC), target_at(model)
    model.external_torque[:] = [0.0, 0.9, -0.9, 3.0, -3.0, 100.0, -100.0]
    expected = [0, 0, 0, -1, 1, -3, 3]
    np.testing.assert_allclose(torque(law, model, target), expected, atol=1e-12)
    reflecting = TorqueFeedback(dataclasses.replace(config, share=-0.5), SPEC)
    np.testing.assert_allclose(torque(reflecting, model, target), np.negative(expected))


def test_damping_follows_a_stiffness_that_is_set(model):
    """A set stiffness gives what a law that was configured with it gives."""
    model.update(SPEC.home, np.full(SPEC.n, 0.1))
    target = target_at(model, (0.01, 0.02, 0.0))
    for kind, make in (
        (CartesianImpedance, CartesianImpedanceConfig),
        (OperationalSpace, OperationalSpaceConfig),
        (CartesianWrench, CartesianWrenchConfig),
    ):
        law = kind(make(k_pos=100.0, k_rot=10.0), SPEC)
        before = torque(law, model, target)
        law.set_stiffness(np.diag([400.0] * 3 + [20.0] * 3))
        configured = kind(make(k_pos=400.0, k_rot=20.0), SPEC)
        expected = torque(configured, model, target)
        np.testing.assert_allclose(torque(law, model, target), expected, atol=1e-9)
        assert np.abs(before - expected).max() > 0.1
        assert law.stiffness == pytest.approx(configured.stiffness, nan_ok=True)


@pytest.mark.parametrize(
    ('stiffness', 'words'),
    [
        (np.full((6, 6), np.nan), 'finite'),
        (np.diag([5001.0, 1, 1, 1, 1, 1]), 'at most 5000 N/m, got 5001'),
        (np.diag([1.0, 1, 1, 1, 1, 301.0]), 'at most 300 Nm/rad, got 301'),
        (np.eye(6) - np.eye(6, k=1), 'symmetric'),
        (-np.eye(6), 'positive semi-definite'),
        (np.eye(5), 'got 25'),
    ],
)
def test_a_refused_stiffness_changes_nothing(stiffness, words, model):
    model.update(SPEC.home, np.full(SPEC.n, 0.1))
    target = target_at(model, (0.01, 0.02, 0.0))
    for preset in ('franka_impedance', 'franka_operational_space', 'franka_wrench'):
        law = load_law(preset, SPEC)
        before = torque(law, model, target)
        with pytest.raises(ValueError, match=words):
            law.set_stiffness(stiffness)
        np.testing.assert_array_equal(torque(law, model, target), before)


def test_laws_without_a_cartesian_stiffness_say_so():
    for preset in ('franka_stop', 'franka_joint_impedance', 'franka_torque_feedback'):
        with pytest.raises(ValueError, match='has no Cartesian stiffness'):
            load_law(preset, SPEC).set_stiffness(np.eye(6))


def test_the_stiffness_is_told_where_it_is_one_number():
    law = CartesianImpedance(CartesianImpedanceConfig(k_pos=300.0), SPEC)
    assert law.stiffness == 300
    law.set_stiffness(np.diag([100.0, 100.0, 200.0, 1.0, 1.0, 1.0]))
    assert np.isnan(law.stiffness)
    law.set_stiffness(np.diag([100.0] * 3 + [1.0, 2.0, 3.0]))
    assert law.stiffness == 100


def test_an_axis_without_stiffness_is_still_damped(model):
    law = CartesianImpedance(CartesianImpedanceConfig(mass=5.0, friction=False), SPEC)
    law.set_stiffness(np.zeros((6, 6)))
    still = torque(law, model, target_at(model))
    moving = torque(law, model, target_at(model, twist=(0.1, 0, 0, 0, 0, 0)))
    expected = model.jacobian.T @ [2 * 5.0 * 1.0 * 0.1, 0, 0, 0, 0, 0]
    np.testing.assert_allclose(moving - still, expected, atol=1e-9)


@pytest.mark.parametrize('frame', ['base', 'tool'])
def test_force_axes_follow_the_wrench_and_the_others_the_pose(frame, model):
    config = CartesianWrenchConfig(
        force_axes=('z', 'rx'), frame=frame, k_pos=100.0, k_rot=10.0, mass=1.0, inertia=1.0,
        nullspace_stiffness=0.0, force_damping_pos=50.0, force_damping_rot=2.0, **BARE,
    )  # fmt: skip
    law = CartesianWrench(config, SPEC)
    rng = np.random.default_rng(7)
    model.update(SPEC.home + 0.2 * rng.normal(size=SPEC.n), 0.3 * rng.normal(size=SPEC.n))
    target = target_at(
        model, 0.02 * rng.normal(size=3), 0.1 * rng.normal(size=3), rng.normal(size=6)
    )
    target.wrench[:] = rng.normal(size=6)
    axes = np.kron(np.eye(2), np.eye(3) if frame == 'base' else model.rotation)
    shift = np.r_[target.position - model.position, pin.log3(target.rotation @ model.rotation.T)]
    error, rate = axes.T @ shift, axes.T @ (target.twist - model.twist)
    k, force = np.array([100.0] * 3 + [10.0] * 3), np.array([2, 3])
    local = k * error + 2 * np.sqrt(k) * rate
    local[force] = -np.array([50.0, 2.0]) * (axes.T @ model.twist)[force]
    expected = model.jacobian.T @ (axes @ local + target.wrench)
    np.testing.assert_allclose(torque(law, model, target), expected, atol=1e-9)


def test_the_integral_follows_the_error_of_the_force_is_bounded_and_fades(model):
    config = CartesianWrenchConfig(
        integral=10.0, integral_max_pos=3.0, contact_pos=1.0, nullspace_stiffness=0.0
    )
    law, target = CartesianWrench(config, SPEC), target_at(model)
    target.wrench[2] = -5.0
    model.external_wrench[:] = [0, 0, 4.0, 0, 0, 0]  # presses with 4 N, is to press with 5 N
    free = torque(CartesianWrench(config, SPEC), model, target)

    def added(ticks):
        for _ in range(ticks):
            out = torque(law, model, target)
        return np.linalg.lstsq(model.jacobian.T, out - model.gravity, rcond=None)[0][2] + 5.0

    assert added(100) == pytest.approx(-1.0 * 10.0 * 0.1, rel=1e-6)
    assert added(1000) == pytest.approx(-3.0)
    model.external_wrench[2] = np.nan  # a sensor's failure is not kept for ever
    assert added(10) == pytest.approx(-3.0)
    model.external_wrench[2] = 0.0
    assert abs(added(500)) < 0.05
    model.external_wrench[2] = 4.0
    added(100)
    law.reset(model, target)
    np.testing.assert_allclose(torque(law, model, target), free, atol=0.2)


def test_a_far_target_pulls_no_harder_than_the_clip(model):
    law = CartesianImpedance(CartesianImpedanceConfig(), SPEC)
    far = law.torque(model, target_at(model, (0.5, 0.0, 0.0)), np.zeros(7)).copy()
    farther = law.torque(model, target_at(model, (5.0, 0.0, 0.0)), np.zeros(7))
    np.testing.assert_array_equal(far, farther)


def test_gravity_compensation_opposes_motion_and_carries_friction(model):
    model.update(SPEC.home, np.full(SPEC.n, 0.5))
    bare = GravityCompensation(GravityCompensationConfig(damping=10.0, **BARE), SPEC)
    np.testing.assert_allclose(torque(bare, model, target_at(model)), -5.0)
    law = GravityCompensation(GravityCompensationConfig(damping=(10.0,) * 7), SPEC)
    expected = -5 + 0.5 * SPEC.joint_array('damping') + model.bias
    np.testing.assert_allclose(torque(law, model, target_at(model)), expected, atol=1e-12)


def test_stop_brakes_without_help_for_motion(model):
    model.update(SPEC.home, np.full(SPEC.n, 0.5))
    law = load_law('franka_stop', SPEC)
    expected = model.gravity - 0.5 * np.array([40.0] * 4 + [8.0] * 3)
    np.testing.assert_allclose(torque(law, model, target_at(model)), expected, atol=1e-12)


@pytest.mark.parametrize(
    ('tree', 'words'),
    [
        ({'law': 'impedence'}, ['impedence', 'cartesian_impedance', 'gravity_compensation']),
        ({'law': 'cartesian_impedance', 'parameters': {'k_poss': 1}}, ['k_poss', 'k_pos']),
        ({'law': 'cartesian_impedance', 'parameters': {'k_pos': -1.0}}, ['k_pos', '0..5000']),
        ({'law': 'cartesian_impedance', 'parameters': {'k_pos': 'stiff'}}, ['k_pos', 'float']),
        ({'law': 'cartesian_impedance', 'parameters': {'nullspace': 'x'}}, ['dynamic', 'none']),
        ({'law': 'cartesian_impedance', 'parameters': {'k_rot': 301.0}}, ['k_rot', '0..300']),
        ({'law': 'cartesian_impedance', 'parameters': {'mass': 0.0}}, ['mass', '0.1..100 kg']),
        ({'law': 'cartesian_impedance', 'parameters': {'damping_ratio': -1}}, ['damping_ratio']),
        ({'law': 'cartesian_impedance', 'parameters': {'frame': 'world'}}, ['base', 'tool']),
        (
            {'law': 'cartesian_impedance', 'parameters': {'nullspace_stiffness': [1.0, 2.0]}},
            ['nullspace_stiffness', '7', 'franka'],
        ),
        ({'law': 'cartesian_wrench', 'parameters': {'force_axes': ['w']}}, ['force_axes', 'rz']),
        ({'law': 'cartesian_wrench', 'parameters': {'force_axes': []}}, ['force_axes']),
        ({'law': 'cartesian_wrench', 'parameters': {'force_axes': ['z', 'z']}}, ['each once']),
        ({'law': 'torque_feedback', 'parameters': {'stiffness': 1, 'share': 2}}, ['share', '0.9']),
        ({'law': 'operational_space', 'parameters': {'singularity_damping': 0}}, ['0.001..1']),
        ({'law': 'gravity_compensation', 'parameters': {'damping': [1.0]}}, ['damping', '7']),
        ({'law': 'gravity_compensation'}, ['damping']),
    ],
)
def test_a_bad_preset_is_refused_by_name(tree, words, tmp_path):
    path = tmp_path / 'preset.yaml'
    path.write_text(yaml.safe_dump(tree))
    with pytest.raises(ConfigError) as error:
        load_law(str(path), SPEC)
    assert all(word in str(error.value) for word in words), str(error.value)


def test_a_law_that_leaves_gravity_out_is_refused_where_the_driver_does_so_already():
    preset = LawPreset('gravity_compensation', {'damping': [1.0] * SPEC.n, 'gravity': False})
    with pytest.raises(ConfigError, match=r'law.parameters.gravity: expected true: franka holds'):
        make_law(preset, SPEC)
    heavy = dataclasses.replace(SPEC, driver=dataclasses.replace(SPEC.driver, gravity='effort'))
    assert not make_law(preset, heavy).carries_gravity


def test_an_unknown_preset_names_the_valid_ones():
    with pytest.raises(FileNotFoundError, match='franka_impedance'):
        load_law('franka_softest', SPEC)
