"""The queue turns stamped chunks into continuous motion and refuses what it cannot execute."""

from hypothesis import example, given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.chunks.queue import ChunkQueue, Flow
from vla_ros.chunks.queue_config import QueueConfig
from vla_ros.core.config import ConfigError, build
from vla_ros.core.data import SECOND


MS = SECOND // 1000
START = 1_000 * SECOND
POSE = np.array([0.5, 0.0, 0.3, 1.0, 0.0, 0.0, 0.0, 0.08])


class Player:
    """A queue with a clock."""

    def __init__(self, spec, config=None):
        self.queue = ChunkQueue(spec, config)
        self.now = START
        self.out = np.append(POSE, spec.home)
        self.queue.clear(self.now, self.out)
        self.poses = []

    def play(self, milliseconds):
        for _ in range(milliseconds):
            self.now += MS
            self.queue.sample(self.now, self.out)
            self.poses.append(self.out.copy())
        return self.out.copy()

    def offer(self, chunk):
        return self.queue.offer(chunk, self.now)

    def speeds(self):
        return np.linalg.norm(np.diff(np.array(self.poses)[:, :3], axis=0), axis=1) * 1000


@pytest.fixture
def player(spec):
    return Player(spec)


def test_an_empty_queue_wants_nothing(player):
    out = np.full(15, 7.0)
    assert player.queue.sample(START + MS, out) == ()
    assert (out == 7.0).all()
    assert player.queue.flow is Flow.EMPTY
    assert not player.queue.dry


def test_steps_are_reached_at_their_time(player, make_chunk):
    player.offer(make_chunk())
    for k in range(6):
        reached = player.play(100)
        assert reached[:3] == pytest.approx(make_chunk().actions[k, :3], abs=2e-4)
        assert player.queue.step in (k, k + 1)


def test_the_longest_and_finest_chunk_is_played(player, make_chunk):
    chunk = make_chunk(horizon=256, dt=0.01, valid_for=4.0)
    assert player.offer(chunk) == ''
    player.play(1001)
    assert player.out[:3] == pytest.approx(chunk.actions[99, :3], abs=2e-4)


def test_a_late_first_chunk_skips_nothing_because_nothing_was_consumed(player, make_chunk):
    player.play(900)
    assert player.offer(make_chunk()) == ''
    assert list(player.queue.delays) == [0]
    player.play(101)
    assert player.out[:3] == pytest.approx(make_chunk().actions[0, :3], abs=2e-4)


def test_in_motion_a_chunk_is_anchored_at_its_observation(player, make_chunk):
    player.offer(make_chunk())
    player.play(300)
    observed, origin = player.now, player.out.copy()
    player.play(250)
    chunk = make_chunk(seq=1, stamp=observed, origin=origin, velocity=(0.05, 0.1, 0.0))
    assert player.offer(chunk) == ''
    assert player.queue.delays[-1] == 3  # 2.5 steps were consumed meanwhile
    player.play(650)
    assert player.queue.chunk is chunk
    player.play(100)
    due = origin[:3] + np.array([0.05, 0.1, 0.0])  # 1 s after the observation
    assert player.out[:3] == pytest.approx(due, abs=3e-4)


def test_the_running_chunk_is_kept_for_its_steps_and_the_newest_is_next(player, make_chunk):
    first = make_chunk()
    player.offer(first)
    for seq in range(1, 30):
        player.play(25)
        assert player.offer(make_chunk(seq, player.now - 20 * MS, player.out)) == ''
        if seq * 25 < 790:
            assert player.queue.chunk is first
    player.play(80 + round(player.queue.config.await_fresh * 1000))  # its turn comes and waits
    assert player.queue.chunk.seq == 29


@pytest.mark.parametrize('run', [2, 12])
def test_a_chunk_may_say_for_how_many_steps_it_is_executed(player, make_chunk, run):
    player.offer(make_chunk(seq=1, run_steps=run))
    player.play(1)
    assert player.offer(make_chunk(seq=2, stamp=player.now)) == ''
    player.play(100 * run - 2)
    assert player.queue.chunk.seq == 1
    player.play(200)  # a chunk that has waited gives a fresher one a moment to come
    assert player.queue.chunk.seq == 2


def test_a_chunk_that_has_waited_gives_a_fresher_one_a_moment_to_come(player, make_chunk):
    player.offer(make_chunk())
    player.play(500)
    player.offer(make_chunk(1, player.now, player.out))
    player.play(310)  # its turn came 10 ms ago
    player.offer(make_chunk(2, player.now - 25 * MS, player.out))
    player.play(1)
    assert player.queue.chunk.seq == 2
    assert player.queue.latencies[-1] == pytest.approx(0.025, abs=2e-3)


