"""Reasoner and expert of a policy, ready to make latents and chunks."""

import time

from vla_ros.policies.chunk_maker import ChunkMaker, Clock, chunk_maker
from vla_ros.policies.directory import Policy
from vla_ros.policies.latent_maker import LatentMaker, latent_maker
from vla_ros.robots.robot import Robot


def make_policy(
    policy: Policy, robot: Robot, other_robot: bool = False, clock: Clock = time.time_ns
) -> tuple[LatentMaker | None, ChunkMaker]:
    """Build reasoner, if there is one, and expert of a policy; see `registry.make_expert`."""
    return (
        latent_maker(policy, robot, other_robot, clock),
        chunk_maker(policy, robot, other_robot, clock),
    )
