"""The control node in front of a real robot's driver: its topics, played by the test."""

import time

from control_bench import ControlBench
from driver_bench import DriverBench
from geometry_msgs.msg import TwistStamped
import numpy as np
import pytest
from rclpy.action import ActionClient
from rclpy.node import Node
from sensor_msgs.msg import JointState
from standin import variant

from vla_ros.core.data import Mode
from vla_ros.robots import load_robot
from vla_ros.robots.model import RobotModel
from vla_ros.ros import convert, qos
from vla_ros.ros.convert.fields import header
from vla_ros_msgs.action import Execute
from vla_ros_msgs.srv import EndEpisode, ResetScene, SetInstruction


pytestmark = pytest.mark.realtime


FRANKA, UR5E = load_robot('franka'), load_robot('ur5e')
every_robot = pytest.mark.parametrize(
    'driver', [FRANKA, UR5E], ids=lambda s: s.name, indirect=True
)
franka = pytest.mark.parametrize('driver', [FRANKA], ids=['franka'], indirect=True)
ur5e = pytest.mark.parametrize('driver', [UR5E], ids=['ur5e'], indirect=True)


@pytest.fixture
def driver(bench, request):
    return DriverBench(bench, request.param)


def tcp(driver):
    """Return where the last command, joint positions, brings the tcp."""
    model = RobotModel(driver.spec)
    model.update(np.array(driver.commands[-1].data), np.zeros(driver.spec.n))
    return model.position.copy()


@franka
def test_a_robot_that_holds_its_own_weight_is_sent_the_rest(driver):
    driver.bench.until(lambda: driver.statuses, 'no status')
    assert not driver.commands  # nothing is measured yet, nothing is sent
    driver.feed(lambda: len(driver.commands) > 20, 'no efforts')
    assert np.abs(driver.model.gravity).max() > 10.0
    np.testing.assert_allclose(driver.commands[-1].data, np.zeros(7), atol=0.5)


def test_efforts_hold_the_arm_against_gravity_where_the_robot_does_not(bench, tmp_path):
    driver = DriverBench(bench, FRANKA, variant(tmp_path, gravity='effort'))
    driver.feed(lambda: len(driver.commands) > 20, 'no efforts')
    np.testing.assert_allclose(driver.commands[-1].data, driver.model.gravity, atol=0.5)


@ur5e
def test_positions_hold_the_arm_where_it_is(driver):
    driver.bench.until(lambda: driver.statuses, 'no status')
    assert not driver.commands
    driver.feed(lambda: len(driver.commands) > 50, 'no positions')
    assert len(driver.commands[-1].data) == 6
    np.testing.assert_allclose(driver.commands[-1].data, UR5E.home, atol=1e-4)


@every_robot
def test_a_state_has_what_the_driver_measures_and_is_sent(driver):
    felt, process = driver.bench.listen(qos.EXTERNAL_WRENCH), driver.bench.node._arm
    driver.feed(lambda: process.state() is not None, 'no state')
    assert np.isnan(process.state().state.effort).all()
    driver.effort = {name: float(i) for i, name in enumerate(driver.spec.joint_names)}
    names = sorted(driver.position)
    driver.feed(
        lambda: np.isfinite(process.state().state.effort).all() and felt, 'no efforts', names
    )
    state = process.state().state
    np.testing.assert_array_equal(state.effort, np.arange(driver.spec.n))
    assert np.abs(state.wrench).max() < 5.0  # N and Nm, nothing touches it
    sent = driver.spec.home if driver.spec is UR5E else state.position
    np.testing.assert_allclose(state.commanded_position, sent, atol=1e-4)
    assert np.isfinite(list(vars_of(felt[-1].wrench))).all()


def vars_of(wrench):
    for part in (wrench.force, wrench.torque):
        yield from (part.x, part.y, part.z)


@every_robot
def test_before_a_whole_state_has_come_nothing_is_believed_and_nothing_sent(driver):
    """Above all not a message without names: nobody has said an order yet."""
    driver.bench.until(lambda: driver.statuses, 'no status')
    topic, before = qos.joint_states(driver.spec.driver.joint_states), len(driver.statuses)

    def empty():
        message = JointState()
        message.header.stamp = convert.to_time(time.time_ns())
        driver.bench.send(topic, message)

    driver.repeat(empty, 0.01, lambda: len(driver.statuses) > before + 3, 'no status')
    assert not driver.commands and driver.bench.node._arm.unheard == [0]
    driver.feed(lambda: len(driver.commands) > 20, 'no commands')
    held = np.zeros(7) if driver.spec is FRANKA else driver.spec.home
    np.testing.assert_allclose(driver.commands[0].data, held, atol=0.5)


