"""Is the policy behaving as it does when it succeeds? Scores, conformal p-value, calibration.

A node builds one `Detector` from a calibration artefact, resets it at the start of an episode,
hands it every chunk and publishes the `FailureScore` it returns. It never moves the robot.
"""

from vla_ros.detect.artefact import Artefact, ArtefactError, load_artefact, save_artefact
from vla_ros.detect.monitor import Detector
from vla_ros.detect.settings import DetectConfig, MonitorConfig, load_detect_config


__all__ = [
    'Artefact',
    'ArtefactError',
    'DetectConfig',
    'Detector',
    'MonitorConfig',
    'load_artefact',
    'load_detect_config',
    'save_artefact',
]
