"""PolicyRollout: a trained policy in the expert's seat, so that it meets its own mistakes."""

from pathlib import Path

from vla_ros.core.data import Array, Latent, Observation
from vla_ros.policies import EpisodeInfo, load_policy
from vla_ros.policies.makers import make_policy
from vla_ros.robots.robot import Robot


_LOOK_EVERY = 4  # steps between two looks of the reasoner, so that latents age as they do at work


class PolicyRollout:
    """Observation in, action of all limbs out; a new episode begins with the stamp 0."""

    def __init__(self, policy: str | Path, robot: Robot) -> None:
        """Load the policy for a robot.

        Raises:
            PolicyError: the directory is not a policy, was changed, or is for another robot.
        """
        self._reasoner, self._expert = make_policy(load_policy(policy), robot)
        self._latent: Latent | None = None
        self._step = 0
        self._episodes = 0

    def __call__(self, observation: Observation) -> Array | None:
        """Return what the policy would do next; None when it refuses the instruction."""
        if observation.stamp == 0:
            self._episodes += 1
            self._step, self._latent = 0, None
        episode = EpisodeInfo(str(self._episodes), observation.instruction)
        due = self._latent is None or self._step % _LOOK_EVERY == 0
        if self._reasoner is not None and due:
            self._latent = self._reasoner.reason(observation, episode, self._step)
        if self._latent is not None and not self._latent.grounded:
            return None
        self._step += 1
        chunk = self._expert.act(observation, episode, self._latent, self._step)
        first: Array = chunk.actions[0]
        return first