MOVED = 0.6  # rad


def move(driver):
    driver.position['shoulder_pan_joint'] += MOVED
    driver.commands.clear()


def lead(driver):
    """Move as another controller does, seen all the while; by 1 rad/s."""
    there = driver.position['shoulder_pan_joint'] + MOVED

    def step():
        driver.position['shoulder_pan_joint'] += 0.01
        driver.joints()

    driver.repeat(step, 0.01, lambda: driver.position['shoulder_pan_joint'] >= there, '')
    driver.commands.clear()


def silent(driver):
    driver.bench.until(lambda: driver.status.mode is Mode.HOLD, 'it does not notice')
    move(driver)


def inactive(driver):
    node = driver.bench.node
    assert node.trigger_deactivate().name == 'SUCCESS'
    driver.repeat(lambda: None, 0.05, driver.quiet, 'it is commanded on')  # its last has come
    lead(driver)
    known = lambda: node._arm.state()  # noqa: E731
    there = driver.position['shoulder_pan_joint']
    driver.feed(lambda: known() and known().state.position[0] == there, 'it does not see')
    assert not driver.commands
    assert node.trigger_activate().name == 'SUCCESS'


@ur5e
@pytest.mark.parametrize('away', [silent, inactive])
def test_an_arm_that_was_moved_meanwhile_is_commanded_where_it_is(driver, away):
    driver.feed(lambda: len(driver.commands) > 20, 'no positions')
    away(driver)
    driver.feed(lambda: len(driver.commands) > 20, 'no positions')
    there = [driver.position[name] for name in UR5E.joint_names]
    for command in driver.commands:
        np.testing.assert_allclose(command.data, there, atol=1e-3)


def first_joint(driver):
    return driver.spec.joint_names[0]


@every_robot
def test_a_joint_that_jumps_is_not_followed_and_taken_up_once_it_is_steadily_there(driver):
    driver.feed(lambda: len(driver.commands) > 20, 'no commands')
    driver.position[first_joint(driver)] += 1.0
    driver.feed(lambda: driver.status.mode is Mode.HOLD, 'it is believed')
    words = f'{first_joint(driver)} jumped from '
    assert words in driver.status.cause and 'publisher' not in driver.status.cause
    before = len(driver.commands)
    there = lambda: abs(driver.bench.node._arm.state().state.position[0] - q) < 1e-6  # noqa: E731
    q = driver.position[first_joint(driver)]
    known = lambda: driver.bench.node._arm.state() is not None  # noqa: E731
    driver.feed(lambda: known() and there() and len(driver.commands) > before + 60, 'it is lost')
    if driver.spec is UR5E:  # as far as it is commanded, where it was or where it is
        for command in driver.commands:
            away = np.abs(np.array(command.data) - UR5E.home)
            assert away[1:].max() < 1e-2 and min(away[0], abs(away[0] - 1.0)) < 1e-2
    else:
        np.testing.assert_allclose(driver.commands[-1].data, np.zeros(7), atol=5.0)
    assert driver.status.mode is Mode.HOLD and words in driver.status.cause
    assert driver.trigger('reset').success
    driver.feed(lambda: driver.status.mode is Mode.IDLE, 'it is not let go')


@pytest.fixture
def impostor(bench):
    node = Node('impostor', context=bench.context)
    yield node
    node.destroy_node()


@ur5e
def test_two_publishers_of_the_joints_are_named_and_the_second_not_followed(driver, impostor):
    driver.feed(lambda: len(driver.commands) > 20, 'no positions')
    topic = qos.joint_states(driver.spec.driver.joint_states)
    second = impostor.create_publisher(topic.type, topic.name, topic.qos)

    def both():
        driver.joints()
        names = list(driver.position)
        zeros = JointState(name=names, position=[0.0] * len(names), velocity=[0.0] * len(names))
        zeros.header.stamp = convert.to_time(time.time_ns())
        second.publish(zeros)

    words = 'joint_states: expected one publisher, got /impostor and /tester'
    driver.repeat(both, 0.03, lambda: words in driver.status.cause, 'it is not named')
    assert driver.status.mode is Mode.HOLD and 'jumped from' in driver.status.cause
    before = len(driver.commands)
    driver.repeat(both, 0.03, lambda: len(driver.commands) > before + 20, 'it is not held')
    for command in driver.commands:
        np.testing.assert_allclose(command.data, UR5E.home, atol=1e-3)
    impostor.destroy_publisher(second)
    driver.feed(lambda: words not in driver.status.cause, 'it is still named')
    assert driver.trigger('reset').success
    driver.feed(lambda: driver.status.mode is Mode.IDLE, 'it is not let go')


