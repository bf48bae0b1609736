"""What a policy directory holds, and what its numbers mean."""

from vla_ros.policy.representation import absolute_actions
from vla_ros.policy.representation import relative_actions
from vla_ros.policy.spec import load_policy
from vla_ros.policy.spec import Policy
from vla_ros.policy.spec import PolicyError
from vla_ros.policy.spec import PolicySpec


__all__ = [
    'Policy',
    'PolicyError',
    'PolicySpec',
    'absolute_actions',
    'load_policy',
    'relative_actions',
]
