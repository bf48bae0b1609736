"""A chunk for limbs of several kinds: postures go where they are told, drives as fast."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.chunks.queue import ChunkQueue, Flow
from vla_ros.chunks.queue_config import CheckConfig
from vla_ros.chunks.shared import SharedQueue
from vla_ros.core.config import ConfigError, build
from vla_ros.core.data import SECOND, ActionChunk
from vla_ros.robots import load_robot
from vla_ros.robots.channels import channel_kinds
from vla_ros.tabletop.simulated import home_pose


START, TICK = 1_000 * SECOND, SECOND // 200
TORSO, HEAD, BASE = slice(16, 19), slice(19, 21), slice(21, 24)  # columns of a chunk
# Where these are among the numbers of all groups: the joints of the arms are not moved here.
COLUMNS = np.r_[0:8, 15:23, 30:38]


@pytest.fixture(scope='module')
def humanoid():
    return load_robot('humanoid')


@pytest.fixture(scope='module')
def origin(humanoid):
    poses = [home_pose(arm) for arm in humanoid.arms]
    arms = [value for pose in poses for value in (*pose.position, *pose.quaternion, 0.089)]
    return np.array([*arms, 0.0, 0.0, 0.15, 0.15, 0.0, 0.0, 0.0, 0.0])


@pytest.fixture(scope='module')
def make(humanoid, origin):
    def make(rates=None, seq=0, stamp=START, horizon=16, change=None, twist=(0.0, 0.0, 0.0)):
        """Return a chunk that moves each channel at its rate per s from where it is."""
        actions = np.tile(origin, (horizon, 1))
        actions[:, BASE] = twist
        if rates is not None:
            actions += np.outer(np.arange(1, horizon + 1) * 0.1, rates)
        if change is not None:
            change(actions)
        return ActionChunk(
            stamp=stamp, seq=seq, latent_seq=1, latent_age=0.1, robot='humanoid', model='test:0',
            channels=humanoid.channels, kinds=channel_kinds(humanoid), dt=0.1, actions=actions,
            inference_start=stamp, inference_end=stamp, valid_for=3.0,
        )  # fmt: skip

    return make


class Player:
    """A queue with a clock."""

    def __init__(self, spec, origin):
        self.queue, self.now, self.rows = ChunkQueue(spec), START, []
        self.full = np.zeros(38)
        self.clear(origin)

    @property
    def out(self):
        return self.full[COLUMNS]

    def clear(self, values):
        self.full[COLUMNS] = values
        self.queue.clear(self.now, self.full)

    def play(self, seconds):
        end = self.now + seconds * SECOND
        while self.now < end:
            self.now += TICK
            self.queue.sample(self.now, self.full)
            self.rows.append(self.out)
        return self.out


@pytest.fixture
def player(humanoid, origin):
    return Player(humanoid, origin)


def rates_of(where, values):
    rates = np.zeros(24)
    rates[where] = values
    return rates


def test_a_posture_is_led_linearly_from_step_to_step(player, make, origin):
    chunk = make(rates_of(TORSO, (0.2, -0.1, 0.0)))
    assert player.queue.offer(chunk, START) == ''
    player.play(0.5)
    for _ in range(5):
        now = player.play(0.05)
        seconds = (player.now - START) / SECOND
        np.testing.assert_allclose(
            now[TORSO], origin[TORSO] + seconds * np.array([0.2, -0.1, 0.0]), atol=2e-3
        )
    np.testing.assert_allclose(now[:16], origin[:16], atol=1e-9)
    np.testing.assert_array_equal(now[BASE], 0)


def test_a_posture_goes_over_to_the_next_chunk_without_a_jump(player, make, origin):
    player.queue.offer(make(rates_of(HEAD, (0.0, 0.8))), START)
    player.play(0.9)

    def aside(actions):
        actions[:, 20] -= 0.1

    cause = player.queue.offer(
        make(rates_of(HEAD, (0.0, 0.4)), seq=1, stamp=player.now, change=aside), player.now
    )
    assert cause == ''
    player.play(1.0)
    assert player.queue.splices == 2
    yaw = np.array(player.rows)[:, 20]
    speed = np.diff(yaw) / 5e-3
    assert np.abs(np.diff(speed)).max() < 0.2  # rad/s from one tick to the next
    assert np.abs(speed).max() < 2.5


def test_a_drive_follows_its_twists_linearly(player, make):
    def ramp(actions):
        actions[:, 21] = np.linspace(0.0, 0.3, 16)

    player.queue.offer(make(change=ramp), START)
    now = player.play(0.85)  # between step 7 (at 0.8 s) and step 8
    assert now[21] == pytest.approx(0.02 * 7.5, abs=2e-3)
    assert (now[22:] == 0).all()


def test_before_its_first_step_a_drive_is_not_led_backwards(player, make):
    """Extended backwards, a twist that grows would begin as one the other way."""

    def ramp(actions):
        actions[:, 21] = np.linspace(0.02, 0.32, 16)

    player.queue.offer(make(change=ramp), START)
    player.play(0.3)
    assert min(row[21] for row in player.rows) >= 0.0


def test_nothing_is_driven_when_nothing_plays(player, make):
    """Empty, slowing down, dry: the twist fades with the playback and is zero at its end."""
    assert player.queue.sample(START + TICK, player.full) == ()
    player.queue.offer(make(twist=(0.4, -0.2, 0.8)), START)
    player.play(1.3)
    np.testing.assert_allclose(player.out[BASE], (0.4, -0.2, 0.8), atol=1e-9)
    slowing = []
    while player.queue.flow is not Flow.DRY:
        player.play(0.005)
        if player.queue.flow is Flow.SLOWING:
            slowing.append(player.out[21])
    assert len(slowing) > 20 and (np.diff(slowing) <= 0).all() and slowing[-1] < 0.05
    player.play(0.01)
    np.testing.assert_array_equal(player.out[BASE], 0)


def test_a_drive_goes_on_from_what_is_commanded(player, make):
    commanded = player.out
    commanded[BASE] = (0.2, 0.0, 0.0)
    player.clear(commanded)
    player.queue.offer(make(twist=(0.5, 0.0, 0.0), stamp=START + 1), START + 1)
    player.play(0.4)
    speeds = np.array(player.rows)[:, 21]
    assert speeds[2] == pytest.approx(0.2, abs=0.02)
    assert (np.diff(speeds) >= -1e-9).all() and speeds[-1] == pytest.approx(0.5)


def test_a_drive_does_not_keep_the_hands_waiting(player, make, origin):
    """However much its twist changes, arms blend as fast as they would without it."""
    still = make(rates_of(slice(0, 1), 0.05), twist=(0.5, 0.3, 1.0))
    player.queue.offer(still, START)
    now = player.play(0.5)
    assert now[0] == pytest.approx(origin[0] + 0.025, abs=2e-3)


def test_every_limb_takes_its_own_columns(humanoid, origin, make):
    queue = ChunkQueue(humanoid)
    shared = SharedQueue(queue)
    full = np.zeros(38)
    full[COLUMNS] = origin
    parts = np.split(full, (15, 30, 33, 35))
    for source, part in zip(shared.sources, parts, strict=True):
        source.clear(START, part)
    rates = rates_of(HEAD, (0.1, 0.2))
    queue.offer(make(rates, stamp=START + 1, twist=(0.1, 0.2, 0.3)), START + 1)
    outs, now = [part.copy() for part in parts], START
    for _ in range(200):
        now += TICK
        results = [
            source.sample(now, out) for source, out in zip(shared.sources, outs, strict=True)
        ]
    assert all(results) and queue.splices == 1
    assert [len(out) for out in outs] == [15, 15, 3, 2, 3]
    np.testing.assert_allclose(outs[3], (0.25, 0.2), atol=5e-3)
    np.testing.assert_allclose(outs[4], (0.1, 0.2, 0.3), atol=1e-9)
    np.testing.assert_allclose(outs[2], parts[2], atol=1e-9)


def put(step, column, value):
    def change(actions):
        actions[step:, column] = value

    return change


@pytest.mark.parametrize(
    ('change', 'cause'),
    [
        (put(0, 16, 1.2), 'torso: actions: expected waist_yaw_joint in -1.100 to 1.100 rad'),
        (put(3, 18, -0.7), 'got -0.700 at step 3'),
        (put(2, 20, np.nan), 'got nan at step 2, head.head_yaw_joint'),
        (put(2, 22, -np.inf), 'got -inf at step 2, base.vy'),
        (put(5, 20, 1.8), 'head: actions: expected steps of head_yaw_joint slower than 12.50'),
        (put(0, 20, 1.2), 'head: actions: expected head_yaw_joint of step 0 within 1.0 rad'),
        (put(0, 21, 0.7), 'base: actions: expected vx in -0.625 to 0.625 m/s, got 0.700'),
        (put(9, 23, -1.3), 'base: actions: expected wz in -1.250 to 1.250'),
        (put(9, 7, 0.2), 'left: actions: expected openings'),
    ],
)
def test_a_refusal_names_limb_and_channel(player, make, change, cause):
    assert cause in player.queue.offer(make(change=change), START)
    assert player.queue.refused == 1 and cause in player.queue.last_refusal
    player.play(0.1)
    assert player.queue.chunk is None


def test_a_policy_that_wants_a_little_too_much_is_not_refused(player, make):
    """The loops limit what is sent."""
    assert player.queue.offer(make(twist=(0.6, 0.0, -1.2)), START) == ''
    assert (
        player.queue.offer(make(seq=1, change=put(0, 18, 0.6), stamp=START + 1), START + 1) == ''
    )


def test_how_much_too_much_is_configured(humanoid):
    loose = replace(CheckConfig(), max_twist=2.0)
    assert loose.max_twist == 2.0
    for name in ('max_twist', 'max_joint_jump'):
        with pytest.raises(ConfigError, match=f'{name}: expected a positive'):
            build(CheckConfig, {name: 0.0})


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_whatever_chunks_come_what_is_wanted_is_between_them(data):
    """Numbers that are accepted lead to finite numbers, within what the chunks say."""
    spec = load_robot('humanoid')
    poses = [home_pose(arm) for arm in spec.arms]
    arms = [value for pose in poses for value in (*pose.position, *pose.quaternion, 0.089)]
    player = Player(spec, np.array([*arms, 0.0, 0.0, 0.15, 0.15, 0.0, 0.0, 0.0, 0.0]))
    number = st.one_of(st.floats(-1.2, 1.2), st.floats())
    greatest = np.zeros(3)
    for seq in range(data.draw(st.integers(1, 4))):
        actions = np.tile(player.out, (8, 1))
        actions[:, 16:] = data.draw(st.tuples(*[number] * 8))
        chunk = ActionChunk(
            stamp=player.now, seq=seq, latent_seq=1, latent_age=0.1, robot='humanoid', model='t',
            channels=spec.channels, kinds=channel_kinds(spec), dt=0.05, actions=actions,
            inference_start=0, inference_end=0, valid_for=3.0,
        )  # fmt: skip
        if player.queue.offer(chunk, player.now) == '':
            greatest = np.maximum(greatest, np.abs(actions[0, BASE]))
        player.play(data.draw(st.floats(0.01, 0.7)))
        rows = np.array(player.rows)
        assert np.isfinite(rows).all()
        assert (np.abs(rows[:, BASE]) <= greatest + 1e-9).all()