def test_a_chunk_later_than_most_is_passed_over_for_the_next(player, make_chunk):
    player.offer(make_chunk())
    for seq in range(1, 25):  # 33 ms apart, 15 ms old when they come; the turn comes at 800 ms
        player.play(33)
        player.offer(make_chunk(seq, player.now - 15 * MS, player.out))
    player.play(33)
    player.offer(make_chunk(25, player.now - 30 * MS, player.out))
    player.play(33)
    assert player.queue.chunk.seq == 0
    player.offer(make_chunk(26, player.now - 15 * MS, player.out))
    player.play(1)
    assert player.queue.chunk.seq == 26
    assert player.queue.latencies[-1] == pytest.approx(0.015, abs=2e-3)


def test_chunks_that_all_come_late_are_taken_in_turn(player, make_chunk):
    player.offer(make_chunk())
    age = 15
    while player.queue.splices < 2:  # each is older than the one before: nothing better will come
        player.play(33)
        age += 2
        player.offer(make_chunk(age, player.now - age * MS, player.out))
        assert player.now - START < (900 + player.queue.config.await_fresh * 1000) * MS
    assert player.now - START >= 800 * MS


def test_a_splice_is_continuous_in_position_and_speed(player, make_chunk):
    player.offer(make_chunk(velocity=(0.0, 0.2, 0.0)))
    player.play(500)
    beside = player.out[:8] + np.array([0.02, 0.0, 0.01, 0, 0, 0, 0, 0])
    player.offer(make_chunk(1, player.now, beside, velocity=(0.1, 0.1, 0.0)))
    player.play(1000)
    assert player.queue.splices == 2
    # No fresher one comes: it takes over `wait` after its observation. The two have drifted apart.
    wait = 0.3 + player.queue.config.await_fresh
    apart = np.linalg.norm([0.02 + wait * 0.1, -wait * 0.1, 0.01])
    assert player.queue.seam_jump == pytest.approx(apart, abs=1e-3)
    assert player.speeds().max() < 0.6
    change = np.abs(np.diff(np.array(player.poses)[:, :3], 2, axis=0)).max() * 1000
    assert change < 0.03  # m/s from one tick to the next


def test_rotations_take_the_short_way_round(player, make_chunk):
    turned = POSE.copy()
    turned[3:7] = -np.array([np.cos(0.2), np.sin(0.2), 0.0, 0.0])
    player.offer(make_chunk(origin=turned))
    player.play(1000)
    quaternions = np.array(player.poses)[:, 3:7]
    assert np.linalg.norm(quaternions, axis=1) == pytest.approx(1.0, abs=1e-9)
    steps = np.abs(np.einsum('ij,ij->i', quaternions[1:], quaternions[:-1]))
    assert 2 * np.arccos(np.minimum(steps, 1)).max() < 0.01
    assert abs(quaternions[-1] @ turned[3:7]) == pytest.approx(1.0)


def test_the_gripper_latches(player, make_chunk):
    actions = np.array(make_chunk().actions)
    actions[:, 7] = np.array([1, 1, 0.55, 0.45, 0.3, 0.45, 0.55, 0.5, 0.7] + [1] * 7) * 0.08
    player.offer(make_chunk(actions=actions))
    player.play(1200)
    openings = np.array(player.poses)[:, 7]
    assert set(openings.tolist()) == {0.0, 0.08}
    assert np.count_nonzero(np.diff(openings)) == 2


def test_without_a_successor_it_slows_down_and_stops_at_the_last_step(player, make_chunk):
    player.offer(make_chunk())
    player.play(1450)
    assert player.queue.flow is Flow.SLOWING
    player.play(600)
    assert player.queue.dry
    assert player.out[:3] == pytest.approx(make_chunk().actions[-1, :3], abs=1e-4)
    speeds = player.speeds()
    assert (np.diff(speeds[1450:]) < 2e-3).all()
    assert speeds[-1] == 0


def test_motion_ends_when_the_chunk_expires(player, make_chunk):
    player.offer(make_chunk(valid_for=0.8))
    player.play(1500)
    assert player.queue.dry
    assert player.out[1] == pytest.approx(0.08, abs=1e-3)


def test_it_goes_on_from_a_standstill(player, make_chunk):
    player.offer(make_chunk())
    player.play(3000)
    rest = player.out.copy()
    assert player.offer(make_chunk(1, player.now - 500 * MS, rest, (0.1, 0.0, 0.0))) == ''
    player.play(102)
    assert player.queue.flow is Flow.RUNNING
    assert player.out[0] == pytest.approx(rest[0] + 0.01, abs=3e-4)


