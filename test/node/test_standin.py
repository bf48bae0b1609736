"""The control node behind a transport of 5 ms in each direction: every command type."""

from limb_targets import aim, drive
from node_bench import Bench
import numpy as np
import pytest


pytest.importorskip('mujoco')

from standin import end_standin, start_standin, variant  # noqa: E402
from standin_bench import StandinBench  # noqa: E402
from std_srvs.srv import Trigger  # noqa: E402

from vla_ros.core.data import Mode  # noqa: E402
from vla_ros.ros import qos  # noqa: E402
from vla_ros.ros.nodes.control import ControlNode  # noqa: E402
from vla_ros_msgs.msg import EpisodeEvent  # noqa: E402
from vla_ros_msgs.srv import SetInstruction  # noqa: E402


pytestmark = pytest.mark.realtime


_kept = []  # the stand-in and the bench that the tests of a way share, while they run


def end_kept():
    while _kept:
        _kept.pop().close()


@pytest.fixture(autouse=True, scope='module')
def finally_none():
    yield
    end_kept()


@pytest.fixture
def connect(bench, tmp_path):
    """A stand-in of the test's own, and no other beside it."""
    end_kept()
    made = []

    def make(robot='franka', sim='none', driver=None, **settings):
        if driver:
            robot = variant(tmp_path, robot, **driver)
        made.append(StandinBench(bench, robot, sim, **settings))
        return made[-1]

    yield make
    for standin in made:
        standin.close()


SERVO = 'franka_cartesian_servo'
EACH = 'joint/{joint}/cmd_pos'
WAYS = {
    # As a Franka is at home: a gripper with a driver of its own, a compliance controller.
    'pose': (
        'franka', 'none',
        {
            'command_type': 'pose', 'command': 'target', 'law': SERVO,
            'gripper_states': 'hand/joints',
        },
    ),
    'position': ('franka', 'none', {'command_type': 'position', 'law': SERVO}),
    'velocity': ('franka', 'none', {'command_type': 'velocity', 'law': SERVO}),
    'trajectory': ('franka', 'none', {'command_type': 'trajectory', 'law': SERVO}),
    'ur5e': ('ur5e', 'none', {}),
    'isaac': ('franka', 'isaac', {}),
    'ur5e_isaac': ('ur5e', 'isaac', {}),
    # Torques bear less than the others. Slowed down, the delays of a busy machine count less.
    'gazebo': ('franka', 'gazebo', {}, {'speed': 0.3, 'delay': 0.003, 'rate': 500.0}),
    'gazebo_topics': (
        'franka', 'gazebo',
        {'gazebo': {'command': EACH, 'command_type': 'position', 'gripper_command': EACH}},
    ),
    'gazebo_trajectory': (
        'franka', 'gazebo', {'gazebo': {'command_type': 'trajectory', 'gripper_type': 'with_arm'}}
    ),
}  # fmt: skip


@pytest.fixture(scope='module')
def way(request):
    """The name of a way, whose tests stand together."""
    return request.param


class Kept(StandinBench):
    """A way's stand-in, with a bench of its own."""

    def __init__(self, way, folder):
        self.way = way
        robot, sim, driver, *settings = WAYS[way]
        if driver:
            robot = variant(folder, robot, **driver)
        super().__init__(Bench(), robot, sim, **(settings[0] if settings else {}))

    def close(self):
        super().close()
        self.bench.close()


@pytest.fixture
def standin(way, tmp_path_factory):
    """The way's stand-in, at rest."""
    if not _kept or _kept[0].way != way:
        end_kept()
        _kept.append(Kept(way, tmp_path_factory.mktemp('robot')))
    made = _kept[0]
    made.rest()
    yield made
    made.command('obey')
    made.command('find')


@pytest.mark.parametrize('way', WAYS, indirect=True)
def test_the_arm_is_held_moved_and_stopped(standin):
    begin = standin.tcp
    standin.pass_time(1.0)
    assert np.abs(standin.tcp - begin).max() < 0.005
    standin.take()
    standin.lead(begin + [0.0, 0.08, -0.05])
    assert standin.report['peak'] < 1.2
    if standin.arm.driver.command_type == 'effort':
        return  # torques that come late do not stop it well: docs/control.md, Delay on the way
    standin.command('lose')
    standin.until(Mode.HOLD, 'joint states are silent')
    assert f'{standin.arm.joint_names[0]!r} is missing' in standin.status.cause
    standin.command('find')
    standin.trigger('estop')
    standin.until(Mode.STOP)
    standin.pass_time(0.3)
    stopped = standin.tcp
    standin.pass_time(0.5)
    assert np.abs(standin.tcp - stopped).max() < 0.01
    print(standin.report)


@pytest.mark.parametrize(
    'way', ['ur5e', 'position', 'velocity', 'trajectory', 'pose'], indirect=True
)
def test_an_arm_that_stops_obeying_is_held_and_goes_on_without_a_jump(standin):
    """Joint states go on, commands are not taken: as after a protective stop."""
    standin.take()
    begin = standin.tcp
    standin.lead(begin + [0.0, 0.03, 0.0])
    standin.command('disobey')
    goal = begin + [0.0, 0.25, 0.0]
    standin.repeat(
        lambda: standin.aim(goal), 0.02, lambda: standin.status.mode is Mode.HOLD, 'it is not seen'
    )
    assert 'does not follow: commanded ' in standin.status.cause, standin.status.cause
    standin.pass_time(0.3)
    stood = standin.tcp
    assert np.abs(standin.status.commanded.position - stood).max() < 0.02
    standin.command('obey')
    for _ in range(10):
        standin.pass_time(0.05)
        assert np.abs(standin.tcp - stood).max() < 0.02
    assert standin.status.mode is Mode.HOLD  # a person has to say that it goes on
    standin.take()
    standin.lead(begin)


