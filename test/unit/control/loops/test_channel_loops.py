"""Loops of postures and drives: whatever is asked of them, they stay within limits and modes."""

from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.control.loops.joint_group_loop import JointGroupLoop
from vla_ros.control.loops.jump import STEADY
from vla_ros.control.loops.mobile_base_loop import MobileBaseLoop
from vla_ros.control.loops.supervisor import Event, State, Supervisor
from vla_ros.control.loops.targets import Kind, TargetConfig
from vla_ros.core.data import SECOND, JointGroupState, MobileBaseState
from vla_ros.robots import load_robot


HUMANOID = load_robot('humanoid')
TORSO, BASE = HUMANOID.limbs[2], HUMANOID.limbs[4]
START, TICK = 1_000 * SECOND, SECOND // 200
DT = 1 / 200


class Source:
    """Wants `values`, or nothing."""

    dry = False

    def __init__(self):
        self.values, self.cleared = None, []

    def clear(self, now, values):
        self.cleared.append(values.copy())

    def sample(self, now, out):
        if self.values is None:
            return ''
        out[:] = self.values
        return 'joint'


class Limb:
    """Hardware that does what it is told; silent, it does not tell."""

    def __init__(self, width):
        self.sample = SimpleNamespace(
            stamp=START, position=np.zeros(width), velocity=np.zeros(width),
            pose=np.zeros(3), twist=np.zeros(3), effort=None,
        )  # fmt: skip
        self.sent, self.silent = [], False

    def read(self):
        return self.sample

    def move(self, position, velocity):
        self.sent.append(position.copy())
        self.sample.position, self.sample.velocity = position.copy(), velocity.copy()

    def drive(self, twist):
        self.sent.append(twist.copy())
        self.sample.twist = twist.copy()
        self.sample.pose = self.sample.pose + DT * twist


class Rig:
    """A loop with a clock."""

    def __init__(self, make, spec):
        self.spec, self.hardware, self.source = spec, Limb(spec.n), Source()
        self.supervisor = Supervisor()
        self.loop = make(spec, self.hardware, self.source, self.supervisor, TargetConfig())
        self.now, self.clock = START, 0  # ns; and by which the driver's clock is ahead

    def run(self, ticks, ahead=False):
        for _ in range(ticks):
            self.now += TICK
            if not self.hardware.silent:
                self.hardware.sample.stamp = self.now + self.clock
            self.loop.tick(self.now)
            if ahead:
                self.loop.prepare(self.now + TICK)
        return self.loop.commanded.copy()

    def post(self, *events):
        for event in events:
            assert self.supervisor.post(event, 'go') == ''

    @property
    def sent(self):
        return np.array(self.hardware.sent)


def posture():
    rig = Rig(JointGroupLoop, TORSO)
    rig.hardware.sample.position = TORSO.home.copy()
    return rig


def drive():
    return Rig(MobileBaseLoop, BASE)


def assert_bounded(rig):
    """Velocity, acceleration and jerk of what was sent, and the range of a posture."""
    spec, sent = rig.spec, rig.sent
    assert np.isfinite(sent).all()
    first = 1
    if spec.kind == 'joint_group':
        assert (sent >= spec.joint_array('lower')).all()
        assert (sent <= spec.joint_array('upper')).all()
    else:
        assert (np.abs(sent) <= spec.joint_array('velocity')).all()
        first = 0
    for order, name in enumerate(('velocity', 'acceleration', 'jerk'), first):
        if order and len(sent) > order:
            change = np.abs(np.diff(sent, n=order, axis=0)).max(axis=0) / DT**order
            assert (change <= spec.joint_array(name)).all(), (name, change)


anything = st.one_of(st.floats(-2, 2), st.floats())
deeds = st.lists(
    st.tuples(
        st.sampled_from(['want', 'nothing', 'target', 'silence', 'speech', *Event]),
        st.tuples(*[anything] * 3),
        st.integers(1, 80),
        st.booleans(),
    ),
    min_size=3,
    max_size=12,
)


