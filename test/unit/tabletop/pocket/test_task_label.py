"""What the shipped policies call a task is what their calibrations call it."""

import numpy as np
import pytest

from vla_ros.core.data import Observation, Pose, RobotState
from vla_ros.core.paths import share_dir
from vla_ros.detect import load_artefact
from vla_ros.policies import load_policy
from vla_ros.policies.expert import EpisodeInfo
from vla_ros.policies.latent_maker import latent_maker
from vla_ros.robots import load_arm, load_robot
from vla_ros.tabletop.language import render, requests


POSE = Pose(np.array([0.45, 0.0, 0.3]), np.array([1.0, 0.0, 0.0, 0.0]))


@pytest.mark.parametrize('robot', ['franka', 'ur5e'])
def test_a_known_wording_is_calibrated_as_its_family(robot):
    policy = load_policy(share_dir() / 'policies' / robot / 'pocket')
    reasoner, rng = latent_maker(policy, load_robot(robot)), np.random.default_rng(0)
    calibrated = load_artefact(policy.file('calibration.json')).maxima
    zeros, images = np.zeros(load_arm(robot).n), reasoner.features.images.values()
    state = RobotState(0, zeros, zeros, POSE, 0.05, POSE, 0.05)
    for number, request in enumerate(requests(*policy.spec.tasks)):
        seen = {
            image.camera: rng.integers(0, 255, (image.height, image.width, 3), np.uint8)
            for image in images
        }
        for split in ('plain', 'train', 'heldout'):
            text = render(request, rng, split)
            episode = EpisodeInfo(f'{number}', text)
            latent = reasoner.reason(Observation(0, seen, state), episode, 1)
            assert latent.task == request.family, text
            assert latent.task in calibrated
