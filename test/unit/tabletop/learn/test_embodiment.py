"""What the nets are told about a robot, in the frames of its arms."""

from dataclasses import replace

import numpy as np
import pytest


torch = pytest.importorskip('torch')

from vla_ros.core.rotations import matrix_from_quat, quat_from_rotvec, quat_multiply  # noqa: E402
from vla_ros.robots import load_robot  # noqa: E402
from vla_ros.tabletop.pocket.embodiment import embody  # noqa: E402
from vla_ros.tabletop.pocket.layers import rotation  # noqa: E402
from vla_ros.tabletop.pocket.locator import sight  # noqa: E402


@pytest.fixture(params=['franka', 'aloha', 'humanoid'])
def body(request):
    return embody(load_robot(request.param))


def a_state(rng, body):
    state = rng.normal(size=(3, body.arms, 2, 8))
    state[..., 3:7] /= np.linalg.norm(state[..., 3:7], axis=-1, keepdims=True)
    rest = rng.uniform(-0.3, 0.3, (3, 2 * body.rest))
    return torch.tensor(np.concatenate([state.reshape(3, -1), rest], 1), dtype=torch.float32)


def of_arms(state, body):
    """Return measured and commanded poses with openings (n, arms, 2, 8)."""
    return state[:, : 16 * body.arms].reshape(-1, body.arms, 2, 8)


def test_cameras_are_those_of_the_robot():
    assert embody(load_robot('ur5e')).cameras == ('front', 'wrist')
    assert embody(load_robot('aloha')).cameras == ('top', 'left_wrist', 'right_wrist')
    assert embody(load_robot('humanoid')).cameras == ('head', 'left_wrist', 'right_wrist')


def test_an_arm_that_looks_along_x_is_told_what_is(body):
    turns = {'franka': [0.0], 'aloha': [-np.pi / 2, np.pi / 2], 'humanoid': [0.0, 0.0]}
    assert body.turns == pytest.approx(turns[body.name], abs=3e-3)
    if body.arms > 1:
        np.testing.assert_allclose(body.centres[0, 1], -body.centres[1, 1], atol=1e-6)


def test_both_arms_of_a_symmetric_robot_are_told_the_same():
    body = embody(load_robot('aloha'))
    # Half a turn about the middle of the table takes one arm to the other.
    middle = 0.5 * (body.centres[0] + body.centres[1])
    point = np.array([0.03, 0.1, 0.07])
    other = middle + [*(-(point - middle)[:2]), (point - middle)[2]]
    points = torch.tensor(np.stack([point, other])[None, :, None], dtype=torch.float32)
    own = body.points(points)[0, :, 0]
    # The arms stand a little apart along x, so that only what is across differs.
    assert torch.allclose(own[0], own[1], atol=1e-3)


def test_states_are_turned_as_points_are(body):
    state = a_state(np.random.default_rng(0), body)
    own = body.states(state)
    raw = of_arms(state, body)
    for half in (0, 1):
        points = body.points(raw[:, :, half, None, :3])[:, :, 0]
        assert torch.allclose(own[..., 8 * half : 8 * half + 3], points, atol=1e-6)
        assert torch.equal(own[..., 8 * half + 7], raw[:, :, half, 7])
        for arm in range(body.arms):
            turn = np.array([0.0, 0.0, -body.turns[arm]])
            expected = [
                matrix_from_quat(quat_multiply(quat_from_rotvec(turn), q))
                for q in raw[:, arm, half, 3:7].numpy().astype(float)
            ]
            found = rotation(own[:, arm, 8 * half + 3 : 8 * half + 7])
            np.testing.assert_allclose(found, np.stack(expected), atol=1e-5)


def test_the_other_arm_is_seen_from_this_one():
    body = embody(load_robot('aloha'))
    state = a_state(np.random.default_rng(1), body)
    other = body.states(state, others=True)
    right = state[:, 16:19]
    seen = body.points(torch.stack([right, right], 1)[:, :, None])[:, 0, 0]
    assert torch.allclose(other[:, 0, :3], seen, atol=1e-6)


def test_actions_are_turned_back(body):
    rng = np.random.default_rng(2)
    base = torch.tensor(rng.normal(size=(3, body.arms, 5, 7)), dtype=torch.float32)
    moved = []
    for start in (0, 3):
        # As differences of points: their origin does not matter.
        steps = base[..., start : start + 3].transpose(1, 2).reshape(15, body.arms, 1, 3)
        own = body.points(steps) - body.points(torch.zeros_like(steps))
        moved.append(own.reshape(3, 5, body.arms, 3).transpose(1, 2))
    back = body.actions(torch.cat([*moved, base[..., 6:]], -1))
    assert torch.allclose(back, base.transpose(1, 2).flatten(2), atol=1e-5)


def test_the_line_of_sight_through_a_pixel_meets_the_point(body):
    state = a_state(np.random.default_rng(4), body)
    for i in range(body.arms):  # hands that look down, above the point
        state[:, 16 * i : 16 * i + 7] = torch.tensor([0.0, 0.0, 0.3, 1.0, 0.0, 0.0, 0.0])
    for camera in (body.far, *body.near):
        points = np.random.default_rng(5).uniform([0.0, -0.05, 0.0], [0.1, 0.05, 0.1], (3, 4, 3))
        if camera.links:  # in front of the head, below
            points += [0.4, 0.0, -0.2]
        pixels = camera.project(points, state.numpy())
        height = torch.tensor(points[..., 2:], dtype=torch.float32)
        place = torch.tensor(pixels, dtype=torch.float32)
        there = np.isfinite(pixels).all(-1)
        found = sight(body.eye(camera, state), place, height).numpy()
        assert there.any()
        np.testing.assert_allclose(found[there], points[there], atol=1e-4)


def test_a_head_that_turns_takes_its_camera_along():
    body = embody(load_robot('humanoid'))
    assert [link.index for link in body.far.links] == [38, 39]  # pitch and yaw, measured
    state = a_state(np.random.default_rng(6), body)
    turned = state.clone()
    turned[:, 39] += 0.5
    point = np.tile([[[0.5, 0.0, -0.1]]], (3, 1, 1))
    before, after = (body.far.project(point, s.numpy()) for s in (state, turned))
    assert (after[..., 0] > before[..., 0]).all()  # to the left the head, to the right the thing


def test_hands_that_open_unlike_are_refused():
    robot = load_robot('aloha')
    left, right = robot.limbs
    other = replace(right, gripper=replace(right.gripper, open=0.05))
    with pytest.raises(ValueError, match='expected hands that open alike'):
        embody(replace(robot, limbs=(left, other)))


def test_a_camera_on_a_joint_that_no_limb_has_is_refused():
    robot = load_robot('humanoid')
    headless = tuple(limb for limb in robot.limbs if limb.name != 'head')
    with pytest.raises(ValueError, match="head_camera: its joint 'head_pitch_joint' is none of"):
        embody(replace(robot, limbs=headless))
