"""The URDF is read alike by Pinocchio and MuJoCo, and RobotModel orders and names it rightly."""

import dataclasses
import itertools
import re

import mujoco
import numpy as np
import pinocchio as pin
import pytest

from vla_ros.robots import load_robot
from vla_ros.robots.model import RobotModel


TOLERANCE = 1e-9
STATES = 200


@pytest.fixture(scope='module', params=['franka', 'ur5e'])
def spec(request):
    return load_robot(request.param)


@pytest.fixture(scope='module')
def simulated(spec):
    return mujoco.MjModel.from_xml_path(str(spec.urdf_path))


@pytest.fixture(scope='module')
def links(simulated):
    """Return the names of the links from the base to the last joint's, then the hand's."""
    return [simulated.body(i).name for i in range(1, simulated.nbody)]


def states(spec, count=STATES):
    rng = np.random.default_rng(0)
    for _ in range(count):
        q = rng.uniform(spec.joint_array('lower'), spec.joint_array('upper'))
        yield q, rng.normal(size=spec.n)


def close(a, b):
    np.testing.assert_allclose(a, b, rtol=0, atol=TOLERANCE)


def test_pinocchio_and_mujoco_agree(spec, simulated):
    """All joints, hand included: FK, Jacobian, M(q), g(q) and the Coriolis torque."""
    model = pin.buildModelFromUrdf(str(spec.urdf_path))
    data, physics = model.createData(), mujoco.MjData(simulated)
    names = [simulated.joint(i).name for i in range(simulated.njnt)]
    assert names == list(model.names)[1:]
    frame = model.getFrameId(spec.ee_frame)
    body = simulated.body(spec.ee_frame).id
    rng = np.random.default_rng(1)
    jacobian, mass = np.zeros((6, simulated.nv)), np.zeros((simulated.nv, simulated.nv))
    for q, dq in states(spec):
        opening = rng.uniform(0, spec.gripper.open / 2, 2)
        q, dq = np.append(q, opening), np.append(dq, rng.normal(size=2))
        physics.qpos[:], physics.qvel[:] = q, dq
        mujoco.mj_forward(simulated, physics)
        pin.computeAllTerms(model, data, q, dq)
        placement = pin.updateFramePlacement(model, data, frame)
        close(placement.translation, physics.xpos[body])
        close(placement.rotation.ravel(), physics.xmat[body])
        mujoco.mj_jacBody(simulated, physics, jacobian[:3], jacobian[3:], body)
        close(
            pin.getFrameJacobian(model, data, frame, pin.LOCAL_WORLD_ALIGNED),
            jacobian,
        )
        mujoco.mj_fullM(simulated, physics, mass)
        close(data.M, mass)
        close(data.nle, physics.qfrc_bias)
        physics.qvel[:] = 0
        mujoco.mj_forward(simulated, physics)
        close(data.g, physics.qfrc_bias)


def test_every_link_frame_survives_in_mujoco(spec, simulated, links):
    named = re.findall(r'<link name="(\w+)"', spec.urdf_path.read_text())
    assert set(named) <= {*links, spec.base_frame}
    frames = {spec.ee_frame, *(camera.frame for camera in spec.cameras)}
    assert frames <= set(named)


def test_attributes_belong_to_the_last_update(spec, simulated):
    model, physics, n = RobotModel(spec), mujoco.MjData(simulated), spec.n
    body = simulated.body(spec.ee_frame).id
    position, mass, gravity = model.position, model.mass, model.gravity
    jacobian, inertia = np.zeros((6, simulated.nv)), np.zeros((simulated.nv, simulated.nv))
    for q, dq in states(spec, 20):
        model.update(q, dq)
        physics.qpos[:n], physics.qvel[:n] = q, dq
        physics.qpos[n:] = spec.gripper.open / 4
        mujoco.mj_forward(simulated, physics)
        mujoco.mj_jacBody(simulated, physics, jacobian[:3], jacobian[3:], body)
        close(position, physics.xpos[body])
        close(model.rotation.ravel(), physics.xmat[body])
        close(model.jacobian, jacobian[:, :n])
        close(model.twist, jacobian[:, :n] @ dq)
        close(mass, mass.T)
        mujoco.mj_fullM(simulated, physics, inertia)
        close(mass, inertia[:n, :n] + np.diag(spec.joint_array('armature')))
        ahead, step = RobotModel(spec), 1e-6
        ahead.update(q + step * dq, dq)
        np.testing.assert_allclose(model.drift, (ahead.twist - model.twist) / step, atol=1e-4)
        close(model.bias, physics.qfrc_bias[:n])
        close(model.bias, gravity + model.coriolis)


