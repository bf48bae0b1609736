import dataclasses

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.control.sensing.contact import ContactConfig, ContactGuard
from vla_ros.control.sensing.momentum_observer import MomentumObserver
from vla_ros.robots import load_robot


SPEC = load_robot('franka')
DT = 0.001
FORCE, TORQUE = SPEC.cartesian.contact_force, SPEC.cartesian.contact_torque
numbers = st.floats(-300, 300)
wrenches = st.lists(numbers, min_size=6, max_size=6).map(np.array)


def test_a_light_touch_is_none_of_its_business():
    guard = ContactGuard(SPEC, DT)
    assert guard.update(np.array([0, 0, 0.99 * FORCE, 0, 0, 0.99 * TORQUE])) == ''
    assert guard.retreat == (0.0,) * 6


def test_it_names_what_exceeds_which_limit():
    guard = ContactGuard(SPEC, DT)
    cause = guard.update(np.array([0, 0, 80.0, 0, 0, 0]))
    assert cause == f'contact: 80 N on the tcp, its limit is {FORCE:g} N'
    guard.reset()
    assert guard.update(np.array([0, 0, 0, 25.0, 0, 0])) == (
        f'contact: 25.0 Nm about the tcp, its limit is {TORQUE:g} Nm'
    )


def test_a_contact_is_over_when_both_stay_below_half_of_their_limits():
    guard = ContactGuard(SPEC, DT, ContactConfig(settle=0.003))
    cause = guard.update(np.array([1.1 * FORCE, 0, 0, 0, 0, 0]))
    light = np.array([0.49 * FORCE, 0, 0, 0.49 * TORQUE, 0, 0])
    for share in (0.9, 0.51):
        assert guard.update(np.array([share * FORCE, 0, 0, 0, 0, 0])) == cause
    assert guard.update(np.array([0.1 * FORCE, 0, 0, 0.6 * TORQUE, 0, 0])) == cause
    assert [guard.update(light) for _ in range(2)] == [cause] * 2
    assert guard.update(np.array([0.6 * FORCE, 0, 0, 0, 0, 0])) == cause  # it came back
    assert [guard.update(light) for _ in range(3)] == [cause, cause, '']
    assert guard.update(np.array([0.9 * FORCE, 0, 0, 0, 0, 0])) == ''


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize('place', range(6))
def test_what_is_not_finite_stops_the_arm_and_moves_nothing(bad, place):
    guard, wrench = ContactGuard(SPEC, DT), np.zeros(6)
    wrench[place] = bad
    assert guard.update(wrench) == 'contact: the external wrench is not finite'
    assert guard.retreat == (0.0,) * 6
    assert [guard.update(np.zeros(6)) for _ in range(100)][-1] == ''


@given(st.lists(wrenches, max_size=20))
def test_the_retreat_gives_way_within_its_speeds(sequence):
    guard = ContactGuard(SPEC, DT)
    for wrench in sequence:
        cause = guard.update(wrench)
        linear, angular = np.array(guard.retreat[:3]), np.array(guard.retreat[3:])
        assert np.linalg.norm(linear) <= guard.config.speed * (1 + 1e-9)
        assert np.linalg.norm(angular) <= guard.config.angular_speed * (1 + 1e-9)
        assert linear @ wrench[:3] >= 0 and angular @ wrench[3:] >= 0
        over = np.linalg.norm(wrench[:3]) > FORCE or np.linalg.norm(wrench[3:]) > TORQUE
        assert bool(cause) >= over and bool(cause) == bool(guard.cause)


def test_an_arm_that_follows_the_retreat_is_rid_of_the_contact(spec, make_arm):
    """Pressed on the table by a goal below it."""
    limits = dataclasses.replace(spec.cartesian, contact_force=25.0, lower=(0.25, -0.4, -0.06))
    arm = make_arm(dataclasses.replace(spec, cartesian=limits))
    guard, observer = ContactGuard(arm.spec, DT), MomentumObserver(spec, DT)
    arm.goal = np.array([0.5, 0.0, limits.lower[2]])
    forces, causes = [], []

    def watch(model, *_):
        observer.update(model, arm.sent)
        forces.append(model.external_wrench[2])
        causes.append(guard.update(model.external_wrench))
        if guard.cause:
            ahead = 0.05 * np.array(guard.retreat[:3])
            arm.goal = arm.limiter.target.position + ahead

    arm.run(2500, watch)
    assert any(causes) and not any(causes[-500:])
    assert 5 < max(forces[-500:]) < 12.5


@pytest.mark.parametrize('name', ['contact_force', 'contact_torque'])
def test_a_limit_of_nothing_is_refused_by_name(name):
    with pytest.raises(ValueError, match=name):
        dataclasses.replace(SPEC.cartesian, **{name: 0.0})


@pytest.mark.parametrize(
    'values', [{'release': 1.0}, {'speed': 0.0}, {'angular_speed': float('nan')}]
)
def test_a_bad_number_is_refused_by_name(values):
    with pytest.raises(ValueError, match=next(iter(values))):
        ContactConfig(**values)
