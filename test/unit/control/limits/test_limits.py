"""What is sent keeps every limit, whatever targets, torques and measurements come in."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
import mujoco
import numpy as np
import pytest

from vla_ros.control.laws import load_law
from vla_ros.control.limits.joint_envelope import JointEnvelope
from vla_ros.control.limits.limiter import Limiter
from vla_ros.robots import KeepOut, load_robot
from vla_ros.robots.model import RobotModel


SPEC = load_robot('franka')
DT = 1 / SPEC.control_rate
HOME = RobotModel(SPEC)
POST = KeepOut('post', (0.55, -0.1, 0.0), (0.6, 0.1, 0.5))
WITH_POST = replace(SPEC, cartesian=replace(SPEC.cartesian, keep_out=(POST,)))
ROUNDING = 5e-15

anything = st.one_of(
    st.floats(-1, 1), st.floats(), st.sampled_from([np.nan, np.inf, -np.inf, 1e308])
)


def assert_pose_bounded(positions, rotations):
    """Check the finite differences of poses (k, 3) and (k, 3, 3) against the spec."""
    limits = SPEC.cartesian
    bounds = (limits.velocity, limits.acceleration, limits.jerk)
    for order, bound in enumerate(bounds, 1):
        change = np.diff(positions, n=order, axis=0) / DT**order
        assert np.linalg.norm(change, axis=1).max() <= bound + ROUNDING / DT**order
    assert (positions >= limits.lower).all() and (positions <= limits.upper).all()
    turns = rotations[1:] @ rotations[:-1].transpose(0, 2, 1)
    # The antisymmetric part is sin(angle) axis; the angle of a tick is some 1e-3 rad.
    sines = np.stack(
        [turns[:, i, j] - turns[:, j, i] for i, j in ((2, 1), (0, 2), (1, 0))], axis=1
    )
    rate = sines / 2 / DT
    bounds = (limits.angular_velocity, limits.angular_acceleration, limits.angular_jerk)
    for order, bound in enumerate(bounds):
        change = np.diff(rate, n=order, axis=0) / DT**order
        assert np.linalg.norm(change, axis=1).max() <= bound + ROUNDING / DT ** (order + 1)
    cosine = (np.einsum('kij,ij->k', rotations, HOME.rotation) - 1) / 2
    assert np.arccos(np.clip(cosine, -1, 1)).max() <= limits.tilt + 1e-9


def assert_torque_bounded(torques):
    """Check torques (k, n) and their change per tick."""
    assert (np.abs(torques) <= SPEC.joint_array('torque')).all()
    rate = np.abs(np.diff(torques, axis=0)).max(axis=0) / DT
    assert (rate <= SPEC.joint_array('torque_rate') * (1 + 1e-9)).all()


def plant():
    """Return MuJoCo's model and data of the arm alone, at home, without its own joint stops."""
    spec = mujoco.MjSpec.from_file(str(SPEC.urdf_path))
    for joint in SPEC.joints:
        own = spec.joint(joint.name)
        own.armature, own.damping[0] = joint.armature, joint.damping
    spec.option.timestep = DT
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.option.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONTACT
    model = spec.compile()
    model.jnt_limited[:] = 0
    data = mujoco.MjData(model)
    data.qpos[:7] = SPEC.home
    return model, data


def adversary(rng):
    """Yield targets (position, quaternion) that no sane policy would send, held 1..1500 ticks."""
    lower, upper = np.array(SPEC.cartesian.lower), np.array(SPEC.cartesian.upper)
    while True:
        kind = rng.integers(5)
        if kind == 0:
            position = rng.uniform(lower, upper)
        elif kind == 1:
            position = np.where(rng.random(3) < 0.5, lower, upper)
        elif kind == 2:
            position = rng.normal(0, 10.0 ** rng.integers(-1, 9), 3)
        else:
            position = rng.uniform(lower - 0.3, upper + 0.3)
        quaternion = rng.normal(size=4)
        quaternion /= np.linalg.norm(quaternion)
        if rng.random() < 0.1:
            (position if rng.random() < 0.5 else quaternion)[rng.integers(3)] = np.nan
        if rng.random() < 0.1:
            quaternion = quaternion * rng.uniform(0, 3)
        for _ in range(rng.choice([1, 5, 50, 300, 1500])):
            yield position, quaternion


