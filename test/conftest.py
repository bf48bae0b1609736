import os
from pathlib import Path
import secrets
import sys

from hypothesis import settings
import pytest

from vla_ros.robots import load_robot
from vla_ros.tabletop.world import gl  # noqa: F401 - before any test imports mujoco


sys.path.insert(0, str(Path(__file__).parent))

# Tests are of what is computed, not of how busy the machine is.
settings.register_profile('untimed', deadline=None)
settings.load_profile('untimed')


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Say at once why a test failed: a run that is cut short has no summary."""
    report = yield
    if report.failed:
        reporter = item.config.pluginmanager.get_plugin('terminalreporter')
        cause = str(call.excinfo.value).strip().splitlines() or [call.excinfo.typename]
        reporter.write_line(f'\n{report.nodeid} ({report.when}): {cause[0][:300]}')
    return report


@pytest.fixture
def fresh_seed():
    """A seed that no run has had; a test that fails prints it. VLA_ROS_TEST_SEED sets it."""
    seed = int(os.environ.get('VLA_ROS_TEST_SEED', secrets.randbits(32)))
    print(f'VLA_ROS_TEST_SEED={seed}')
    return seed


@pytest.fixture(scope='session')
def aloha():
    return load_robot('aloha')


@pytest.fixture(scope='session')
def fake_policy(tmp_path_factory):
    """Return the directory of a policy that needs no training and always moves the same way."""
    pytest.importorskip('onnx')
    from fake_policy import write_fake_policy

    return write_fake_policy(tmp_path_factory.mktemp('policy') / 'fake')
