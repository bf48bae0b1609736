"""Still pictures of a robot whose arms a body carries."""

from dataclasses import replace

import mujoco
import numpy as np
import pytest

from vla_ros.core.rotations import quat_angle, quat_multiply
from vla_ros.robots import load_robot
from vla_ros.tabletop.stills.arranging_bodies import BodyArranger
from vla_ros.tabletop.stills.static_scenes import FRAMES, StaticSceneGenerator
from vla_ros.tabletop.tasks.body import trunk_of
from vla_ros.tabletop.world import draw_layout
from vla_ros.tabletop.world.hardware import SimHardware
from vla_ros.tabletop.world.scene import ROBOT


ARMS, OTHERS = 32, 48  # numbers of the state up to which it is that of arms, of other limbs
COLOURED, WIDTH = 6, {'cube': 0.04, 'crate': 0.01}


@pytest.fixture(scope='module')
def humanoid():
    robot = load_robot('humanoid')
    return replace(robot, cameras=tuple(replace(c, width=32, height=32) for c in robot.cameras))


@pytest.fixture(scope='module')
def generator(humanoid):
    return StaticSceneGenerator(humanoid)


@pytest.fixture(scope='module', params=['cube', 'crate'])
def shots(generator, request):
    """The kind, and many arrangements of it, each with what it is in the simulation."""
    made, scene = [], generator.env.scene
    for seed in range(14):
        rng = np.random.default_rng(seed)
        layout = draw_layout(scene.config, rng, request.param)
        arranger = BodyArranger(generator.env, layout, rng)
        hardware = SimHardware(scene, layout)
        for _ in range(6):
            arrangement = arranger.arrange(request.param)
            begun = replace(layout, begin=arrangement.begin)
            hardware.reset(begun, np.concatenate(arrangement.q), arrangement.openings)
            arrangement.put(hardware.data.qpos)
            world = hardware.world([(arm.home, 0.0) for arm in generator.env.arms])
            mujoco.mj_collision(scene.model, hardware.data)
            contact = hardware.data.contact
            made.append((arrangement, world, contact.geom.copy(), contact.dist.copy()))
    return request.param, made


@pytest.fixture(scope='module')
def episodes(generator):
    return [generator.episode(seed) for seed in range(14)]


def test_a_still_has_every_limb_and_is_the_same_again(generator, humanoid, episodes):
    for seed, kind in ((6, 'cube'), (7, 'crate')):
        first, again = episodes[seed], generator.episode(seed)
        assert first.info.robot == 'humanoid' and not first.valid.any()
        assert first.info.request.kind == kind
        assert first.state.shape == (FRAMES, OTHERS) and first.action.shape == (FRAMES, 24)
        assert first.grips.shape == (FRAMES, 2, COLOURED, 3)
        assert set(first.images) == {camera.name for camera in humanoid.cameras}
        for key, array in first.arrays().items():
            np.testing.assert_array_equal(array, again.arrays()[key], err_msg=key)


def test_state_and_action_are_those_of_all_limbs(humanoid, episodes):
    state = np.concatenate([episode.state for episode in episodes])
    action = np.concatenate([episode.action for episode in episodes])
    begin, channel = 0, 0
    for limb in humanoid.limbs:
        n = len(limb.channels)
        measured, told = state[:, begin : begin + n], state[:, begin + n : begin + 2 * n]
        np.testing.assert_array_equal(told, action[:, channel : channel + n])
        begin, channel = begin + 2 * n, channel + n
        if limb.kind == 'mobile_base':
            still = (measured == 0).all(1)
            assert 0.2 < still.mean() < 0.8 and not told[still].any()
            assert (np.abs(measured) < 1.5 * limb.joint_array('velocity')).all()
        else:
            assert (np.abs(measured - told) < 0.06).all() and (measured != told).any()
        if limb.kind == 'joint_group':
            lower, upper = limb.joint_array('lower'), limb.joint_array('upper')
            assert (measured >= lower - 1e-6).all() and (measured <= upper + 1e-6).all()
    assert (begin, channel) == (OTHERS, 24)


