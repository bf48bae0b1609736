"""FirstInstruction: what the control node is told by a parameter, to begin with."""

from vla_ros.core.config import ConfigError
from vla_ros.robots.body import Robot
from vla_ros.ros.control.control_limb import measured_topic
from vla_ros.ros.control.episodes import EpisodeManager, instruction_problem
from vla_ros.ros.stage_node import StageNode
from vla_ros.runtime.realtime import RealtimeProcess


class FirstInstruction:
    """An instruction that begins once the robot has been heard of: drivers may start later."""

    def __init__(
        self, node: StageNode, spec: Robot, arm: RealtimeProcess, desk: EpisodeManager, text: str
    ) -> None:
        """Wait with `text`; '' is none."""
        self._node, self._spec, self._arm = node, spec, arm
        self._desk, self._text = desk, text

    def check(self) -> None:
        """Raise ConfigError where it is none."""
        if self._text and (cause := instruction_problem(self._text)):
            raise ConfigError(cause)

    def begin(self) -> None:
        """Give it, once, unless a limb has not been heard of yet."""
        if not self._text:
            return
        if unheard := self._arm.unheard:
            topics = sorted({measured_topic(self._spec.limbs[number]) for number in unheard})
            self._node.get_logger().warning(
                f'the instruction waits: nothing came on {topics} yet', throttle_duration_sec=5.0
            )
            return
        text, self._text = self._text, ''
        if cause := self._desk.begin(text, self._node.now):
            self._node.get_logger().error(cause)
