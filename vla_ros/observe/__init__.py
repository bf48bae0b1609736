"""Cameras and robot state aligned by stamp into one Observation, with every doubt named."""

from vla_ros.observe.align import AlignConfig, Aligner
from vla_ros.observe.image import ImageError, resize_area
from vla_ros.observe.joints import JointError, JointMap


__all__ = ['AlignConfig', 'Aligner', 'ImageError', 'JointError', 'JointMap', 'resize_area']
