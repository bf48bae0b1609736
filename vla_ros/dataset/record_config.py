"""Typed configuration of the recorder: config/record/<name>.yaml."""

from dataclasses import dataclass
from typing import Literal

from vla_ros.core import config
from vla_ros.core.config import require
from vla_ros.core.paths import config_file


@dataclass(frozen=True)
class RecordConfig:
    """How an episode is written."""

    flush_interval: float = 0.5  # s; a killed process loses at most this much
    sync_interval: float = 1.0  # s; a power cut loses at most this much
    chunk_bytes: int = 1_000_000  # bytes of messages per compressed chunk
    compression: Literal['zstd', 'lz4', 'none'] = 'zstd'
    queue_bytes: int = 256_000_000  # bytes waiting for the disk before messages are dropped
    min_free: int = 200_000_000  # bytes; recording neither starts nor goes on below this
    jpeg_quality: int = 90  # 1..100

    def __post_init__(self) -> None:
        require(0.05 <= self.flush_interval <= 10, 'flush_interval: expected 0.05..10 s')
        require(0.05 <= self.sync_interval <= 60, 'sync_interval: expected 0.05..60 s')
        require(1000 <= self.chunk_bytes <= 100_000_000, 'chunk_bytes: expected 1e3..1e8')
        require(self.queue_bytes > 0, 'queue_bytes: expected more than 0')
        require(self.min_free >= 0, 'min_free: expected 0 or more')
        require(1 <= self.jpeg_quality <= 100, 'jpeg_quality: expected 1..100')


def load_record_config(name: str = 'default') -> RecordConfig:
    """Load config/record/<name>.yaml (or a path to one).

    Raises:
        FileNotFoundError: no such file; the message lists the valid names.
        ConfigError: the file names the wrong field or value.
    """
    return config.load(RecordConfig, config_file('record', name))