@pytest.mark.parametrize('ticks', [20_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_closed_loop_under_adversarial_targets(ticks, fresh_seed):
    """The commanded pose, the torque, and the measured joints keep their limits."""
    rng = np.random.default_rng(fresh_seed)
    physics, data = plant()
    model, limiter = RobotModel(SPEC), Limiter(SPEC, DT)
    law, fingers = load_law(SPEC.law, SPEC), slice(SPEC.n, None)
    positions, rotations = np.empty((ticks, 3)), np.empty((ticks, 3, 3))
    joints, speeds, torques = np.empty((3, ticks, SPEC.n))
    torque = np.zeros(SPEC.n)
    for k, (position, quaternion) in zip(range(ticks), adversary(rng), strict=False):
        model.update(data.qpos[: SPEC.n], data.qvel[: SPEC.n])
        target = limiter.track(position, quaternion)
        law.torque(model, target, torque)
        limiter.torque(torque, model, torque)
        positions[k], rotations[k], torques[k] = target.position, target.rotation, torque
        joints[k], speeds[k] = model.q, model.dq
        data.qfrc_applied[: SPEC.n] = torque
        data.qfrc_applied[fingers] = data.qfrc_bias[fingers]
        mujoco.mj_step(physics, data)
    assert_pose_bounded(positions, rotations)
    assert_torque_bounded(torques)
    assert (joints > SPEC.joint_array('lower') + 0.02).all()
    assert (joints < SPEC.joint_array('upper') - 0.02).all()
    assert (np.abs(speeds) < SPEC.joint_array('velocity')).all()


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(st.tuples(*[anything] * 3), st.tuples(*[anything] * 4), st.integers(1, 200)),
        min_size=1,
        max_size=6,
    )
)
def test_any_targets(plan):
    limiter = Limiter(SPEC, DT)
    positions, rotations = [], []
    for position, quaternion, ticks in plan:
        p, q = np.array(position), np.array(quaternion)
        for scale in (1.0, 1 / np.linalg.norm(q) if np.isfinite(q).all() and q.any() else 1.0):
            for _ in range(ticks):
                target = limiter.track(p, q * scale)
                positions.append(target.position.copy())
                rotations.append(target.rotation.copy())
    if len(positions) > 3:
        assert_pose_bounded(np.array(positions), np.array(rotations))


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(['track', 'follow', 'brake']),
            st.tuples(*[anything] * 7),
            st.one_of(st.just(1.0), st.floats()),
            st.integers(1, 300),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_any_twists_and_targets_around_a_post(plan):
    limiter = Limiter(WITH_POST, DT)
    positions, rotations = [limiter.target.position.copy()], [limiter.target.rotation.copy()]
    for how, numbers, scale, ticks in plan:
        values = np.array(numbers)
        quaternion = values[3:]
        if np.isfinite(quaternion).all() and 1e-3 < np.linalg.norm(quaternion) < 1e3:
            quaternion = quaternion / np.linalg.norm(quaternion)
        for _ in range(ticks):
            if how == 'track':
                target = limiter.track(values[:3], quaternion, scale)
            elif how == 'follow':
                target = limiter.follow(values[:6], scale)
            else:
                target = limiter.brake()
            positions.append(target.position.copy())
            rotations.append(target.rotation.copy())
    if len(positions) > 3:
        assert_pose_bounded(np.array(positions), np.array(rotations))
    inside = (np.array(positions) > POST.lower) & (np.array(positions) < POST.upper)
    assert not inside.all(axis=1).any()


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(*[st.tuples(*[anything] * 7)] * 3, st.integers(1, 30)), min_size=1, max_size=6
    )
)
def test_any_torques_and_measurements(plan):
    limiter, model = Limiter(SPEC, DT), RobotModel(SPEC)
    sent = [model.gravity.copy()]
    for wanted, q, dq, ticks in plan:
        with np.errstate(all='ignore'):
            model.update(np.array(q), np.array(dq))
            for _ in range(ticks):
                sent.append(limiter.torque(np.array(wanted), model, np.zeros(SPEC.n)).copy())
    assert np.isfinite(sent).all()
    assert_torque_bounded(np.array(sent))


