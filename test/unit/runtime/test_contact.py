"""What the loop does when the world pushes: it feels it, stops, gives way, and says why."""

import dataclasses

import numpy as np
import pytest

from vla_ros.control.loops.supervisor import Event
from vla_ros.control.loops.targets import Kind
from vla_ros.core.data import Mode
from vla_ros.robots import ForceSensorSpec


def running(rig, make_chunk):
    assert rig.execution.post(Event.START, 'push the red cube') == ''
    rig.run(1)
    assert rig.execution.offer(make_chunk(1, rig.now, rig.commanded), rig.now) == ''
    rig.run(200)
    assert rig.execution.status().mode is Mode.RUN


def test_a_light_push_is_felt_and_borne(rig, make_chunk):
    running(rig, make_chunk)
    rig.arm.push[:3] = 0, 0, 20.0
    rig.run(800)
    felt = rig.execution.loop.model.external_wrench
    assert felt[2] == pytest.approx(20.0, rel=0.05)
    assert rig.execution.status().mode is Mode.RUN


def test_a_hard_push_holds_gives_way_and_is_named(rig, make_chunk):
    running(rig, make_chunk)
    before = rig.commanded[:3]
    rig.arm.push[:3] = 0, -100.0, 0
    rig.run(400)
    status = rig.execution.status()
    assert status.mode is Mode.HOLD
    assert status.cause.startswith('contact: ') and 'its limit is' in status.cause
    assert rig.commanded[1] < before[1] - 0.01, 'it does not give'
    # Held for good: the commanded pose rests once the push is gone.
    rig.arm.push[:] = 0
    rig.run(1500)
    rest = rig.commanded[:3]
    rig.run(200)
    np.testing.assert_allclose(rig.commanded[:3], rest, atol=1e-6)
    assert rig.execution.status().mode is Mode.HOLD
    assert rig.execution.post(Event.RESUME) == ''


def test_a_person_who_has_the_arm_is_stopped_too(rig):
    rig.execution.post(Event.TAKEOVER)
    rig.run(1)
    rig.arm.push[:3] = 120.0, 0, 0
    for _ in range(300):
        twist = np.array([-0.05, 0, 0, 0, 0, 0, 0])
        rig.execution.target(Kind.TWIST, rig.now, twist, rig.now)
        rig.run(1)
    assert rig.execution.status().mode is Mode.HOLD


def test_motion_towards_a_singularity_slows_down_and_leads_out_freely(rig):
    rig.execution.post(Event.TAKEOVER)
    rig.run(1)
    reached = []
    for _ in range(4000):
        twist = np.array([0.0, 0, 0.3, 0, 0, 0, 0])
        rig.execution.target(Kind.TWIST, rig.now, twist, rig.now)
        rig.run(1)
        reached.append(rig.execution.loop.slowdown.singularity.condition)
    assert max(reached) < 35
    top = rig.commanded[2]
    for _ in range(500):
        twist = np.array([0.0, 0, -0.2, 0, 0, 0, 0])
        rig.execution.target(Kind.TWIST, rig.now, twist, rig.now)
        rig.run(1)
    assert rig.commanded[2] < top - 0.05


def test_an_arm_without_a_force_sensor_refuses_a_tare(rig):
    assert rig.execution.tare() == 'tare: the robot has no force sensor'


def test_what_happened_while_the_arm_was_not_seen_is_no_contact(rig, make_chunk):
    running(rig, make_chunk)
    fresh = rig.arm.advance

    def unseen(now):
        stamp = rig.arm.sample.stamp
        fresh(now)
        rig.arm.sample.stamp = stamp

    rig.arm.advance = unseen
    rig.run(200)
    assert rig.execution.status().cause == 'hardware: joint states are silent'
    rig.arm.dq[:] = 0.3, -0.3, 0.3, -0.3, 0.3, -0.3, 0.3  # somebody moved it
    rig.arm.advance = fresh
    rig.run(5)
    assert rig.execution.loop.sensing.contact == ''


def test_a_tare_that_is_given_up_is_reported(spec, make_rig):
    sensor = ForceSensorSpec('fr3_hand', 'wrench', 0.0, (0.0, 0.0, 0.0))
    rig = make_rig(True, dataclasses.replace(spec, force_sensor=sensor))
    rig.arm.sample.wrench = np.zeros(6)
    rig.run(10)
    assert rig.execution.tare() == ''
    rig.execution.post(Event.TAKEOVER)
    rig.run(1)
    for _ in range(200):
        rig.execution.target(Kind.TWIST, rig.now, np.array([0, 0.1, 0, 0, 0, 0, 0]), rig.now)
        rig.run(1)
    status = rig.execution.status()
    assert status.last_refusal == 'tare: the arm moved' and status.refused_targets == 1
