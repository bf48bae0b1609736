"""Cameras and robot state aligned by stamp into one Observation, with every doubt named."""

from vla_ros.observe.align import AlignConfig
from vla_ros.observe.align import Aligner
from vla_ros.observe.image import ImageError
from vla_ros.observe.image import resize_area
from vla_ros.observe.joints import JointError
from vla_ros.observe.joints import JointMap


__all__ = ['AlignConfig', 'Aligner', 'ImageError', 'JointError', 'JointMap', 'resize_area']
