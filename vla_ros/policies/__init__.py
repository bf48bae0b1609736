"""What a policy directory holds, and what its numbers mean."""

from vla_ros.policies.action_space import absolute_actions, relative_actions
from vla_ros.policies.channels import kinds_of, parts_of
from vla_ros.policies.directory import Policy, PolicyError, PolicySpec, load_policy


__all__ = [
    'Policy',
    'PolicyError',
    'PolicySpec',
    'absolute_actions',
    'kinds_of',
    'load_policy',
    'parts_of',
    'relative_actions',
]
