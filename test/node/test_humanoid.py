"""The humanoid's control node with its simulation: what is published of every limb."""

import math

from control_bench import shared
import numpy as np
import pytest

from vla_ros.core.data import Mode
from vla_ros.ros import qos
from vla_ros_msgs.srv import ResetScene, SetInstruction


pytest.importorskip('mujoco')
pytest.importorskip('nav_msgs')
from humanoid_bench import ROBOT, TORSO, HumanoidBench  # noqa: E402

from vla_ros.ros.convert.odometry import odometry_from_msg  # noqa: E402


pytestmark = pytest.mark.realtime


class Simulated(HumanoidBench):
    """The node, with what it publishes in place of drivers."""

    def __init__(self, bench):
        self.states = bench.listen(qos.JOINT_STATES)
        self.odoms = bench.listen(qos.odom('odom'))
        super().__init__(bench)
        bench.until(lambda: self.heard and self.states and self.odoms, 'a limb is silent', 30.0)

    @property
    def measured(self):
        """Joint positions by name, of the last message."""
        message = self.states[-1]
        return dict(zip(message.name, message.position, strict=True))

    @property
    def odometry(self):
        """Pose and twist, (3,) each."""
        return odometry_from_msg(self.odoms[-1], ROBOT.limbs[-1])[1:]


@pytest.fixture(scope='module')
def made():
    yield from shared(Simulated)


@pytest.fixture
def running(made):
    made.rest()
    assert made.bench.call(ResetScene, 'reset_scene', seed=3).success
    answer = made.bench.call(SetInstruction, 'set_instruction', instruction='look around')
    assert answer.accepted
    made.until(Mode.RUN)
    return made


def test_the_joints_of_every_limb_are_published(made):
    fingers = [name for arm in ROBOT.arms for name in arm.gripper.joints]
    assert sorted(made.measured) == sorted([*ROBOT.joint_names, *fingers])
    for name, home in zip(ROBOT.joint_names, ROBOT.home, strict=True):
        assert made.measured[name] == pytest.approx(home, abs=0.01), name


def test_postures_and_drives_have_the_topics_that_are_theirs(made):
    found = dict(made.bench.tester.get_topic_names_and_types())
    for limb in ROBOT.limbs[TORSO:]:
        own = {name.removeprefix(f'/{limb.name}/') for name in found if f'/{limb.name}/' in name}
        assert own == (
            {'commanded_twist', 'target_twist'}
            if limb.kind == 'mobile_base'
            else {'commanded_joints', 'target_joint'}
        )
    parameters = made.bench.node.get_parameters_by_prefix('head')
    assert not parameters and made.bench.node.has_parameter('left.law')


def test_a_chunk_drives_and_turns_the_head(running):
    before, _ = running.odometry
    yaw = running.row[20]  # a scene may begin with the head turned away
    running.offer(running.row, twist=(-0.2, 0.0, 0.0), yaw_rate=0.3, horizon=30)
    running.bench.until(lambda: running.odometry[0][0] < before[0] - 0.1, 'it does not drive')
    looks = lambda: running.measured['head_yaw_joint'] > yaw + 0.2  # noqa: E731
    running.bench.until(looks, lambda: f'it does not look: {running.status}')
    assert running.measured['base_x'] < before[0] - 0.09
    assert running.odometry[1][0] == pytest.approx(-0.2, abs=0.02)
    assert running.trigger('hold').success
    running.bench.until(lambda: abs(running.odometry[1][0]) < 1e-3, 'it does not stop')
    assert running.row[19:21] == pytest.approx(
        [running.measured['head_pitch_joint'], running.measured['head_yaw_joint']], abs=0.02
    )


def test_a_scene_reset_puts_it_back(running):
    running.offer(running.row, twist=(-0.2, 0.0, 0.0), horizon=30)
    running.bench.until(lambda: running.odometry[0][0] < -0.1, 'it does not drive')
    running.rest()
    assert running.bench.call(ResetScene, 'reset_scene', seed=4).success
    running.bench.until(lambda: math.hypot(*running.odometry[0][:2]) < 0.05, 'it is not put back')
    assert not np.any(running.odometry[1] > 0.01)
