"""Impedance and operational space against the formulas, written out densely and apart from them.

Nothing of the laws is used but their configuration: plain numpy, general inverses, eigenvalues.
"""

import dataclasses

import numpy as np
import pinocchio as pin
import pytest

from vla_ros.control.laws import CartesianTarget
from vla_ros.control.laws.cartesian_impedance import CartesianImpedance, CartesianImpedanceConfig
from vla_ros.control.laws.operational_space import OperationalSpace, OperationalSpaceConfig
from vla_ros.core.rotations import from_matrix
from vla_ros.robots import load_robot
from vla_ros.robots.model import RobotModel


FRANKA = load_robot('franka')
JOINTS = tuple(
    dataclasses.replace(joint, damping=0.1 * i, friction=0.2 * i)
    for i, joint in enumerate(FRANKA.joints)
)
SPEC = dataclasses.replace(FRANKA, joints=JOINTS)
STATES = 30


def two(linear, angular):
    return np.array([linear] * 3 + [angular] * 3)


def root(matrix):
    """Return the symmetric square root of a positive semi-definite matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return vectors @ np.diag(np.sqrt(np.maximum(values, 0))) @ vectors.T


def spring(config, stiffness, model, target):
    """Return K e + D e', base axes; `stiffness` None: the configured one."""
    k = np.diag(two(config.k_pos, config.k_rot)) if stiffness is None else stiffness
    mass = np.diag(two(config.mass, config.inertia))
    inner = np.linalg.inv(root(mass)) @ k @ np.linalg.inv(root(mass))
    d = 2 * config.damping_ratio * root(mass) @ root(inner) @ root(mass)
    axes = np.kron(np.eye(2), model.rotation if config.frame == 'tool' else np.eye(3))
    error = np.r_[target.position - model.position, pin.log3(target.rotation @ model.rotation.T)]
    clip = two(config.error_clip_pos, config.error_clip_rot)
    wanted = 0 if config.feedforward == 'none' else target.twist
    rate = wanted - model.jacobian @ model.dq
    return axes @ (k @ np.clip(axes.T @ error, -clip, clip) + d @ axes.T @ rate)


def rest(config, model, target, inertia):
    """Return null space, friction, joint limits, Coriolis, gravity; inertia is (6, 6)."""
    j, inverse, n = model.jacobian, np.linalg.inv(model.mass), SPEC.n
    k = np.array(config.nullspace_stiffness) * np.ones(n)
    d = 2 * np.sqrt(k) if config.nullspace_damping is None else config.nullspace_damping
    pull = k * (target.posture - model.q) + d * (target.posture_rate - model.dq)
    most = np.array(config.nullspace_max_torque) * np.ones(n)
    projection = np.eye(n)
    if config.nullspace == 'dynamic':
        projection = np.eye(n) - j.T @ (inverse @ j.T @ inertia).T
    elif config.nullspace == 'kinematic':
        square = j @ j.T + config.nullspace_regularization * np.eye(6)
        projection = np.eye(n) - j.T @ np.linalg.inv(square) @ j
    tau = projection @ np.clip(pull, -most, most)
    if config.friction and config.feedforward != 'none':
        wanted = inverse @ j.T @ inertia @ target.twist
        share = np.minimum(np.abs(wanted), np.abs(model.dq))
        speed = np.where(wanted * model.dq > 0, np.sign(wanted) * share, 0.0)
        tau = tau + SPEC.joint_array('damping') * speed
        tau = tau + SPEC.joint_array('friction') * np.tanh(speed / config.friction_speed)
    low = SPEC.joint_array('lower') + config.limit_range
    high = SPEC.joint_array('upper') - config.limit_range
    outside = np.maximum(low - model.q, 0) - np.maximum(model.q - high, 0)
    tau = tau + outside * config.limit_torque / config.limit_range
    tau = tau + (model.coriolis if config.coriolis else 0)
    return tau + (model.gravity if config.gravity else 0)


def dense_impedance(config, stiffness, model, target):
    j = model.jacobian
    mobility = j @ np.linalg.inv(model.mass) @ j.T
    inertia = np.linalg.inv(mobility + config.nullspace_regularization * np.eye(6))
    wrench = spring(config, stiffness, model, target) + target.wrench
    if config.feedforward == 'acceleration':
        clip = two(config.feedforward_clip_pos, config.feedforward_clip_rot)
        wrench += np.clip(inertia @ (target.acceleration - model.drift), -clip, clip)
    return j.T @ wrench + rest(config, model, target, inertia)


