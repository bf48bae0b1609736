"""Chunks of joint positions: an arm follows them, its elbow too, whatever the law makes of it."""

from dataclasses import replace

import numpy as np
import pytest

from vla_ros.control.laws import load_preset
from vla_ros.control.loops.supervisor import Event
from vla_ros.control.native.model import make_model
from vla_ros.core import rotations
from vla_ros.core.data import Mode


# rad: not only the tcp moves, and not only along a line.
AWAY = np.array([0.15, -0.1, 0.15, 0.1, -0.2, 0.1, 0.25])
STEPS, DT = 40, 0.05


@pytest.fixture
def joint_chunk(make_chunk, spec):
    """Make a chunk that takes the joints from `start` to `goal`, evenly, in STEPS steps."""

    def make(rig, start, goal, seq=0, **fields):
        chunk = make_chunk(seq, rig.now, rig.commanded, horizon=STEPS, dt=DT)
        shares = np.arange(1, STEPS + 1)[:, None] / STEPS
        return replace(
            chunk,
            channels=spec.joint_names,
            kinds=('joint',) * spec.n,
            actions=start + shares * (goal - start),
            **fields,
        )

    return make


def place(spec, joints):
    model = make_model(spec)
    model.update(joints, np.zeros(spec.n))
    return model.position.copy()


def start(rig):
    rig.execution.post(Event.START, 'push the red cube')
    rig.run(2)


def offer(rig, chunk):
    return rig.execution.offer(chunk, rig.now)


def test_an_arm_goes_where_its_joints_are_to_be(rig, spec, joint_chunk):
    start(rig)
    goal = spec.home + AWAY
    opening = rig.execution.status().gripper_command
    assert offer(rig, joint_chunk(rig, spec.home, goal)) == ''
    rig.run(1000)
    half = rig.execution.state()
    np.testing.assert_allclose(half.position, spec.home + AWAY / 2, atol=0.05)
    rig.run(2500)
    status, state = rig.execution.status(), rig.execution.state()
    np.testing.assert_allclose(state.position, goal, atol=0.02)
    np.testing.assert_allclose(state.commanded.position, place(spec, goal), atol=1e-4)
    np.testing.assert_allclose(state.ee.position, place(spec, goal), atol=5e-3)
    assert status.mode is Mode.HOLD and 'no chunk in time' in status.cause
    assert status.gripper_command == opening  # not named, so it holds


def test_the_elbow_moves_though_the_tcp_stays(rig, spec, joint_chunk):
    """Joints along the null space of the Jacobian: what a pose cannot say."""
    model, goal = make_model(spec), np.array(spec.home)
    still = np.zeros(spec.n)
    for _ in range(30):
        model.update(goal, still)
        jacobian = np.array(model.jacobian)
        free = np.linalg.svd(jacobian)[2][-1]
        goal = goal + 0.01 * free * np.sign(free[0])
    here = place(spec, spec.home)
    assert np.linalg.norm(place(spec, goal) - here) < 5e-3 < 0.1 < np.abs(goal - spec.home).max()
    start(rig)
    assert offer(rig, joint_chunk(rig, spec.home, goal)) == ''
    rig.run(3500)
    state = rig.execution.state()
    np.testing.assert_allclose(state.position, goal, atol=0.03)
    np.testing.assert_allclose(state.ee.position, here, atol=8e-3)


def test_poses_and_joints_take_turns_without_a_jump(rig, spec, make_chunk, joint_chunk):
    start(rig)
    assert offer(rig, make_chunk(0, rig.now, rig.commanded, (0.0, 0.1, 0.0))) == ''
    rig.run(900)
    joints = rig.execution.state().position
    assert offer(rig, joint_chunk(rig, joints, joints + 0.3 * AWAY, seq=1)) == ''
    rig.run(900)
    assert rig.execution.queue.chunk.kinds[0] == 'joint'
    assert offer(rig, make_chunk(2, rig.now, rig.commanded, (0.0, -0.1, 0.0))) == ''
    rig.run(1200)
    assert rig.execution.queue.splices == 3
    changes = np.linalg.norm(np.diff(rig.positions, 2, axis=0), axis=1) / 1e-6
    assert changes.max() <= spec.cartesian.acceleration * 1.001
    assert rig.execution.status().mode is Mode.RUN


def test_a_law_that_follows_joints_takes_chunks_of_joints_alone(
    rig, spec, make_chunk, joint_chunk
):
    start(rig)
    assert rig.execution.adopt(load_preset('franka_joint_impedance')) == ''
    rig.run(2)
    cause = offer(rig, make_chunk(0, rig.now, rig.commanded))
    assert cause == 'the control law in use follows joints, not a pose'
    joints = rig.execution.state().position
    assert offer(rig, joint_chunk(rig, joints, joints + AWAY, seq=1)) == ''
    rig.run(3500)
    np.testing.assert_allclose(rig.execution.state().position, joints + AWAY, atol=0.02)


def test_a_law_that_follows_joints_holds_where_they_lead_out(rig, spec, joint_chunk):
    start(rig)
    assert rig.execution.adopt(load_preset('franka_joint_impedance')) == ''
    rig.run(2)
    low = np.array(spec.home)
    low[1] += 0.9
    assert offer(rig, joint_chunk(rig, rig.execution.state().position, low)) == ''
    rig.run(2500)
    status = rig.execution.status()
    assert status.mode is Mode.HOLD and 'lead out of the workspace' in status.cause
    assert min(position[2] for position in rig.positions) >= spec.cartesian.lower[2]


def test_joints_do_not_bring_the_hand_beyond_its_limits(rig, spec, joint_chunk):
    """Cartesian limits hold for joints, too: here the tilt, then the floor of the workspace."""
    start(rig)
    goal = np.array(spec.home)
    goal[5] += 0.9
    assert offer(rig, joint_chunk(rig, spec.home, goal)) == ''
    rig.run(3500)
    turned = np.array(rig.rotations[-1]) @ np.array(rig.rotations[0]).T
    assert np.linalg.norm(rotations.log(turned)) == pytest.approx(spec.cartesian.tilt, abs=1e-3)
    start(rig)
    low = np.array(spec.home)
    low[1] += 0.6
    joints = rig.execution.state().position
    assert offer(rig, joint_chunk(rig, joints, low, seq=1)) == ''
    rig.run(3500)
    assert min(position[2] for position in rig.positions) >= spec.cartesian.lower[2]


def test_joints_far_from_where_they_are_are_refused(rig, spec, joint_chunk):
    start(rig)
    far = np.array(spec.home)
    far[0] += 1.2
    cause = offer(rig, joint_chunk(rig, far, far))
    assert cause.startswith('actions: expected fr3_joint1 of step 0 within 1.0 rad of what is')
    beyond = np.array(spec.home)
    beyond[3] = 0.3
    assert 'expected fr3_joint4 in -' in offer(rig, joint_chunk(rig, spec.home, beyond))
    twice = joint_chunk(rig, spec.home, spec.home)
    both = replace(
        twice,
        channels=(*spec.channels[:7], *spec.joint_names),
        kinds=('pose',) * 7 + ('joint',) * 7,
        actions=np.zeros((4, 14)),
    )
    assert offer(rig, both) == 'channels: expected one motion of franka, got pose and joint'
