"""An arm that was silent, or moved by others, is commanded where it is, not where it was."""

from driven import MOTION, TORQUE, Driven
import numpy as np
import pytest

from vla_ros.control.loops.jump import STEADY
from vla_ros.control.loops.supervisor import Event
from vla_ros.core.data import Mode


def silence(driven):
    driven.run(0.25, silent=True)
    assert driven.execution.status().mode is Mode.HOLD
    driven.move()
    driven.run(0.25, silent=True)


def no_numbers(driven):
    """As a driver that starts again says, for a while, that it knows nothing."""
    known, driven.q = driven.q, np.full(driven.spec.n, np.nan)
    driven.run(0.5)
    driven.q = known
    driven.move()


def jump(driven):
    """As an encoder that counts from elsewhere: the arm holds until that is steadily so."""
    before = driven.sent
    driven.move()
    driven.run(STEADY / 2)
    status = driven.execution.status()
    assert status.mode is Mode.HOLD and ' jumped from ' in status.cause
    assert not driven.loop.feedback.known
    if driven.loop.actuation.law.output == 'motion':
        np.testing.assert_allclose(driven.sent, before, atol=1e-4)
    driven.run(STEADY / 2 + 0.05)


def someone_else(driven):
    driven.move()
    driven.execution.anchor()


@pytest.mark.parametrize('law', MOTION + TORQUE)
def test_an_arm_begins_where_it_is(law):
    driven = Driven(law)
    driven.run(0.5)
    driven.assert_there()


@pytest.mark.parametrize('way', [silence, no_numbers, jump, someone_else])
@pytest.mark.parametrize('law', MOTION + TORQUE)
def test_an_arm_that_was_moved_meanwhile_is_taken_up_where_it_is(law, way):
    driven = Driven(law)
    way(driven)
    driven.tick()
    driven.assert_there()
    mode = driven.execution.status().mode
    driven.run(1.0)
    driven.assert_there()
    assert driven.execution.status().mode is mode  # a person has to say that it goes on
    assert driven.execution.post(Event.RESET) == ''
    driven.run(0.5)
    driven.assert_there()
    assert driven.execution.status().mode is Mode.IDLE


def moved_in_stop(law, seconds):
    """Return an arm that a hand has moved, so long ago, while it was stopped."""
    driven = Driven(law)
    driven.execution.post(Event.ESTOP)
    driven.run(0.1)
    begin = driven.q
    driven.move()
    moved = driven.q
    for share in np.linspace(0.0, 1.0, round(driven.spec.control_rate / 4)):
        driven.q = begin + share * (moved - begin)
        driven.tick()
    driven.run(seconds)
    return driven


@pytest.mark.parametrize('law', MOTION)
def test_on_leaving_a_stop_an_arm_is_where_a_hand_has_put_it(law):
    driven = moved_in_stop(law, 0.1)
    driven.execution.post(Event.RESET)
    driven.tick()
    driven.assert_there()
    driven.run(0.5)
    driven.assert_there()


@pytest.mark.parametrize('law', TORQUE)
def test_on_leaving_a_stop_torques_go_on_where_they_were(law):
    driven = moved_in_stop(law, 0.002)
    before = driven.loop.actuation.torque.copy()
    driven.execution.post(Event.RESET)
    driven.tick()
    steps = driven.spec.joint_array('torque_rate') / driven.spec.control_rate
    assert (np.abs(driven.loop.actuation.torque - before) <= steps + 1e-9).all()
    driven.run(0.2)
    driven.assert_there()


@pytest.mark.parametrize('law', MOTION)
def test_an_arm_that_sags_does_not_creep_when_its_driver_comes_and_goes(law):
    driven = Driven(law)
    before = driven.sent
    driven.q = driven.q - 0.04
    for _ in range(5):
        driven.run(0.2, silent=True)
        driven.run(0.1)
        driven.execution.anchor()
        driven.run(0.1)
        driven.execution.post(Event.RESET)
        driven.run(0.1)
    np.testing.assert_allclose(driven.sent, before, atol=1e-4)


@pytest.mark.parametrize('law', [MOTION[0], TORQUE[0]])
def test_a_grip_is_not_let_go_of(law):
    """Fingers around a thing never reach what they are commanded."""
    driven = Driven(law)
    driven.loop.limiter.gripper, driven.gripper = 0.0, 0.04
    silence(driven)
    driven.run(0.1)
    assert driven.loop.limiter.gripper == 0.0
