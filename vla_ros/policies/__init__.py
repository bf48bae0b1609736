"""The contract of a policy, its directory, and how one is built."""

from vla_ros.policies.action_space import ActionSpace
from vla_ros.policies.directory import Policy, PolicyError, PolicySpec, Rates, load_policy
from vla_ros.policies.expert import Context, EpisodeInfo, Expert, Prediction
from vla_ros.policies.features import Features, ImageFeature, LatentFeature
from vla_ros.policies.group import Group
from vla_ros.policies.reasoner import Reasoner, Thought


__all__ = [
    'ActionSpace',
    'Context',
    'EpisodeInfo',
    'Expert',
    'Features',
    'Group',
    'ImageFeature',
    'LatentFeature',
    'Policy',
    'PolicyError',
    'PolicySpec',
    'Prediction',
    'Rates',
    'Reasoner',
    'Thought',
    'load_policy',
]
