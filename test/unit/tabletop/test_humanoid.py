"""Arms, postures and a drive in one execution: one chunk, one supervisor, one control process."""

import time
from types import SimpleNamespace

from feeding import obey_twist
import numpy as np
import pytest

from vla_ros.control.laws import load_preset
from vla_ros.control.loops.supervisor import Event, State
from vla_ros.control.loops.targets import Kind
from vla_ros.core.data import (
    SECOND,
    ActionChunk,
    BodyState,
    JointGroupState,
    MobileBaseState,
    Mode,
)
from vla_ros.robots import load_robot
from vla_ros.robots.channels import channel_kinds
from vla_ros.runtime.controller import ChunkController
from vla_ros.runtime.realtime import RealtimeConfig, RealtimeProcess
from vla_ros.tabletop.world import Scene, SimHardware, draw_layout


START, TICK, DT = 1_000 * SECOND, SECOND // 200, 1 / 200
TORSO, HEAD, BASE = 2, 3, 4
COLUMNS = {TORSO: slice(16, 19), HEAD: slice(19, 21), BASE: slice(21, 24)}


class Part:
    """A limb's hardware that does at once what it is told."""

    def __init__(self, spec):
        self.sample = SimpleNamespace(
            stamp=START, position=spec.home.copy(), velocity=np.zeros(spec.n), gripper=0.08,
            wrench=None, effort=None, pose=np.zeros(3), twist=np.zeros(3),
        )  # fmt: skip
        self.sent = []

    def read(self):
        return self.sample

    def move(self, position, velocity, gripper=0.0):
        self.sent.append(position.copy())
        self.sample.position, self.sample.velocity = position.copy(), velocity.copy()
        self.sample.gripper = gripper

    def drive(self, twist):
        self.sent.append(twist.copy())
        self.sample.twist = twist.copy()


class Rig:
    """An execution with hardware for every limb, and a clock."""

    def __init__(self, spec):
        self.parts = [Part(limb) for limb in spec.limbs]
        self.execution = ChunkController(spec, self.parts)
        self.now = START
        self.silent = set()
        self.run(2)

    def run(self, ticks, ahead=False):
        for _ in range(ticks):
            self.now += TICK
            for i, part in enumerate(self.parts):
                if i not in self.silent:
                    part.sample.stamp = self.now
            self.execution.tick(self.now)
            if ahead:
                self.execution.prepare(self.now + TICK)

    def row(self):
        """Return what is commanded now, as a row of a chunk."""
        return commanded(self.execution.state())


