"""The teleoperation node: a person takes the arm, moves it, and gives it back to the policy."""

from dataclasses import dataclass
import time

from std_msgs.msg import Float64

from vla_ros.robots import load_robot, pick_arm
from vla_ros.ros import qos
from vla_ros.ros.convert.device import joint_target_to_msg, twist_to_msg
from vla_ros.ros.node_process import run
from vla_ros.ros.params import param
from vla_ros.ros.stage_node import StageNode
from vla_ros.ros.teleop.device_input import DeviceInput
from vla_ros.ros.teleop.follower import ArmWatch
from vla_ros.ros.teleop.triggers import Triggers
from vla_ros.teleop import Handover, Operator, load_preset, make_device


_FAREWELL = 0.1  # s for the last answer: a server waits for a client that is gone


@dataclass(frozen=True)
class TeleopConfig:
    """Parameters of the teleoperation node."""

    robot: str = param('franka', 'Robot: a name in config/robots/ or a YAML file')
    device: str = param('joystick', 'Device: a preset in config/teleop/ or a YAML file')
    limb: str = param('', 'Limb of the robot that is moved; empty: its only one')
    rate: float = param(50.0, 'Targets per second while a person has the arm, Hz', 10.0, 200.0)


class TeleopNode(StageNode):
    """Publishes targets only while the person has the arm, and asks for it on a press."""

    Config = TeleopConfig
    timers_in_real_time = True

    def configure(self, config: TeleopConfig) -> None:
        """Make the device, and everything that it needs."""
        _, self._spec = pick_arm(load_robot(config.robot), config.limb)
        self._preset = load_preset(config.device)
        self._device = make_device(self._preset, self._spec)
        tool = self._device.frame == 'tool'
        self._frame = self._spec.ee_frame if tool else self._spec.base_frame
        self._hand = DeviceInput(self, self._device)
        self.owned.callback(self._hand.close)
        self._triggers = Triggers(self, ('takeover', 'release', 'hold'), self._on_answer)
        self.owned.callback(self._triggers.destroy)
        joints = self._device.output == 'joints'
        self._arm = ArmWatch(self, self._spec, joints, config.limb)
        target = qos.TARGET_JOINT if joints else qos.TARGET_TWIST
        self._target = self.publish_on(target.of(config.limb))
        self._gripper = self.publish_on(qos.TARGET_GRIPPER.of(config.limb))
        self.every(1 / config.rate, self._tick)

    def activate(self) -> None:
        """Listen to the person from here on."""
        self._handover = Handover(self._preset.handover)
        self._hand.open()
        after = self._preset.handover.release_after
        back = f'\nlet go for {after:g} s, it gives the arm back' if after else ''
        self.get_logger().info(f'{self._preset.device}\n{self._device.help}{back}')

    def deactivate(self) -> None:
        """Let go: a person who has the arm leaves it where it is, held, not to the policy."""
        if self._handover.engaged:
            self._handover = Handover(self._preset.handover)
            self._stand_still()
            self._triggers.tell('hold')
            time.sleep(_FAREWELL)
        self._hand.close()

    def _tick(self) -> None:
        now, handover = self.now, self._handover
        self._hand.pass_on(now)
        operator = self._device.read(now)
        had = handover.engaged
        request = handover.step(
            now,
            operator,
            self._arm.mode(now),
            lambda: self._device.refusal(now, self._arm.follower(now)),
        )
        if request:
            self._triggers.ask(request)
        if handover.engaged and not had:
            self._device.begin(self._arm.follower(now))
        elif handover.engaged:
            self._publish(operator)
        elif had:
            # The last target may have been a fast one: the arm comes to rest whoever has it next.
            self._stand_still()
        self._tell(operator, handover.news())

    def _stand_still(self) -> None:
        if self._device.output == 'twist':  # a joint target is where the arm stands already
            self._publish(Operator(self.now))

    def _publish(self, operator: Operator) -> None:
        if self._device.output == 'twist':
            self._target.publish(twist_to_msg(operator.stamp, operator.twist, self._frame))
        elif operator.joints is not None:
            names = self._spec.joint_names
            self._target.publish(joint_target_to_msg(operator.stamp, names, operator.joints))
        if operator.gripper is not None:
            limits = self._spec.gripper
            opening = limits.closed + operator.gripper * (limits.open - limits.closed)
            self._gripper.publish(Float64(data=opening))

    def _on_answer(self, cause: str) -> None:
        self._handover.answer(self.now, cause)

    def _tell(self, operator: Operator, news: str) -> None:
        if news:
            cause = self._arm.cause
            self.get_logger().info(f'{news} ({cause})' if cause else news)
        if operator.cause and self._handover.engaged:
            self.get_logger().warning(
                f'the arm is kept where it is: {operator.cause}', throttle_duration_sec=2.0
            )
        elif operator.cause:
            self.get_logger().info(operator.cause, throttle_duration_sec=10.0)


def main() -> None:
    """Run the node."""
    run(lambda: TeleopNode('teleop'))


if __name__ == '__main__':
    main()