@pytest.mark.parametrize('make', [posture, drive])
@settings(max_examples=80, deadline=None)
@given(plan=deeds)
def test_no_limit_is_exceeded_whatever_is_asked(make, plan):
    rig = make()
    rig.run(2)
    rig.post(Event.START)
    for deed, numbers, ticks, ahead in plan:
        if deed == 'want':
            rig.source.values = np.array(numbers)
        elif deed == 'nothing':
            rig.source.values = None
        elif deed == 'target':
            rig.loop.targets.offer(rig.loop.targets.kind, rig.now, np.array(numbers), rig.now)
        elif deed in ('silence', 'speech'):
            rig.hardware.silent = deed == 'silence'
        else:
            rig.supervisor.post(deed, 'go')
        rig.run(ticks, ahead)
    assert_bounded(rig)


@pytest.mark.parametrize('make', [posture, drive])
def test_a_chunk_is_followed_in_run_only(make):
    rig = make()
    begin = rig.run(3)
    rig.source.values = begin + (0.2, -0.1, 0.1)
    np.testing.assert_array_equal(rig.run(50), begin)
    rig.post(Event.START)
    np.testing.assert_allclose(rig.run(400), rig.source.values, atol=1e-6)
    np.testing.assert_array_equal(rig.source.cleared, [begin])
    assert_bounded(rig)


@pytest.mark.parametrize('event', [Event.HOLD, Event.ESTOP, Event.ALARM, Event.FINISH])
def test_a_drive_stands_still_when_it_does_not_run(event):
    rig = drive()
    rig.run(1)
    rig.post(Event.START)
    rig.source.values = np.array([0.4, 0.2, 0.8])
    rig.run(300)
    rig.post(event)
    assert np.abs(rig.run(1)).max() > 0.5  # within the acceleration limit
    np.testing.assert_array_equal(rig.run(300), 0)
    assert_bounded(rig)


@pytest.mark.parametrize('event', [Event.HOLD, Event.ESTOP, Event.ALARM, Event.FINISH])
def test_a_posture_comes_to_rest_and_holds_what_it_commands(event):
    rig = posture()
    rig.run(1)
    rig.post(Event.START)
    rig.source.values = TORSO.home + 0.4
    rig.run(60)
    moving = rig.loop.commanded.copy()
    rig.post(event)
    rests = rig.run(150)
    assert (np.abs(rests - moving) < 0.2).all() and (rests > moving).all()
    np.testing.assert_array_equal(rig.run(50), rests)
    assert_bounded(rig)


@pytest.mark.parametrize('make', [posture, drive])
def test_for_want_of_a_chunk_the_source_still_counts(make):
    """It fades out what it wants; a chunk that comes is gone on with."""
    rig = make()
    begin = rig.run(1)
    rig.post(Event.START, Event.STARVED)
    assert rig.supervisor.state is State.STARVED
    rig.source.values = begin + 0.1
    np.testing.assert_allclose(rig.run(400), begin + 0.1, atol=1e-6)


@pytest.mark.parametrize(
    ('make', 'cause'),
    [(posture, 'joint states of torso are silent'), (drive, 'odom of base is silent')],
)
def test_silence_holds_the_robot(make, cause):
    rig = make()
    begin = rig.run(1)
    rig.post(Event.START)
    rig.source.values = begin + 0.3
    rig.run(30)
    rig.hardware.silent = True
    rig.run(60)
    assert rig.supervisor.state is State.HELD
    assert rig.supervisor.cause == f'hardware: {cause}'
    rests = rig.run(300)
    np.testing.assert_array_equal(rig.run(10), rests)
    if make is drive:
        np.testing.assert_array_equal(rests, 0)
    assert_bounded(rig)


@pytest.mark.parametrize('make', [posture, drive])
def test_nothing_is_sent_before_anything_is_known(make):
    rig = make()
    rig.hardware.silent, rig.hardware.sample.stamp = True, 0
    rig.run(50)
    assert not rig.hardware.sent and rig.loop.ticks == 0
    assert rig.supervisor.state is State.IDLE  # what has not spoken yet may still
    rig.post(Event.START)
    rig.run(1)
    assert rig.supervisor.state is State.HELD


@pytest.mark.parametrize(
    ('make', 'field', 'cause'),
    [(posture, 'position', 'waist_roll_joint'), (drive, 'twist', 'expected finite odom of base')],
)
def test_numbers_that_are_none_stop_the_robot(make, field, cause):
    rig = make()
    rig.run(1)
    setattr(rig.hardware.sample, field, np.array([0.0, np.nan, 0.0]))
    rig.run(1)
    assert rig.supervisor.state is State.STOP and cause in rig.supervisor.cause
    assert_bounded(rig)


