"""The control node in front of the stand-in driver, a process with the physics on its side."""

from control_bench import ControlBench
from geometry_msgs.msg import PoseStamped
import numpy as np
from standin import COMMAND, REPORT, end_standin, report_of, start_standin
from std_msgs.msg import String

from vla_ros.core.data import Mode
from vla_ros.robots import load_robot, named_arms
from vla_ros.robots.bridge import robot_in
from vla_ros.robots.driver import BRIDGES
from vla_ros.ros import qos
from vla_ros.ros.convert.fields import header


class StandinBench(ControlBench):
    """The node, the stand-in, and what both say; the arm is the first one."""

    def __init__(self, bench, robot='franka', sim='none', **settings):
        simulated = sim in BRIDGES
        clock = 250.0 if simulated else 0.0
        where = robot_in(robot, sim)
        self.process = start_standin(bench.domain, **{'robot': where, 'clock': clock, **settings})
        self.name, self.arm = named_arms(load_robot(where))[0]
        self.reports = bench.listen(REPORT)
        try:
            super().__init__(bench, robot=robot, sim=sim, use_sim_time=simulated)
            bench.until(lambda: self.reports and self.statuses, 'no stand-in', 30.0)
            # Before its first tick it knows no time, and holds whoever takes it.
            bench.until(lambda: self.status.stamp > 0, 'no clock', 10.0)
            bench.until(lambda: self.status.measured.position.any(), 'no joint states', 10.0)
        except BaseException:
            self.close()
            raise

    @property
    def report(self):
        return report_of(self.reports)

    @property
    def speeds(self):
        """The greatest share of a limit of speed, by limb."""
        return self.report['speeds']

    @property
    def tcp(self):
        """Where the stand-in has the tcp (3,) m."""
        return np.array(self.report['tcp'])

    def pass_time(self, seconds, timeout=30.0):
        """Let simulated seconds pass."""
        end = self.report['time'] + seconds
        self.bench.until(lambda: self.report['time'] > end, 'the physics stands still', timeout)

    def holds(self, seconds=0.5, near=0.01):
        """Let seconds pass in which no limb leaves its place, rad or m."""
        begin = self.report['limbs']
        self.pass_time(seconds)
        for name, place in self.report['limbs'].items():
            np.testing.assert_allclose(place, begin[name], atol=near, err_msg=name)

    def command(self, text):
        self.bench.send(COMMAND, String(data=text))

    def take(self):
        assert self.trigger('takeover').success
        self.until(Mode.TAKEOVER)
        self.turn = self.status.commanded.quaternion.tolist()

    def aim(self, goal):
        """Publish a target pose, turned as the hand was when it was taken."""
        message = PoseStamped(header=header(self.bench.node.now, self.arm.base_frame))
        p, o = message.pose.position, message.pose.orientation
        p.x, p.y, p.z = goal.tolist()
        o.x, o.y, o.z, o.w = self.turn
        self.bench.send(qos.TARGET_POSE.of(self.name), message)

    def lead(self, goal, near=0.005, timeout=20.0):
        """Lead the arm to a goal (3,) m until the stand-in has it there."""

        def step():
            assert self.status.mode is Mode.TAKEOVER, self.status.cause
            self.aim(goal)

        there = lambda: np.abs(self.tcp - goal).max() < near  # noqa: E731
        self.repeat(step, 0.02, there, f'it does not come to {goal}', timeout)

    def close(self):
        end_standin(self.process)