@settings(max_examples=100)
@given(st.lists(anything, min_size=1, max_size=50))
def test_any_openings(openings):
    limiter = Limiter(SPEC, DT)
    sent = [limiter.gripper] + [limiter.grip(opening) for opening in openings]
    assert min(sent) >= SPEC.gripper.closed and max(sent) <= SPEC.gripper.open
    assert np.abs(np.diff(sent)).max() <= SPEC.gripper.speed * DT * (1 + 1e-9)


def test_a_refused_target_is_named_and_the_pose_brakes():
    limiter = Limiter(SPEC, DT)
    start = limiter.target.position.copy()
    good = start + (0.0, 0.2, 0.0), limiter.target.quaternion.copy()
    for _ in range(300):
        limiter.track(*good)
    assert limiter.refusal == '' and np.linalg.norm(limiter.target.twist) > 0.1
    for bad in (good[0] * np.nan, good[1]), (good[0], good[1] * 1.01):
        limiter.track(*bad)
        assert 'not a finite pose' in limiter.refusal
    for _ in range(400):
        limiter.track(*bad)
    assert np.linalg.norm(limiter.target.twist) < 1e-9


def test_a_twist_is_met_about_a_tilted_pose():
    limiter = Limiter(SPEC, DT)
    for twist in ((0.0, 0.1, 0.0, 0.5, 0.3, 0.0), (0.05, -0.1, 0.02, -0.1, 0.2, -0.3)):
        for _ in range(500):
            limiter.follow(np.array(twist))
        # The rotation vector is averaged, the angular velocity is so met to second order.
        np.testing.assert_allclose(limiter.target.twist, twist, atol=3e-3)
    assert limiter.refusal == ''


def test_a_twist_out_of_the_workspace_and_the_tilt_ends_in_rest():
    limiter = Limiter(SPEC, DT)
    for _ in range(4000):
        limiter.follow(np.array((0.0, 0.0, -0.3, 0.5, 0.0, 0.0)))
    assert limiter.target.position[2] == pytest.approx(SPEC.cartesian.lower[2], abs=1e-5)
    angle = np.arccos((np.trace(limiter.target.rotation.T @ HOME.rotation) - 1) / 2)
    assert angle == pytest.approx(SPEC.cartesian.tilt, abs=1e-4)
    assert np.linalg.norm(limiter.target.twist) < 1e-4


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf])
def test_a_refused_twist_is_named_and_the_pose_brakes(bad):
    limiter = Limiter(SPEC, DT)
    twist = np.array((0.0, 0.2, 0.0, 0.3, 0.0, 0.0))
    for _ in range(300):
        limiter.follow(twist)
    assert limiter.refusal == '' and np.linalg.norm(limiter.target.twist) > 0.3
    twist[4] = bad
    for _ in range(400):
        limiter.follow(twist)
        assert 'not a finite twist' in limiter.refusal
    assert np.linalg.norm(limiter.target.twist) < 1e-9


@pytest.mark.parametrize(
    ('field', 'value'), [('angular_acceleration', 0.6), ('angular_jerk', 20.0)]
)
def test_limits_that_leave_nothing_to_turn_with_are_refused(field, value):
    spec = replace(SPEC, cartesian=replace(SPEC.cartesian, **{field: value}))
    with pytest.raises(ValueError, match=f'cartesian.{field}: {value}; .* lower cartesian'):
        Limiter(spec, DT)


def test_scale_slows_a_target_and_a_twist():
    far = HOME.position + (0.0, 0.35, 0.0)
    unit = Limiter(SPEC, DT).target.quaternion.copy()
    for scale, limit in ((1.0, 1.0), (0.2, 0.2), (0.0, 0.0)):
        tracking, following = Limiter(SPEC, DT), Limiter(SPEC, DT)
        speeds = []
        for _ in range(400):
            tracking.track(far, unit, scale)
            following.follow(np.array((0.0, 9.0, 0.0, 0.0, 0.0, 0.0)), scale)
            speeds.append((tracking.target.twist[1], following.target.twist[1]))
        expected = limit * SPEC.cartesian.velocity
        np.testing.assert_allclose(np.max(speeds, axis=0), expected, rtol=1e-6)


