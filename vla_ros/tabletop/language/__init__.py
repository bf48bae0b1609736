"""What can be asked of the robot, in how many words, and how words become numbers."""

from vla_ros.tabletop.language.families import COLOURS, FAMILIES, Family, check_families
from vla_ros.tabletop.language.grammar import Request, fill, render, requests
from vla_ros.tabletop.language.vocabulary import Vocabulary


__all__ = [
    'COLOURS',
    'FAMILIES',
    'Family',
    'Request',
    'Vocabulary',
    'check_families',
    'fill',
    'render',
    'requests',
]