@pytest.mark.parametrize(
    ('make', 'field', 'cause'),
    [
        (posture, 'velocity', 'waist_roll_joint moves at 1.50'),
        (drive, 'twist', 'base: vy is 1.50'),
    ],
)
def test_a_limb_that_is_too_fast_holds(make, field, cause):
    rig = make()
    rig.run(1)
    setattr(rig.hardware.sample, field, np.array([0.0, 1.5, 0.0]))
    rig.run(1)
    assert rig.supervisor.state is State.HELD and cause in rig.supervisor.cause


def test_stamps_of_another_clock_are_not_believed():
    rig = drive()
    rig.run(1)
    rig.hardware.silent = True
    rig.hardware.sample.stamp = rig.now + 5 * SECOND
    rig.run(1)
    assert 'odom of base is 5' in rig.supervisor.cause and 'clock' in rig.supervisor.cause


@pytest.mark.parametrize(
    ('make', 'cause'),
    [(posture, 'joint states of torso are silent'), (drive, 'odom of base is silent')],
)
def test_silence_shows_at_once_whatever_the_clock_of_the_driver(make, cause):
    rig = make()
    rig.clock = 9 * SECOND // 10
    rig.run(1)
    rig.post(Event.START)
    rig.run(100)
    assert rig.supervisor.state is State.RUN
    rig.hardware.silent = True
    patience = round(rig.spec.driver.stale_after * SECOND / TICK)
    rig.run(patience)
    assert rig.supervisor.state is State.RUN
    rig.run(1)
    assert rig.supervisor.state is State.HELD and rig.supervisor.cause == f'hardware: {cause}'


@pytest.mark.parametrize(
    ('make', 'what'), [(posture, 'joint states of torso are'), (drive, 'odom of base is')]
)
@pytest.mark.parametrize('stands', [False, True])
def test_a_clock_that_is_behind_is_not_called_silence(make, what, stands):
    rig = make()
    rig.run(1)
    rig.hardware.silent = stands  # its stamps may also be all the same
    rig.clock = -7 * SECOND // 10
    rig.hardware.sample.stamp = rig.now + TICK + rig.clock
    rig.run(200)
    cause = f'hardware: {what} stamped 0.7 s behind: is its clock ours?'
    assert rig.supervisor.state is State.HELD and rig.supervisor.cause == cause
    rig.post(Event.RESET)
    rig.run(1)
    assert rig.supervisor.state is State.HELD and rig.supervisor.cause == cause


@pytest.mark.parametrize(
    ('make', 'kind', 'limit'), [(posture, Kind.JOINT, 0.5), (drive, Kind.TWIST, 0.1)]
)
def test_a_person_leads_it_while_the_target_is_fresh(make, kind, limit):
    rig = make()
    begin = rig.run(1)
    rig.post(Event.TAKEOVER)
    np.testing.assert_array_equal(rig.run(5), begin)
    assert rig.loop.targets.cause == 'taken over: no target yet'
    wanted = begin + (0.2, 0.1, 0.1)
    for _ in range(100):
        assert rig.loop.targets.offer(kind, rig.now, wanted, rig.now) == ''
        rig.run(4)
    assert rig.loop.targets.cause == ''
    np.testing.assert_allclose(rig.loop.commanded, wanted, atol=1e-6)
    rig.run(round(limit * 200) + 2)
    assert 'is stale: holding' in rig.loop.targets.cause
    np.testing.assert_allclose(rig.run(200), wanted if make is posture else begin, atol=1e-6)
    assert_bounded(rig)


@pytest.mark.parametrize(
    ('kind', 'stamp', 'values', 'cause'),
    [
        (Kind.POSE, 0, np.zeros(7), 'target_pose: this limb follows target_joint'),
        (Kind.JOINT, 0, np.zeros(4), 'expected 3 finite numbers'),
        (Kind.JOINT, 0, np.array([0.0, np.inf, 0.0]), 'expected 3 finite numbers'),
        (Kind.JOINT, -SECOND, np.zeros(3), 'its stamp is 1.000 s old'),
        (Kind.JOINT, SECOND, np.zeros(3), 'its stamp is -1.000 s old'),
    ],
)
def test_targets_that_cannot_be_followed_are_refused(kind, stamp, values, cause):
    targets = posture().loop.targets
    assert cause in targets.offer(kind, START + stamp, values, START)
    assert targets.refused == 1 and cause in targets.last_refusal
    assert targets.wanted(START) is None


