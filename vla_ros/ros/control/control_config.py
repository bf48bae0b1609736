"""Parameters of the control node."""

from collections.abc import Callable
from dataclasses import dataclass

from vla_ros.control.loops.targets import TargetConfig
from vla_ros.core import entry_points
from vla_ros.core.config import ConfigError
from vla_ros.robots.bridge import SIMS, robot_in
from vla_ros.robots.driver import BRIDGES
from vla_ros.robots.robot import Robot
from vla_ros.ros.params import param
from vla_ros.runtime.realtime import RealtimeProcess
from vla_ros.runtime.realtime_config import RealtimeConfig


# Family and seed in; why it was not done, '' when it was, and an instruction for the scene out.
SceneReset = Callable[[str, int], tuple[str, str]]


@dataclass(frozen=True)
class ControlConfig:
    """Parameters of the control node."""

    robot: str = param('franka', 'Robot: a name in config/robots/ or a YAML file')
    sim: str = param(
        'mujoco', "mujoco: simulate the robot; none, gazebo, isaac: use that one's driver topics"
    )
    seed: int = param(0, 'Seed of the first simulated scene', 0, 2**31 - 1)
    instruction: str = param('', 'Instruction to begin with once active; empty: none')
    law: str = param('', 'Control law preset in config/control/, of all arms; empty: that of each')
    policy_hash: str = param('', 'Weights hash of the policy, for the episode events')
    state_rate: float = param(200.0, 'joint_states per second, Hz', 10.0, 1000.0)
    command_rate: float = param(100.0, 'commanded_state per second, Hz', 10.0, 500.0)
    status_rate: float = param(20.0, 'status per second, Hz; also sent on change', 1.0, 100.0)
    pose_timeout: float = param(0.5, 'Age from which target_pose is stale, s', 0.01, 10.0)
    twist_timeout: float = param(0.1, 'Age from which target_twist is stale, s', 0.01, 10.0)
    joint_timeout: float = param(0.5, 'Age from which target_joint is stale, s', 0.01, 10.0)
    wrench_timeout: float = param(0.5, 'Age from which target_wrench is stale, s', 0.01, 10.0)

    def __post_init__(self) -> None:
        if self.sim not in SIMS:
            raise ConfigError(f'sim: {self.sim!r} is not one of {list(SIMS)}')

    def clock_problem(self, sim_time: bool) -> str:
        """Return why `use_sim_time` does not go with `sim`; '' when it does."""
        if self.sim == 'mujoco' and sim_time:
            return 'use_sim_time: expected false, for sim:=mujoco goes by the wall clock'
        if self.sim in BRIDGES and not sim_time:
            return f'use_sim_time: expected true, for {self.sim} has a clock of its own'
        return ''

    @property
    def simulated(self) -> bool:
        """Whether the control process holds a simulation."""
        return self.sim == 'mujoco'

    @property
    def body(self) -> str:
        """The robot with the topics that it has there, for `load_robot`."""
        return robot_in(self.robot, self.sim)

    def scene_reset(self, robot: Robot, process: RealtimeProcess) -> SceneReset:
        """Return what lays the simulated scene out anew; it refuses if there is none."""
        if not self.simulated:
            return lambda family, seed: ('this robot is not simulated', '')
        kind = entry_points.load(entry_points.SCENES, self.sim)
        reset: SceneReset = kind(robot, process)
        return reset

    def realtime(self, sim_time: bool = False) -> RealtimeConfig:
        """Return what the control process runs with; `sim_time`: whether /clock is its clock."""
        return RealtimeConfig(
            robot=self.body,
            sim_time=sim_time,
            hardware=self.sim if self.simulated else 'driver',
            seed=self.seed,
            law=self.law,
            # Read at a lower rate, so that a timer that is a little early finds something new.
            state_rate=2.5 * self.state_rate,
            # The pictures are stamped with it: what is older than it needs to be is latency.
            sim_rate=500.0,
            status_rate=self.status_rate,
            targets=TargetConfig(
                pose_timeout=self.pose_timeout,
                twist_timeout=self.twist_timeout,
                joint_timeout=self.joint_timeout,
                wrench_timeout=self.wrench_timeout,
            ),
        )
