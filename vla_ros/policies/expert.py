"""What an expert is."""

from typing import Protocol

from vla_ros.core.data import ActionChunk, Latent, Observation


class Expert(Protocol):
    """Turns an observation and the newest latent into a chunk of actions, fast."""

    def act(self, observation: Observation, latent: Latent, seq: int) -> ActionChunk:
        """Return the actions from this observation on.

        Raises:
            ValueError: observation or latent is not what the model was made for.
        """
        ...
