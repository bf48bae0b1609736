"""What can be asked of the robot, in how many words, and how words become numbers."""

from vla_ros.language.grammar import COLOURS, FAMILIES, Request, fill, render, requests
from vla_ros.language.vocabulary import Vocabulary


__all__ = ['COLOURS', 'FAMILIES', 'Request', 'Vocabulary', 'fill', 'render', 'requests']
