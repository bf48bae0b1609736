"""LockstepConfig: the pace of a simulated graph."""

from dataclasses import dataclass

from vla_ros.chunks.queue_config import QueueConfig
from vla_ros.core.config import require


@dataclass(frozen=True)
class LockstepConfig:
    """Rates and delays of the simulated graph."""

    camera_rate: float = 30.0  # Hz
    expert_every: int = 1  # frames per chunk
    expert_delay: float = 0.03  # s from observation to the chunk's arrival
    reasoner_rate: float = 5.0  # Hz, at most; never faster than the reasoner's own delay
    reasoner_delay: float = 0.06  # s from observation to the latent's arrival
    extra_delay: float = 0.0  # s more, to stand in for a bigger reasoner
    timeout: float = 20.0  # s of simulated time for one instruction
    queue: QueueConfig = QueueConfig()

    def __post_init__(self) -> None:
        require(0 < self.camera_rate <= 200, 'camera_rate: expected 0..200 Hz')
        require(self.expert_every >= 1, 'expert_every: expected 1 or more frames')
        require(0 < self.reasoner_rate <= self.camera_rate, 'reasoner_rate: 0..camera_rate Hz')
        for name in ('expert_delay', 'reasoner_delay', 'extra_delay'):
            require(0 <= getattr(self, name) <= 10, f'{name}: expected 0..10 s')
        require(self.timeout > 0, 'timeout: expected more than 0 s')
