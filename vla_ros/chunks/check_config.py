"""CheckConfig: what is still believed of a chunk."""

from dataclasses import dataclass

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
    joint_margin: float = 0.1  # rad beyond a posture's limits; its loop clamps within it
    max_lean: float = 1.0  # rad from a commanded joint of a posture to the first step used
    max_twist: float = 1.25  # times the velocity limits of a drive; its loop clamps within them
    quaternion_tolerance: float = 1e-3  # of the norm

    def __post_init__(self) -> None:
        require(0 < self.dt_min < self.dt_max, 'dt_min: expected 0 < dt_min < dt_max, in s')
        positive = ('max_latent_age', 'restart_after', 'max_speed', 'max_jump', 'max_turn')
        for name in (*positive, 'max_lean', 'max_twist'):
            require(getattr(self, name) > 0, f'{name}: expected a positive number')