def test_what_is_held_is_at_the_hand_in_the_frame_of_the_arms(episodes):
    held = {'cube': 0, 'crate': 0}
    for episode in episodes:
        kind = episode.info.request.kind
        hands = episode.state[:, :ARMS].reshape(FRAMES, 2, 2, 8)[:, :, 0]
        away = np.linalg.norm(episode.grips - hands[:, :, None, :3], axis=3)
        holds = np.isclose(hands[..., 7], WIDTH[kind])
        assert (np.nanmin(away, axis=2)[holds] < 0.03).all()
        held[kind] += holds.sum()
    assert min(held.values()) > 2


def test_what_is_written_is_what_is_labelled(shots):
    for arrangement, world, *_ in shots[1]:
        np.testing.assert_allclose(arrangement.things, world.things, atol=1e-9)
        np.testing.assert_allclose(arrangement.grips, world.grips, atol=1e-9)
        present = np.isfinite(arrangement.things[:, 0])
        assert 0 < present.sum() < COLOURED


def test_the_arms_are_where_they_may_be(generator, shots):
    own = generator.env.scene.model.geom_contype & ROBOT > 0
    furniture = generator.env.scene.model.geom_bodyid == 0
    for arrangement, world, pairs, dist in shots[1]:
        solid = (own | furniture)[pairs].all(1) & own[pairs].any(1)
        assert (dist[solid] > -0.004).all()
        assert (dist[own[pairs].any(1)] > -0.007).all()
        for arm, q, hand in zip(generator.env.arms, arrangement.q, world.hands, strict=True):
            place = world.local(hand.ee.position)
            limits = arm.spec.cartesian
            assert (place > np.array(limits.lower) - 0.01).all()
            assert (place < np.array(limits.upper) + 0.01).all()
            assert hand.ee.position[2] > 0.01
            assert (q >= arm.spec.joint_array('lower')).all()
            assert (q <= arm.spec.joint_array('upper')).all()


def test_pictures_are_of_all_that_a_policy_meets(shots):
    kind, made = shots
    bases = np.array([trunk_of(world).base for _, world, *_ in made])
    assert (bases[:, 0] < -0.2).any() and (np.abs(bases[:, 0]) < 0.1).mean() > 0.4
    assert bases[:, 0].min() > -0.75 and np.ptp(bases[:, 2]) > 0.15
    seen = [
        trunk_of(world).sees(place)
        for arrangement, world, *_ in made
        for place in arrangement.things[np.isfinite(arrangement.things[:, 0])]
    ]
    assert 0.6 < np.mean(seen) < 0.95
    rise = [np.nanmax(arrangement.things[:, 2]) for arrangement, *_ in made]
    assert np.mean(np.array(rise) > 0.13) > 0.05
    openings = np.array([arrangement.openings for arrangement, *_ in made])
    held = np.isclose(openings, WIDTH[kind])
    assert 0.15 < held.any(axis=1).mean() < 0.6
    assert (held.sum(axis=1)[held.any(axis=1)] == (1 if kind == 'cube' else 2)).all()
    assert (openings == 0).any() and (np.isclose(openings, 0.089)).mean() > 0.3


def test_hands_lean_as_the_body_does(generator, shots):
    """Some hang down however the torso leans, others go with it as at home."""
    hangs, along = 0, 0
    for _, world, *_ in shots[1]:
        trunk = trunk_of(world)
        for arm, hand in zip(generator.env.arms, world.hands, strict=True):
            torso = trunk.chain('torso')
            if abs(torso.position[2] - torso.home[2]) < 0.2:
                continue
            own = arm.home.quaternion
            frame = trunk.frame.quaternion
            level = torso.carry(trunk.frame, torso.home).quaternion
            hangs += quat_angle(hand.ee.quaternion, quat_multiply(level, own)) < 0.1
            along += quat_angle(hand.ee.quaternion, quat_multiply(frame, own)) < 0.1
    assert hangs > 2 and along > 2


def test_a_kind_without_arrangements_is_refused(generator):
    rng = np.random.default_rng(0)
    arranger = BodyArranger(generator.env, draw_layout(generator.env.scene.config, rng), rng)
    with pytest.raises(ValueError, match=r"'bar' is not one of \['cube', 'crate'\]"):
        arranger.arrange('bar')
