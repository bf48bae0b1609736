"""From home, each hand reaches its workspace without a jump and far from singularities."""

import itertools

import numpy as np
import pinocchio as pin
import pytest

from vla_ros.core.paths import share_dir


STEPS, ROUNDS = 25, 12
INSET = 0.03  # rad short of the joints' limits
DOWN = np.diag([1.0, -1.0, -1.0])
VIPERX = ('waist', 'shoulder', 'elbow', 'forearm_roll', 'wrist_angle', 'wrist_rotate')
WAIST = ('waist_yaw_joint', 'waist_roll_joint', 'waist_pitch_joint')
ARM = ('shoulder_pitch', 'shoulder_roll', 'shoulder_yaw', 'elbow')
WRIST = ('wrist_roll', 'wrist_pitch', 'wrist_yaw')


def tilted(angle, yaw=0.0):
    """Return the tcp axes of a hand that points down, turned outwards by `angle`."""
    return DOWN @ pin.rpy.rpyToMatrix(0, angle, 0) @ pin.rpy.rpyToMatrix(0, 0, yaw)


class Reach:
    """Damped least squares along straight lines, as a controller would follow them."""

    def __init__(self, robot, tcp, joints, home):
        full = pin.buildModelFromUrdf(str(share_dir() / 'urdf' / f'{robot}.urdf'))
        q = pin.neutral(full)
        for name, value in home.items():
            q[full.joints[full.getJointId(name)].idx_q] = value
        locked = [full.getJointId(name) for name in list(full.names)[1:] if name not in joints]
        self.model = pin.buildReducedModel(full, locked, q)
        self.data, self.frame = self.model.createData(), self.model.getFrameId(tcp)
        self.home = np.array([home.get(name, 0.0) for name in list(self.model.names)[1:]])
        self.low = self.model.lowerPositionLimit + INSET
        self.high = self.model.upperPositionLimit - INSET
        light = [0.3 if name in WAIST else 1.0 for name in list(self.model.names)[1:]]
        self.weight = np.array(light)

    def pose(self, q):
        pin.forwardKinematics(self.model, self.data, q)
        return pin.updateFramePlacement(self.model, self.data, self.frame).copy()

    def jacobian(self, q):
        pin.computeJointJacobians(self.model, self.data, q)
        pin.updateFramePlacement(self.model, self.data, self.frame)
        return pin.getFrameJacobian(self.model, self.data, self.frame, pin.LOCAL)

    def step(self, q, target):
        error = pin.log6(self.pose(q).actInv(target)).vector
        jacobian, weight = self.jacobian(q), self.weight.copy()
        for _ in range(3):
            inverse = weight[:, None] * jacobian.T
            inverse = inverse @ np.linalg.inv(jacobian @ inverse + 1e-6 * np.eye(6))
            pull = 0.05 * weight * (self.home - q)
            move = inverse @ (error - jacobian @ pull) + pull
            out = (q >= self.high - 1e-3) & (move > 0) | (q <= self.low + 1e-3) & (move < 0)
            if not (weight[out] > 0).any():
                break
            weight[out] = 0
        move *= min(1, 0.1 / max(1e-9, np.abs(move).max()))
        return np.clip(q + move, self.low, self.high)

    def go(self, target):
        """Return the error at the target and the greatest condition number on the way."""
        q, start, worst = self.home.copy(), self.pose(self.home), 0.0
        turn = pin.log3(target.rotation @ start.rotation.T)
        way = target.translation - start.translation
        for share in np.arange(1, STEPS + 1) / STEPS:
            rotation = pin.exp3(share * turn) @ start.rotation
            there = pin.SE3(rotation, start.translation + share * way)
            for _ in range(ROUNDS if share < 1 else 5 * ROUNDS):
                q = self.step(q, there)
            values = np.linalg.svd(self.jacobian(q), compute_uv=False)
            worst = max(worst, values[0] / values[-1])
        return np.linalg.norm(pin.log6(self.pose(q).actInv(target)).vector), worst


def check(reach, base, points, axes, most):
    for point, rotation in itertools.product(points, axes):
        error, worst = reach.go(base * pin.SE3(rotation, np.array(point)))
        assert error < 2e-3, (point, rotation)
        assert worst < most, (point, rotation, worst)


@pytest.mark.parametrize('side', ['left', 'right'])
@pytest.mark.parametrize(
    ('x', 'y', 'z', 'axes'),
    [
        ((0.20, 0.46), (-0.22, 0.22), (-0.005, 0.15), [tilted(0), tilted(0, 0.6)]),
        ((0.42, 0.50), (-0.10, 0.10), (0.22, 0.30), [tilted(0.8), tilted(0.8, np.pi / 2)]),
    ],
    ids=['pick', 'hand_over'],
)
def test_aloha(side, x, y, z, axes, homes):
    joints = [f'{side}_{name}' for name in VIPERX]
    reach = Reach('aloha', f'{side}_tcp', joints, homes['aloha'])
    frame = reach.model.getFrameId(f'{side}_base_link')
    base = pin.updateFramePlacement(reach.model, reach.data, frame).copy()
    check(reach, base, itertools.product(x, y, z), axes, 25)


@pytest.mark.parametrize('side', ['left', 'right'])
def test_humanoid(side, homes):
    """With its waist, standing still: from the middle of the table to 0.25 m out, 0.4 m deep."""
    joints = [*WAIST, *(f'{side}_{name}_joint' for name in (*ARM, *WRIST))]
    reach = Reach('humanoid', f'{side}_tcp', joints, homes['humanoid'])
    sign = 1 if side == 'left' else -1
    points = itertools.product((0.2, 0.6), (sign * 0.05, sign * 0.25), (0.77, 0.90))
    check(reach, pin.SE3.Identity(), points, [tilted(0.7)], 30)