def commanded(state):
    """Return the commanded half of a BodyState."""
    rows = [limb.vector()[len(limb.vector()) // 2 :] for limb in state.limbs]
    return np.concatenate(rows)


def make_chunk(
    humanoid, stamp, origin, rates=None, seq=0, twist=(0.0, 0.0, 0.0), dt=0.1, valid_for=3.0
):
    actions = np.tile(origin, (16, 1))
    actions[:, COLUMNS[BASE]] = twist
    if rates is not None:
        actions += np.outer(np.arange(1, 17) * dt, rates)
    return ActionChunk(
        stamp=stamp, seq=seq, latent_seq=1, latent_age=0.1, robot='humanoid', model='test:0',
        channels=humanoid.channels, kinds=channel_kinds(humanoid), dt=dt, actions=actions,
        inference_start=stamp, inference_end=stamp, valid_for=valid_for,
    )  # fmt: skip


def rates_of(limb, values):
    rates = np.zeros(24)
    rates[COLUMNS[limb]] = values
    return rates


@pytest.fixture(scope='module')
def humanoid():
    return load_robot('humanoid')


@pytest.fixture
def rig(humanoid):
    return Rig(humanoid)


def test_one_chunk_moves_every_limb(rig, humanoid):
    assert rig.execution.post(Event.START, 'go') == ''
    rig.run(1)
    origin = rig.row()
    rates = rates_of(TORSO, (0.2, 0.0, 0.0)) + rates_of(HEAD, (0.0, 0.3))
    rates[2] = -0.05
    chunk = make_chunk(humanoid, rig.now, origin, rates, twist=(0.2, 0.0, 0.1))
    assert rig.execution.offer(chunk, rig.now) == ''
    rig.run(200, ahead=True)
    moved = rig.row() - origin
    assert moved[2] == pytest.approx(-0.05, abs=5e-3)
    assert moved[16] == pytest.approx(0.2, abs=0.01)
    assert moved[20] == pytest.approx(0.3, abs=0.01)
    np.testing.assert_allclose(rig.row()[COLUMNS[BASE]], (0.2, 0.0, 0.1), atol=1e-6)
    state = rig.execution.state()
    assert isinstance(state, BodyState) and state.vector().shape == (48,)
    assert [type(limb) for limb in state.limbs[2:]] == [
        JointGroupState,
        JointGroupState,
        MobileBaseState,
    ]
    status = rig.execution.status()
    assert status.mode is Mode.RUN and status.chunk_seq == 0


def test_it_brakes_and_holds_when_the_chunks_end(rig, humanoid):
    rig.execution.post(Event.START, 'go')
    rig.run(1)
    chunk = make_chunk(
        humanoid, rig.now, rig.row(), rates_of(HEAD, (0.0, 0.3)), twist=(0.4, 0.0, 0.0)
    )
    rig.execution.offer(chunk, rig.now)
    rig.run(500)
    assert rig.execution.supervisor.state is State.STARVED
    row = rig.row()
    assert row[20] == pytest.approx(0.48, abs=5e-3)  # where the chunk ended
    np.testing.assert_array_equal(row[COLUMNS[BASE]], 0)
    assert np.array(rig.parts[BASE].sent).max() > 0.39
    rig.run(100)
    np.testing.assert_allclose(rig.row()[16:], row[16:], atol=1e-9)


@pytest.mark.parametrize(
    ('limb', 'cause'),
    [
        (0, 'joint states of left are silent'),
        (1, 'joint states of right are silent'),
        (TORSO, 'joint states of torso are silent'),
        (BASE, 'odom of base is silent'),
    ],
)
def test_the_silence_of_any_limb_holds_all(rig, humanoid, limb, cause):
    rig.execution.post(Event.START, 'go')
    rig.run(1)
    rates = rates_of(HEAD, (0.0, 0.2))
    rates[2] = -0.05
    chunk = make_chunk(humanoid, rig.now, rig.row(), rates, twist=(0.3, 0.0, 0.0))
    rig.execution.offer(chunk, rig.now)
    rig.run(100)
    rig.silent.add(limb)
    rig.run(250)
    assert rig.execution.status().mode is Mode.HOLD
    assert rig.execution.status().cause == f'hardware: {cause}'
    row = rig.row()
    np.testing.assert_array_equal(row[COLUMNS[BASE]], 0)
    rig.run(20)
    np.testing.assert_allclose(rig.row(), row, atol=1e-9)


def test_targets_lead_one_limb_at_a_time_in_takeover(rig):
    execution = rig.execution
    cause = execution.target(Kind.TWIST, rig.now, np.array([0.2, 0, 0]), rig.now, BASE)
    assert cause == 'target_twist refused in IDLE: take the robot over first'
    assert execution.status().refused_targets == 1 and execution.status().last_refusal == cause
    execution.post(Event.TAKEOVER)
    rig.run(1)
    before = rig.row()
    assert execution.status().cause == 'taken over: no target yet'
    for _ in range(100):
        wanted = np.array([0.2, 0.0, 0.0])
        assert execution.target(Kind.TWIST, rig.now, wanted, rig.now, BASE) == ''
        assert execution.target(Kind.JOINT, rig.now, np.array([0.3, 0.2]), rig.now, HEAD) == ''
        rig.run(2)
    row = rig.row()
    np.testing.assert_allclose(row[COLUMNS[BASE]], (0.2, 0, 0), atol=1e-6)
    np.testing.assert_allclose(row[COLUMNS[HEAD]], (0.3, 0.2), atol=1e-3)
    np.testing.assert_allclose(row[:19], before[:19], atol=1e-9)
    assert execution.status().cause == 'taken over by a person'
    rig.run(300)
    np.testing.assert_array_equal(rig.row()[COLUMNS[BASE]], 0)


def test_postures_and_drives_have_no_law(rig):
    preset = load_preset('humanoid_joint_servo')
    assert rig.execution.adopt(preset, 1) == ''
    assert rig.execution.adopt(preset, HEAD) == 'law: head is a joint group, it has no control law'
    assert rig.execution.tare() == 'tare: the robot has no force sensor'


def test_a_rewind_begins_again(rig, humanoid):
    rig.execution.post(Event.START, 'go')
    rig.run(1)
    rig.execution.offer(make_chunk(humanoid, rig.now, rig.row(), twist=(0.3, 0, 0)), rig.now)
    rig.run(100)
    rig.execution.rewind()
    rig.now = START // 2
    rig.run(2)
    assert rig.execution.status().mode is Mode.IDLE
    np.testing.assert_array_equal(rig.row()[COLUMNS[BASE]], 0)


def test_the_simulated_body_follows(humanoid):
    scene = Scene(humanoid)
    layout = draw_layout(scene.config, np.random.default_rng(0))
    hardware = SimHardware(scene, layout)
    execution, now = ChunkController(humanoid, hardware.limbs), 0

    def run(ticks):
        nonlocal now
        for _ in range(ticks):
            execution.tick(now)
            hardware.step(round(DT / scene.model.opt.timestep))
            now += TICK

    run(2)
    execution.post(Event.START, 'go')
    run(1)
    rates = rates_of(TORSO, (0.1, 0.0, 0.0)) + rates_of(HEAD, (0.0, 0.2))
    begin = execution.state()
    chunk = make_chunk(humanoid, now, commanded(begin), rates, twist=(-0.1, 0.0, 0.0))
    assert execution.offer(chunk, now) == ''
    run(200)
    torso, head, base = execution.state().limbs[TORSO:]
    was = begin.limbs
    np.testing.assert_allclose(torso.position - was[TORSO].position, (0.1, 0, 0), atol=0.01)
    np.testing.assert_allclose(head.position - was[HEAD].position, (0, 0.2), atol=0.01)
    np.testing.assert_allclose(base.twist, (-0.1, 0, 0), atol=0.01)
    for arm, before in zip(execution.state().arms, was, strict=False):
        # Where the chest has it, whatever the body does.
        np.testing.assert_allclose(arm.ee.position, before.ee.position, atol=2e-3)


class Feeder:
    """A driver's end of the control process: tells it where the limbs are."""

    def __init__(self, spec, process):
        self.spec, self.process = spec, process
        self.silent = set()

    def feed(self):
        """Send every limb what it was commanded last, or its home."""
        now = time.time_ns()
        for i, limb in enumerate(self.spec.limbs):
            if i in self.silent:
                continue
            if limb.kind == 'mobile_base':
                obey_twist(self.process, i, now)
                continue
            q = limb.home
            if limb.kind == 'joint_group' and (posture := self.process.joint_group(i)) is not None:
                q = posture.state.commanded
            self.process.joint_states(now, q, np.zeros(limb.n), 0.08, i)

    def until(self, condition, timeout=15.0):
        end = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < end, f'not in time: {self.process.status()}'
            self.feed()
            time.sleep(0.005)


@pytest.fixture(scope='module')
def driver_process():
    process = RealtimeProcess(RealtimeConfig('humanoid', hardware='driver', priority=0))
    process.start()
    yield process
    process.stop()


@pytest.fixture
def feeder(driver_process, humanoid):
    feeder = Feeder(humanoid, driver_process)
    for event in (Event.RELEASE, Event.FINISH, Event.RESET):
        driver_process.post(event)
    feeder.until(lambda: driver_process.mobile_base(BASE) is not None)
    return feeder


def process_row(process):
    arms = [process.state(i).state for i in (0, 1)]
    postures = [process.joint_group(i).state for i in (TORSO, HEAD)]
    limbs = (*arms, *postures, process.mobile_base(BASE).state)
    return commanded(BodyState(0, limbs))


def test_the_control_process_drives_all_limbs_through_their_drivers(feeder, humanoid):
    process = feeder.process
    np.testing.assert_allclose(process.joint_group(TORSO).state.position, (0, 0, 0.15))
    assert process.post(Event.START, 'go') == ''
    feeder.until(lambda: process.status().mode is Mode.RUN)
    chunk = make_chunk(
        humanoid, time.time_ns(), process_row(process), rates_of(HEAD, (0.0, 0.2)),
        twist=(0.2, 0.0, 0.0), dt=0.5, valid_for=20.0,
    )  # fmt: skip
    assert process.offer_chunk(chunk) == ''
    feeder.until(lambda: process.mobile_base(BASE).state.commanded[0] > 0.15)
    feeder.until(lambda: process.joint_group(HEAD).state.commanded[1] > 0.2)
    assert process.joint_group(HEAD).velocity.shape == (2,)
    feeder.silent.add(BASE)
    feeder.until(lambda: process.status().mode is Mode.HOLD)
    assert process.status().cause == 'hardware: odom of base is silent'
    feeder.until(lambda: not process.mobile_base(BASE).state.commanded.any())


def test_a_law_is_not_taken_by_a_head(feeder):
    cause = feeder.process.adopt(load_preset('humanoid_servo'), HEAD)
    assert cause == 'law: head is a joint group, it has no control law'
