"""The plain law of the CRISP controllers with its default gains, to measure ours against.

tau = J^T (K e - D J q') + N tau_null + tau_limits + c + g, all of it on filtered joint states and
on a filtered target, the output limited in its rate and filtered. San José Pro et al., "CRISP -
Compliant ROS2 Controllers for Learning-Based Manipulation Policies and Teleoperation" (2025).
"""

import numpy as np

from vla_ros.control.laws.law import CartesianTarget, ControlLaw
from vla_ros.core.data import Array
from vla_ros.core.rotations import log
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


_STIFFNESS = np.array([500.0] * 3 + [30.0] * 3)  # N/m, Nm/rad
_DAMPING = 2 * np.sqrt(_STIFFNESS)
_CLIP = np.array([0.1] * 3 + [0.5] * 3)  # m, rad
_POSTURE, _POSTURE_MAX = 1.0, 5.0  # Nm/rad, Nm
_RIDGE = 1e-6
_RANGE, _REPULSION = 0.1, 5.0  # rad, Nm
_NEW_TARGET, _NEW_STATE, _NEW_TORQUE = 0.1, 0.5, 0.5  # share of the new value in each filter
_GREATEST_STEP = 0.5  # Nm per tick


class CrispReference(ControlLaw):
    """Written densely, for comparison: it allocates as it likes."""

    stiffness = float(_STIFFNESS[0])

    def __init__(self, spec: ArmSpec) -> None:
        """Prepare; the filters start at the first tick's values."""
        self._model = RobotModel(spec)
        self._lower = spec.joint_array('lower') + _RANGE
        self._upper = spec.joint_array('upper') - _RANGE
        self._state: tuple[Array, Array] | None = None

    def torque(self, model: RobotModel, target: CartesianTarget, out: Array) -> Array:
        """Write the joint torque (n,) Nm into out."""
        if self._state is None:
            self._state = model.q.copy(), model.dq.copy()
            self._position, self._sent = target.position.copy(), model.gravity.copy()
        q = _mixed(model.q, self._state[0], _NEW_STATE)
        dq = _mixed(model.dq, self._state[1], _NEW_STATE)
        self._state = q, dq
        self._position = _mixed(target.position, self._position, _NEW_TARGET)
        self._model.update(q, dq)
        wanted = self._task(target) + self._null(target) + self._limits() + self._model.bias
        step = np.clip(wanted - self._sent, -_GREATEST_STEP, _GREATEST_STEP)
        self._sent = _mixed(self._sent + step, self._sent, _NEW_TORQUE)
        out[:] = self._sent
        return out

    def _task(self, target: CartesianTarget) -> Array:
        here = self._model
        turn = log(target.rotation @ here.rotation.T)
        error = np.concatenate([self._position - here.position, turn])
        error = np.clip(error, -_CLIP, _CLIP)
        force: Array = here.jacobian.T @ (_STIFFNESS * error - _DAMPING * here.twist)
        return force

    def _null(self, target: CartesianTarget) -> Array:
        here, jacobian = self._model, self._model.jacobian
        torque = _POSTURE * (target.posture - here.q) - 2 * np.sqrt(_POSTURE) * here.dq
        torque = np.clip(torque, -_POSTURE_MAX, _POSTURE_MAX)
        square = jacobian @ jacobian.T + _RIDGE * np.eye(6)
        left: Array = torque - jacobian.T @ np.linalg.solve(square, jacobian @ torque)
        return left

    def _limits(self) -> Array:
        q = self._model.q
        inside: Array = np.clip(q, self._lower, self._upper) - q
        return inside * _REPULSION / _RANGE


def _mixed(new: Array, old: Array, share: float) -> Array:
    result: Array = share * new + (1 - share) * old
    return result