@pytest.mark.parametrize('make', [posture, drive])
def test_a_restart_begins_where_it_was_put(make):
    rig = make()
    rig.run(1)
    rig.post(Event.START)
    rig.source.values = rig.loop.commanded + 0.3
    rig.run(100, ahead=True)
    rig.post(Event.FINISH)
    rig.hardware.sample.position = np.array([0.3, 0.1, -0.1])
    rig.loop.restart()
    rig.run(1)
    wanted = (0.3, 0.1, -0.1) if make is posture else (0, 0, 0)
    np.testing.assert_array_equal(rig.loop.commanded, wanted)


@pytest.mark.parametrize('way', ['silence', 'stop', 'someone else'])
def test_a_posture_that_was_moved_meanwhile_is_taken_up_where_it_is(way):
    rig = posture()
    rig.run(20)
    moved = rig.loop.commanded + (0.3, -0.2, 0.1)
    if way == 'silence':
        rig.hardware.silent = True
        rig.run(100)
        rig.hardware.silent = False
    elif way == 'stop':
        rig.post(Event.ESTOP)
        rig.run(20)
        begin = rig.loop.position.copy()
        for share in np.linspace(0.0, 1.0, 100):  # by hand, as fast as hands are
            rig.hardware.sample.position = begin + share * (moved - begin)
            rig.run(1)
        rig.post(Event.RESET)
    else:
        rig.loop.feedback.anchor()
    rig.loop.prepare(rig.now + TICK)
    rig.hardware.sample.position = moved
    np.testing.assert_array_equal(rig.run(1), moved)
    state = rig.supervisor.state
    assert state is (State.HELD if way == 'silence' else State.IDLE)
    np.testing.assert_array_equal(rig.run(200), moved)
    assert rig.supervisor.state is state


def jump_posture(rig):
    rig.hardware.sample.position = rig.hardware.sample.position + (0.0, 0.5, 0.0)


def jump_base(rig):
    rig.hardware.sample.pose = rig.hardware.sample.pose + (0.0, 3.0, 0.0)


@pytest.mark.parametrize(
    ('make', 'jump', 'words'),
    [
        (posture, jump_posture, 'waist_roll_joint jumped from 0.000 to 0.500 rad'),
        (drive, jump_base, 'base_y jumped from 0.000 to 3.000 m'),
    ],
)
def test_a_limb_that_jumps_holds_and_is_taken_up_where_it_is(make, jump, words):
    rig = make()
    rig.post(Event.START)
    rig.source.values = rig.loop.commanded.copy()
    rig.source.values[0] += 0.2
    rig.run(100)
    jump(rig)
    before = rig.run(1)
    assert rig.supervisor.state is State.HELD and words in rig.supervisor.cause
    rig.run(10)
    assert np.abs(rig.loop.commanded - before).max() < 0.02  # braked, from where it was
    for _ in range(round(STEADY / DT) + 2):
        if make is posture:  # its encoder counts from elsewhere now
            rig.hardware.sample.position = rig.loop.commanded + (0.0, 0.5, 0.0)
        rig.run(1)
    assert rig.loop.feedback.known and rig.supervisor.state is State.HELD
    if make is posture:
        assert rig.loop.commanded[1] == pytest.approx(0.5)
    else:
        assert np.abs(rig.loop.commanded).max() < 1e-9 and rig.loop.pose[1] == 3.0
    rig.post(Event.RESET)
    rig.run(20)
    assert rig.supervisor.state is State.IDLE


def test_a_base_that_turns_round_and_round_does_not_jump():
    rig = drive()
    for yaw in np.arange(0.0, 30.0, 0.004):
        rig.hardware.sample.pose = np.array([0.0, 0.0, np.angle(np.exp(1j * yaw))])
        rig.run(1)
    assert rig.supervisor.state is State.IDLE