def test_a_torque_that_is_not_finite_falls_back_to_gravity_and_damping():
    limiter, model = Limiter(SPEC, DT), RobotModel(SPEC)
    model.update(SPEC.home, np.full(SPEC.n, 0.01))
    out = np.full(SPEC.n, np.nan)
    for _ in range(100):
        limiter.torque(np.full(SPEC.n, np.nan), model, out)
    assert 'not finite' in limiter.refusal
    damping = limiter.config.fallback_damping * SPEC.joint_array('torque') * 0.01
    np.testing.assert_allclose(out, model.gravity - damping)


def test_reset_commands_the_measured_pose_and_gravity():
    limiter, model = Limiter(SPEC, DT), RobotModel(SPEC)
    model.update(SPEC.home + 0.1, np.zeros(SPEC.n))
    limiter.reset(model, gripper=0.03)
    np.testing.assert_allclose(limiter.target.position, model.position, atol=1e-12)
    np.testing.assert_allclose(limiter.target.rotation, model.rotation, atol=1e-12)
    assert limiter.gripper == 0.03
    sent = limiter.torque(model.gravity.copy(), model, np.zeros(SPEC.n))
    np.testing.assert_allclose(sent, model.gravity, atol=1e-12)


def test_rest_keeps_the_torque_unbroken():
    limiter, model = Limiter(SPEC, DT), RobotModel(SPEC)
    wanted = model.gravity + 10.0
    before = limiter.torque(wanted, model, np.zeros(SPEC.n)).copy()
    limiter.rest(model)
    after = limiter.torque(wanted, model, np.zeros(SPEC.n))
    assert (np.abs(after - before) <= SPEC.joint_array('torque_rate') * DT * (1 + 1e-9)).all()
    assert (after >= before).all()


def test_envelope_lets_pass_what_stops_in_time_and_brakes_the_rest():
    envelope = JointEnvelope(lower=-1.0, upper=1.0, velocity=2.0, twice=8.0, gain=10.0)
    assert envelope.holds(0.0, 1.9) and not envelope.holds(0.0, 2.1)
    assert envelope.holds(0.9, 0.8) and not envelope.holds(0.9, 0.95)
    assert envelope.holds(0.9, -1.9) and not envelope.holds(1.01, 0.0)
    assert envelope.defend(0.9, 1.0, 5.0) == pytest.approx(10 * (0.8**0.5 - 1.0))
    assert envelope.defend(-0.9, -1.0, -5.0) == pytest.approx(10 * (1.0 - 0.8**0.5))
    # Behind the limit: driven back, pushing on left out, pushing back kept.
    assert envelope.defend(1.02, 0.0, 5.0) == pytest.approx(-10 * 0.16**0.5)
    assert envelope.defend(1.02, 0.0, -5.0) == pytest.approx(-5 - 10 * 0.16**0.5)


def test_the_commanded_pose_waits_for_a_joint_that_is_too_fast():
    limiter, model = Limiter(SPEC, DT), RobotModel(SPEC)
    start = limiter.target.position.copy()
    goal = start + (0.0, 0.2, 0.0), limiter.target.quaternion.copy()
    fast = 0.9 * SPEC.joint_array('velocity')
    for speed, moving in ((fast, False), (0 * fast, True)):
        model.update(SPEC.home, speed)
        limiter.torque(model.bias.copy(), model, np.zeros(SPEC.n))
        for _ in range(300):
            limiter.track(*goal)
        assert (np.linalg.norm(limiter.target.position - start) > 0.01) == moving
    model.update(SPEC.home, fast)
    limiter.torque(model.bias.copy(), model, np.zeros(SPEC.n))
    for _ in range(300):
        limiter.follow(np.array((0.1, 0.0, 0.0, 0.0, 0.0, 0.0)))
    assert np.linalg.norm(limiter.target.twist) < 1e-9
    assert limiter.refusal == ''
