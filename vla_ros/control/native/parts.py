"""The parts of a control loop, compiled where that is possible."""

from dataclasses import dataclass

from vla_ros.control.laws import ControlLaw
from vla_ros.control.laws.cartesian_impedance import CartesianImpedance
from vla_ros.control.limits import Limiter
from vla_ros.control.native import NativeError
from vla_ros.control.native.law import NativeImpedance
from vla_ros.control.native.limits import NativeLimiter
from vla_ros.control.native.model import NativeModel
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import RobotSpec


@dataclass(frozen=True)
class Parts:
    """What a ControlLoop computes with."""

    model: RobotModel
    law: ControlLaw
    limiter: Limiter
    note: str  # for people: compiled, or why not


def make_parts(spec: RobotSpec, law: ControlLaw) -> Parts:
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


def native_law(law: ControlLaw, spec: RobotSpec) -> ControlLaw:
    """Return the compiled law that computes what `law` does; itself where there is none."""
    if type(law) is not CartesianImpedance:
        return law
    try:
        return NativeImpedance(law.config, spec)
    except NativeError:
        return law
