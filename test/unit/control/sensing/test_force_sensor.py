"""The simulated sensor, and what is made of its readings."""

import dataclasses

import mujoco
import numpy as np
import pytest

from vla_ros.control.sensing.force_sensor import ForceSensor
from vla_ros.robots import ForceSensorSpec, load_robot
from vla_ros.robots.model import RobotModel
from vla_ros.tabletop.world import Scene


DT = 0.001
FRANKA = load_robot('franka')
MASS = 0.7126  # kg, of hand and fingers


def tool_centre(spec, frame):
    """Return the centre of mass of what hangs behind a link, m, in its frame."""
    scene = Scene(spec)
    data = mujoco.MjData(scene.model)
    data.qpos[scene.arms[0].fingers_q] = 0.02
    mujoco.mj_kinematics(scene.model, data)
    mujoco.mj_comPos(scene.model, data)
    body = data.body(frame)
    return body.xmat.reshape(3, 3).T @ (body.subtree_com - body.xpos)


@pytest.fixture(params=['fr3_hand', 'fr3_link8'])
def sensing(request, spec):
    """The FR3 with a sensor in one of two links, whose axes differ by 45 degrees."""
    centre = tuple(tool_centre(spec, request.param).tolist())
    return dataclasses.replace(
        spec, force_sensor=ForceSensorSpec(request.param, 'wrench', MASS, centre)
    )


def sense(arm, ticks, sensor, bias=None):
    """Return the external wrenches (ticks, 6); `bias` is added to what is measured."""
    wrenches = []

    def watch(model, sample, _):
        reading = sample.wrench if bias is None else sample.wrench + bias
        assert sensor.update(model, reading) == ''
        wrenches.append(model.external_wrench.copy())

    arm.run(ticks, watch)
    return np.array(wrenches)


def test_an_arm_at_rest_feels_nothing_and_a_push_as_it_is(sensing, make_arm):
    arm = make_arm(sensing)
    sensor = ForceSensor(sensing.force_sensor, arm.model, DT)
    assert np.abs(sense(arm, 300, sensor)[50:]).max() < 0.02
    push = np.array([3.0, 20.0, 5.0, 0.0, 0.0, 1.0])
    arm.push(push[:3], push[3:])
    wrenches = sense(arm, 2000, sensor)
    np.testing.assert_allclose(wrenches[-1], push, atol=0.02)


def test_the_weight_is_taken_off_however_the_hand_is_turned(sensing, make_arm):
    arm = make_arm(sensing)
    sensor = ForceSensor(sensing.force_sensor, arm.model, DT)
    arm.turn = np.array([0.5, 0.5, 0.1, 0.1])
    arm.turn /= np.linalg.norm(arm.turn)
    before = arm.model.rotation.copy()
    wrenches = sense(arm, 2500, sensor)
    assert np.linalg.norm(arm.model.rotation - before) > 0.3
    assert np.abs(wrenches[-1]).max() < 0.02
    # On the way the tool's inertia is felt.
    assert 0.05 < np.abs(wrenches[:, :3]).max() < MASS * sensing.cartesian.acceleration


def test_a_tare_finds_the_bias(sensing, make_arm):
    arm = make_arm(sensing)
    sensor = ForceSensor(sensing.force_sensor, arm.model, DT)
    bias = np.array([4.0, -3.0, 10.0, 0.3, -0.2, 0.1])
    off = sense(arm, 300, sensor, bias)[-1]
    assert np.linalg.norm(off[:3]) == pytest.approx(np.linalg.norm(bias[:3]), abs=0.05)
    assert sensor.tare(arm.model) == '' and sensor.taring
    assert np.abs(sense(arm, 249, sensor, bias)[-1]).max() > 1  # the old bias until it is done
    assert sensor.taring
    sense(arm, 1, sensor, bias)
    assert not sensor.taring and sensor.tare_refusal == ''
    np.testing.assert_allclose(sensor.bias, bias, atol=0.01)
    assert np.abs(sense(arm, 200, sensor, bias)[-1]).max() < 0.02


def still_model(speed=0.0):
    model = RobotModel(FRANKA)
    dq = np.zeros(FRANKA.n)
    dq[3] = speed
    model.update(FRANKA.home, dq)
    return model


