"""LimbLink: one limb of the control process."""

import functools
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from vla_ros.runtime.realtime import RealtimeProcess


class LimbLink:
    """One limb of the control process: its targets, its law, its state, its driver's readings."""

    def __init__(self, process: 'RealtimeProcess', index: int) -> None:
        """Stand for limb number `index` of a process."""
        bind = functools.partial
        self.post = process.post  # of the whole robot
        self.state = bind(process.state, limb=index)
        self.joint_group = bind(process.joint_group, limb=index)
        self.mobile_base = bind(process.mobile_base, limb=index)
        self.target = bind(process.target, limb=index)
        self.adopt = bind(process.adopt, limb=index)
        self.joint_states = bind(process.joint_states, limb=index)
        self.odom = bind(process.odom, limb=index)
        self.wrench = bind(process.wrench, limb=index)
