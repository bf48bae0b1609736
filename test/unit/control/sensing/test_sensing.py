import dataclasses

import numpy as np
import pytest

from vla_ros.control.sensing.arm_sensing import Sensing
from vla_ros.robots import ForceSensorSpec


SENSOR = ForceSensorSpec('fr3_hand', 'wrench', 0.7126, (0.0, 0.0109, 0.0256))


def run(arm, sensing, ticks):
    arm.run(ticks, sensing.update)


@pytest.mark.parametrize('sensor', [None, SENSOR])
def test_a_push_is_sensed_and_too_hard_a_one_told(spec, make_arm, sensor):
    arm = make_arm(dataclasses.replace(spec, force_sensor=sensor))
    sensing = Sensing(arm.spec, arm.model)
    arm.push((0.0, 20.0, 0.0))
    run(arm, sensing, 500)
    np.testing.assert_allclose(arm.model.external_wrench[:3], (0, 20, 0), atol=0.6)
    expected = arm.model.jacobian.T @ arm.model.external_wrench
    np.testing.assert_allclose(arm.model.external_torque, expected, atol=0.3)
    assert sensing.contact == '' and sensing.fault == ''
    arm.push((0.0, 80.0, 0.0))
    run(arm, sensing, 300)
    assert sensing.contact.startswith('contact: ')
    sensing.reset(arm.model)
    assert sensing.contact == ''
    assert not arm.model.external_wrench.any() and not arm.model.external_torque.any()


def test_without_known_torques_the_sensor_alone_senses(spec, make_arm):
    arm = make_arm(dataclasses.replace(spec, force_sensor=SENSOR))
    sensing = Sensing(arm.spec, arm.model, torques=False)
    arm.push((0.0, 20.0, 0.0))
    run(arm, sensing, 500)
    assert arm.model.external_wrench[1] == pytest.approx(20.0, abs=0.6)
    assert sensing.observer is None and not arm.model.external_torque.any()


def test_a_silent_sensor_is_a_fault(spec, make_arm):
    arm = make_arm(spec)
    sensing = Sensing(dataclasses.replace(spec, force_sensor=SENSOR), arm.model)
    run(arm, sensing, 100)
    assert sensing.fault == ''
    run(arm, sensing, 1)  # the arm of this scene has no sensor
    assert sensing.fault == 'force sensor: no reading for 0.1 s'
    sensing.reset(arm.model)
    assert sensing.fault == ''


def test_a_tare_needs_a_sensor(spec, make_arm):
    arm = make_arm(dataclasses.replace(spec, force_sensor=SENSOR))
    assert Sensing(spec, arm.model).tare(arm.model) == 'tare: the robot has no force sensor'
    sensing = Sensing(arm.spec, arm.model)
    assert sensing.tare(arm.model) == '' and sensing.force_sensor.taring
    sensing.reset(arm.model)
    assert not sensing.force_sensor.taring