@ur5e
def test_an_arm_that_stands_while_it_is_led_is_held_with_the_joint_and_the_figures(driver):
    """Joint states go on, fresh and still: what is commanded may not run away."""
    driver.feed(lambda: len(driver.commands) > 20, 'no positions')
    assert driver.trigger('takeover').success
    driver.feed(lambda: driver.status.mode is Mode.TAKEOVER, 'it is not taken over')

    def lead():
        message = TwistStamped(header=header(driver.bench.node.now, UR5E.base_frame))
        message.twist.linear.y = 0.05
        driver.bench.send(qos.TARGET_TWIST, message)
        driver.joints()

    held = lambda: driver.status.mode is Mode.HOLD  # noqa: E731
    driver.repeat(lead, 0.01, held, 'it is not seen')
    assert 'does not follow: commanded ' in driver.status.cause, driver.status.cause
    assert driver.status.cause.split()[0] in UR5E.joint_names
    assert max(np.abs(np.subtract(m.data, UR5E.home)).max() for m in driver.commands) < 0.2
    before = len(driver.commands)
    driver.feed(lambda: len(driver.commands) > before + 30, 'no positions')
    np.testing.assert_allclose(driver.commands[-1].data, UR5E.home, atol=1e-3)
    assert driver.trigger('reset').success


@every_robot
def test_joint_names_may_come_in_any_order(driver):
    names = ['some_rail', *list(driver.position)[::-1]]
    driver.position['some_rail'] = 1.0
    driver.feed(lambda: len(driver.commands) > 10, 'no commands', names=names)
    measured = driver.status.measured.position
    np.testing.assert_allclose(measured, driver.model.position, atol=1e-3)
    held = np.zeros(7) if driver.spec is FRANKA else driver.spec.home
    np.testing.assert_allclose(driver.commands[-1].data, held, atol=0.5)


@every_robot
@pytest.mark.parametrize('left', [1, None], ids=['one', 'all'])
def test_with_a_joint_missing_nothing_is_commanded_and_the_arm_holds(driver, left):
    driver.feed(lambda: driver.commands, 'no commands')
    whole = list(driver.position)
    names = whole[left:] if left else ['a', 'b']
    driver.position |= dict.fromkeys(('a', 'b'), 0.0)
    answer = driver.bench.call(SetInstruction, 'set_instruction', instruction='pick up a cube')
    assert answer.accepted or 'stale' in answer.reason
    driver.feed(lambda: driver.status.mode in (Mode.HOLD, Mode.STOP), 'it goes on', names)
    assert 'joint' in driver.status.cause
    # What it has braked with has left; a driver that comes back finds nothing of before.
    driver.repeat(lambda: driver.joints(names), 0.05, driver.quiet, 'it is commanded on')
    # The driver is back: a person has to say that it goes on.
    driver.feed(lambda: driver.commands, 'no commands', whole)
    assert driver.trigger('reset').success


@pytest.mark.parametrize('end', ['silence', 'deactivate', 'jump'])
def test_velocities_end_with_zero(bench, tmp_path, end):
    other = {'command_type': 'velocity', 'stale_after': 0.5}  # longer than a service takes
    driver = DriverBench(bench, UR5E, variant(tmp_path, 'ur5e', **other))
    driver.feed(lambda: len(driver.commands) > 20, 'no commands')
    assert driver.trigger('takeover').success
    driver.feed(lambda: driver.status.mode is Mode.TAKEOVER, 'it is not taken over')

    def lead():
        message = TwistStamped(header=header(bench.node.now, UR5E.base_frame))
        message.twist.linear.y = 0.1
        bench.send(qos.TARGET_TWIST, message)
        driver.joints()

    fast = lambda: np.abs(driver.commands[-1].data).max() > 0.05  # noqa: E731
    driver.repeat(lead, 0.01, fast, 'it does not move')
    if end == 'deactivate':
        bench.node.trigger_deactivate()
    elif end == 'jump':
        driver.position['elbow_joint'] += 1.0
        still = lambda: not np.abs(driver.commands[-1].data).max() > 1e-3  # noqa: E731
        driver.feed(still, 'it drives on', timeout=3.0)
    bench.until(lambda: not np.abs(driver.commands[-1].data).max() > 1e-3, 'it drives on', 3.0)


