"""What the tests of several robots share."""

import pytest

from vla_ros.robots import load_robot


ALOHA = load_robot('aloha')
# Robots whose YAML is still to come (docs/robots.md), and those with several limbs.
HOMES = {
    'aloha': dict(zip(ALOHA.joint_names, ALOHA.home.tolist(), strict=True)),
    'humanoid': {
        'waist_pitch_joint': 0.15,
        'head_pitch_joint': 0.15,
        **{
            f'{side}_{name}_joint': q if name.endswith(('pitch', 'elbow')) else sign * q
            for side, sign in (('left', 1), ('right', -1))
            for name, q in (
                ('shoulder_pitch', -0.255),
                ('shoulder_roll', 0.5),
                ('shoulder_yaw', -0.2),
                ('elbow', -0.16),
                ('wrist_roll', -0.94),
                ('wrist_pitch', 0.94),
                ('wrist_yaw', 0.57),
            )
        },
    },
}


@pytest.fixture(scope='session')
def homes():
    """Home of each of them, rad by joint; joints that are not named are at 0."""
    return HOMES
