"""What a training run is told, in config/train/*.yaml."""

from dataclasses import dataclass

from vla_ros.core.config import require
from vla_ros.tabletop.language.families import check_families


@dataclass(frozen=True)
class CollectSettings:
    """What `vla_ros train --collect` makes for itself to learn from."""

    demonstrations: int  # per family
    stills: int  # random scenes to see
    # Families in which the expert corrects the half-trained policy, as far as the robot has them.
    corrected: tuple[str, ...]
    corrections: int  # per corrected family
    steps: tuple[int, int]  # of training, before and after the corrections

    def __post_init__(self) -> None:
        counts = (self.demonstrations, self.stills, self.corrections)
        require(min(counts) >= 0, 'collect: expected counts of 0 or more')
        require(min(self.steps) >= 1, 'collect.steps: expected 1 or more')
        check_families(self.corrected, 'collect.corrected')


@dataclass(frozen=True)
class DelaySettings:
    """The delay distribution: how old the expert's latent is when it is used."""

    usual: tuple[float, float]  # s, uniform
    slow: tuple[float, float]  # s, uniform: a big reasoner, or one that hangs
    slow_share: float  # of the samples that have a slow reasoner

    def __post_init__(self) -> None:
        for low, high in (self.usual, self.slow):
            require(0 <= low <= high, 'delay: 0 <= low <= high, in seconds')
        require(0 <= self.slow_share <= 1, 'delay.slow_share must lie in 0..1')


@dataclass(frozen=True)
class NetSettings:
    """Sizes of the nets."""

    image_size: int  # px
    stem: int  # channels after the first convolution
    width: int  # channels of the feature map, whose cells are 4 px
    tokens: int  # words per instruction
    text_width: int
    latent_width: int  # of each of the four latent tokens
    hidden: int  # of the action head
    feature_width: int  # of the last hidden layer, which the detector reads
    horizon: int  # steps of a chunk
    body_width: int  # numbers that tell robots apart, where a net serves several
    head: str  # how chunks are made: a name in `heads`, and of the decoder in policy.yaml

    def __post_init__(self) -> None:
        require(self.image_size % 4 == 0, 'net.image_size must be a multiple of 4 px')
        require(self.text_width % 4 == 0, 'net.text_width must be a multiple of 4')


@dataclass(frozen=True)
class LossSettings:
    """Weights of the parts of the loss."""

    action: float
    position: float
    heat: float
    text: float
    presence: float
    position_scale: float  # m, an error of this size counts as 1
    rotation_scale: float  # rad
    gripper_scale: float  # fraction


@dataclass(frozen=True)
class HeadFinetuneSettings:
    """The last stage: the action head alone, on what the finished trunks see."""

    steps: int  # for each robot; 0 leaves it out
    batch: int
    rate: float  # greatest learning rate
    weight_decay: float
    ema: float
    noise: float  # m, standard deviation added to every position estimate
    dropout: float  # of image features
    shares: dict[str, float]  # family -> how often it comes; 0.25 where it is not named

    def __post_init__(self) -> None:
        require(self.batch > 0 and self.steps >= 0, 'polish: batch > 0 and steps >= 0')
        check_families(self.shares, 'polish.shares')
        require(min(self.shares.values(), default=1) >= 0, 'polish.shares: expected 0 or more')


@dataclass(frozen=True)
class TrainSettings:
    """A training run."""

    name: str  # of the policy, after that of its robot
    seed: int
    batch: int
    texts: int  # instructions without an image, per step
    reading: int  # steps on instructions alone, before the first image
    reading_batch: int
    rate: float  # greatest learning rate
    warmup: int  # steps
    weight_decay: float
    ema: float  # decay of the averaged weights, which are the ones exported
    clip: float  # greatest gradient norm
    stills: float  # share of the batch that is pictures without motion, where there are any
    jitter: float  # greatest relative change of brightness and colour
    holdout: float  # share of the episodes kept for validation
    threads: int
    net: NetSettings
    loss: LossSettings
    delay: DelaySettings
    polish: HeadFinetuneSettings
    collect: CollectSettings
    reasoner_rate: float  # Hz
    expert_rate: float  # Hz
    latent_valid_for: float  # s
    chunk_valid_for: float  # s
    search_time: float  # s that a camera that can turn may look for what is asked for
    false_refusals: float  # greatest share of valid requests that validation may refuse

    def __post_init__(self) -> None:
        require(0 < self.holdout < 1, 'holdout must lie in 0..1')
        require(self.batch > 0 and self.threads > 0, 'batch and threads must be positive')
