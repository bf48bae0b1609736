"""The URDF is read alike by Pinocchio and MuJoCo, and RobotModel orders and names it rightly."""

import dataclasses

import mujoco
import numpy as np
import pinocchio as pin
import pytest

from vla_ros.robots import load_robot
from vla_ros.robots.model import RobotModel


TOLERANCE = 1e-9
STATES = 200


@pytest.fixture(scope='module')
def spec():
    return load_robot('franka')


@pytest.fixture(scope='module')
def simulated(spec):
    return mujoco.MjModel.from_xml_path(str(spec.urdf_path))


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
        q, dq = np.append(q, rng.uniform(0, 0.04, 2)), np.append(dq, rng.normal(size=2))
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


def test_every_link_frame_survives_in_mujoco(spec, simulated):
    names = {simulated.body(i).name for i in range(simulated.nbody)}
    links = {f'fr3_link{i}' for i in range(9)}
    links |= {'fr3_hand', 'fr3_hand_tcp', 'fr3_leftfinger', 'fr3_rightfinger'}
    assert links <= names


def test_attributes_belong_to_the_last_update(spec, simulated):
    model, physics = RobotModel(spec), mujoco.MjData(simulated)
    body = simulated.body(spec.ee_frame).id
    position, mass, gravity = model.position, model.mass, model.gravity
    jacobian, inertia = np.zeros((6, simulated.nv)), np.zeros((simulated.nv, simulated.nv))
    for q, dq in states(spec, 20):
        model.update(q, dq)
        physics.qpos[:7], physics.qvel[:7] = q, dq
        physics.qpos[7:] = 0.02
        mujoco.mj_forward(simulated, physics)
        mujoco.mj_jacBody(simulated, physics, jacobian[:3], jacobian[3:], body)
        close(position, physics.xpos[body])
        close(model.rotation.ravel(), physics.xmat[body])
        close(model.jacobian, jacobian[:, :7])
        close(model.twist, jacobian[:, :7] @ dq)
        close(mass, mass.T)
        mujoco.mj_fullM(simulated, physics, inertia)
        close(mass, inertia[:7, :7] + np.diag(spec.joint_array('armature')))
        ahead, step = RobotModel(spec), 1e-6
        ahead.update(q + step * dq, dq)
        np.testing.assert_allclose(model.drift, (ahead.twist - model.twist) / step, atol=1e-4)
        close(model.bias, physics.qfrc_bias[:7])
        close(model.bias, gravity + model.coriolis)


def test_joint_limits_of_the_spec_are_those_of_the_urdf(spec):
    model = pin.buildModelFromUrdf(str(spec.urdf_path))
    for joint in spec.joints:
        i = model.joints[model.getJointId(joint.name)].idx_v
        assert model.lowerPositionLimit[i] == joint.lower
        assert model.upperPositionLimit[i] == joint.upper
        assert model.velocityLimit[i] >= joint.velocity
        assert model.effortLimit[i] >= joint.torque


def test_neighbouring_links_never_touch(spec, simulated):
    """Links up to two apart keep clear everywhere, or they would brake the arm for nothing."""
    physics = mujoco.MjData(simulated)
    order = [f'fr3_link{i}' for i in range(8)] + ['fr3_hand']
    for q, _ in states(spec, 1000):
        physics.qpos[:7], physics.qpos[7:] = q, 0.04
        mujoco.mj_fwdPosition(simulated, physics)
        for contact in physics.contact[: physics.ncon]:
            pair = [simulated.body(simulated.geom_bodyid[g]).name for g in contact.geom]
            apart = [order.index(name) if name in order else 9 for name in pair]
            assert abs(apart[0] - apart[1]) > 2, pair


def test_the_pads_meet_at_the_tcp(spec, simulated):
    physics = mujoco.MjData(simulated)
    physics.qpos[:7] = spec.home
    physics.qpos[7:] = 0.02
    mujoco.mj_kinematics(simulated, physics)
    tcp = physics.body(spec.ee_frame).xpos
    fingers = [physics.body(f'fr3_{side}finger').xpos for side in ('left', 'right')]
    assert np.linalg.norm(fingers[0] - fingers[1]) == pytest.approx(0.04)
    middle = (fingers[0] + fingers[1]) / 2
    assert np.linalg.norm(tcp - middle) == pytest.approx(0.045)


@pytest.mark.parametrize(
    ('change', 'names'),
    [
        ({'ee_frame': 'fr3_nose'}, ['fr3_nose', 'fr3_hand_tcp']),
        ({'base_frame': 'fr3_link3'}, ['fr3_link3', 'fr3_joint3']),
    ],
)
def test_a_wrong_frame_is_refused_by_name(spec, change, names):
    with pytest.raises(ValueError) as error:
        RobotModel(dataclasses.replace(spec, **change))
    assert all(name in str(error.value) for name in names)


def test_wrong_joints_are_refused_by_name(spec):
    swapped = (spec.joints[1], spec.joints[0], *spec.joints[2:])
    with pytest.raises(ValueError, match='order of the URDF'):
        RobotModel(dataclasses.replace(spec, joints=swapped))
    renamed = (dataclasses.replace(spec.joints[0], name='elbow'), *spec.joints[1:])
    with pytest.raises(ValueError, match='elbow.*fr3_joint1'):
        RobotModel(dataclasses.replace(spec, joints=renamed))