def test_a_posture_that_sags_does_not_creep():
    rig = posture()
    begin = rig.run(20)
    for _ in range(5):
        rig.hardware.silent = True
        rig.run(30)
        rig.post(Event.ESTOP)
        rig.hardware.silent = False
        rig.hardware.sample.position = rig.loop.commanded - 0.04
        rig.run(1)
        rig.post(Event.RESET)
        rig.hardware.sample.position = rig.loop.commanded - 0.04
        np.testing.assert_array_equal(rig.run(1), begin)


def test_a_drive_that_was_not_sent_its_twists_sets_out_from_rest():
    rig = drive()
    rig.run(1)
    rig.post(Event.START)
    rig.source.values = np.array([0.4, 0.0, 0.0])
    moving = rig.run(200)
    rig.loop.feedback.lost = True
    np.testing.assert_allclose(rig.run(1), moving, atol=1e-6)  # it moves as it is told
    rig.loop.feedback.lost = True
    rig.hardware.sample.twist = np.zeros(3)
    begin = len(rig.hardware.sent)
    assert np.abs(rig.run(1)).max() < 0.01
    np.testing.assert_allclose(rig.run(300), moving, atol=1e-6)
    rig.hardware.sent = [np.zeros(3), *rig.hardware.sent[begin:]]
    assert_bounded(rig)


def test_a_drive_that_is_put_elsewhere_is_to_stand_until_it_is_heard_of():
    rig = drive()
    rig.run(1)
    rig.post(Event.START)
    rig.source.values = np.array([0.4, 0.0, 0.0])
    assert rig.run(200)[0] > 0.3
    rig.loop.restart()
    np.testing.assert_array_equal(rig.loop.commanded, 0)
    rig.hardware.silent, sent = True, len(rig.hardware.sent)
    rig.hardware.sample.stamp = 0
    np.testing.assert_array_equal(rig.run(50), 0)
    assert len(rig.hardware.sent) == sent


def test_the_state_is_what_policies_see():
    rig = posture()
    rig.run(3)
    state = rig.loop.state()
    assert isinstance(state, JointGroupState) and state.stamp == rig.now
    np.testing.assert_array_equal(state.vector(), [*TORSO.home, *TORSO.home])
    rig = drive()
    rig.run(1)
    rig.post(Event.START)
    rig.source.values = np.array([0.3, 0.0, 0.0])
    rig.run(200)
    state = rig.loop.state()
    assert isinstance(state, MobileBaseState)
    np.testing.assert_allclose(state.vector(), [0.3, 0, 0, 0.3, 0, 0], atol=1e-6)
    assert state.pose[0] > 0.1


def stuck(rig, values):
    """Take the limb, and want `values` of it while it does nothing and says where it is."""
    rig.post(Event.TAKEOVER)
    kind = rig.loop.targets.kind
    most = 0.0
    for _ in range(800):
        if rig.supervisor.state is State.TAKEOVER:
            assert rig.loop.targets.offer(kind, rig.now, values, rig.now) == ''
        sample = rig.hardware.sample
        where, speed = sample.position, sample.velocity
        rig.hardware.sample = SimpleNamespace(
            stamp=rig.now, position=where.copy(), velocity=0 * speed,
            pose=np.zeros(3), twist=np.zeros(3), effort=None,
        )  # fmt: skip
        rig.run(1)
        rig.hardware.sample.position, rig.hardware.sample.twist = where, np.zeros(3)
        most = max(most, float(np.abs(rig.loop.commanded - rig.loop.measured).max()))
    return most


def test_a_posture_that_does_not_obey_is_held_where_it_is_and_its_joint_named():
    rig = posture()
    rig.run(10)
    goal = TORSO.home + [0.8, 0.0, 0.0]
    assert stuck(rig, goal) < 0.45
    assert rig.supervisor.state is State.HELD
    assert rig.supervisor.cause.startswith(f'{TORSO.joint_names[0]} does not follow: commanded ')
    np.testing.assert_allclose(rig.loop.commanded, TORSO.home, atol=1e-6)


def test_a_base_that_does_not_obey_is_held_and_told_to_stand():
    rig = drive()
    rig.run(10)
    stuck(rig, np.array([0.4, 0.0, 0.0]))
    assert rig.supervisor.state is State.HELD
    assert rig.supervisor.cause.startswith('base: vx does not follow: commanded 0.')
    assert not rig.loop.commanded.any()
