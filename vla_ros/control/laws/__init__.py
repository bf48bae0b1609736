"""Control laws, one per file, made by name from the presets in config/control/."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vla_ros import config
from vla_ros.control.laws.base import CartesianTarget, ControlLaw, MotionLaw
from vla_ros.control.laws.cartesian_admittance import (
    CartesianAdmittance,
    CartesianAdmittanceConfig,
)
from vla_ros.control.laws.cartesian_impedance import CartesianImpedance, CartesianImpedanceConfig
from vla_ros.control.laws.cartesian_servo import CartesianServo
from vla_ros.control.laws.inverse_kinematics import InverseKinematicsConfig
from vla_ros.control.laws.joint_damping import JointDamping, JointDampingConfig
from vla_ros.control.laws.joint_impedance import JointImpedance, JointImpedanceConfig
from vla_ros.control.laws.joint_servo import JointServo, JointServoConfig
from vla_ros.control.laws.operational_space import OperationalSpace, OperationalSpaceConfig
from vla_ros.paths import config_file
from vla_ros.robots.spec import RobotSpec


# Name in a preset's `law` -> the configuration it is given and what makes the law from it.
LAWS: dict[str, tuple[type, Callable[[Any, RobotSpec], ControlLaw]]] = {
    'cartesian_admittance': (CartesianAdmittanceConfig, CartesianAdmittance),
    'cartesian_impedance': (CartesianImpedanceConfig, CartesianImpedance),
    'cartesian_servo': (InverseKinematicsConfig, CartesianServo),
    'joint_damping': (JointDampingConfig, JointDamping),
    'joint_impedance': (JointImpedanceConfig, JointImpedance),
    'joint_servo': (JointServoConfig, JointServo),
    'operational_space': (OperationalSpaceConfig, OperationalSpace),
}


@dataclass(frozen=True)
class LawPreset:
    """One file in config/control/: a law and its gains."""

    law: str
    parameters: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        config.require(self.law in LAWS, f'law: {self.law!r} is not one of {sorted(LAWS)}')


def load_law(preset: str, spec: RobotSpec) -> ControlLaw:
    """Make the law that config/control/<preset>.yaml (or a path to one) describes.

    Raises:
        FileNotFoundError: no such preset; the message lists the valid names.
        ConfigError: the preset is not valid; the message names the field.
    """
    path = config_file('control', preset)
    loaded = config.load(LawPreset, path)
    kind, make = LAWS[loaded.law]
    try:
        return make(config.build(kind, loaded.parameters, where=f'{path}.parameters'), spec)
    except config.ConfigError:
        raise
    except ValueError as error:
        raise config.ConfigError(f'{path}: {error}') from error


__all__ = ['LAWS', 'CartesianTarget', 'ControlLaw', 'LawPreset', 'MotionLaw', 'load_law']
