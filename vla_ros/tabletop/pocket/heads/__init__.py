"""Heads, by the name that `net.head` of a recipe gives: also that of the decoder they are for."""

from vla_ros.tabletop.pocket.heads.head import Condition, Head, clipped
from vla_ros.tabletop.pocket.heads.l1 import L1Head


__all__ = ['HEADS', 'Condition', 'Head', 'L1Head', 'clipped']

HEADS: dict[str, type[Head]] = {'l1': L1Head}
