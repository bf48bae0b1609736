"""MomentumObserver: what the world does to the arm, from its motion and the torques sent."""

from dataclasses import dataclass
import math

import eigenpy
import numpy as np

from vla_ros.core.config import require
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


@dataclass(frozen=True)
class ObserverConfig:
    """How fast the observer follows, and how it makes a wrench of joint torques."""

    gain: float = 50.0  # 1/s: an estimate is within 5 % of a step after 3 / gain s
    ridge: float = 1e-4  # m^2 and rad^2, on the diagonal of J J^T, against singularities
    # rad/s at which dry friction has three quarters of its strength: its sign at rest is unknown
    slip: float = 0.01

    def __post_init__(self) -> None:
        require(0 < self.gain <= 1000, 'gain: expected 0..1000 1/s')
        require(0 < self.ridge <= 1, 'ridge: expected 0..1')
        require(0 < self.slip <= 1, 'slip: expected 0..1 rad/s')


class MomentumObserver:
    """Estimates the external joint torque by the generalised momentum p = M dq.

    De Luca and Mattone, "Sensorless robot collision detection and hybrid force/motion control"
    (ICRA 2005):  r = K (p - integral of (tau + C^T dq - g - friction + r)),  so that  r' =
    K (tau_ext - r)  without any acceleration. Here in steps: with M' = C + C^T the integrand's
    C^T dq and what M's change adds to p cancel but for the Coriolis torque, which leaves

        p[k] - p[k-1] - integral of C^T dq  =  (M[k] + M[k-1]) / 2 (dq[k] - dq[k-1]) + c dt

    to second order in dt, and r moves by 1 - exp(-K dt) of the way: stable at every K.

    Dry friction that holds an arm at rest cannot be told from a push: up to its size a push is not
    seen, or lingers. A payload that the model lacks is seen as its weight.

    Attributes:
        torque: (n,) Nm that the world exerts on the joints; `update` copies it to the model.
    """

    def __init__(self, spec: ArmSpec, dt: float, config: ObserverConfig | None = None) -> None:
        """Prepare for ticks of `dt` s; if the spec has a force sensor, it has the wrench."""
        self.config = ObserverConfig() if config is None else config
        n = spec.n
        self._rate, self._share = 1 / dt, -math.expm1(-self.config.gain * dt)
        self._damping, self._dry = spec.joint_array('damping'), 2 * spec.joint_array('friction')
        self._rubs = bool(self._damping.any() or self._dry.any())
        self._slip, self._loss = 0.5 / self.config.slip, np.zeros(n)
        self._wrench = WrenchEstimate(self.config.ridge) if spec.force_sensor is None else None
        self.torque = np.zeros(n)
        self._mass, self._dq, self._bias = np.zeros((n, n)), np.zeros(n), np.zeros(n)
        self._sum, self._step, self._term = np.zeros((n, n)), np.zeros(n), np.zeros(n)
        self._begun = False

    def reset(self) -> None:
        """Forget everything: the arm was put elsewhere, or its state was not known for a while."""
        self.torque[:] = 0.0
        self._begun = False

    def update(self, model: RobotModel, sent: Array) -> None:
        """Estimate at the model's last update; write the model's external torque and wrench.

        What is not finite makes the estimate begin again at zero.

        Args:
            model: updated with the measured joint state, once a tick.
            sent: (n,) Nm, what acted since the last call: the torque sent in the last tick.
        """
        if self._begun:
            np.multiply(self._residual(model, sent), self._share, out=self._step)
            np.add(self.torque, self._step, out=self.torque)
            if not math.isfinite(sum(self.torque.tolist())):
                self.torque[:] = 0.0
        self._begun = True
        self._mass[:] = model.mass
        self._dq[:] = model.dq
        self._bias[:] = model.bias
        model.external_torque[:] = self.torque
        if self._wrench is not None:
            self._wrench.solve(model, self.torque, model.external_wrench)

    def _residual(self, model: RobotModel, sent: Array) -> Array:
        """Return what the motion of the last tick needed beside `sent` and the estimate (n,)."""
        step, term = self._step, self._term
        np.add(model.mass, self._mass, out=self._sum)
        np.subtract(model.dq, self._dq, out=term)
        self._sum.dot(term, out=step)
        np.multiply(step, self._rate, out=step)
        np.add(step, model.bias, out=step)
        np.add(step, self._bias, out=step)
        if self._rubs:
            np.add(model.dq, self._dq, out=term)
            np.multiply(term, self._damping, out=self._loss)
            np.add(step, self._loss, out=step)
            np.multiply(term, self._slip, out=term)
            np.tanh(term, out=term)
            np.multiply(term, self._dry, out=term)
            np.add(step, term, out=step)
        np.multiply(step, 0.5, out=step)  # the means of then and now
        np.subtract(step, sent, out=step)
        return np.subtract(step, self.torque, out=step)


class WrenchEstimate:
    """The wrench on the tcp that explains joint torques best: (J J^T + r I)^-1 J tau.

    Exact for what touches the tcp, but for the ridge; what touches the arm elsewhere is seen as
    the wrench at the tcp whose joint torques come nearest.
    """

    def __init__(self, ridge: float) -> None:
        """Prepare; r in m^2 and rad^2."""
        self._ridge = ridge * np.eye(6)
        self._gram, self._square = eigenpy.LLT(6), np.zeros((6, 6))

    def solve(self, model: RobotModel, torque: Array, out: Array) -> None:
        """Write the wrench (6,) N and Nm, base axes, of `torque` (n,) Nm into out."""
        jacobian = model.jacobian
        jacobian.dot(jacobian.T, out=self._square)
        np.add(self._square, self._ridge, out=self._square)
        self._gram.compute(self._square)
        out[:] = self._gram.solve(jacobian.dot(torque))
