"""Senses: what is known of the arm beside its joints, and what follows for its motion."""

import numpy as np

from vla_ros.control.contact import ContactGuard
from vla_ros.control.force_sensor import ForceSensor
from vla_ros.control.interfaces import JointSample
from vla_ros.control.observer import MomentumObserver
from vla_ros.control.slowdown import Slowdown
from vla_ros.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import RobotSpec


class Senses:
    """The external wrench, from a sensor or from the torques sent, and what it means.

    Attributes:
        guard: whether a contact is too hard, and which way to give.
        slowdown: what singularities and the arm's own links leave of the speed.
        sensor: the force sensor; None where the robot has none.
    """

    def __init__(
        self,
        spec: RobotSpec,
        model: RobotModel,
        observer: MomentumObserver,
        slowdown: Slowdown,
    ) -> None:
        """Compose the parts; `model` is the loop's."""
        dt = 1 / spec.control_rate
        self.guard, self.slowdown = ContactGuard(spec, dt), slowdown
        self.sensor: ForceSensor | None = None
        if spec.force_sensor is not None:
            self.sensor = ForceSensor(spec.force_sensor, model, dt)
        self._observer = observer
        self._acted = np.zeros(spec.n)

    def reset(self) -> None:
        """Forget what was sensed: the arm was put elsewhere, or was not seen for a while."""
        self._observer.reset()
        self.guard.reset()

    def update(self, model: RobotModel, sample: JointSample, sent: Array, carried: bool) -> str:
        """Write the model's external torque and wrench; return '' or why they are not known.

        Args:
            model: updated with the sample's joint state.
            sample: the measurement.
            sent: (n,) Nm, the torque sent in the last tick; NaN when motion was sent.
            carried: whether it held gravity's torque, or the robot adds that by itself.
        """
        cause = ''
        if sent[0] == sent[0]:
            np.copyto(self._acted, sent)
            if not carried:
                np.add(self._acted, model.gravity, out=self._acted)
            self._observer.update(model, self._acted)
        if self.sensor is not None:
            cause = self.sensor.update(model, sample.wrench)
        self.guard.update(model.external_wrench)
        return cause

    def tare(self, model: RobotModel) -> str:
        """Begin to take the force sensor's readings for its bias; return '' or a cause."""
        return 'tare: this robot has no force sensor' if self.sensor is None else self.sensor.tare(model)
