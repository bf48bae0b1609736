"""The control law and its gains as parameters of the running control node."""

from control_bench import ControlBench, shared
import pytest
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import DescribeParameters, ListParameters, SetParameters

from vla_ros.core.data import Mode


pytestmark = pytest.mark.realtime


pytest.importorskip('mujoco')


class Tuned(ControlBench):
    """The node, whose parameters change."""

    def __init__(self, bench):
        super().__init__(bench)
        bench.until(lambda: self.statuses, 'nothing is published')

    def set(self, name, value):
        """Set a parameter as `ros2 param set` does; return '' or why it is refused."""
        if isinstance(value, str):
            given = ParameterValue(type=ParameterType.PARAMETER_STRING, string_value=value)
        else:
            given = ParameterValue(type=ParameterType.PARAMETER_DOUBLE, double_value=value)
        answer = self.bench.call(
            SetParameters, 'tested/set_parameters', parameters=[Parameter(name=name, value=given)]
        )
        (result,) = answer.results
        assert result.successful == (not result.reason)
        return result.reason

    def gains(self):
        answer = self.bench.call(ListParameters, 'tested/list_parameters', prefixes=['gains'])
        return {name.removeprefix('gains.') for name in answer.result.names}


@pytest.fixture(scope='module')
def running():
    yield from shared(Tuned)


@pytest.fixture
def tuned(running):
    assert running.set('law', 'franka_impedance') == ''
    running.bench.until(lambda: 'k_pos' in running.gains())
    return running


def test_a_gain_changes_and_the_arm_stays(tuned):
    before = tuned.status.measured.position
    assert tuned.set('gains.k_pos', 300.0) == ''
    tuned.bench.spin(0.3)
    assert abs(tuned.status.measured.position - before).max() < 1e-3


def test_every_gain_says_its_range(tuned):
    names = [f'gains.{name}' for name in sorted(tuned.gains())]
    answer = tuned.bench.call(DescribeParameters, 'tested/describe_parameters', names=names)
    told = {d.name: d.additional_constraints for d in answer.descriptors}
    assert told['gains.k_pos'] == 'k_pos: expected 0..5000 N/m'
    assert len(told) > 10 and all('expected ' in text for text in told.values())


@pytest.mark.parametrize(
    ('name', 'value', 'cause'),
    [
        ('gains.k_pos', -1.0, 'k_pos: expected 0..5000 N/m'),
        ('gains.k_pos', 1e6, 'k_pos: expected 0..5000 N/m'),
        ('gains.k_pos', float('nan'), 'expected a finite number'),
        ('law', 'franka_nonsense', 'franka_nonsense'),
        # Accepted, it would not be heeded before the node is configured anew.
        ('twist_timeout', 0.2, 'twist_timeout: it is read by configure'),
        ('robot', 'ur5e', 'robot: it is read by configure'),
    ],
)
def test_what_cannot_be_a_gain_or_a_law_is_refused_with_its_cause(tuned, name, value, cause):
    assert cause in tuned.set(name, value)
    assert tuned.status.mode is Mode.IDLE


def test_another_law_brings_its_own_gains(tuned):
    assert tuned.set('law', 'franka_joint_impedance') == ''
    tuned.bench.until(lambda: 'stiffness' in tuned.gains(), 'no gains of the new law')
    assert 'k_pos' not in tuned.gains()


def test_a_law_of_motion_is_taken_over_at_rest(tuned):
    assert tuned.set('law', 'franka_joint_servo') == ''
    tuned.bench.spin(0.3)
    before = tuned.status.measured.position
    tuned.bench.spin(0.3)
    assert abs(tuned.status.measured.position - before).max() < 1e-3
    assert tuned.trigger('hold').success
    tuned.until(Mode.HOLD)
    assert tuned.trigger('reset').success


def test_a_robot_without_a_force_sensor_says_so(tuned):
    answer = tuned.trigger('tare')
    assert not answer.success and 'no force sensor' in answer.message
