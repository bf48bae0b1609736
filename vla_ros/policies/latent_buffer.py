"""LatentBuffer: the newest latent, and why others were not taken."""

from vla_ros.core.data import SECOND, Latent
from vla_ros.policies.features import LatentFeature


MAX_FUTURE = 0.05  # s that a stamp may lie ahead of the reader's clock


class LatentBuffer:
    """Holds the newest latent of one episode and instruction; not thread-safe."""

    def __init__(self, feature: LatentFeature | None) -> None:
        """Accept latents with this feature, whoever made them; None: any, for their text."""
        self._feature = feature
        self._latent: Latent | None = None
        self._episode = self._instruction = ''
        self.refused = 0
        self.last_refusal = ''

    def begin(self, episode_id: str, instruction: str = '') -> None:
        """Forget everything; take latents of this episode (any, if '') and instruction only."""
        self._latent = None
        self._episode, self._instruction = episode_id, instruction

    def offer(self, latent: Latent, now: int) -> str:
        """Take a latent; return '' or the cause of its refusal. `now` in ns."""
        cause = self._cause(latent, now)
        if cause:
            self.refused += 1
            self.last_refusal = cause
        else:
            self._latent = latent
        return cause

    def newest(self, now: int) -> Latent | None:
        """Return the newest latent that has not expired, if any."""
        latent = self._latent
        return latent if latent is not None and not _expired(latent, now) else None

    def age(self, now: int) -> float:
        """Return the age of the newest latent in s, expired or not; inf when there is none."""
        return float('inf') if self._latent is None else (now - self._latent.stamp) / SECOND

    def _cause(self, latent: Latent, now: int) -> str:
        held = self._latent
        if self._episode and latent.episode_id != self._episode:
            return f'latent of episode {latent.episode_id!r}; expected {self._episode!r}'
        if self._instruction and latent.instruction != self._instruction:
            return f'latent for {latent.instruction!r}; expected {self._instruction!r}'
        # A refusal counts whatever its data: the reasoner may have none for it.
        if self._feature is not None and not latent.refusal:
            cause = self._feature.problem(latent.space, latent.data)
            if cause:
                return cause
        if latent.stamp > now + MAX_FUTURE * SECOND:
            return f'latent stamp lies {(latent.stamp - now) / SECOND:.2f} s in the future'
        if _expired(latent, now):
            age = (now - latent.stamp) / SECOND
            return f'latent expired: {age:.2f} s old, valid for {latent.valid_for:.2f} s'
        if held is None or latent.episode_id != held.episode_id:
            return ''
        if (latent.stamp, latent.seq) <= (held.stamp, held.seq):
            return f'latent {latent.seq} is not newer than latent {held.seq}'
        return ''


def _expired(latent: Latent, now: int) -> bool:
    return now - latent.stamp > latent.valid_for * SECOND
