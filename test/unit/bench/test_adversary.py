"""Control steps of random chunks and events: what is sent never exceeds a limit.

Chunks are of poses, of joints, or of either in turn.
"""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.control.loops.supervisor import Event, State
from vla_ros.control.loops.targets import Kind
from vla_ros.core.data import SECOND


MS = SECOND // 1000
TICKS, EXAMPLES, MANY = 4000, 6, 250  # 24 000 control steps, and a million
ROUNDING = 5e-15  # m, of a position; a difference of order k divides it by dt^k
EVENTS = [Event.HOLD, Event.START, Event.TAKEOVER, Event.ALARM, Event.ESTOP, Event.FINISH]
BACK = {
    State.STOP: (Event.RESET, Event.START),
    State.IDLE: (Event.START,),
    State.HELD: (Event.RESUME, Event.START),
    State.TAKEOVER: (Event.RELEASE,),
}


class Adversary:
    """Offers what it likes, good and bad, and presses every button."""

    def __init__(self, seed, violence, make_chunk, joints):
        self.rng = np.random.default_rng(seed)
        self.violence = violence  # 0: every chunk could be executed, 1: hardly any
        self.joints = joints  # share of the chunks that are of joints
        self.make = make_chunk
        self.seq = 0

    def chunk(self, rig):
        rng = self.rng
        origin = rig.commanded + rng.normal(0, 1, 8) * ([0.1] * 3 + [0.1] * 4 + [0])
        origin[3:7] /= np.linalg.norm(origin[3:7])
        origin[7] = rng.uniform(0, 0.08)
        self.seq += int(rng.integers(-1, 4) if rng.random() < self.violence else 1)
        late = int(rng.integers(0, 150)) if rng.random() < self.violence else 1
        stamp = rig.now - late * MS
        velocity = rng.normal(0, 1, 3) * rng.choice([0.1, 0.5, 1.5])
        chunk = self.make(
            self.seq, stamp, origin, velocity, int(rng.integers(1, 32)),
            dt=float(rng.choice([0.01, 0.05, 0.1])), valid_for=float(rng.uniform(0.1, 4)),
        )  # fmt: skip
        if rng.random() < self.joints:
            chunk = self.of_joints(chunk, rig)
        if rng.random() < self.violence:
            actions = np.array(chunk.actions)
            place = rng.integers(actions.shape[0]), rng.integers(8)
            actions[place] = rng.choice([np.nan, np.inf, -1e9, 10.0, actions[place] + 0.3])
            object.__setattr__(chunk, 'actions', actions)
        return chunk

    def of_joints(self, chunk, rig):
        rng, spec = self.rng, rig.execution.spec
        start = rig.arm.q + rng.normal(0, 1, spec.n) * rng.choice([0.01, 0.2])
        speed = rng.normal(0, 1, spec.n) * rng.choice([0.1, 1.0, 4.0])
        times = np.arange(1, chunk.horizon + 1) * chunk.dt
        return replace(
            chunk,
            channels=(*spec.joint_names, 'gripper'),
            kinds=('joint',) * spec.n + ('gripper',),
            actions=np.column_stack([start + np.outer(times, speed), chunk.actions[:, 7]]),
        )

    def act(self, rig):
        rng, execution = self.rng, rig.execution
        if rng.random() < 0.1:
            execution.post(Event(rng.choice(EVENTS)), 'push the red cube')
        elif rng.random() < 0.8:
            # Back to where chunks are executed, or the arm would mostly stand.
            for event in BACK.get(execution.supervisor.state, ()):
                execution.post(event, 'push the red cube')
            rig.run(1)
        execution.offer(self.chunk(rig), rig.now)
        if rng.random() < 0.2:
            self.target(rig)

    def target(self, rig):
        rng = self.rng
        kind = Kind(rng.integers(len(Kind)))
        if kind is Kind.POSE:
            values = rig.commanded[:7] + rng.normal(0, 0.3, 7)
            values[3:] /= np.linalg.norm(values[3:])
        elif kind is Kind.STIFFNESS:
            root = rng.normal(0, 10, (6, 6))
            values = (root @ root.T).ravel()
        else:
            sizes = {Kind.JOINT: 7, Kind.GRIPPER: 1}
            values = rng.normal(0, rng.choice([0.1, 1.0, 100.0]), sizes.get(kind, 7))
        if rng.random() < 0.1:
            values[rng.integers(len(values))] = np.nan
        rig.execution.target(kind, rig.now - int(rng.integers(0, 50)) * MS, values, rig.now)


