"""Reasoners: images and an instruction into a latent, slowly; and the buffer it waits in."""

from vla_ros.reason.base import Reasoner
from vla_ros.reason.buffer import LatentBuffer
from vla_ros.reason.pocket import PocketReasoner


__all__ = ['LatentBuffer', 'PocketReasoner', 'Reasoner']
