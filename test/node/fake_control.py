"""The control node as a teleoperation device sees it."""

import time

from robot_feed import POSE
from std_srvs.srv import Trigger

from vla_ros.control.loops.supervisor import Event, Supervisor
from vla_ros.ros import qos
from vla_ros.ros.convert.fields import header, to_pose
from vla_ros_msgs.msg import ExecutionStatus


class FakeControl:
    """The control node's services and status, with its real supervisor, on the tester's node."""

    def __init__(self, bench):
        self.bench = bench
        self.supervisor = Supervisor()
        self.asked = []
        self.status = bench.tester.create_publisher(
            qos.STATUS.type, qos.STATUS.name, qos.STATUS.qos
        )
        for name in ('takeover', 'release', 'hold'):
            bench.tester.create_service(Trigger, name, self._answerer(name))
        bench.tester.create_timer(0.05, self.report)
        self.report()

    def report(self):
        message = ExecutionStatus(header=header(time.time_ns()))
        message.mode, message.cause = int(self.supervisor.mode), self.supervisor.cause
        message.commanded_pose = message.measured_pose = to_pose(POSE)
        message.gripper_command = 0.08
        self.status.publish(message)

    def _answerer(self, name):
        def answer(request, response):
            self.asked.append(name)
            response.message = self.supervisor.post(Event[name.upper()])
            response.success = not response.message
            self.report()
            return response

        return answer