def make_sensor(**values):
    given = {'frame': 'fr3_hand', 'topic': 'wrench', 'tool_mass': 0.0, 'tool_centre': (0, 0, 0)}
    return ForceSensor(ForceSensorSpec(**{**given, **values}), still_model(), DT)


def test_a_moving_arm_is_not_tared():
    sensor = make_sensor()
    assert sensor.tare(still_model(0.05)) == 'tare: the arm moves'
    assert not sensor.taring
    assert sensor.tare(still_model()) == ''
    sensor.update(still_model(), np.ones(6))
    sensor.update(still_model(-0.05), np.ones(6))
    assert not sensor.taring and sensor.tare_refusal == 'tare: the arm moved'
    assert not sensor.bias.any()
    assert sensor.tare(still_model()) == '' and sensor.tare_refusal == ''


@pytest.mark.parametrize('bad', [None, np.full(6, np.nan), np.array([0, 0, np.inf, 0, 0, 0])])
def test_missing_readings_are_bridged_and_then_told(bad):
    sensor, model = make_sensor(stale_after=0.05, cutoff=500.0), still_model()
    for _ in range(50):
        assert sensor.update(model, np.array([0, 0, 5.0, 0, 0, 0])) == ''
    held = model.external_wrench.copy()
    assert np.linalg.norm(held[:3]) == pytest.approx(5.0, abs=1e-3)
    sensor.tare(model)
    for _ in range(50):
        assert sensor.update(model, bad) == ''
        np.testing.assert_array_equal(model.external_wrench, held)
    assert sensor.update(model, bad) == 'force sensor: no reading for 0.05 s'
    assert not model.external_wrench.any()
    assert not sensor.taring and sensor.tare_refusal == 'tare: the force sensor fell silent'
    assert sensor.update(model, np.zeros(6)) == ''


def test_the_low_pass_has_its_cutoff():
    cutoff, model = 20.0, still_model()
    sensor = make_sensor(cutoff=cutoff)
    time = np.arange(2000) * DT
    seen = []
    for signal in np.sin(2 * np.pi * cutoff * time):
        sensor.update(model, np.array([0, 0, signal, 0, 0, 0]))
        seen.append(model.external_wrench[2])
    assert np.max(np.abs(seen[1000:])) == pytest.approx(np.sqrt(0.5), abs=0.05)


def test_a_force_beside_the_tcp_is_a_moment_about_it():
    sensor, model = make_sensor(cutoff=500.0), still_model()
    for _ in range(100):
        sensor.update(model, np.array([10.0, 0, 0, 0, 0, 0]))
    wrench = model.external_wrench
    # The sensor is 0.1034 m behind the tcp: the force at it turns the tool by that lever.
    axes = model.rotation
    np.testing.assert_allclose(wrench[:3], 10 * axes[:, 0], atol=1e-6)
    np.testing.assert_allclose(wrench[3:], -0.1034 * 10 * axes[:, 1], atol=1e-6)


@pytest.mark.parametrize(
    ('frame', 'text'),
    [('fr3_link5', "'fr3_link5' does not move with"), ('fr3_nose', "'fr3_nose' is not one of")],
)
def test_a_wrong_frame_is_refused_by_name(frame, text):
    with pytest.raises(ValueError, match=text):
        make_sensor(frame=frame)


def test_the_simulation_refuses_a_frame_it_lacks():
    sensor = ForceSensorSpec('fr3_nose', 'wrench', 0.7, (0.0, 0.0, 0.0))
    with pytest.raises(ValueError, match="force_sensor: frame 'fr3_nose' is not one of"):
        Scene(dataclasses.replace(FRANKA, force_sensor=sensor))


def test_without_a_sensor_there_is_no_wrench(spec, make_arm):
    arm = make_arm(spec)
    assert arm.scene.arms[0].wrench is None and arm.hardware.read().wrench is None


@pytest.mark.parametrize(
    'values',
    [{'tool_mass': -0.1}, {'tool_centre': (0.0, 0.0, 3.0)}, {'cutoff': 0.0}, {'stale_after': 0.0}],
)
def test_a_bad_number_is_refused_by_name(values):
    with pytest.raises(ValueError, match=next(iter(values))):
        make_sensor(**values)
