from pathlib import Path
import sys

from hypothesis import settings
import pytest

from vla_ros.robots import load_robot
from vla_ros.sim import gl  # noqa: F401 - before any test imports mujoco


sys.path.insert(0, str(Path(__file__).parent))

# Tests are of what is computed, not of how busy the machine is.
settings.register_profile('untimed', deadline=None)
settings.load_profile('untimed')


@pytest.fixture(scope='session')
def aloha():
    return load_robot('aloha')


@pytest.fixture(scope='session')
def fake_policy(tmp_path_factory):
    """Return the directory of a policy that needs no training and always moves the same way."""
    pytest.importorskip('onnx')
    from fake_policy import write_fake_policy

    return write_fake_policy(tmp_path_factory.mktemp('policy') / 'fake')
