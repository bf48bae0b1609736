"""What the tests of the simulation share: building a scene costs tens of milliseconds."""

from dataclasses import replace

import pytest

from vla_ros.robots import load_robot
from vla_ros.tabletop.demos.sim_env import SimEnv
from vla_ros.tabletop.tasks import TASKS, make_tasks
from vla_ros.tabletop.world import Scene


ONE_HAND = tuple(name for name, task in TASKS.items() if task.takes == 1)


@pytest.fixture(scope='session', params=['franka', 'ur5e'])
def spec(request):
    return load_robot(request.param)


@pytest.fixture(scope='module')
def scene(spec):
    return Scene(spec)


@pytest.fixture(scope='session')
def able(spec):
    """The robot with every task that one hand can do."""
    return replace(spec, tasks=ONE_HAND)


@pytest.fixture(scope='module')
def env(able):
    return SimEnv(able)


@pytest.fixture(scope='module')
def tasks(env):
    return make_tasks(env.scene.config, env.hands, ONE_HAND)