def dense_operational_space(config, stiffness, model, target):
    j = model.jacobian
    scale = np.diag(two(1.0, 0.2))
    mobility, e = scale @ j @ np.linalg.inv(model.mass) @ j.T @ scale, config.singularity_damping
    # a^3 / (a^4 + e^4) in partial fractions: fourth powers would cost digits.
    halves = [
        np.linalg.inv(mobility @ mobility + s * mobility + e * e * np.eye(6))
        @ (mobility + s / 2 * np.eye(6))
        / 2
        for s in (-np.sqrt(2) * e, np.sqrt(2) * e)
    ]
    inertia = scale @ sum(halves) @ scale
    wanted = np.linalg.inv(np.diag(two(config.mass, config.inertia))) @ spring(
        config, stiffness, model, target
    )
    wanted += target.acceleration if config.feedforward == 'acceleration' else 0
    clip = two(config.feedforward_clip_pos, config.feedforward_clip_rot)
    wrench = np.clip(inertia @ (wanted - model.drift), -clip, clip) + target.wrench
    return j.T @ wrench + rest(config, model, target, inertia)


def states(rng, margin):
    """Yield random models, targets and, for every other one, a full stiffness."""
    model = RobotModel(SPEC)
    low, high = SPEC.joint_array('lower') + margin, SPEC.joint_array('upper') - margin
    for k in range(STATES):
        model.update(rng.uniform(low, high), rng.normal(size=SPEC.n))
        target = CartesianTarget(SPEC.home + rng.normal(0, 0.5, SPEC.n))
        target.posture_rate[:] = rng.normal(size=SPEC.n)
        turn = pin.exp3(0.5 * rng.normal(size=3)) @ model.rotation
        twist, acceleration = rng.normal(size=6), 4 * rng.normal(size=6)
        position = model.position + 0.1 * rng.normal(size=3)
        target.set(tuple(position), from_matrix(turn), twist, acceleration)
        target.wrench[:] = 10 * rng.normal(size=6)
        half = rng.normal(0, 1, (6, 6)) * np.sqrt(two(100.0, 10.0))[:, None]
        yield model, target, half @ half.T + np.diag(two(20.0, 1.0)) if k % 2 else None


FREE = {'gravity': False, 'coriolis': False, 'friction': False}
PER_JOINT = {
    'nullspace_stiffness': tuple(range(1, 8)),
    'nullspace_damping': tuple(range(7)),
    'nullspace_max_torque': (3.0, 5.0) * 3 + (4.0,),
}
WIDE = {'feedforward_clip_pos': 500.0, 'feedforward_clip_rot': 500.0}
IMPEDANCE = {
    'default': {}, 'bare': FREE, 'per_joint': PER_JOINT, 'soft': {'damping_ratio': 0.7, **WIDE},
}  # fmt: skip
OPERATIONAL_SPACE = {
    'default': {}, 'bare': {**FREE, **WIDE}, 'per_joint': PER_JOINT,
    'light': {'mass': 3.0, 'inertia': 0.1, **WIDE},
}  # fmt: skip


# Law, its configuration, the dense formula, the seed of the states, options.
CASES = [
    pytest.param(*law, options, id=f'{law[0].__name__}-{name}')
    for law, variants in (
        ((CartesianImpedance, CartesianImpedanceConfig, dense_impedance, 5), IMPEDANCE),
        (
            (OperationalSpace, OperationalSpaceConfig, dense_operational_space, 6),
            OPERATIONAL_SPACE,
        ),
    )
    for name, options in variants.items()
]


@pytest.mark.parametrize(('make', 'settings', 'dense', 'seed', 'options'), CASES)
@pytest.mark.parametrize('frame', ['base', 'tool'])
@pytest.mark.parametrize('nullspace', ['dynamic', 'kinematic', 'none'])
@pytest.mark.parametrize('feedforward', ['acceleration', 'velocity', 'none'])
def test_the_law_is_the_formula(
    feedforward, nullspace, frame, make, settings, dense, seed, options
):
    config = settings(feedforward=feedforward, nullspace=nullspace, frame=frame, **options)
    for model, target, stiffness in states(np.random.default_rng(seed), -0.05):
        law = make(config, SPEC)
        if stiffness is not None:
            law.set_stiffness(stiffness)
        out = law.torque(model, target, np.zeros(SPEC.n))
        expected = dense(config, stiffness, model, target)
        np.testing.assert_allclose(out, expected, rtol=1e-9, atol=1e-9)
