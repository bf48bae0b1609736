"""A plain ROS 2 node that moves a Franka with action chunks: no policy, no code of vla_ros.

In one terminal `vla_ros up --policy none`, in another `python examples/chunk_publisher.py`: the
arm goes 5 cm up and comes down again. The control node takes chunks while an instruction is in
force; it checks each, and says in `status.last_refusal` why it refused one.
"""

import math

import rclpy
from rclpy.node import Node
from rclpy.time import Time

from vla_ros_msgs.msg import ActionChunk, CommandedState
from vla_ros_msgs.srv import SetInstruction


CHANNELS = ['ee.x', 'ee.y', 'ee.z', 'ee.qx', 'ee.qy', 'ee.qz', 'ee.qw', 'gripper']
KINDS = ['pose'] * 7 + ['gripper']
DT, STEPS = 0.1, 16  # s between steps, steps of a chunk
HEIGHT, SECONDS = 0.05, 4.0  # m up, s up and down


class ChunkPublisher(Node):
    """Says where the hand is to be in the next 1.6 s, ten times a second, for 4 s."""

    def __init__(self) -> None:
        """Give an instruction; when it is accepted, begin."""
        super().__init__('chunk_publisher')
        self.done = False
        self._start = None  # what was commanded at first
        self._accepted = False
        self._seq = 0
        self._chunks = self.create_publisher(ActionChunk, 'action_chunk', 1)
        self.create_subscription(CommandedState, 'commanded_state', self._on_commanded, 1)
        self._client = self.create_client(SetInstruction, 'set_instruction')
        self._client.wait_for_service()
        request = SetInstruction.Request(instruction='go up and come back')
        self._client.call_async(request).add_done_callback(self._on_answer)

    def _on_answer(self, future) -> None:
        answer = future.result()
        self._accepted, self.done = answer.accepted, not answer.accepted
        self.get_logger().info(answer.reason or 'accepted')

    def _on_commanded(self, message: CommandedState) -> None:
        if not self._accepted or self.done:
            return
        stamp = Time.from_msg(message.header.stamp).nanoseconds
        if self._start is None:
            self._start, self._begun = message, stamp
            self.create_timer(DT, self._publish)
        self._newest = message
        self.done = stamp - self._begun > (SECONDS + 0.5) * 1e9

    def _publish(self) -> None:
        """Publish a chunk; its stamp is that of the state that it was made from."""
        stamp = self._newest.header.stamp
        elapsed = (Time.from_msg(stamp).nanoseconds - self._begun) * 1e-9
        pose, self._seq = self._start.pose, self._seq + 1
        chunk = ActionChunk(seq=self._seq, robot='franka', model='example:0', channels=CHANNELS)
        chunk.kinds = KINDS
        chunk.header.stamp = stamp
        chunk.dt, chunk.horizon = DT, STEPS
        chunk.valid_for = 1.0
        chunk.inference_start = chunk.inference_end = stamp
        for k in range(1, STEPS + 1):
            share = min((elapsed + k * DT) / SECONDS, 1.0)
            up = HEIGHT * (1 - math.cos(2 * math.pi * share)) / 2
            q = pose.orientation
            chunk.actions.extend([pose.position.x, pose.position.y, pose.position.z + up])
            chunk.actions.extend([q.x, q.y, q.z, q.w, self._start.gripper])
        self._chunks.publish(chunk)


def main() -> None:
    """Run the node until the arm has come back."""
    rclpy.init()
    node = ChunkPublisher()
    while rclpy.ok() and not node.done:
        rclpy.spin_once(node, timeout_sec=0.1)
    node.destroy_node()
    rclpy.try_shutdown()


if __name__ == '__main__':
    main()