@ur5e
def test_a_push_on_the_force_sensor_moves_the_arm_by_force_over_stiffness(driver):
    driver.feed(lambda: len(driver.commands) > 20, 'no positions')
    driver.reading = driver.weight((0.0, 12.0, 0.0))
    goal = driver.model.position + [0.0, 12.0 / 600.0, 0.0]
    driver.feed(lambda: np.abs(tcp(driver) - goal).max() < 1e-3, 'it does not give way')
    driver.reading = driver.weight()
    driver.feed(
        lambda: np.abs(driver.commands[-1].data - UR5E.home).max() < 2e-3, 'it does not come back'
    )


@ur5e
def test_without_a_fresh_wrench_the_arm_holds_until_a_person_resets_it(driver):
    driver.feed(lambda: len(driver.commands) > 20, 'no positions')
    assert driver.bench.call(
        SetInstruction, 'set_instruction', instruction='pick up a cube'
    ).accepted
    driver.feed(lambda: driver.status.mode is not Mode.IDLE, 'it does not begin')
    driver.reading = None
    driver.feed(lambda: 'force sensor: no reading' in driver.status.cause, 'it goes on')
    assert driver.status.mode is Mode.HOLD
    before = len(driver.commands)
    driver.feed(
        lambda: len(driver.commands) > before + 30, 'no positions'
    )  # it is held, not let go
    np.testing.assert_allclose(driver.commands[-1].data, UR5E.home, atol=1e-3)
    driver.reading = driver.weight()
    driver.feed(lambda: len(driver.commands) > before + 60, 'no positions')
    assert driver.status.mode is Mode.HOLD
    assert driver.trigger('reset').success


@ur5e
@pytest.mark.parametrize('bad', [np.nan, np.inf])
def test_a_wrench_that_is_not_finite_counts_as_silence(driver, bad):
    driver.feed(lambda: len(driver.commands) > 20, 'no positions')
    driver.reading = np.r_[0.0, 0.0, bad, 0.0, 0.0, 0.0]
    driver.feed(lambda: 'force sensor: no reading' in driver.status.cause, 'it goes on')
    np.testing.assert_allclose(driver.commands[-1].data, UR5E.home, atol=1e-3)


def test_an_instruction_that_waits_for_a_driver_says_for_which(bench, capfd):
    ControlBench(bench, sim='none', robot='aloha', instruction='pick up a cube')
    said = []

    def heard():
        said.append(capfd.readouterr().err)
        return "nothing came on ['left/joint_states', 'right/joint_states']" in ''.join(said)

    bench.until(heard, lambda: ''.join(said))


@every_robot
def test_an_instruction_without_a_time_limit_succeeds_when_someone_says_so(driver):
    bench = driver.bench
    driver.feed(lambda: len(driver.commands) > 20, 'nothing is commanded')
    client = ActionClient(bench.tester, Execute, 'execute')
    driver.feed(client.server_is_ready, 'no action server')
    sent = client.send_goal_async(Execute.Goal(instruction='fold the towel', timeout=0.0))
    driver.feed(sent.done, 'no answer')
    result = sent.result().get_result_async()
    driver.feed(
        lambda: result.done() or driver.status.instruction == 'fold the towel', 'it does not begin'
    )
    before = len(driver.commands)
    driver.feed(lambda: len(driver.commands) > before + 30, 'it is not held')
    assert not result.done(), result.result()
    ending = bench.tester.create_client(EndEpisode, 'end_episode')
    driver.feed(ending.service_is_ready, 'no service end_episode')
    answer = ending.call_async(EndEpisode.Request(outcome='success', reason='folded'))
    driver.feed(answer.done, 'no answer')
    assert answer.result().accepted
    driver.feed(result.done, 'no result')
    result = result.result().result
    assert result.success and result.reason == 'folded'
    driver.feed(lambda: driver.status.mode is Mode.IDLE, 'it does not rest')
    answer = bench.call(ResetScene, 'reset_scene', family='pick', seed=1)
    assert not answer.success and answer.message == 'this robot is not simulated'
