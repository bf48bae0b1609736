"""Decoders by the name that `decoder:` of a policy.yaml gives, for backends of any kind."""

from collections.abc import Callable, Mapping

from vla_ros.policies.decoders.decoder import (
    Condition,
    Decoder,
    Drawn,
    Guidance,
    Net,
    Prefix,
    Shape,
    Traits,
)
from vla_ros.policies.decoders.l1 import L1
from vla_ros.policies.directory import Policy, PolicyError


__all__ = [
    'DECODERS',
    'Condition',
    'Decoder',
    'Drawn',
    'Guidance',
    'Net',
    'Prefix',
    'Shape',
    'Traits',
    'make_decoder',
]

DECODERS: dict[str, type[Decoder]] = {'l1': L1}


def make_decoder(
    policy: Policy, horizon: int, load: Callable[[Mapping[str, Shape]], Net]
) -> Decoder:
    """Return the decoder that a policy names, `l1` where it names none.

    Args:
        policy: a checked policy directory.
        horizon: steps of a chunk.
        load: makes the head, told which outputs it must have.

    Raises:
        PolicyError: no such decoder, and the message names the valid ones; or a head without the
            outputs that it needs.
        ConfigError: an option that it does not have.
    """
    name = policy.spec.decoder.get('name', 'l1')
    if name not in DECODERS:
        raise PolicyError(f'{policy.path}: decoder {name!r} is not one of {sorted(DECODERS)}')
    kind = DECODERS[name]
    options = policy.options('decoder', kind.Options)
    return kind(load(kind.outputs(horizon, policy.spec.actions.width)), options)