def stretches(rig):
    """Yield the slices between stops: leaving STOP, the commanded pose restarts at the arm's."""
    stopped = np.array([state is State.STOP for state in rig.states])
    left = np.nonzero(stopped[:-1] & ~stopped[1:])[0] + 1
    edges = [0, *left.tolist(), len(stopped)]
    return [slice(a, b) for a, b in zip(edges, edges[1:], strict=False) if b - a > 4]


def assert_bounded(rig, spec):
    limits = spec.cartesian
    positions, rotations = np.array(rig.positions), np.array(rig.rotations)
    torques = np.array(rig.arm.torques)
    assert np.isfinite(positions).all()
    assert (np.abs(torques) <= spec.joint_array('torque')).all()
    rates = np.abs(np.diff(torques, axis=0)) * 1000
    assert (rates <= spec.joint_array('torque_rate') * (1 + 1e-9)).all()
    postures = np.array(rig.postures)
    assert (postures >= spec.joint_array('lower')).all()
    assert (postures <= spec.joint_array('upper')).all()
    for stretch in stretches(rig):
        # A stop may leave the arm a little outside; from there it may not go further out.
        lower = np.minimum(limits.lower, positions[stretch][0])
        upper = np.maximum(limits.upper, positions[stretch][0])
        assert (positions[stretch] >= lower).all()
        assert (positions[stretch] <= upper).all()
        for order, bound in enumerate((limits.velocity, limits.acceleration, limits.jerk), 1):
            change = np.diff(positions[stretch], n=order, axis=0) * 1000**order
            slack = ROUNDING * 1000**order
            assert np.linalg.norm(change, axis=1).max() <= bound + slack
        turns = rotations[stretch][1:] @ rotations[stretch][:-1].transpose(0, 2, 1)
        cosines = (np.trace(turns, axis1=1, axis2=2) - 1) / 2
        assert np.arccos(np.clip(cosines, -1, 1)).max() * 1000 <= limits.angular_velocity + 1e-3


def examples(count):
    """Make a test one of so many examples."""

    def make(test):
        drawn = given(
            seed=st.integers(0, 2**32 - 1),
            violence=st.sampled_from([0.0, 0.3, 0.9]),
            compiled=st.booleans(),
            joints=st.sampled_from([0.0, 0.5, 1.0]),
        )(test)
        healthy = [HealthCheck.too_slow]
        return settings(max_examples=count, database=None, suppress_health_check=healthy)(drawn)

    return make


@examples(EXAMPLES)
def test_what_is_sent_stays_within_every_limit(
    spec, make_rig, make_chunk, seed, violence, compiled, joints
):
    attack(spec, make_rig(compiled), Adversary(seed, violence, make_chunk, joints))


@pytest.mark.long
@pytest.mark.timeout(1800)
@examples(MANY)
def test_what_is_sent_stays_within_every_limit_in_a_million_steps(
    spec, make_rig, make_chunk, seed, violence, compiled, joints
):
    attack(spec, make_rig(compiled), Adversary(seed, violence, make_chunk, joints))


def attack(spec, rig, adversary):
    """Let the adversary act, and check all that was sent."""
    lower, upper = spec.joint_array('lower'), spec.joint_array('upper')
    while len(rig.positions) < TICKS:
        adversary.act(rig)
        rig.run(int(adversary.rng.integers(1, 80)))
        assert (rig.arm.q >= lower).all()
        assert (rig.arm.q <= upper).all()
        assert (np.abs(rig.arm.dq) <= spec.joint_array('velocity')).all()
    assert_bounded(rig, spec)
