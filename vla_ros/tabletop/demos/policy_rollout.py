"""PolicyRollout: a trained policy in the expert's seat, so that it meets its own mistakes."""

from pathlib import Path

from vla_ros.core.data import Array, Latent, Observation
from vla_ros.policies import load_policy
from vla_ros.tabletop.pocket.pocket_expert import PocketExpert
from vla_ros.tabletop.pocket.pocket_reasoner import PocketReasoner


_LOOK_EVERY = 4  # steps between two looks of the reasoner, so that latents age as they do at work


class PolicyRollout:
    """Observation in, action of all limbs out; a new episode begins with the stamp 0."""

    def __init__(self, policy: str | Path) -> None:
        """Load the policy.

        Raises:
            PolicyError: the directory is not a policy, or was changed.
        """
        loaded = load_policy(policy)
        self._reasoner = PocketReasoner(loaded)
        self._expert = PocketExpert(loaded)
        self._latent: Latent | None = None
        self._step = 0
        self._episodes = 0

    def __call__(self, observation: Observation) -> Array | None:
        """Return what the policy would do next; None when it refuses the instruction."""
        if observation.stamp == 0:
            self._episodes += 1
            self._step, self._latent = 0, None
        if self._latent is None or self._step % _LOOK_EVERY == 0:
            self._latent = self._reasoner.reason(
                observation, observation.instruction, str(self._episodes), self._step
            )
        if not self._latent.grounded:
            return None
        self._step += 1
        chunk = self._expert.act(observation, self._latent, self._step)
        first: Array = chunk.actions[0]
        return first
