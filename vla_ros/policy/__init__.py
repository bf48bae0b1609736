"""What a policy directory holds, and what its numbers mean."""

from vla_ros.policy.channels import kinds_of, parts_of
from vla_ros.policy.representation import absolute_actions, relative_actions
from vla_ros.policy.spec import Policy, PolicyError, PolicySpec, load_policy


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
