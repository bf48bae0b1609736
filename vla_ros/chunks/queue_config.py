"""How chunks are executed, and what is still believed of one."""

from dataclasses import dataclass, field

from vla_ros.core.config import require


@dataclass(frozen=True)
class CheckConfig:
    """What is still believed of a chunk."""

    dt_min: float = 0.005  # s between steps
    dt_max: float = 1.0  # s between steps
    max_latent_age: float = 10.0  # s at the observation
    max_future: float = 0.02  # s that a stamp may lie ahead of the control clock
    restart_after: float = 1.0  # s after which a seq that starts again is a restarted expert
    workspace_margin: float = 0.15  # m beyond the workspace; the limiter clamps within it
    gripper_margin: float = 0.01  # m beyond the gripper's range
    max_speed: float = 5.0  # times the velocity limits, between two steps
    max_jump: float = 0.30  # m from the commanded pose to the first step that would be used
    max_turn: float = 1.5  # rad, the same for the rotation
    joint_margin: float = 0.1  # rad beyond the joint limits; the control loop clamps within them
    max_joint_jump: float = 1.0  # rad from a commanded joint to the first step used
    max_twist: float = 1.25  # times a base's velocity limits; its loop clamps within them
    quaternion_tolerance: float = 1e-3  # of the norm

    def __post_init__(self) -> None:
        require(0 < self.dt_min < self.dt_max, 'dt_min: expected 0 < dt_min < dt_max, in s')
        positive = ('max_latent_age', 'restart_after', 'max_speed', 'max_jump', 'max_turn')
        for name in (*positive, 'max_joint_jump', 'max_twist'):
            require(getattr(self, name) > 0, f'{name}: expected a positive number')


@dataclass(frozen=True)
class QueueConfig:
    """How chunks are executed."""

    # Steps of a chunk that are consumed before the next takes over, where the chunk says none.
    execute_steps: int = 8
    await_fresh: float = 0.12  # s that a chunk whose turn it is may wait for a fresher one
    blend: float = 0.1  # s, the least time in which one chunk becomes the next
    slow_down: float = 0.2  # s of motion left below which playback slows to a stop
    latch_open: float = 0.6  # fraction of the opening above which the gripper opens
    latch_closed: float = 0.4  # fraction of the opening below which it closes
    check: CheckConfig = field(default_factory=CheckConfig)

    def __post_init__(self) -> None:
        require(self.execute_steps >= 1, 'execute_steps: expected at least 1')
        require(0 <= self.await_fresh <= 0.5, 'await_fresh: expected 0..0.5 s')
        require(0.005 <= self.blend <= 1, 'blend: expected 0.005..1 s')
        require(0.01 <= self.slow_down <= 2, 'slow_down: expected 0.01..2 s')
        require(
            0 < self.latch_closed < self.latch_open < 1,
            'latch_closed: expected 0 < latch_closed < latch_open < 1',
        )
