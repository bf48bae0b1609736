"""What can be asked of the robot, in how many words, and how words become numbers."""

from vla_ros.language.grammar import COLOURS
from vla_ros.language.grammar import FAMILIES
from vla_ros.language.grammar import fill
from vla_ros.language.grammar import render
from vla_ros.language.grammar import Request
from vla_ros.language.grammar import requests
from vla_ros.language.vocabulary import Vocabulary


__all__ = ['COLOURS', 'FAMILIES', 'Request', 'Vocabulary', 'fill', 'render', 'requests']