def test_a_cleared_queue_refuses_what_was_observed_before(player, make_chunk):
    player.offer(make_chunk())
    player.play(200)
    player.queue.clear(player.now, player.out)
    assert player.queue.sample(player.now + MS, player.out) == ()
    cause = player.offer(make_chunk(1, player.now - 10 * MS, player.out))
    assert 'observed 0.010 s before the instruction or hold' in cause
    assert player.queue.last_refusal == cause
    assert player.queue.refused == 1


def test_a_late_chunk_is_refused(player, make_chunk):
    player.offer(make_chunk())
    player.play(1200)
    assert 'late, step 11.0 is due' in player.offer(make_chunk(1, START + 1, horizon=8))


def test_a_far_chunk_is_refused(player, make_chunk):
    far = POSE + np.array([0, 0.35, 0, 0, 0, 0, 0, 0])
    assert 'within 0.3 m of the commanded pose, got 0.3' in player.offer(make_chunk(origin=far))


def test_a_gap_in_the_ticks_is_not_caught_up(player, make_chunk):
    player.offer(make_chunk())
    player.play(300)
    before = player.out.copy()
    player.now += 2 * SECOND
    player.play(1)
    assert np.linalg.norm(player.out[:3] - before[:3]) < 0.006


def test_the_configuration_names_its_fields():
    with pytest.raises(ConfigError, match='latch_closed'):
        build(QueueConfig, {'latch_closed': 0.9})
    with pytest.raises(ConfigError, match='execute_steps'):
        build(QueueConfig, {'execute_steps': 0})


adversary = st.fixed_dictionaries(
    {
        'kind': st.sampled_from(['good', 'wild', 'nan', 'short', 'old', 'future', 'reordered']),
        'wait': st.integers(0, 900),  # ms
        'latency': st.integers(0, 400),  # ms
        'seed': st.integers(0, 2**32 - 1),
    }
)


def corrupt(make_chunk, player, seq, plan):
    rng = np.random.default_rng(plan['seed'])
    horizon = int(rng.integers(1, 20))
    origin = player.out.copy()
    origin[:3] += rng.uniform(-0.25, 0.25, 3)
    quaternion = origin[3:7] + rng.normal(0, 0.2, 4)
    origin[3:7] = quaternion / np.linalg.norm(quaternion)
    origin[7] = rng.uniform(0, 0.08)
    stamp = player.now - plan['latency'] * MS
    fields = {'dt': float(rng.choice([0.02, 0.05, 0.1]))}
    chunk = make_chunk(seq, stamp, origin, rng.uniform(-0.5, 0.5, 3), horizon, **fields)
    if plan['kind'] in ('wild', 'nan'):
        actions = np.array(chunk.actions)
        if plan['kind'] == 'nan':
            actions[rng.integers(horizon), rng.integers(8)] = rng.choice([np.nan, np.inf])
        else:
            actions += rng.normal(0, 10.0 ** rng.uniform(-4, 3), actions.shape)
        fields['actions'] = actions
    fields['stamp'] = stamp + {'old': -20, 'future': 3, 'reordered': -1}.get(plan['kind'], 0) * (
        SECOND
    )
    return make_chunk(seq, horizon=horizon, **({'actions': chunk.actions} | fields))


def test_rotations_that_are_a_little_off_are_wanted_with_unit_length(spec, make_chunk):
    player = Player(spec)
    actions = POSE[None].copy()
    actions[:, 3:7] *= 1 - 5e-4
    assert player.offer(make_chunk(0, player.now, actions=actions, horizon=1)) == ''
    pose = player.play(300)
    assert np.linalg.norm(pose[3:7]) == pytest.approx(1.0, abs=1e-12)


@settings(max_examples=60)
@given(plans=st.lists(adversary, min_size=1, max_size=8))
@example(
    plans=[
        {'kind': 'good', 'wait': 0, 'latency': 0, 'seed': 0},
        {'kind': 'wild', 'wait': 0, 'latency': 0, 'seed': 835678},
    ]
)
def test_whatever_is_offered_the_wanted_pose_is_finite_and_continuous(spec, make_chunk, plans):
    player = Player(spec)
    for seq, plan in enumerate(plans):
        cause = player.offer(corrupt(make_chunk, player, seq, plan))
        assert plan['kind'] not in ('nan', 'old', 'future') or cause
        player.play(plan['wait'])
    player.play(20)
    poses = np.array(player.poses)
    assert np.isfinite(poses).all()
    # 5 x the velocity limit is what a chunk may ask for, and as much again for the blend.
    assert player.speeds().max(initial=0) <= 12 * spec.cartesian.velocity
    dots = np.abs(np.einsum('ij,ij->i', poses[1:, 3:7], poses[:-1, 3:7]))
    turns = 2 * np.arccos(np.minimum(dots, 1)) * 1000
    assert turns.max(initial=0) <= 12 * spec.cartesian.angular_velocity
