"""The playback clock: how much motion has been executed, now and at any recent stamp."""

_BUCKET = 10_000_000  # ns between entries of the history
_BUCKETS = 2048


class PlaybackClock:
    """Seconds of executed motion; stands while nothing is executed, runs slower while slowing.

    Attributes:
        seconds: executed so far.
        time: ns, of the last `advance`.
    """

    def __init__(self) -> None:
        """Begin at zero, with 20 s of history."""
        self.seconds = 0.0
        self.time = 0
        self._bucket = [-1] * _BUCKETS
        self._then = [0.0] * _BUCKETS

    def advance(self, now: int, seconds: float) -> None:
        """Add what was executed from the last call to `now`, ns."""
        bucket, last = now // _BUCKET, self.time // _BUCKET
        if bucket != last:
            for entry in range(max(last + 1, bucket - _BUCKETS + 1), bucket + 1):
                self._bucket[entry % _BUCKETS] = entry
                self._then[entry % _BUCKETS] = self.seconds
        self.time = now
        self.seconds += seconds

    def at(self, stamp: int) -> float:
        """Return the clock at `stamp` (ns), to a tick; before the history began, its start."""
        if stamp >= self.time:
            return self.seconds
        bucket = stamp // _BUCKET
        if self._bucket[bucket % _BUCKETS] != bucket:
            return 0.0 if bucket < self.time // _BUCKET - _BUCKETS else self.seconds
        before = self._then[bucket % _BUCKETS]
        following = (bucket + 1) % _BUCKETS
        if self._bucket[following] == bucket + 1:
            after, span = self._then[following], _BUCKET
        else:
            after, span = self.seconds, max(self.time - bucket * _BUCKET, 1)
        return before + (after - before) * (stamp - bucket * _BUCKET) / span
