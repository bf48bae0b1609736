"""The limbs behind the stand-in driver: what each kind does with what it is sent."""

import math

import numpy as np

from vla_ros.core.rotations import matrix_from_quat, quat_from_matrix
from vla_ros.robots.model import RobotModel


LOOKAHEAD = 0.03  # s, in which a robot that is sent positions goes to the last, as servoj does
SERVO = 1.1  # times the limits of speed that we keep: those of the servos themselves
PATIENCE = 0.5  # s after its last twist at which a drive stops by itself, as drive controllers do


class Compliance:
    """A Cartesian impedance as labs run it in the robot's own control loop, 1 kHz.

    tau = J^T (K e - D x') + a spring of the posture in the null space + Coriolis + gravity; the
    wanted pose is filtered by 20 ms.
    """

    STIFFNESS = np.array([1500.0] * 3 + [60.0] * 3)  # N/m, Nm/rad
    DAMPING = np.array([70.0] * 3 + [6.0] * 3)  # N s/m, Nm s/rad
    FILTER = 0.02  # s

    def __init__(self, spec, timestep):
        self.model, self.spec, self.share = RobotModel(spec), spec, timestep / self.FILTER
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
        self.position += self.share * (position - self.position)
        self.quaternion += self.share * (nearer - self.quaternion)
        self.quaternion /= math.sqrt(self.quaternion @ self.quaternion)
        turn = matrix_from_quat(self.quaternion) @ model.rotation.T
        axis = turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]
        error = np.concatenate([self.position - model.position, 0.5 * np.array(axis)])
        jacobian = model.jacobian
        wrench = self.STIFFNESS * error - self.DAMPING * model.twist
        posture = 10.0 * (self.spec.home - q) - 2.0 * dq
        wrench -= np.linalg.solve(jacobian @ jacobian.T, jacobian @ posture)  # null space only
        return jacobian.T @ wrench + posture + model.coriolis + model.gravity


class JointGroup:
    """Joints that take positions, smoothly: they come when they come."""

    fingers = ()

    def __init__(self, spec, limb, timestep):
        self.spec, self.limb, self.timestep = spec, limb, timestep
        self.fastest = spec.joint_array('velocity')
        self.reset()

    def reset(self):
        """Begin where the joints are."""
        self.position = self.limb.read().position.copy()
        self.velocity = np.zeros(self.spec.n)
        self.goal = self.position.copy()
        self.asked = 0.0  # greatest share of a joint's speed limit that positions have asked for

    def aim(self, positions):
        """Take positions without velocities."""
        self.goal = positions

    def track(self, positions, velocities):
        """Take positions that are passed with velocities."""
        self.aim(positions)

    def follow(self):
        asked = (self.goal - self.position) / LOOKAHEAD
        self.asked = max(self.asked, float(np.abs(asked / self.fastest).max()))
        # A servo has limits of its own: it does not leap after a command that came late.
        most = SERVO * self.fastest
        self.velocity = np.minimum(np.maximum(asked, -most), most)
        self.position = self.position + self.timestep * self.velocity

    def step(self):
        """Command the physics for a timestep."""
        self.follow()
        self.limb.move(self.position, self.velocity)

    @property
    def where(self):
        return self.limb.read().position

    @property
    def speed(self):
        """The greatest share of a joint's speed limit."""
        return float(np.abs(self.limb.read().velocity / self.fastest).max())


class Arm(JointGroup):
    """Takes one of the command types, and openings of its gripper."""

    def reset(self):
        super().reset()
        self.fingers = self.spec.gripper.joints
        self.gripper, self.torque = self.spec.gripper.open, None
        self.compliance = None
        # libfranka and its like add gravity's torque to what they are sent.
        self.weight = RobotModel(self.spec) if self.spec.driver.gravity == 'robot' else None
        if self.spec.driver.command_type == 'pose':
            self.compliance = Compliance(self.spec, self.timestep)

    def track(self, positions, velocities):
        self.position, self.velocity = positions, velocities

    def _carried(self):
        """Return the torque (n,) Nm that the robot adds by itself."""
        if self.weight is None:
            return 0.0
        sample = self.limb.read()
        self.weight.update(sample.position, sample.velocity)
        return self.weight.gravity

    def step(self):
        limb, kind = self.limb, self.spec.driver.command_type
        if kind == 'pose':
            sample = limb.read()
            limb.write(self.compliance.torque(sample.position, sample.velocity), self.gripper)
        elif kind == 'effort' and self.torque is not None:
            limb.write(self.torque + self._carried(), self.gripper)
        else:
            if kind == 'velocity':
                self.position = self.position + self.timestep * self.velocity
            elif kind == 'position':
                self.follow()
            limb.move(self.position, self.velocity, self.gripper)


class Drive:
    """Takes twists; it stops by itself when none comes."""

    asked = 0.0  # as for other limbs: a twist is a speed, and is measured

    def __init__(self, spec, limb, timestep):
        self.spec, self.limb, self.timestep = spec, limb, timestep
        self.fastest = spec.joint_array('velocity')
        self.reset()

    def reset(self):
        self.twist, self.left = np.zeros(3), 0.0  # s for which the twist is kept up

    def go(self, twist):
        self.twist, self.left = twist, PATIENCE

    def step(self):
        self.left -= self.timestep
        self.limb.drive(self.twist if self.left > 0 else np.zeros(3))

    @property
    def where(self):
        return self.limb.read().pose

    @property
    def speed(self):
        """The greatest share of a limit of speed."""
        return float(np.abs(self.limb.read().twist / self.fastest).max())


KINDS = {'arm': Arm, 'joint_group': JointGroup, 'mobile_base': Drive}
