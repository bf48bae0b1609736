"""Every URDF: read alike by Pinocchio and MuJoCo, physically possible, and clear of itself."""

import itertools
import math

import mujoco
import numpy as np
import pinocchio as pin
import pytest

from vla_ros.core.paths import share_dir
from vla_ros.robots import load_robot


TOLERANCE = 1e-9
DESCRIPTIONS = sorted((share_dir() / 'urdf').glob('*.urdf'))
# Arms whose joints turn so far that they can fold onto themselves.
FOLDING = {'ur5e'}
CONFIGURED = {path.stem for path in (share_dir() / 'config' / 'robots').glob('*.yaml')}


@pytest.fixture(scope='module', params=DESCRIPTIONS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture(scope='module')
def model(path):
    return pin.buildModelFromUrdf(str(path))


@pytest.fixture(scope='module')
def simulated(path):
    return mujoco.MjModel.from_xml_path(str(path))


@pytest.fixture(scope='module')
def order(model, simulated):
    """Where Pinocchio keeps each of MuJoCo's joints."""
    names = [simulated.joint(i).name for i in range(simulated.njnt)]
    assert sorted(names) == sorted(list(model.names)[1:])
    assert simulated.nq == simulated.nv == model.nq == model.nv
    return np.array([model.joints[model.getJointId(name)].idx_q for name in names])


def states(simulated, count):
    rng = np.random.default_rng(3)
    for _ in range(count):
        yield rng.uniform(*simulated.jnt_range.T), rng.normal(size=simulated.nv)


@pytest.fixture(scope='module')
def home(path, simulated, homes):
    """Return qpos at home, fingers half open."""
    named = homes.get(path.stem, {})
    if not named and path.stem in CONFIGURED:
        spec = load_robot(path.stem)
        named = dict(zip(spec.joint_names, spec.home, strict=True))
    q = np.zeros(simulated.nq)
    for i in range(simulated.njnt):
        joint = simulated.joint(i)
        finger = 'finger' in joint.name
        q[i] = named.get(joint.name, joint.range.mean() if finger else 0.0)
    return q


def close(a, b):
    np.testing.assert_allclose(a, b, rtol=0, atol=TOLERANCE)


def test_every_link_is_where_both_say(model, simulated, order):
    data, physics = model.createData(), mujoco.MjData(simulated)
    bodies = [simulated.body(i).name for i in range(1, simulated.nbody)]
    jacobian = np.zeros((6, simulated.nv))
    assert len(bodies) == len(set(bodies))
    for q, _ in states(simulated, 30):
        physics.qpos[:] = q
        mujoco.mj_fwdPosition(simulated, physics)
        reordered = np.zeros(model.nq)
        reordered[order] = q
        pin.computeJointJacobians(model, data, reordered)
        for name in bodies:
            frame, body = model.getFrameId(name), simulated.body(name).id
            placement = pin.updateFramePlacement(model, data, frame)
            close(placement.translation, physics.xpos[body])
            close(placement.rotation.ravel(), physics.xmat[body])
            mujoco.mj_jacBody(simulated, physics, jacobian[:3], jacobian[3:], body)
            expected = pin.getFrameJacobian(model, data, frame, pin.LOCAL_WORLD_ALIGNED)
            close(expected[:, order], jacobian)


def test_dynamics_agree(model, simulated, order):
    """M(q), g(q) and the Coriolis torque."""
    data, physics = model.createData(), mujoco.MjData(simulated)
    mass = np.zeros((simulated.nv, simulated.nv))
    for q, dq in states(simulated, 100):
        reordered = np.zeros((2, model.nq))
        reordered[:, order] = q, dq
        physics.qpos[:], physics.qvel[:] = q, dq
        mujoco.mj_forward(simulated, physics)
        pin.computeAllTerms(model, data, *reordered)
        mujoco.mj_fullM(simulated, physics, mass)
        close(data.M[np.ix_(order, order)], mass)
        close(data.nle[order], physics.qfrc_bias)
        physics.qvel[:] = 0
        mujoco.mj_forward(simulated, physics)
        close(data.g[order], physics.qfrc_bias)


def test_inertias_are_those_of_a_body(model, simulated):
    moving = {model.names[i]: model.inertias[i] for i in range(1, model.njoints)}
    for name, inertia in moving.items():
        assert inertia.mass > 0, name
    for frame in model.frames:
        if frame.type != pin.FrameType.BODY or frame.inertia.mass == 0:
            continue
        # About the centre of mass: positive definite, and no axis more than the other two.
        values = np.linalg.eigvalsh(frame.inertia.inertia)
        assert values[0] > 0, frame.name
        assert values[2] <= values[0] + values[1] + TOLERANCE, frame.name


def test_limits_are_finite_and_hold_home(model, simulated, home):
    for i in range(simulated.njnt):
        name = simulated.joint(i).name
        assert simulated.jnt_limited[i], name
        joint = model.joints[model.getJointId(name)]
        for limit in (model.velocityLimit, model.effortLimit):
            assert 0 < limit[joint.idx_v] < 1e4, name
        lower, upper = simulated.jnt_range[i]
        assert -10 < lower < upper < 10
        assert lower < home[i] < upper, name


def joints_between(simulated, a, b):
    """Return how many joints there are between two bodies."""
    chains = []
    for body in (a, b):
        chain = set()
        while body:
            adr, count = simulated.body_jntadr[body], simulated.body_jntnum[body]
            chain |= set(range(adr, adr + count)) if count else set()
            body = simulated.body_parentid[body]
        chains.append(chain)
    return len(chains[0] ^ chains[1])


def touching(simulated, physics):
    for contact in physics.contact[: physics.ncon]:
        yield [int(simulated.geom_bodyid[geom]) for geom in contact.geom]


def test_nothing_touches_at_home(simulated, home):
    physics = mujoco.MjData(simulated)
    physics.qpos[:] = home
    mujoco.mj_fwdPosition(simulated, physics)
    pairs = [[simulated.body(i).name for i in pair] for pair in touching(simulated, physics)]
    assert not pairs


def test_neighbouring_links_never_touch(path, simulated):
    """Links up to two joints apart keep clear everywhere; the fingers of a hand may meet."""
    if path.stem in FOLDING:
        pytest.skip('its joints turn further than its shape')
    physics = mujoco.MjData(simulated)
    sliding = simulated.jnt_type == mujoco.mjtJoint.mjJNT_SLIDE
    fingers = set(simulated.jnt_bodyid[sliding].tolist())
    ends = itertools.chain(extremes(simulated), (q for q, _ in states(simulated, 3000)))
    for q in ends:
        physics.qpos[:] = q
        mujoco.mj_fwdPosition(simulated, physics)
        for a, b in touching(simulated, physics):
            if {a, b} <= fingers:
                continue
            names = simulated.body(a).name, simulated.body(b).name
            assert joints_between(simulated, a, b) > 2, (names, q)


def extremes(simulated):
    """Yield postures with two joints that follow each other at their limits."""
    middle = simulated.jnt_range.mean(axis=1)
    for i in range(simulated.njnt - 1):
        for ends in itertools.product((0, 0.5, 1), repeat=2):
            q = middle.copy()
            low, high = simulated.jnt_range[i : i + 2].T
            q[i : i + 2] = low + np.array(ends) * (high - low)
            yield q


def test_pads_meet_at_the_tcp(path, simulated):
    """The closed fingers' collision shapes meet in the middle of the hand, at the tcp."""
    physics = mujoco.MjData(simulated)
    tcps = [simulated.body(i).name for i in range(simulated.nbody)]
    tcps = [name for name in tcps if name.endswith('tcp')]
    assert tcps, 'a robot has a tcp'
    mujoco.mj_kinematics(simulated, physics)
    for name in tcps:
        hand = simulated.body(name).parentid[0]
        fingers = [
            i
            for i in range(simulated.nbody)
            if simulated.body_parentid[i] == hand and simulated.body_jntnum[i]
        ]
        assert len(fingers) == 2
        tips = []
        for finger in fingers:
            turn = physics.xmat[finger].reshape(3, 3)
            z = turn.T @ (physics.body(name).xpos - physics.xpos[finger])
            assert math.hypot(z[0], z[1]) < 1e-6 < z[2]  # the tcp is on the z axis of both
            tips.append(turn[:, 1])
            axis = simulated.joint(simulated.body_jntadr[finger]).axis
            close(axis, [0, 1, 0])
        close(tips[0], -tips[1])