def test_joint_limits_of_the_spec_are_those_of_the_urdf(spec):
    model = pin.buildModelFromUrdf(str(spec.urdf_path))
    for joint in spec.joints:
        i = model.joints[model.getJointId(joint.name)].idx_v
        assert model.lowerPositionLimit[i] == joint.lower
        assert model.upperPositionLimit[i] == joint.upper
        assert model.velocityLimit[i] >= joint.velocity
        assert model.effortLimit[i] >= joint.torque


def test_links_with_one_joint_between_them_never_touch(spec, simulated):
    """They are not watched (nor two joints apart, where these keep clear: see SelfCollision)."""
    model = pin.buildModelFromUrdf(str(spec.urdf_path))
    shapes = pin.buildGeomFromUrdf(model, str(spec.urdf_path), pin.GeometryType.COLLISION)
    joints = [shape.parentJoint for shape in shapes.geometryObjects]
    arm = range(spec.n + 1)
    for one, other in itertools.combinations(range(len(joints)), 2):
        ways = abs(joints[one] - joints[other])
        if joints[one] in arm and joints[other] in arm and ways == 2:
            shapes.addCollisionPair(pin.CollisionPair(one, other))
    data, placed = model.createData(), shapes.createData()
    for q, _ in states(spec, 300):
        q[folding(spec)] = spec.home[folding(spec)]
        pin.updateGeometryPlacements(model, data, shapes, placed, np.append(q, [0.0, 0.0]))
        assert not pin.computeCollisions(shapes, placed, True)


def folding(spec):
    """Return the joints by whose bending the arm can really meet itself two links on."""
    return [i for i, name in enumerate(spec.joint_names) if name == 'elbow_joint']


def test_the_pads_meet_at_the_tcp(spec, simulated):
    physics = mujoco.MjData(simulated)
    physics.qpos[: spec.n], physics.qpos[spec.n :] = spec.home, 0.02
    mujoco.mj_kinematics(simulated, physics)
    tcp = physics.body(spec.ee_frame).xpos
    fingers = [simulated.jnt_bodyid[simulated.joint(name).id] for name in spec.gripper.joints]
    places = [physics.xpos[finger] for finger in fingers]
    assert np.linalg.norm(places[0] - places[1]) == pytest.approx(0.04)
    assert np.linalg.norm(tcp - sum(places) / 2) == pytest.approx(0.045)
    pads = [physics.geom_xpos[simulated.body_geomadr[f] + simulated.body_geomnum[f] - 1]
            for f in fingers]  # fmt: skip
    np.testing.assert_allclose(sum(pads) / 2, tcp, atol=1e-9)


@pytest.mark.parametrize(
    ('change', 'names'),
    [
        ({'ee_frame': 'nose'}, ['nose', 'hand']),
        ({'base_frame': 'tcp'}, ['tcp', 'joint']),
    ],
)
def test_a_wrong_frame_is_refused_by_name(spec, change, names):
    change = {key: spec.ee_frame if name == 'tcp' else name for key, name in change.items()}
    with pytest.raises(ValueError) as error:
        RobotModel(dataclasses.replace(spec, **change))
    assert all(name in str(error.value) for name in names)


def test_wrong_joints_are_refused_by_name(spec):
    swapped = (spec.joints[1], spec.joints[0], *spec.joints[2:])
    with pytest.raises(ValueError, match='order of the URDF'):
        RobotModel(dataclasses.replace(spec, joints=swapped))
    renamed = (dataclasses.replace(spec.joints[0], name='knee'), *spec.joints[1:])
    with pytest.raises(ValueError, match=f"'knee'.*{spec.joints[0].name}"):
        RobotModel(dataclasses.replace(spec, joints=renamed))
