"""Typed configuration of failure detection: config/detect/<name>.yaml."""

from dataclasses import dataclass, field

from vla_ros.core import config
from vla_ros.core.config import require
from vla_ros.core.paths import config_file
from vla_ros.detect.scores import valid_names


@dataclass(frozen=True)
class MonitorConfig:
    """How chunks become one number r_t; stored in the artefact, because p-values depend on it."""

    scores: tuple[str, ...] = ('overlap', 'mahalanobis')
    smooth: float = 0.5  # s, moving average of each standardised score
    window: float = 3.0  # s, the running maximum of r looks back this far
    gap: float = 0.2  # s, overlap compares with the newest chunk at least this much older
    components: int = 64  # principal components kept by mahalanobis

    def __post_init__(self) -> None:
        valid = valid_names()
        for name in self.scores:
            require(name in valid, f'scores: {name!r} is not one of {valid}')
        require(len(set(self.scores)) == len(self.scores) > 0, 'scores: one or more, each once')
        require(self.smooth >= 0, 'smooth: expected seconds >= 0')
        require(self.window >= 0, 'window: expected seconds >= 0')
        require(0 <= self.gap <= 5, 'gap: expected 0..5 seconds')
        require(self.components >= 1, 'components: expected at least 1')


@dataclass(frozen=True)
class SplitConfig:
    """Shares of the successful rollouts; the four sets are disjoint."""

    fit: float = 0.3  # score parameters, e.g. the feature covariance
    select: float = 0.1  # mean and deviation of each score
    calibrate: float = 0.4  # D_i of the conformal p-value
    test: float = 0.2  # held-out false alarms, never looked at before

    def __post_init__(self) -> None:
        shares = (self.fit, self.select, self.calibrate, self.test)
        require(min(shares) > 0, 'split: every share must be positive')
        require(abs(sum(shares) - 1) < 1e-6, f'split: shares add up to {sum(shares)}, not 1')


@dataclass(frozen=True)
class DetectConfig:
    """Everything `calibrate` needs beside the rollouts."""

    alpha: float = 0.01  # alarm level: share of successful episodes that may raise an alarm
    monitor: MonitorConfig = field(default_factory=MonitorConfig)
    split: SplitConfig = field(default_factory=SplitConfig)

    def __post_init__(self) -> None:
        require(0 < self.alpha < 1, f'alpha: expected a share between 0 and 1, got {self.alpha}')


def load_detect_config(name: str = 'default') -> DetectConfig:
    """Load config/detect/<name>.yaml (or a path to one).

    Raises:
        FileNotFoundError: no such file; the message lists the valid names.
        ConfigError: the file names the wrong field or value.
    """
    return config.load(DetectConfig, config_file('detect', name))
