"""RealtimeConfig: what the control process runs."""

from dataclasses import dataclass, field

from vla_ros.chunks.queue_config import QueueConfig
from vla_ros.control.loops.targets import TargetConfig
from vla_ros.core.config import require
from vla_ros.core.entry_points import SYSTEMS, names


@dataclass(frozen=True)
class RealtimeConfig:
    """What the control process runs."""

    robot: str  # name or path of a ArmSpec
    # driver: the robot's own, over topics; else one that is simulated in the control process, by
    # its name among the entry points vla_ros.systems
    hardware: str = 'mujoco'
    sim_time: bool = False  # whether the time is that of a simulator elsewhere
    family: str = ''  # with the seed, the first layout of the simulation; '' is any scene
    seed: int = 0
    law: str = ''  # control preset; '' is the robot's
    silent_after: float = 0.5  # s without a heartbeat of the parent before the arm holds
    state_rate: float = 200.0  # Hz
    sim_rate: float = 100.0  # Hz
    status_rate: float = 20.0  # Hz
    priority: int = 40  # SCHED_FIFO, where permitted; 0 does not ask for it
    queue: QueueConfig = field(default_factory=QueueConfig)
    targets: TargetConfig = field(default_factory=TargetConfig)

    @property
    def driven(self) -> bool:
        """Whether the robot is behind a driver's topics."""
        return self.hardware == 'driver'

    def __post_init__(self) -> None:
        systems = ['driver', *names(SYSTEMS)]
        require(self.hardware in systems, f'hardware: {self.hardware!r} is not one of {systems}')
        for name in ('silent_after', 'state_rate', 'sim_rate', 'status_rate'):
            require(0 < getattr(self, name) <= 2000, f'{name}: expected 0..2000')
        require(0 <= self.priority <= 99, 'priority: expected 0..99')
