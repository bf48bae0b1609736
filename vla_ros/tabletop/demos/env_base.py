"""What carries the arms of a simulation: joint groups and mobile bases, led step by step."""

from typing import cast

import numpy as np

from vla_ros.control.loops.interfaces import JointGroupHardware, MobileBaseHardware
from vla_ros.control.loops.joint_group_loop import JointGroupLoop
from vla_ros.control.loops.mobile_base_loop import MobileBaseLoop
from vla_ros.control.loops.supervisor import Supervisor
from vla_ros.control.loops.targets import TargetConfig
from vla_ros.core.data import SECOND, Array, JointGroupState, MobileBaseState
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.mobile_base import MobileBaseSpec


class LinearSource:
    """Leads from each wanted row of numbers to the next in one control step.

    Attributes:
        dry: never; the last row is held.
    """

    dry = False

    def __init__(self, kind: str, size: int, period: float) -> None:
        """Take `period` s from one row of `size` numbers, joints or a twist, to the next."""
        self._kind = kind
        self._period = period * SECOND
        self.clear(0, np.zeros(size))

    def clear(self, now: int, values: Array) -> None:
        """Stand at `values`."""
        self._start = self._goal = values.copy()
        self._since = now

    def lead(self, now: int, values: Array) -> None:
        """Be at `values` one period after `now`, ns."""
        self._start, self._goal, self._since = self._goal, values.copy(), now

    def sample(self, now: int, out: Array) -> str:
        """Write what is wanted at `now` (ns) into out."""
        share = min((now - self._since) / self._period, 1.0)
        out[:] = self._goal - (1.0 - share) * (self._goal - self._start)
        return self._kind


class CellLimb:
    """A joint group or a mobile base of a simulation.

    Attributes:
        spec: the limb. size: numbers of an action that are its own. loop: its control loop, from
            the first start on.
    """

    loop: JointGroupLoop | MobileBaseLoop

    def __init__(self, spec: JointGroupSpec | MobileBaseSpec, period: float) -> None:
        """Be led from action to action in `period` s."""
        self.spec, self.size = spec, len(spec.channels)
        self._source = LinearSource(
            'twist' if isinstance(spec, MobileBaseSpec) else 'joint', self.size, period
        )
        self.lead = self._source.lead

    def start(
        self, hardware: JointGroupHardware | MobileBaseHardware, supervisor: Supervisor
    ) -> None:
        """Take over where it is."""
        spec, config = self.spec, TargetConfig()
        # Hardware comes in the order of the limbs: it is of the limb's kind.
        if isinstance(spec, MobileBaseSpec):
            drive = cast(MobileBaseHardware, hardware)
            self.loop = MobileBaseLoop(spec, drive, self._source, supervisor, config)
        else:
            posture = cast(JointGroupHardware, hardware)
            self.loop = JointGroupLoop(spec, posture, self._source, supervisor, config)
        self.tick = self.loop.tick
        self.tick(0)

    def state(self, now: int) -> JointGroupState | MobileBaseState:
        """Return the measured and commanded state as of the last tick."""
        return self.loop.state()
