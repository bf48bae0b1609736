"""RealtimeConfig: what the control process runs."""

from dataclasses import dataclass, field
from typing import Literal

from vla_ros.chunks.queue import QueueConfig
from vla_ros.control.loops.targets import TargetConfig
from vla_ros.core.config import require


@dataclass(frozen=True)
class RealtimeConfig:
    """What the control process runs."""

    robot: str  # name or path of a ArmSpec
    hardware: Literal['sim', 'driver'] = 'sim'
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

    def __post_init__(self) -> None:
        for name in ('silent_after', 'state_rate', 'sim_rate', 'status_rate'):
            require(0 < getattr(self, name) <= 2000, f'{name}: expected 0..2000')
        require(0 <= self.priority <= 99, 'priority: expected 0..99')
