"""Control laws, one per file, made by name from the presets in config/control/."""

from dataclasses import dataclass, field
from typing import Any

from vla_ros.control.laws.cartesian_admittance import (
    CartesianAdmittance,
    CartesianAdmittanceConfig,
)
from vla_ros.control.laws.cartesian_impedance import CartesianImpedance, CartesianImpedanceConfig
from vla_ros.control.laws.cartesian_servo import CartesianServo
from vla_ros.control.laws.cartesian_wrench import CartesianWrench, CartesianWrenchConfig
from vla_ros.control.laws.gravity_compensation import (
    GravityCompensation,
    GravityCompensationConfig,
)
from vla_ros.control.laws.inverse_kinematics import InverseKinematicsConfig
from vla_ros.control.laws.joint_impedance import JointImpedance, JointImpedanceConfig
from vla_ros.control.laws.joint_servo import JointServo, JointServoConfig
from vla_ros.control.laws.law import CartesianTarget, ControlLaw, MotionLaw
from vla_ros.control.laws.operational_space import OperationalSpace, OperationalSpaceConfig
from vla_ros.control.laws.torque_feedback import TorqueFeedback, TorqueFeedbackConfig
from vla_ros.core.config import ConfigError
from vla_ros.core.paths import config_file
from vla_ros.robots import presets
from vla_ros.robots.spec import ArmSpec


# By the name in a preset's `law`.
LAWS: presets.Kinds[ControlLaw] = {
    'cartesian_admittance': (CartesianAdmittanceConfig, CartesianAdmittance),
    'cartesian_impedance': (CartesianImpedanceConfig, CartesianImpedance),
    'cartesian_servo': (InverseKinematicsConfig, CartesianServo),
    'cartesian_wrench': (CartesianWrenchConfig, CartesianWrench),
    'gravity_compensation': (GravityCompensationConfig, GravityCompensation),
    'joint_impedance': (JointImpedanceConfig, JointImpedance),
    'joint_servo': (JointServoConfig, JointServo),
    'operational_space': (OperationalSpaceConfig, OperationalSpace),
    'torque_feedback': (TorqueFeedbackConfig, TorqueFeedback),
}


@dataclass(frozen=True)
class LawPreset:
    """One file in config/control/: a law and its gains."""

    law: str
    parameters: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        presets.require_kind('law', self.law, LAWS)


def load_law(preset: str, spec: ArmSpec) -> ControlLaw:
    """Make the law that config/control/<preset>.yaml (or a path to one) describes.

    Raises:
        FileNotFoundError: no such preset; the message lists the valid names.
        ConfigError: the preset is not valid; the message names the field.
    """
    return make_law(load_preset(preset), spec, str(config_file('control', preset)))


def load_preset(name: str) -> LawPreset:
    """Read config/control/<name>.yaml, or a path to one.

    Raises:
        FileNotFoundError: no such preset; the message lists the valid names.
        ConfigError: the preset is not valid; the message names the field.
    """
    return presets.load(LawPreset, 'control', name)


def make_law(preset: LawPreset, spec: ArmSpec, where: str = 'law') -> ControlLaw:
    """Make the law that a preset describes.

    Raises:
        ConfigError: the preset is not valid; the message names the field, after `where`.
    """
    within = f'{where}.parameters'
    law = presets.make(LAWS, preset.law, preset.parameters, spec, where, within)
    if spec.driver.gravity == 'robot' and not law.carries_gravity:
        raise ConfigError(
            f'{within}.gravity: expected true: {spec.name} holds its own weight, and its driver '
            'leaves that out of what the law asks for'
        )
    return law


__all__ = [
    'LAWS',
    'CartesianTarget',
    'ControlLaw',
    'LawPreset',
    'MotionLaw',
    'load_law',
    'load_preset',
    'make_law',
]
