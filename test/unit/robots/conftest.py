"""What the tests of several robots share."""

import pytest
import yaml

from vla_ros.robots import load_robot


# Robots with several limbs.
BODIES = [load_robot(name) for name in ('aloha', 'humanoid')]
HOMES = {
    body.name: dict(zip(body.joint_names, body.home.tolist(), strict=True)) for body in BODIES
}


@pytest.fixture(scope='session')
def homes():
    """Home of each of them, rad by joint; joints that are not named are at 0."""
    return HOMES


@pytest.fixture
def load(tmp_path):
    """Return what loads a robot from the tree of its YAML."""

    def load(tree):
        path = tmp_path / 'robot.yaml'
        path.write_text(yaml.safe_dump(tree))
        return load_robot(str(path))

    return load
