"""The robot behind the stand-in driver: MuJoCo, and what a robot does with its commands."""

import math

import numpy as np

from vla_ros.data import Pose
from vla_ros.geometry import matrix_from_quat, quat_from_matrix
from vla_ros.pipeline.simulated import Scenes
from vla_ros.robots.model import RobotModel
from vla_ros.sim.hardware import SimHardware
from vla_ros.sim.scene import Scene
from vla_ros.sim.tasks import Progress


DT = 0.001  # s of physics
LOOKAHEAD = 0.03  # s, in which a robot that is sent positions goes to the last, as servoj does


class Compliance:
    """A Cartesian impedance as labs run it in the robot's own control loop, 1 kHz.

    tau = J^T (K e - D x') + a spring of the posture in the null space + Coriolis + gravity; the
    wanted pose is filtered by 20 ms.
    """

    STIFFNESS = np.array([1500.0] * 3 + [60.0] * 3)  # N/m, Nm/rad
    DAMPING = np.array([70.0] * 3 + [6.0] * 3)  # N s/m, Nm s/rad
    FILTER = DT / 0.02

    def __init__(self, spec):
        self.model, self.spec = RobotModel(spec), spec
        self.position = self.model.position.copy()
        self.quaternion = quat_from_matrix(self.model.rotation)
        self.wanted = self.position.copy(), self.quaternion.copy()

    def aim(self, position, quaternion):
        self.wanted = position, quaternion

    def torque(self, q, dq):
        model = self.model
        model.update(q, dq)
        position, quaternion = self.wanted
        nearer = quaternion if quaternion @ self.quaternion >= 0 else -quaternion
        self.position += self.FILTER * (position - self.position)
        self.quaternion += self.FILTER * (nearer - self.quaternion)
        self.quaternion /= math.sqrt(self.quaternion @ self.quaternion)
        turn = matrix_from_quat(self.quaternion) @ model.rotation.T
        axis = turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]
        error = np.concatenate([self.position - model.position, 0.5 * np.array(axis)])
        jacobian = model.jacobian
        wrench = self.STIFFNESS * error - self.DAMPING * model.twist
        posture = 10.0 * (self.spec.home - q) - 2.0 * dq
        wrench -= np.linalg.solve(jacobian @ jacobian.T, jacobian @ posture)  # null space only
        return jacobian.T @ wrench + posture + model.coriolis + model.gravity


class Robot:
    """Physics that takes one of the command types a step at a time."""

    def __init__(self, spec, family, seed):
        self.spec, self.family, self.seed = spec, family, seed
        self.fastest = spec.joint_array('velocity')
        scene = Scene(spec)
        self.scenes = Scenes(spec, scene.config)
        self.hardware = SimHardware(scene, self.scenes.layout(family, seed))
        self.compliance = Compliance(spec) if spec.driver.command_type == 'pose' else None
        self.reset()

    def reset(self):
        """Begin again, as laid out."""
        self.hardware.reset(self.scenes.layout(self.family, self.seed))
        spec, self.gripper = self.spec, self.spec.gripper.open
        request = self.scenes.request(self.family, self.seed)
        self.progress = Progress(self.scenes.task(self.family), request, np.inf)
        self.torque = None
        self.position, self.velocity = np.array(spec.home), np.zeros(spec.n)
        self.goal = self.position.copy()
        self.peak = 0.0  # greatest share of a joint's speed limit so far
        if self.compliance is not None:
            self.compliance.__init__(spec)

    def aim(self, positions):
        """Take positions without velocities: smoothly, for they come when they come."""
        self.goal = positions

    def step(self):
        """Let a millisecond pass."""
        hardware, sample = self.hardware, self.hardware.read()
        kind = self.spec.driver.command_type
        if kind == 'pose':
            torque = self.compliance.torque(sample.position, sample.velocity)
            hardware.write(torque, self.gripper)
        elif kind == 'effort' and self.torque is not None:
            hardware.write(self.torque, self.gripper)
        else:
            if kind == 'velocity':
                self.position = self.position + DT * self.velocity
            elif kind == 'position':
                self.velocity = (self.goal - self.position) / LOOKAHEAD
                self.position = self.position + DT * self.velocity
            hardware.move(self.position, self.velocity, self.gripper)
        hardware.step()
        self.peak = max(self.peak, float(np.abs(sample.velocity / self.fastest).max()))

    def judge(self):
        """Return what the world looks like, with the task's own test of success."""
        here = Pose(np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]))
        world = self.hardware.world([(here, self.gripper)])
        self.progress.update(world)
        return {
            'success': bool(self.progress.success),
            'tcp': world.hands[0].ee.position.tolist(),
            'position': self.hardware.read().position.tolist(),
            'peak': self.peak,
            'gripper': self.hardware.gripper,
        }
