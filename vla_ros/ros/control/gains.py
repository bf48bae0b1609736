"""The control law and its gains as live parameters: `law`, and `gains.<name>` for each gain.

A change goes to the control process as a whole new law, which takes over without a bump. What the
process or the law's configuration refuses, ROS refuses too, with cause and valid range; the
parameter keeps its value.
"""

import dataclasses
from dataclasses import replace
from typing import Any

from rcl_interfaces.msg import ParameterDescriptor, SetParametersResult
from rclpy.parameter import Parameter

from vla_ros.control.laws import LAWS, LawPreset, load_preset, make_law
from vla_ros.core import config
from vla_ros.robots.spec import ArmSpec
from vla_ros.ros.stage_node import StageNode
from vla_ros.runtime.limb_link import LimbLink


_DESCRIPTION = 'A gain of the control law in use; it may be changed while the arm moves'
_ABSURD = 1e9  # beyond the range of every gain


class LawParameters:
    """Declares the gains of the law in use, and changes law and gains while the arm moves."""

    def __init__(
        self, node: StageNode, spec: ArmSpec, arm: LimbLink, preset: str, limb: str = ''
    ) -> None:
        """Declare the gains of `preset`, a name in config/control/ or a path.

        A limb's name comes before those of its parameters; '' is an only one.
        """
        dot = f'{limb}.' if limb else ''
        self._law, self._gains = f'{dot}law', f'{dot}gains.'
        self._node, self._spec, self._arm = node, spec, arm
        self._preset = load_preset(preset)
        self._own = [self._law] if limb else []  # an only one's is the node's own
        self._declared: list[str] = []
        for name in self._own:
            node.declare_parameter(name, preset)
        self._declare()
        node.add_on_set_parameters_callback(self._on_set)

    def destroy(self) -> None:
        """Take the parameters down."""
        self._node.remove_on_set_parameters_callback(self._on_set)
        self._undeclare()
        for name in self._own:
            self._node.undeclare_parameter(name)

    def _on_set(self, parameters: list[Parameter]) -> SetParametersResult:
        try:
            changed = self._changed({p.name: p.value for p in parameters})
        except (ValueError, OSError) as error:
            return SetParametersResult(successful=False, reason=str(error))
        if changed is None:
            return SetParametersResult(successful=True)
        cause = self._arm.adopt(changed)
        if not cause:
            other = changed.law != self._preset.law
            self._preset = changed
            if other or any(p.name == self._law for p in parameters):
                # Not from within the change of a parameter.
                self._node.once(0.0, self._declare_anew)
        return SetParametersResult(successful=not cause, reason=cause)

    def _changed(self, values: dict[str, Any]) -> LawPreset | None:
        """Return the law that the parameters ask for; None when they ask for nothing."""
        gains = {n.removeprefix(self._gains): v for n, v in values.items() if n in self._declared}
        if self._law not in values and not gains:
            return None
        preset = self._preset
        if self._law in values:
            preset = load_preset(values[self._law] or self._spec.law)
        gains = {n: tuple(v) if isinstance(v, list) else v for n, v in gains.items()}
        changed = replace(preset, parameters={**preset.parameters, **gains})
        make_law(changed, self._spec, 'parameters')  # refused here, before it is sent
        return changed

    def _declare_anew(self) -> None:
        self._undeclare()
        self._declare()

    def _declare(self) -> None:
        kind, _ = LAWS[self._preset.law]
        values: Any = config.build(kind, self._preset.parameters, 'law')
        for field in dataclasses.fields(kind):
            value = getattr(values, field.name)
            value = list(value) if isinstance(value, tuple) else value
            numbers = value if isinstance(value, list) else [value]
            if not all(isinstance(number, float) for number in numbers):
                continue  # what the law is made of: another preset changes it
            name = self._gains + field.name
            descriptor = ParameterDescriptor(description=_DESCRIPTION)
            descriptor.additional_constraints = _range(values, field.name)
            self._node.declare_parameter(name, value, descriptor)
            self._declared.append(name)

    def _undeclare(self) -> None:
        for name in self._declared:
            self._node.undeclare_parameter(name)
        self._declared.clear()


def _range(law: Any, name: str) -> str:
    """Return in words, with its unit, which values a gain of a law's config may have.

    The config says so when it refuses: its checks are the only place where the range is written.
    """
    given = getattr(law, name)
    absurd = (_ABSURD,) * len(given) if isinstance(given, tuple) else _ABSURD
    try:
        replace(law, **{name: absurd})
    except ValueError as error:
        return str(error)
    return ''
