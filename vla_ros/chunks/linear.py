"""NumberTrack: joints or a twist that a chunk has for a limb, linear from step to step.

Written in plain floats, as chunks/splice.py is.
"""

import math


class NumberTrack:
    """One limb's part of a chunk on the playback clock, with the blend that leads into it.

    Step k is reached at `anchor + (k + 1) * dt`. What was commanded when the chunk took over fades
    out over the blend as a cubic Hermite, as in `PoseTrack`.
    """

    __slots__ = (
        '_anchor', '_blend', '_dt', '_earliest', '_knots', '_last', '_offset', '_slope', '_start',
    )  # fmt: skip

    def __init__(
        self,
        knots: list[list[float]],
        anchor: float,
        dt: float,
        earliest: float = -math.inf,
    ) -> None:
        """Put `knots`, (n,) every dt s, on the clock; observed at anchor s.

        Before the first step the chunk is extended backwards along its first segment, but not
        beyond the step `earliest`.
        """
        self._knots, self._anchor, self._dt = knots, anchor, dt
        self._earliest = earliest
        self._start, self._blend = anchor, 0.0
        self._last = len(knots) - 1
        self._offset = self._slope = [0.0] * len(knots[0])

    def lead_in(
        self, clock: float, blend: float, values: list[float], rates: list[float] | None = None
    ) -> None:
        """Begin at `clock` from `values` (n,), changing at `rates` (n,) per s; join in `blend` s.

        Without rates it begins at the chunk's own.
        """
        here, ahead = self.raw(clock), self.raw(clock + 1e-3)
        self._start, self._blend = clock, max(blend, self._anchor + self._dt - clock)
        self._offset = [value - own for value, own in zip(values, here, strict=True)]
        if rates is None:
            self._slope = [0.0] * len(here)
        else:
            self._slope = [
                (rate - (after - own) / 1e-3) * self._blend
                for rate, after, own in zip(rates, ahead, here, strict=True)
            ]

    def raw(self, clock: float) -> list[float]:
        """Return the chunk itself at `clock`, (n,), without the blend."""
        s = max((clock - self._anchor) / self._dt - 1, self._earliest)
        if s >= self._last or self._last == 0:
            return self._knots[self._last].copy()
        k = max(math.floor(s), 0)
        f, after = s - k, self._knots[k + 1]
        return [x + f * (y - x) for x, y in zip(self._knots[k], after, strict=True)]

    def at(self, clock: float) -> list[float]:
        """Return what is wanted at `clock`, (n,)."""
        values = self.raw(clock)
        if clock >= self._start + self._blend:
            return values
        w = (clock - self._start) / self._blend
        u = 1 - w
        fade, push = u * u * (1 + 2 * w), w * u * u
        offset, slope = self._offset, self._slope
        for i, value in enumerate(values):
            values[i] = value + fade * offset[i] + push * slope[i]
        return values
