"""The built interfaces work from plain `.venv/bin/python`, with nothing sourced."""

import threading

from domains import next_domain
import pytest
import rclpy
from rclpy.action import ActionClient, ActionServer
from rclpy.executors import MultiThreadedExecutor
from rclpy.node import Node

from vla_ros_msgs import msg
from vla_ros_msgs.action import Execute
from vla_ros_msgs.srv import SetInstruction


TIMEOUT = 15.0  # s; discovery takes 1 to 5 s


@pytest.fixture
def node():
    """Yield a node of a context of its own that spins in a thread."""
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=next_domain())
    executor = MultiThreadedExecutor(2, context=context)
    node = Node('interfaces_test', context=context)
    executor.add_node(node)
    thread = threading.Thread(target=executor.spin)
    thread.start()
    yield node
    executor.shutdown()
    thread.join()
    node.destroy_node()
    rclpy.shutdown(context=context)


def wait(future):
    """Return the result of a future that the spinning thread completes."""
    done = threading.Event()
    future.add_done_callback(lambda _: done.set())
    assert done.wait(TIMEOUT), 'no answer'
    return future.result()


def test_a_latent_arrives_as_it_was_sent(node):
    received = []
    arrived = threading.Event()
    node.create_subscription(
        msg.Latent, 'latent', lambda latent: (received.append(latent), arrived.set()), 1
    )
    publisher = node.create_publisher(msg.Latent, 'latent', 1)
    sent = msg.Latent(seq=7, shape=[2, 3], dtype='float16', data=list(range(12)), grounded=True)
    sent.header.stamp.sec = 5
    for _ in range(int(TIMEOUT / 0.1)):
        publisher.publish(sent)
        if arrived.wait(0.1):
            break
    assert received and received[0] == sent


def test_a_service_answers(node):
    def serve(request, response):
        response.accepted = request.instruction == 'pick the red cube'
        return response

    node.create_service(SetInstruction, 'set_instruction', serve)
    client = node.create_client(SetInstruction, 'set_instruction')
    assert client.wait_for_service(TIMEOUT)
    request = SetInstruction.Request(instruction='pick the red cube', episode_id='a')
    assert wait(client.call_async(request)).accepted


def test_an_action_gives_feedback_and_a_result(node):
    def execute(goal):
        goal.publish_feedback(Execute.Feedback(subgoal='reach', progress=0.5))
        goal.succeed()
        return Execute.Result(success=True, reason=goal.request.instruction)

    server = ActionServer(node, Execute, 'execute', execute)
    client = ActionClient(node, Execute, 'execute')
    try:
        assert client.wait_for_server(TIMEOUT)
        goal = wait(client.send_goal_async(Execute.Goal(instruction='stack')))
        result = wait(goal.get_result_async()).result
        assert result.success and result.reason == 'stack'
    finally:
        client.destroy()
        server.destroy()


def test_modes_are_the_documented_ones():
    status = msg.ExecutionStatus
    assert (status.IDLE, status.RUN, status.HOLD, status.STOP, status.TAKEOVER) == (0, 1, 2, 3, 4)
