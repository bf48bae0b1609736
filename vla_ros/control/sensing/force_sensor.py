"""ForceSensor: what the world does to the tcp, from readings of a sensor in the wrist."""

import math

import numpy as np

from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ForceSensorSpec


_TARE_TIME = 0.25  # s, over which the bias is a mean
_STILL = 0.02  # rad/s, of the fastest joint, at which an arm still counts as at rest


class ForceSensor:
    """Readings less the bias and the tool's weight, moved to the tcp, turned to base axes.

    A low pass of first order comes last. The tool's inertia stays in: an arm that accelerates
    shows tool_mass x acceleration.

    Attributes:
        wrench: (6,) N and Nm that the world exerts on the tcp, base axes; zero while silent.
        bias: (6,) N and Nm, of the readings, sensor frame; what `tare` finds.
        taring: whether a tare is under way.
        tare_refusal: why the last tare was given up; '' when it was not.
    """

    def __init__(self, spec: ForceSensorSpec, model: RobotModel, dt: float) -> None:
        """Prepare for ticks of `dt` s.

        Raises:
            ValueError: the sensor's frame does not exist or does not move with the tcp.
        """
        self.spec = spec
        turn, place = model.tool_frame(spec.frame)
        self._to_tcp = np.zeros((6, 6))  # of a wrench: sensor axes and origin to the tcp's
        self._to_tcp[:3, :3] = self._to_tcp[3:, 3:] = turn
        self._to_tcp[3:, :3] = _cross(place) @ turn
        # A force at the tool's centre, tcp axes, to its wrench at the tcp.
        centre = turn @ np.array(spec.tool_centre) + place
        self._at_centre = np.vstack([np.eye(3), _cross(centre)])
        self._to_reading = np.linalg.solve(self._to_tcp, self._at_centre)
        self._weight = spec.tool_mass * model.free_fall
        self._share = -math.expm1(-2 * math.pi * spec.cutoff * dt)
        self._patience = max(round(spec.stale_after / dt), 1)
        self._window = max(round(_TARE_TIME / dt), 1)
        self.wrench, self.bias = np.zeros(6), np.zeros(6)
        self._at_tcp, self._in_base = np.zeros(6), np.zeros((2, 3))
        self._down, self._load = np.zeros(3), np.zeros(6)
        self._pair = self._at_tcp.reshape(2, 3)
        self._sum, self._seen, self._silent = np.zeros(6), 0, 0
        self.taring, self.tare_refusal = False, ''

    def reset(self) -> None:
        """Forget the wrench and a tare under way, not the bias."""
        self.wrench[:] = 0.0
        self._silent, self.taring = 0, False

    def tare(self, model: RobotModel) -> str:
        """Take the mean of the next readings for the bias; return '' or the cause of refusal.

        The arm must stand still and touch nothing: a contact would become part of the bias.
        """
        if _moves(model):
            return 'tare: the arm moves'
        self._sum[:], self._seen = 0.0, 0
        self.taring, self.tare_refusal = True, ''
        return ''

    def update(self, model: RobotModel, reading: Array | None) -> str:
        """Take a reading (6,) N and Nm, sensor frame; write the model's external wrench.

        A reading that is missing or not finite is bridged by the last one for `stale_after` s.

        Args:
            model: updated with the measured joint state.
            reading: None when there is none.

        Returns:
            '' or why the wrench cannot be known; it is then zero.
        """
        cause = ''
        if reading is None or not math.isfinite(sum(reading.tolist())):
            cause = self._miss()
        else:
            self._silent = 0
            self._filter(model, reading)
            if self.taring:
                self._collect(model, reading)
        model.external_wrench[:] = self.wrench
        return cause

    def _filter(self, model: RobotModel, reading: Array) -> None:
        np.subtract(reading, self.bias, out=self._load)
        self._to_tcp.dot(self._load, out=self._at_tcp)
        model.rotation.T.dot(self._weight, out=self._down)
        self._at_centre.dot(self._down, out=self._load)
        np.subtract(self._at_tcp, self._load, out=self._at_tcp)
        self._pair.dot(model.rotation.T, out=self._in_base)  # force and torque, a row each
        wrench, new = self.wrench, self._in_base.reshape(6)
        np.subtract(new, wrench, out=new)
        np.multiply(new, self._share, out=new)
        np.add(wrench, new, out=wrench)

    def _collect(self, model: RobotModel, reading: Array) -> None:
        """Add a reading to the tare, and end it with the last one."""
        if _moves(model):
            self.taring, self.tare_refusal = False, 'tare: the arm moved'
            return
        self._sum += reading - self._to_reading @ (model.rotation.T @ self._weight)
        self._seen += 1
        if self._seen == self._window:
            self.bias[:] = self._sum / self._window
            self.taring = False

    def _miss(self) -> str:
        """Count a tick without a reading; return '' or that they are too many."""
        self._silent += 1
        if self._silent <= self._patience:
            return ''
        self.wrench[:] = 0.0
        if self.taring:
            self.taring, self.tare_refusal = False, 'tare: the force sensor fell silent'
        return f'force sensor: no reading for {self.spec.stale_after} s'


def _moves(model: RobotModel) -> bool:
    return max(abs(speed) for speed in model.dq.tolist()) > _STILL


def _cross(v: Array) -> Array:
    """Return the matrix (3, 3) of v x."""
    x, y, z = v
    return np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
