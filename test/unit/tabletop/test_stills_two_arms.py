"""Still pictures of a robot with two arms."""

from dataclasses import replace

import mujoco
import numpy as np
import pytest

from vla_ros.core.rotations import quat_angle, quat_from_matrix
from vla_ros.robots import load_robot
from vla_ros.tabletop.stills.arranging_pairs import PairArranger
from vla_ros.tabletop.stills.static_scenes import FRAMES, StaticSceneGenerator
from vla_ros.tabletop.tasks.arms import outwards
from vla_ros.tabletop.world import draw_layout


@pytest.fixture(scope='module')
def aloha():
    robot = load_robot('aloha')
    return replace(robot, cameras=tuple(replace(c, width=32, height=32) for c in robot.cameras))


@pytest.fixture(scope='module')
def generator(aloha):
    return StaticSceneGenerator(aloha)


@pytest.fixture(scope='module', params=['cube', 'bar'])
def arrangements(generator, request):
    """Many arrangements of one kind, each with its scene."""
    made = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        layout = draw_layout(generator.env.scene.config, rng, request.param)
        arranger = PairArranger(generator.env, layout, rng)
        made += [(layout, arranger.arrange(request.param)) for _ in range(6)]
    return made


def test_a_still_has_both_arms_and_is_the_same_again(generator, aloha):
    for seed in (6, 7):
        first, again = generator.episode(seed), generator.episode(seed)
        assert first.info.robot == 'aloha' and not first.valid.any()
        assert first.state.shape == (FRAMES, 32) and first.action.shape == (FRAMES, 16)
        assert first.grips.shape == (FRAMES, 2, 6, 3)
        assert set(first.images) == {camera.name for camera in aloha.cameras}
        for key, array in first.arrays().items():
            np.testing.assert_array_equal(array, again.arrays()[key], err_msg=key)
        bars = first.info.request.kind == 'bar'
        assert bars != (first.info.request.family == 'place')
        np.testing.assert_allclose(
            first.grips.mean(axis=1), first.objects, atol=1e-6, equal_nan=True
        )
        off = first.action.reshape(FRAMES, 2, 8) - first.state.reshape(FRAMES, 2, 16)[..., :8]
        assert (np.abs(off[..., :3]) < 0.03).all() and (np.abs(off[..., 3:]) < 1e-6).all()


def poses(generator, arrangement):
    result = []
    for arm, q in zip(generator.env.arms, arrangement.q, strict=True):
        arm.model.update(q, np.zeros(arm.spec.n))
        place = arm.model.position.copy(), quat_from_matrix(arm.model.rotation)
        result.append(place)
    return result


def test_the_arms_are_where_they_may_be(generator, arrangements):
    scene = generator.env.scene
    data = mujoco.MjData(scene.model)
    limb = [scene.model.body(b).name.split('_')[0] for b in range(scene.model.nbody)]
    for _, arrangement in arrangements:
        for arm, (place, _) in zip(generator.env.arms, poses(generator, arrangement), strict=True):
            lower, upper = arm.spec.cartesian.lower, arm.spec.cartesian.upper
            assert (place > np.array(lower) - 0.03).all() and (place < np.add(upper, 0.03)).all()
        data.qpos[scene.arm_q] = np.concatenate(arrangement.q)
        mujoco.mj_forward(scene.model, data)
        bodies = scene.model.geom_bodyid[data.contact.geom]
        between = [{limb[a], limb[b]} == {'left', 'right'} for a, b in bodies]
        assert (data.contact.dist[between] > -0.02).all()


def test_hands_keep_apart_unless_they_share_a_cube(generator, arrangements):
    for _, arrangement in arrangements:
        (left, _), (right, _) = poses(generator, arrangement)
        if np.linalg.norm(left - right) < 0.07:
            held = [np.linalg.norm(arrangement.things - p, axis=1) for p in (left, right)]
            assert np.nanmin(held) < 0.02


def test_what_the_hands_do_is_seen(generator, arrangements):
    """Over many pictures either hand holds something, and there are hands that hold nothing."""
    holding, tilted = np.zeros(2), 0
    for _, arrangement in arrangements:
        for i, (place, turn) in enumerate(poses(generator, arrangement)):
            near = np.nanmin(np.linalg.norm(arrangement.grips[i] - place, axis=1))
            width = (0.04, 0.03)
            holding[i] += near < 0.02 and arrangement.openings[i] in width
            tilted += quat_angle(turn, generator.env.arms[i].home.quaternion) > 0.6
    assert (holding > 0.08 * len(arrangements)).all()
    assert (holding < 0.7 * len(arrangements)).all()
    assert 0 < tilted < len(arrangements)


def test_what_is_written_is_what_is_labelled(generator, arrangements):
    scene = generator.env.scene
    for layout, arrangement in arrangements[:12]:
        data = mujoco.MjData(scene.model)
        arrangement.put(data.qpos)
        mujoco.mj_kinematics(scene.model, data)
        cubes = np.stack([data.qpos[a : a + 3] for a in scene.cubes_q])
        centres = scene.bars.read(data, layout.bars).mean(axis=1)
        seen = np.where(np.isfinite(layout.bars[:, :1]), centres, cubes)
        there = np.isfinite(arrangement.things[:, 0])
        np.testing.assert_allclose(seen[there], arrangement.things[there], atol=1e-9)


def test_a_kind_without_arrangements_is_refused(generator):
    rng = np.random.default_rng(0)
    arranger = PairArranger(generator.env, draw_layout(generator.env.scene.config, rng), rng)
    with pytest.raises(ValueError, match=r"'line' is not one of \['cube', 'bar'\]"):
        arranger.arrange('line')


def test_an_arm_reaches_a_place_turned_as_wanted(generator):
    arm = generator.env.arms[0]
    turn = outwards(arm.hand, 0.8, 0.5 * np.pi)
    arm.model.update(arm.reach(np.array([0.0, 0.02, 0.27]), rotation=turn), np.zeros(6))
    np.testing.assert_allclose(arm.model.position, (0.0, 0.02, 0.27), atol=1e-3)
    assert quat_angle(quat_from_matrix(arm.model.rotation), turn) < 0.01
