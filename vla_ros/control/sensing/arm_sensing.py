"""Sensing: what the control loop learns of the world in a tick, beside the joints."""

import numpy as np

from vla_ros.control.loops.interfaces import JointSample
from vla_ros.control.native.observer import make_observer
from vla_ros.control.sensing.contact import ContactConfig, ContactGuard
from vla_ros.control.sensing.force_sensor import ForceSensor
from vla_ros.control.sensing.momentum_observer import MomentumObserver, ObserverConfig
from vla_ros.core.data import Array
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


class Sensing:
    """Observer, force sensor if there is one, and contact guard, in this order.

    The force sensor has the wrench, the observer the joint torques; without a force sensor the
    observer has both, without known torques no one has them.

    Attributes:
        observer: None where the torques that act are not known. force_sensor: None where the
            robot has none. guard: of contact.
        fault: why the external wrench cannot be known; '' when it can.
        tare_refusal: why a tare that had begun was given up; who reports it sets it back to ''.
    """

    def __init__(
        self,
        spec: ArmSpec,
        model: RobotModel,
        torques: bool = True,
        observer: ObserverConfig | None = None,
        contact: ContactConfig | None = None,
    ) -> None:
        """Prepare for ticks at the robot's rate; `torques`: whether it is torque that is sent.

        Raises:
            ValueError: the force sensor's frame does not exist or does not move with the tcp.
        """
        dt, sensor = 1 / spec.control_rate, spec.force_sensor
        self.observer: MomentumObserver | None = None
        if torques:
            self.observer = make_observer(spec, model, observer)
        self.force_sensor = None if sensor is None else ForceSensor(sensor, model, dt)
        self.guard = ContactGuard(spec, dt, contact)
        self._acted = np.zeros(spec.n)
        self.fault = self.tare_refusal = ''

    @property
    def contact(self) -> str:
        """What pushes too hard; '' when nothing does."""
        return self.guard.cause

    def reset(self, model: RobotModel) -> None:
        """Begin anew: the arm was put elsewhere, or its state was not known for a while.

        What the force sensor's bias is stays known.
        """
        model.external_torque[:] = 0.0
        model.external_wrench[:] = 0.0
        if self.observer is not None:
            self.observer.reset()
        if self.force_sensor is not None:
            self.force_sensor.reset()
        self.guard.reset()
        self.fault = ''

    def update(
        self, model: RobotModel, sample: JointSample, sent: Array, carried: bool = True
    ) -> None:
        """Write the model's external torque and wrench, and judge contact.

        Args:
            model: updated with `sample`.
            sample: the measurement of this tick.
            sent: (n,) Nm, what was sent in the last tick; NaN if it was motion.
            carried: whether that held the arm's weight, or the robot adds gravity's torque itself.
        """
        if self.observer is not None:
            self._acted[:] = sent
            if not carried:
                self._acted += model.gravity
            self.observer.update(model, self._acted)
        if self.force_sensor is not None:
            self.fault = self.force_sensor.update(model, sample.wrench)
            if refusal := self.force_sensor.tare_refusal:
                self.tare_refusal, self.force_sensor.tare_refusal = refusal, ''
        self.guard.update(model.external_wrench)

    def feels(self, torques: bool) -> bool:
        """Whether the model's external wrench is known; `torques`: torques were sent.

        Without a force sensor it is estimated from the torques sent.
        """
        if self.force_sensor is not None:
            return not self.fault
        return torques and self.observer is not None

    def tare(self, model: RobotModel) -> str:
        """Begin to find the force sensor's bias; return '' or the cause of refusal."""
        if self.force_sensor is None:
            return 'tare: the robot has no force sensor'
        return self.force_sensor.tare(model)
