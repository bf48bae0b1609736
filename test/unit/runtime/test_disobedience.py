"""An arm that stops obeying while its joint states go on is held, and taken up where it is."""

from driven import MOTION, Driven
import numpy as np
import pytest

from vla_ros.control.loops.supervisor import Event, State
from vla_ros.control.loops.targets import Kind
from vla_ros.core.data import Mode


SPEED = 0.05  # m/s


class Obeying(Driven):
    """An arm that goes where it is sent, a tick later, as long as it obeys."""

    obeys = True

    def tick(self, silent=False):
        super().tick(silent)
        if self.obeys and self.loop.actuation.law.output == 'motion':
            self.q = self.sent

    def lead(self, seconds):
        """Lead the tcp sideways for some time; return how far a command was ahead, rad or m."""
        ahead = 0.0
        for _ in range(round(seconds * self.spec.control_rate)):
            twist = np.array([0.0, SPEED, 0.0, 0.0, 0.0, 0.0, 0.0])
            if self.execution.supervisor.state is State.TAKEOVER:
                assert self.execution.target(Kind.TWIST, self.now, twist, self.now) == ''
            self.tick()
            ahead = max(ahead, self.ahead)
        return ahead

    @property
    def ahead(self):
        if self.loop.actuation.law.output == 'motion':
            return float(np.abs(self.sent - self.q).max())
        return float(np.abs(self.loop.limiter.target.position - self.loop.model.position).max())

    def take(self):
        for event in (Event.RESET, Event.TAKEOVER):
            assert self.execution.post(event) == ''


POSES = [law for law in MOTION if 'joint' not in law]


@pytest.mark.parametrize('law', POSES)
def test_an_arm_that_stops_obeying_is_held_where_it_is_with_joint_and_figures(law):
    driven = Obeying(law)
    driven.take()
    driven.lead(1.0)
    assert driven.execution.status().mode is Mode.TAKEOVER and driven.ahead < 0.01
    driven.obeys = False
    following = driven.spec.driver.following
    assert driven.lead(3.0) < following.error + 0.2 * (following.lag + following.after)
    status = driven.execution.status()
    assert status.mode is Mode.HOLD
    joint, _, rest = status.cause.partition(' ')
    assert joint in driven.spec.joint_names
    assert rest.startswith('does not follow: commanded ') and 'expected within 0.1 rad' in rest
    driven.assert_there()
    # It obeys again: nothing jumps, and a person says that it goes on.
    driven.obeys, before = True, driven.q.copy()
    driven.run(0.5)
    np.testing.assert_allclose(driven.q, before, atol=1e-4)
    assert driven.execution.status().mode is Mode.HOLD
    driven.take()
    driven.lead(1.0)
    assert driven.execution.status().mode is Mode.TAKEOVER and driven.ahead < 0.01


@pytest.mark.parametrize('law', POSES)
def test_while_it_does_not_obey_every_attempt_is_held_again_and_never_runs_away(law):
    driven = Obeying(law)
    driven.obeys = False
    for _ in range(3):
        driven.take()
        assert driven.lead(4.0) < 0.2
        assert driven.execution.status().mode is Mode.HOLD
        driven.assert_there()


@pytest.mark.parametrize('law', MOTION)
@pytest.mark.parametrize('event', [Event.HOLD, Event.ESTOP, Event.RESET])
def test_an_arm_led_by_hand_past_the_stack_is_not_sent_back(law, event):
    """Freedrive: it is heard of and commanded all the while, and goes where the hand does."""
    driven = Obeying(law)
    driven.execution.post(event)
    driven.obeys = False
    for _ in range(300):
        driven.q = driven.q + 0.001
        driven.tick()
        assert driven.ahead < 0.25
    driven.run(0.3)
    mode = driven.execution.status().mode
    assert mode is (Mode.STOP if event is Event.ESTOP else Mode.HOLD)
    assert driven.ahead <= 0.1


def test_an_arm_that_sags_within_the_bound_is_left_alone():
    driven = Obeying(MOTION[0])
    driven.obeys = False
    driven.q = driven.q - 0.09
    driven.run(3.0)
    assert driven.execution.status().mode is Mode.IDLE


@pytest.mark.parametrize('law', ['franka_impedance', 'franka_operational_space'])
def test_an_arm_under_torques_that_stands_is_held_by_its_spring_or_the_contact_guard(law):
    """The spring's force is what the observer feels: it needs no bound of its own."""
    driven = Obeying(law)
    driven.take()
    ahead = driven.lead(4.0)
    assert driven.execution.status().mode is Mode.HOLD, ahead
    assert 'contact' in driven.execution.status().cause
    assert ahead < 0.15
