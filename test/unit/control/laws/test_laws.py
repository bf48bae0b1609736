"""The laws as a whole, and how they are made from presets."""

import dataclasses

import numpy as np
import pinocchio as pin
import pytest
import yaml

from vla_ros.config import ConfigError
from vla_ros.control.laws import CartesianTarget, load_law
from vla_ros.control.laws.cartesian_impedance import CartesianImpedance, CartesianImpedanceConfig
from vla_ros.control.laws.joint_damping import JointDamping, JointDampingConfig
from vla_ros.control.laws.joint_impedance import JointImpedance, JointImpedanceConfig
from vla_ros.control.laws.operational_space import OperationalSpace, OperationalSpaceConfig
from vla_ros.control.rotations import from_matrix
from vla_ros.paths import share_dir
from vla_ros.robots import load_robot
from vla_ros.robots.model import RobotModel


SPEC = load_robot('franka')
PRESETS = sorted(p.stem for p in (share_dir() / 'config' / 'control').glob('franka*.yaml'))
EFFORT = [name for name in PRESETS if load_law(name, SPEC).output == 'effort']


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


@pytest.mark.parametrize('preset', EFFORT)
def test_every_preset_makes_a_law_that_carries_the_arm(preset, model):
    law = load_law(preset, SPEC)
    out = np.full(SPEC.n, np.nan)
    assert law.torque(model, target_at(model), out) is out
    np.testing.assert_allclose(out, model.gravity, atol=1e-9)


def dense(config, model, target):
    """Return Cartesian impedance written out with matrices and pinv-free inverses."""
    j, n = model.jacobian, SPEC.n
    d_pos = 2 * config.k_pos**0.5 if config.d_pos is None else config.d_pos
    d_rot = 2 * config.k_rot**0.5 if config.d_rot is None else config.d_rot
    error = np.r_[target.position - model.position, pin.log3(target.rotation @ model.rotation.T)]
    clip = np.r_[[config.error_clip_pos] * 3, [config.error_clip_rot] * 3]
    rate = (0 if config.feedforward == 'none' else target.twist) - j @ model.dq
    wrench = np.diag([config.k_pos] * 3 + [config.k_rot] * 3) @ np.clip(error, -clip, clip)
    wrench += np.diag([d_pos] * 3 + [d_rot] * 3) @ rate
    k_n = config.nullspace_stiffness
    pull = k_n * (target.posture - model.q) - 2 * k_n**0.5 * model.dq
    pull = np.clip(pull, -config.nullspace_max_torque, config.nullspace_max_torque)
    ridge = config.nullspace_regularization * np.eye(6)
    inverse = np.linalg.inv(model.mass)
    if config.feedforward == 'acceleration':
        push = np.linalg.inv(j @ inverse @ j.T + ridge) @ (target.acceleration - model.drift)
        bound = np.r_[[config.feedforward_clip_pos] * 3, [config.feedforward_clip_rot] * 3]
        wrench += np.clip(push, -bound, bound)
    if config.nullspace == 'dynamic':
        pull = pull - j.T @ np.linalg.inv(j @ inverse @ j.T + ridge) @ j @ inverse @ pull
    elif config.nullspace == 'kinematic':
        pull = (np.eye(n) - j.T @ np.linalg.inv(j @ j.T + ridge) @ j) @ pull
    low = SPEC.joint_array('lower') + config.limit_range
    high = SPEC.joint_array('upper') - config.limit_range
    limits = (np.maximum(low - model.q, 0) - np.maximum(model.q - high, 0)) * (
        config.limit_torque / config.limit_range
    )
    tau = j.T @ wrench + pull + limits
    tau += model.coriolis if config.coriolis else 0
    return tau + (model.gravity if config.gravity else 0)