def test_torques_without_gravity_hold_an_arm_that_carries_itself(connect):
    standin = connect('franka', delay=0.001, rate=1000.0)
    assert standin.arm.driver.gravity == 'robot'
    standin.pass_time(0.5)
    standin.holds()


on_isaac = pytest.mark.parametrize('way', ['isaac'], indirect=True)


@on_isaac
def test_stamps_are_simulated_time_and_a_slow_simulation_is_led_all_the_same(standin):
    standin.command('speed 0.4')
    standin.take()
    begin = standin.tcp
    standin.lead(begin + [0.0, 0.05, 0.0])
    assert abs(standin.status.stamp * 1e-9 - standin.report['time']) < 0.5
    assert standin.report['peak'] < 1.2
    standin.command('speed 1.0')


@on_isaac
def test_while_the_clock_stands_still_the_arm_is_held_and_people_are_told(standin):
    standin.take()
    begin = standin.tcp
    standin.repeat(
        lambda: standin.aim(begin + [0.0, 0.2, 0.0]), 0.02,
        lambda: standin.tcp[1] > begin[1] + 0.03, 'it does not move',
    )  # fmt: skip
    standin.command('pause')
    standin.until(Mode.HOLD, 'the simulation stands still')
    before = len(standin.statuses)
    standin.bench.until(lambda: len(standin.statuses) > before + 5, 'the status is silent')
    standin.command('speed 1.0')
    standin.pass_time(0.5)
    rest = standin.tcp
    standin.pass_time(0.5)
    assert np.abs(standin.tcp - rest).max() < 0.003
    assert standin.status.mode is Mode.HOLD  # a person has to say that it goes on
    standin.take()
    standin.lead(begin)


def test_when_the_clock_goes_back_everything_begins_again(connect, bench):
    standin = connect(sim='isaac')  # of its own: the arm, put back, was at home before
    episodes = bench.listen(qos.EPISODE)
    accepted = bench.call(SetInstruction, 'set_instruction', instruction='pick up a cube')
    assert accepted.accepted, accepted.reason
    standin.until(Mode.RUN)
    standin.command('rewind')
    standin.until(Mode.IDLE, 'the clock has gone back')
    bench.until(lambda: episodes and episodes[-1].event == EpisodeEvent.END, 'no end')
    assert episodes[-1].reason == 'the clock has gone back'
    bench.until(lambda: 0 < standin.status.stamp < 8e9, 'the old time')
    standin.take()
    standin.lead(standin.tcp + [0.0, 0.05, 0.0])
    commanded = bench.listen(qos.COMMANDED_STATE)
    bench.until(lambda: commanded and commanded[-1].header.stamp.sec < 10, 'not published')


def test_joint_states_of_another_clock_are_refused_with_the_cause(bench, connect):
    process = start_standin(bench.domain, robot='franka@isaac', clock=100.0, wall=True)
    try:
        statuses = bench.listen(qos.STATUS)
        bench.start(ControlNode, sim='isaac', use_sim_time=True)
        bench.until(lambda: statuses, 'no status')
        bench.repeat(
            lambda: bench.call(Trigger, 'takeover'), 0.3,
            lambda: 'ahead of the clock' in statuses[-1].cause, 'it is believed', 20.0,
        )  # fmt: skip
        assert statuses[-1].mode == Mode.HOLD
    finally:
        end_standin(process)


@pytest.fixture
def body(connect):
    """A humanoid, which first holds still with every limb."""
    pytest.importorskip('nav_msgs')
    standin = connect('humanoid', family='reach')
    standin.bench.until(lambda: standin.status.mode is Mode.IDLE, 'it does not begin')
    standin.holds(1.0, near=0.003)
    return standin


@pytest.mark.parametrize(
    ('act', 'mode', 'cause'),
    [
        (
            lambda body: body.command('lose head_yaw_joint'), Mode.HOLD,
            "joint states of head are silent; joint_states: 'head_yaw_joint' is missing",
        ),
        (lambda body: body.command('lose odom'), Mode.HOLD, 'odom of base is silent'),
        (lambda body: body.trigger('estop'), Mode.STOP, ''),
    ],
    ids=['a joint', 'odometry', 'estop'],
)  # fmt: skip
def test_all_limbs_of_a_humanoid_move_and_then_stop(body, act, mode, cause):
    body.take()
    begin, up = body.report['limbs'], body.status.commanded.position + [0.0, 0.0, 0.05]
    # Not so far that a joint comes near its limit of speed: commands come when they come.
    turned = aim('torso', waist_yaw_joint=0.12, waist_roll_joint=0.0, waist_pitch_joint=0.15)
    pitch, yaw = begin['head']
    looking = aim('head', head_pitch_joint=pitch, head_yaw_joint=yaw - np.copysign(0.25, yaw))
    driven = drive(-0.2)

    def step():
        for send in (turned, looking, driven, lambda body: body.aim(up)):
            send(body)

    def moves():
        now = body.report['limbs']
        off = [np.subtract(now[name], begin[name]) for name in ('left', 'torso', 'head', 'base')]
        return min(np.abs(away).max() for away in off) > 0.05 and body.speeds['base'] > 0.3

    body.repeat(step, 0.02, moves, 'a limb rests')
    act(body)
    body.until(mode, cause)
    body.bench.until(lambda: max(body.speeds.values()) < 0.01, 'it moves on')
    body.holds()
    assert body.report['peak'] < 1.2
