"""Freshness: is a chunk that just came worth taking over with, or is the next likely fresher?"""

from collections import deque


_ARRIVES = 2_000_000  # ns after its arrival for which a chunk counts as fresh
_REMEMBERED = 32  # chunks by whose ages a fresh one is told
_LEARNT = 8  # chunks before which nothing is known of their ages, and all are fresh
# Of the chunks remembered, the share that is fresh enough at once. The longer the turn has waited,
# the more are.
_CHOICE = 0.25


class Freshness:
    """How old chunks are when they come, and how the last one compares."""

    def __init__(self) -> None:
        """Begin without chunks."""
        self._arrived = 0  # ns
        self._rank = 0.0  # share of the others that came younger than the last
        self._ages: deque[int] = deque(maxlen=_REMEMBERED)  # ns

    def add(self, stamp: int, now: int) -> None:
        """Take note of a chunk observed at `stamp` that came at `now`, ns."""
        age, ages = now - stamp, self._ages
        known = len(ages) >= _LEARNT
        self._rank = sum(other < age for other in ages) / len(ages) if known else 0.0
        self._arrived = now
        ages.append(age)

    def suits(self, now: int, waited: float) -> bool:
        """Whether the last chunk may take over at `now` (ns), just come and as fresh as most.

        `waited` (0..1) is the share of its patience that the turn has used up.
        """
        return now - self._arrived <= _ARRIVES and self._rank <= _CHOICE + waited