@pytest.mark.parametrize('nullspace', ['dynamic', 'kinematic', 'none'])
@pytest.mark.parametrize('feedforward', ['acceleration', 'velocity', 'none'])
def test_cartesian_impedance_agrees_with_the_dense_formula(nullspace, feedforward, model):
    on = feedforward == 'velocity'
    config = CartesianImpedanceConfig(
        nullspace=nullspace,
        feedforward=feedforward,
        gravity=on,
        coriolis=on,
        d_pos=90.0 if on else None,
    )
    law, rng = CartesianImpedance(config, SPEC), np.random.default_rng(5)
    for _ in range(50):
        q = rng.uniform(SPEC.joint_array('lower'), SPEC.joint_array('upper'))
        model.update(q, rng.normal(size=SPEC.n))
        shift, turn, twist, acceleration = rng.normal(size=3), *rng.normal(size=(3, 6))
        target = target_at(model, 0.1 * shift, 0.5 * turn[:3], twist, 4 * acceleration)
        target.posture[:] = SPEC.home
        out = law.torque(model, target, np.zeros(SPEC.n))
        np.testing.assert_allclose(out, dense(config, model, target), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize('feedforward', ['acceleration', 'velocity', 'none'])
def test_operational_space_agrees_with_the_dense_formula(feedforward, model):
    wide = {'feedforward_clip_pos': 500.0, 'feedforward_clip_rot': 500.0}
    config = OperationalSpaceConfig(feedforward=feedforward, nullspace_regularization=0.05, **wide)
    law, rng = OperationalSpace(config, SPEC), np.random.default_rng(6)
    for _ in range(50):
        q = rng.uniform(SPEC.joint_array('lower') + 0.2, SPEC.joint_array('upper') - 0.2)
        model.update(q, rng.normal(size=SPEC.n))
        shift, turn, twist, acceleration = rng.normal(size=3), *rng.normal(size=(3, 6))
        target = target_at(model, 0.03 * shift, 0.1 * turn[:3], twist, 4 * acceleration)
        target.posture[:] = SPEC.home
        j, inverse = model.jacobian, np.linalg.inv(model.mass)
        mass = np.linalg.inv(j @ inverse @ j.T + 0.05 * np.eye(6))
        turned = pin.log3(target.rotation @ model.rotation.T)
        error = np.r_[target.position - model.position, turned]
        error = np.clip(error, -np.r_[[0.1] * 3, [0.5] * 3], np.r_[[0.1] * 3, [0.5] * 3])
        rate = (0 if feedforward == 'none' else target.twist) - j @ model.dq
        wanted = 400 * error + 40 * rate - model.drift
        wanted += target.acceleration if feedforward == 'acceleration' else 0
        pull = np.clip(target.posture - model.q - 2 * model.dq, -5, 5)
        pull = pull - j.T @ mass @ j @ inverse @ pull
        expected = j.T @ np.clip(mass @ wanted, -500, 500) + pull + model.bias
        out = law.torque(model, target, np.zeros(SPEC.n))
        np.testing.assert_allclose(out, expected, rtol=1e-9, atol=1e-9)


def test_joint_impedance_is_a_spring_and_a_damper_in_every_joint(model):
    stiffness = tuple(range(10, 10 + SPEC.n))
    law = JointImpedance(JointImpedanceConfig(stiffness, gravity=False, coriolis=False), SPEC)
    model.update(SPEC.home, np.full(SPEC.n, 0.1))
    target = target_at(model)
    target.posture[:] = SPEC.home + 0.2
    expected = 0.2 * np.array(stiffness) - 0.1 * 2 * np.sqrt(stiffness)
    np.testing.assert_allclose(law.torque(model, target, np.zeros(SPEC.n)), expected, atol=1e-12)
    with pytest.raises(ValueError, match='stiffness: expected 7 values for franka, got 2'):
        JointImpedance(JointImpedanceConfig((1.0, 2.0)), SPEC)


def test_damping_follows_stiffness_unless_given(model):
    model.update(SPEC.home, np.full(SPEC.n, 0.1))
    base = CartesianImpedanceConfig(k_pos=400.0, nullspace='none', nullspace_stiffness=0.0)
    given = dataclasses.replace(base, d_pos=40.0)
    torques = [
        CartesianImpedance(c, SPEC).torque(model, target_at(model), np.zeros(7))
        for c in (base, given)
    ]
    np.testing.assert_allclose(torques[0], torques[1], atol=1e-12)


def test_a_far_target_pulls_no_harder_than_the_clip(model):
    law = CartesianImpedance(CartesianImpedanceConfig(), SPEC)
    far = law.torque(model, target_at(model, (0.5, 0.0, 0.0)), np.zeros(7)).copy()
    farther = law.torque(model, target_at(model, (5.0, 0.0, 0.0)), np.zeros(7))
    np.testing.assert_array_equal(far, farther)


def test_joint_damping_opposes_motion(model):
    model.update(SPEC.home, np.full(SPEC.n, 0.5))
    law = JointDamping(JointDampingConfig((10.0,) * 7, gravity=False), SPEC)
    np.testing.assert_allclose(law.torque(model, target_at(model), np.zeros(7)), -5.0)


@pytest.mark.parametrize(
    ('tree', 'words'),
    [
        ({'law': 'impedence'}, ['impedence', 'cartesian_impedance', 'joint_damping']),
        ({'law': 'cartesian_impedance', 'parameters': {'k_poss': 1}}, ['k_poss', 'k_pos']),
        ({'law': 'cartesian_impedance', 'parameters': {'k_pos': -1.0}}, ['k_pos', '0..5000']),
        ({'law': 'cartesian_impedance', 'parameters': {'k_pos': 'stiff'}}, ['k_pos', 'float']),
        ({'law': 'cartesian_impedance', 'parameters': {'nullspace': 'x'}}, ['dynamic', 'none']),
        ({'law': 'joint_damping', 'parameters': {'damping': [1.0]}}, ['damping', '7', 'franka']),
        ({'law': 'joint_damping'}, ['damping']),
    ],
)
def test_a_bad_preset_is_refused_by_name(tree, words, tmp_path):
    path = tmp_path / 'preset.yaml'
    path.write_text(yaml.safe_dump(tree))
    with pytest.raises(ConfigError) as error:
        load_law(str(path), SPEC)
    assert all(word in str(error.value) for word in words), str(error.value)


def test_an_unknown_preset_names_the_valid_ones():
    with pytest.raises(FileNotFoundError, match='franka_impedance'):
        load_law('franka_softest', SPEC)
