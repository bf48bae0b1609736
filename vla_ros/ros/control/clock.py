"""SimClock: the time of a simulator elsewhere, passed on from /clock to the control process."""

from collections.abc import Callable

from rclpy.clock import ClockChange, JumpHandle, JumpThreshold, TimeJump
from rclpy.duration import Duration

from vla_ros.core.data import SECOND
from vla_ros.ros.stage_node import StageNode
from vla_ros.runtime.realtime import RealtimeProcess


_BACK = 1_000_000  # ns; less than a simulation's step is no way back, but two publishers


class SimClock:
    """Follows the node's clock wherever it goes."""

    def __init__(
        self, node: StageNode, arm: RealtimeProcess, on_rewind: Callable[[], None]
    ) -> None:
        """Pass the clock on to `arm`; `on_rewind` is called when it has gone back."""
        self._node, self._arm, self._on_rewind = node, arm, on_rewind
        self._rewinds = 0
        threshold = JumpThreshold(
            min_forward=Duration(nanoseconds=1), min_backward=Duration(nanoseconds=-1)
        )
        self._handle: JumpHandle = node.get_clock().create_jump_callback(
            threshold, post_callback=node.guarded(self._on_jump)
        )

    def destroy(self) -> None:
        """Stop following."""
        self._handle.unregister()

    def _on_jump(self, jump: TimeJump) -> None:
        back = -jump.delta.nanoseconds
        # rclpy hands over its own kind of number here.
        same_clock = int(jump.clock_change) == int(ClockChange.ROS_TIME_NO_CHANGE)
        rewound = same_clock and back > _BACK
        if rewound:
            self._rewinds += 1
            self._node.get_logger().warning(
                f'the clock has gone back by {back / SECOND:.3f} s: everything begins again'
            )
        self._arm.clock(self._node.now, self._rewinds)
        if rewound:
            self._on_rewind()
