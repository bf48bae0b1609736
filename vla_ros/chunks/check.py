"""Everything a chunk must satisfy before it can move anything.

Each check returns the cause of the refusal: what was expected and what came. The cause goes to
`ExecutionStatus.last_refusal`, so it is written for the person who looks at it there.
"""

from collections.abc import Sequence
import math

import numpy as np

from vla_ros.chunks.kinds import make_check
from vla_ros.chunks.layout import ChunkLayout, Columns
from vla_ros.chunks.queue_config import CheckConfig
from vla_ros.core.data import SECOND, ActionChunk
from vla_ros.robots.robot import Robot


MAX_HORIZON = 256  # steps; what the mailbox of the control process has room for


class ChunkCheck:
    """Checks chunks against one robot."""

    def __init__(self, spec: Robot, config: CheckConfig, layout: ChunkLayout) -> None:
        """Prepare the bounds of a robot, whose chunks have such a layout."""
        self.spec, self.config, self.layout = spec, config, layout
        self._checks = tuple(make_check(group, config) for group in layout.groups)

    def refusal(self, chunk: ActionChunk, now: int, last: tuple[int, int] | None) -> str:
        """Return why `chunk` may not be executed at `now` (ns), or '' when it may.

        `last` is (seq, stamp) of the last chunk accepted.
        """
        return (
            self._form(chunk)
            or self._timing(chunk, now)
            or self._order(chunk, last)
            or self._values(chunk)
        )

    def jump(self, chunk: ActionChunk, step: float, wanted: Sequence[list[float]]) -> str:
        """Return why the chunk at `step`, the first used, is too far from what is wanted.

        `wanted` has the numbers of each group.
        """
        k = min(max(math.floor(step + 0.5), 0), chunk.horizon - 1)
        action = chunk.actions[k].tolist()
        for own in self.layout.columns(chunk):
            if cause := self._checks[own.group].jump(action[own.columns], wanted[own.group], k):
                return self._named(own, cause)
        return ''

    def _named(self, own: Columns, cause: str) -> str:
        """Say which limb it is, where there are several."""
        name = self.layout.groups[own.group].spec.name
        return cause if len(self.spec.limbs) == 1 else f'{name}: {cause}'

    def _form(self, chunk: ActionChunk) -> str:
        if chunk.robot != self.spec.name:
            return f'robot: expected {self.spec.name!r}, got {chunk.robot!r}'
        if cause := self.layout.refusal(chunk):
            return cause
        shape = chunk.actions.shape
        if len(shape) != 2 or shape[1] != len(chunk.channels) or not shape[1]:
            return f'actions: expected (horizon, {len(chunk.channels)}), got {shape}'
        if not 1 <= shape[0] <= MAX_HORIZON:
            return f'actions: expected 1 to {MAX_HORIZON} steps, got {shape[0]}'
        if not 0 <= chunk.run_steps <= shape[0]:
            return f'run_steps: expected 0 to {shape[0]}, got {chunk.run_steps}'
        return ''

    def _timing(self, chunk: ActionChunk, now: int) -> str:
        config = self.config
        if not config.dt_min <= chunk.dt <= config.dt_max:  # false for NaN as well
            return f'dt: expected {config.dt_min} to {config.dt_max} s, got {chunk.dt}'
        if not 0 < chunk.valid_for < 3600:
            return f'valid_for: expected 0 to 3600 s, got {chunk.valid_for}'
        if not 0 <= chunk.latent_age <= config.max_latent_age:
            return f'latent_age: expected 0 to {config.max_latent_age} s, got {chunk.latent_age}'
        age = (now - chunk.stamp) / SECOND
        if age < -config.max_future:
            return f'stamp: expected the past, got {-age:.3f} s ahead of the control clock'
        if age > chunk.valid_for:
            return f'stamp: expired, valid for {chunk.valid_for} s, is {age:.3f} s old'
        return ''

    def _order(self, chunk: ActionChunk, last: tuple[int, int] | None) -> str:
        if last is None:
            return ''
        seq, stamp = last
        if chunk.stamp < stamp or (chunk.stamp == stamp and chunk.seq <= seq):
            late = (stamp - chunk.stamp) / SECOND
            return f'stamp: reordered, {late:.3f} s older than chunk {seq} (got {chunk.seq})'
        restarted = chunk.stamp - stamp > self.config.restart_after * SECOND
        if chunk.seq <= seq and not restarted:
            return f'seq: reordered, expected more than {seq}, got {chunk.seq}'
        return ''

    def _values(self, chunk: ActionChunk) -> str:
        actions = chunk.actions
        if not np.isfinite(actions).all():
            step, channel = np.argwhere(~np.isfinite(actions))[0]
            value = actions[step, channel]
            return f'actions: expected finite numbers, got {value} at step {step}, ' + (
                f'{chunk.channels[channel]}'
            )
        for own in self.layout.columns(chunk):
            check, values = self._checks[own.group], actions[:, own.columns]
            if cause := check.values(values) or check.motion(values, chunk.dt):
                return self._named(own, cause)
        return ''
