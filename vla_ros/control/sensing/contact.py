"""ContactGuard: says when the world pushes too hard, and which way the arm then gives."""

from dataclasses import dataclass
import math

from vla_ros.core.config import require
from vla_ros.core.data import Array
from vla_ros.robots.spec import ArmSpec


@dataclass(frozen=True)
class ContactConfig:
    """When a contact is over, and how fast the arm gives; the limits are in the ArmSpec."""

    release: float = 0.5  # share of both limits below which a contact is over,
    settle: float = 0.1  # s, and stays for so long: what bounces comes back
    speed: float = 0.1  # m/s of the retreat at the limit or beyond it
    angular_speed: float = 0.3  # rad/s, likewise

    def __post_init__(self) -> None:
        require(0 < self.release < 1, 'release: expected a share between 0 and 1')
        require(0 <= self.settle <= 10, 'settle: expected 0..10 s')
        require(0 < self.speed <= 1, 'speed: expected 0..1 m/s')
        require(0 < self.angular_speed <= 3, 'angular_speed: expected 0..3 rad/s')


class ContactGuard:
    """Compares the external wrench at the tcp with the limits of the ArmSpec.

    A contact begins where force or torque exceeds its limit, and is over when both have stayed
    below `release` of theirs for a while. The wrench comes filtered, from the observer or the
    force sensor.

    Attributes:
        cause: what exceeds which limit, kept until the contact is over; '' without one.
        retreat: (6,) m/s and rad/s, base axes, the way the world pushes and the slower the less
            it does; zero without a contact. For a commanded pose that gives.
    """

    def __init__(self, spec: ArmSpec, dt: float, config: ContactConfig | None = None) -> None:
        """Take the limits of `spec` for ticks of `dt` s."""
        self.config = ContactConfig() if config is None else config
        self._force, self._torque = spec.cartesian.contact_force, spec.cartesian.contact_torque
        self._force_over = self.config.release * self._force
        self._torque_over = self.config.release * self._torque
        self._settled = max(round(self.config.settle / dt), 1)
        self.reset()

    def reset(self) -> None:
        """Forget a contact."""
        self.cause, self._quiet = '', 0
        self.retreat = (0.0,) * 6

    def update(self, wrench: Array) -> str:
        """Judge the external wrench (6,) N and Nm on the tcp, base axes; return the cause."""
        x, y, z, a, b, c = wrench.tolist()
        force, torque = math.sqrt(x * x + y * y + z * z), math.sqrt(a * a + b * b + c * c)
        if not self.cause:
            if force <= self._force and torque <= self._torque:
                return ''
            self.cause = self._describe(force, torque)
        elif force < self._force_over and torque < self._torque_over:
            self._quiet += 1
            if self._quiet >= self._settled:
                self.reset()
                return ''
        else:
            self._quiet = 0
        if not math.isfinite(force + torque):
            self.retreat = (0.0,) * 6
            return self.cause
        # Beyond the limit the speed is the configured one, below it falls with the push.
        k = self.config.speed / max(force, self._force)
        m = self.config.angular_speed / max(torque, self._torque)
        self.retreat = (k * x, k * y, k * z, m * a, m * b, m * c)
        return self.cause

    def _describe(self, force: float, torque: float) -> str:
        if not math.isfinite(force + torque):
            return 'contact: the external wrench is not finite'
        if force > self._force:
            return f'contact: {force:.0f} N on the tcp, its limit is {self._force:g} N'
        return f'contact: {torque:.1f} Nm about the tcp, its limit is {self._torque:g} Nm'
