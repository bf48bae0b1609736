"""The parts of a control loop, compiled if that is possible."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vla_ros.control.laws import ControlLaw
from vla_ros.control.laws.cartesian_admittance import CartesianAdmittance
from vla_ros.control.laws.cartesian_impedance import CartesianImpedance
from vla_ros.control.laws.cartesian_wrench import CartesianWrench
from vla_ros.control.laws.operational_space import OperationalSpace
from vla_ros.control.limits.limiter import Limiter
from vla_ros.control.native import NativeError
from vla_ros.control.native.admittance import NativeAdmittance
from vla_ros.control.native.law import NativeImpedance, NativeOperationalSpace, NativeWrench
from vla_ros.control.native.limits import NativeLimiter
from vla_ros.control.native.model import NativeModel
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec


# A law in Python -> what makes the compiled one of its configuration.
_NATIVE: dict[type[ControlLaw], Callable[[Any, ArmSpec], ControlLaw]] = {
    CartesianAdmittance: NativeAdmittance,
    CartesianImpedance: NativeImpedance,
    CartesianWrench: NativeWrench,
    OperationalSpace: NativeOperationalSpace,
}


@dataclass(frozen=True)
class Parts:
    """What a ControlLoop computes with."""

    model: RobotModel
    law: ControlLaw
    limiter: Limiter
    note: str  # for people: compiled, or why not


def make_parts(spec: ArmSpec, law: ControlLaw) -> Parts:
    """Return model, law and limiter for ticks at the robot's rate; in Python where C fails.

    A law that the kernel lacks stays as it is, and runs on the compiled model.
    """
    dt = 1 / spec.control_rate
    try:
        model = NativeModel(spec)
        limiter = NativeLimiter(spec, dt)
    except NativeError as error:
        return Parts(RobotModel(spec), law, Limiter(spec, dt), f'not compiled: {error}')
    return Parts(model, native_law(law, spec), limiter, 'compiled')


def native_law(law: ControlLaw, spec: ArmSpec) -> ControlLaw:
    """Return the compiled law that computes what `law` does; itself if there is none.

    It begins anew with the configured gains, as a law that is just made.
    """
    make = _NATIVE.get(type(law))
    if make is None:
        return law
    try:
        # Only laws with a configuration are in the table.
        return make(law.config, spec)  # type: ignore[attr-defined]
    except NativeError:
        return law
