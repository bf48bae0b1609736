"""The example of docs/your-policy.md: a foreign package is installed, and moves the Franka."""

import importlib
from pathlib import Path
import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from vla_ros.policies import load_policy, registry
from vla_ros.policies.makers import make_policy
from vla_ros.robots import load_robot
from vla_ros.tabletop.lockstep import Lockstep
from vla_ros.tabletop.lockstep_config import LockstepConfig


EXAMPLE = Path(__file__).parents[3] / 'examples' / 'my_policy'
AMPLITUDE = 0.25  # rad, in its policy.yaml


@pytest.fixture
def site(tmp_path, monkeypatch):
    """The folder into which the example is installed, found by Python."""
    source, target = tmp_path / 'source', tmp_path / 'site'
    shutil.copytree(EXAMPLE, source)  # setuptools builds where the sources are
    pip = [sys.executable, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
    options = ['--no-deps', '--no-build-isolation', '--no-index', '--target', str(target)]
    done = subprocess.run([*pip, *options, str(source)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(str(target))
    importlib.invalidate_caches()
    yield target
    for name in [name for name in sys.modules if name.split('.')[0] == 'my_policy']:
        del sys.modules[name]


def test_an_installed_package_adds_a_kind_that_drives_the_franka(site):
    assert 'my_policy' in registry.kinds(registry.EXPERTS)
    policy, robot = load_policy(site / 'my_policy' / 'policy'), load_robot('franka')
    reasoner, expert = make_policy(policy, robot)
    assert reasoner is None and not expert.needs_latent
    angles = []

    def watch(state):
        angles.append(stack.execution.loop.state().position)
        return False

    stack = Lockstep(robot, reasoner, expert, LockstepConfig(timeout=5.0))
    stack.reset(stack.scenes.layout('pick', 1))
    judge = SimpleNamespace(success=False, reason='', update=watch)
    rollout = stack.run('wave', judge, keep_chunks=True)
    assert rollout.chunks and stack.execution.queue.refused == 0
    chunk = rollout.chunks[-1]
    assert chunk.model.startswith('wave:') and chunk.kinds == ('joint',) * 7 + ('gripper',)
    path = np.array(angles) - angles[0]
    assert path[:, 0].max() == pytest.approx(AMPLITUDE, abs=0.03)
    assert path[:, 0].min() == pytest.approx(-AMPLITUDE, abs=0.03)
    assert np.abs(path[:, 1:]).max() < 0.03
