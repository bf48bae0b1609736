"""What a reasoner is."""

from typing import Protocol

from vla_ros.core.data import Latent, Observation


class Reasoner(Protocol):
    """Looks and reads, slowly; a backend is one class in one file."""

    def reason(
        self, observation: Observation, instruction: str, episode_id: str, seq: int
    ) -> Latent:
        """Return what the expert should know; refused instructions give a latent that says why.

        Raises:
            ValueError: the observation is not what the model was made for.
        """
        ...
