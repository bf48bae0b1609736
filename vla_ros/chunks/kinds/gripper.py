"""Grippers: the opening between the pads, (1,) m; it latches, open or closed."""

import math

from vla_ros.chunks.kinds.kind import GroupCheck, GroupPlayback, Latch
from vla_ros.chunks.queue_config import CheckConfig
from vla_ros.core.data import Array
from vla_ros.robots.spec import ArmSpec


class GripperCheck(GroupCheck):
    """Checks openings, (horizon, 1) m."""

    def __init__(self, spec: ArmSpec, config: CheckConfig) -> None:
        """Prepare the bounds of an arm's gripper."""
        self._gripper, self._margin = spec.gripper, config.gripper_margin

    def values(self, actions: Array) -> str:
        """Return which opening is not one of the gripper's, or ''."""
        gripper, margin = self._gripper, self._margin
        low, high = float(actions.min()), float(actions.max())
        if low < gripper.closed - margin or high > gripper.open + margin:
            return (
                f'actions: expected openings of {gripper.closed} to {gripper.open} m, '
                f'got {low:.3f} to {high:.3f}'
            )
        return ''


class StepTrack:
    """Numbers on the playback clock: at each moment those of the step that is approached."""

    __slots__ = ('_anchor', '_dt', '_knots', '_last')

    def __init__(self, knots: list[float], anchor: float, dt: float) -> None:
        """Put `knots`, one every dt s, on the clock; observed at anchor, s."""
        self._knots, self._anchor, self._dt = knots, anchor, dt
        self._last = len(knots) - 1

    def at(self, clock: float) -> float:
        """Return the number of the step being approached at `clock`."""
        step = (clock - self._anchor) / self._dt - 1
        return self._knots[min(max(math.ceil(step), 0), self._last)]


class GripperPlayback(GroupPlayback[StepTrack]):
    """Plays openings (1,): open or closed where it is clearly either, else as it was."""

    def __init__(self, spec: ArmSpec, latch: Latch) -> None:
        """Begin open."""
        gripper = spec.gripper
        self.wanted = [gripper.open]
        self._open, self._closed = gripper.open, gripper.closed
        span = gripper.open - gripper.closed
        self._open_above = gripper.closed + latch.open * span
        self._closed_below = gripper.closed + latch.closed * span

    def track(self, knots: Array, anchor: float, dt: float) -> StepTrack:
        """Return openings (horizon, 1), dt s apart, on the clock."""
        return StepTrack(knots[:, 0].tolist(), anchor, dt)

    def play(self, track: StepTrack, clock: float, rate: float) -> list[float]:
        """Return the opening (1,) wanted at `clock`."""
        opening = track.at(clock)
        if opening > self._open_above:
            return [self._open]
        return [self._closed] if opening < self._closed_below else self.wanted

    def lead_in(self, track: StepTrack, clock: float, blend: float) -> None:
        """Do nothing: an opening is not blended."""
