import dataclasses

import numpy as np
import pytest

from vla_ros.core.data import SECOND, Pose
from vla_ros.robots.model import RobotModel
from vla_ros.tabletop.language.grammar import COLOURS
from vla_ros.tabletop.world import SimHardware, draw_layout
from vla_ros.tabletop.world.config import ServoConfig


@pytest.fixture
def hardware(scene):
    return SimHardware(scene, draw_layout(scene.config, np.random.default_rng(3)))


def hold(hardware, gripper, steps):
    model = RobotModel(hardware.scene.spec)
    for _ in range(steps):
        sample = hardware.read()
        model.update(sample.position, sample.velocity)
        hardware.write(model.bias - 5.0 * sample.velocity, gripper)
        hardware.step()


def test_it_starts_at_home_at_rest_and_open(hardware, spec):
    sample = hardware.read()
    np.testing.assert_allclose(sample.position, spec.home)
    np.testing.assert_allclose(sample.velocity, 0)
    assert sample.gripper == pytest.approx(spec.gripper.open)
    assert sample.stamp == 0


def test_a_step_is_a_millisecond(hardware):
    hold(hardware, 0.08, 25)
    assert hardware.read().stamp == 25 * SECOND // 1000


def test_the_model_of_the_control_law_holds_the_arm(hardware, spec):
    hold(hardware, 0.08, 300)
    np.testing.assert_allclose(hardware.read().position, spec.home, atol=2e-3)


def test_the_gripper_goes_where_it_is_told_both_fingers_alike(hardware):
    for opening in (0.0, 0.05, 0.08):
        hold(hardware, opening, 300)
        assert hardware.gripper == pytest.approx(opening, abs=1.5e-3)
        left, right = hardware.data.qpos[hardware.scene.arms[0].fingers_q]
        assert left == pytest.approx(right, abs=5e-4)


def test_reset_brings_everything_back(hardware, spec):
    before = hardware.qpos()
    hold(hardware, 0.0, 100)
    hardware.reset(hardware.layout)
    np.testing.assert_array_equal(hardware.qpos(), before)
    assert hardware.time == 0 and not hardware.qvel().any()
    hardware.reset(hardware.layout, spec.home + 0.1, 0.02)
    np.testing.assert_allclose(hardware.read().position, spec.home + 0.1)
    assert hardware.gripper == pytest.approx(0.02)


def test_the_world_state_agrees_with_kinematics_and_layout(hardware, spec):
    model = RobotModel(spec)
    world = hardware.world([(Pose(np.zeros(3), np.array([1.0, 0, 0, 0])), 0.08)])
    model.update(spec.home, np.zeros(spec.n))
    np.testing.assert_allclose(world.ee.position, model.position, atol=1e-9)
    np.testing.assert_allclose(world.bowl[:2], hardware.layout.bowl)
    np.testing.assert_allclose(world.zone[:2], hardware.layout.zone)
    for colour in COLOURS:
        present = colour in hardware.layout.present
        assert np.isfinite(world.cube(colour)).all() == present


def test_the_same_torques_give_the_same_motion(scene):
    layout = draw_layout(scene.config, np.random.default_rng(4))
    ends = []
    for _ in range(2):
        hardware = SimHardware(scene, layout)
        hold(hardware, 0.01, 200)
        ends.append(hardware.qpos())
    np.testing.assert_array_equal(*ends)


def servo(hardware, wanted, speed, steps):
    for _ in range(steps):
        hardware.move(wanted, speed, 0.08)
        hardware.step()
    return hardware.read().position.copy()


def test_the_servo_goes_where_it_is_sent_and_stays(hardware, spec):
    still, goal = np.zeros(spec.n), spec.home + 0.005
    path = np.array([servo(hardware, goal, still, 1) for _ in range(300)])
    np.testing.assert_allclose(path[-1], goal, atol=1e-6)
    assert (path <= goal + 1e-4).all()  # critically damped
    assert np.abs(path[60] - goal).max() < 1e-4  # 40 Hz


def test_the_servo_follows_a_moving_arm_closely(hardware, spec):
    rate, worst = 2 * np.pi * 0.5, 0.0
    for k in range(1500):
        wanted = spec.home + 0.15 * (1 - np.cos(rate * k * 1e-3))
        speed = np.full(spec.n, 0.15 * rate * np.sin(rate * k * 1e-3))
        worst = max(worst, np.abs(hardware.read().position - wanted).max())
        servo(hardware, wanted, speed, 1)
    assert worst < 1e-3


def test_the_servo_is_stiff(hardware, spec):
    still, tcp = np.zeros(spec.n), hardware.scene.arms[0].tcp
    servo(hardware, spec.home, still, 200)
    before = hardware.data.xpos[tcp].copy()
    hardware.data.xfrc_applied[tcp, :3] = (0.0, 20.0, 0.0)
    servo(hardware, spec.home, still, 500)
    assert 0 < np.linalg.norm(hardware.data.xpos[tcp] - before) < 5e-4


def test_the_servo_keeps_the_torque_limits(hardware, spec):
    hardware.move(spec.home + 1.0, np.zeros(spec.n), 0.08)
    for _ in range(20):
        hardware.step()
        sent = np.abs(hardware.data.ctrl[hardware.scene.arm_u])
        assert (sent <= spec.joint_array('torque')).all()


def test_torques_and_positions_may_alternate(hardware, spec):
    servo(hardware, spec.home, np.zeros(spec.n), 100)
    hold(hardware, 0.08, 50)
    hardware.write(np.zeros(spec.n), 0.08)
    hardware.step()
    assert not hardware.data.ctrl[hardware.scene.arm_u].any()
    np.testing.assert_allclose(servo(hardware, spec.home, np.zeros(spec.n), 300), spec.home,
                               atol=1e-4)  # fmt: skip


@pytest.mark.parametrize('spec', ['ur5e'], indirect=True)
def test_the_force_sensor_feels_the_tools_weight_and_no_steady_motion(hardware, spec):
    """Also where commands come more rarely than the physics steps: see PositionServo."""
    sensor, period = spec.force_sensor, 1 / spec.control_rate
    steps = round(period / hardware.scene.model.opt.timestep)
    assert steps > 1
    servo(hardware, spec.home, np.zeros(spec.n), 300)
    weight = hardware.read().wrench.copy()
    assert np.linalg.norm(weight[:3]) == pytest.approx(9.81 * sensor.tool_mass, rel=1e-3)
    expected = np.cross(sensor.tool_centre, weight[:3])
    np.testing.assert_allclose(weight[3:], expected, atol=0.01)
    speed, felt = np.r_[0.2, np.zeros(spec.n - 1)], []
    for k in range(300):
        hardware.move(spec.home + k * period * speed, speed, 0.08)
        hardware.step(steps)
        felt.append(hardware.read().wrench[:3].copy())
    centripetal = 0.2**2 * 0.6 * sensor.tool_mass  # N
    assert np.abs(np.mean(felt[-100:], axis=0) - weight[:3]).max() < 0.1 + centripetal


def test_a_servo_too_quick_for_the_physics_is_refused(scene):
    with pytest.raises(ValueError, match=r'servo.bandwidth: expected at most 0.1 / timestep'):
        dataclasses.replace(scene.config, servo=ServoConfig(150.0))
