"""Pictures of another shape than a policy's are fitted as it says, or refused; never a crash."""

import numpy as np
import pytest

from vla_ros.observe import Aligner
from vla_ros.observe.image import ImageError, fit_image
from vla_ros.policies import ImageFeature
from vla_ros.robots import load_robot


# Columns of brightness 0, 10, 20, ... make visible what became of them.
WIDE = np.repeat(np.arange(0, 160, 10, dtype=np.uint8)[None, :, None], 12, 0).repeat(3, 2)
TALL = np.ascontiguousarray(WIDE.transpose(1, 0, 2))


def fitted(image, fit, size=(12, 12)):
    return fit_image(image, ImageFeature('front', *size, fit=fit))


def test_a_picture_that_fits_stays_as_it_is():
    for fit in ('pad', 'crop', 'stretch', 'none'):
        assert fitted(WIDE, fit, (12, 16)) is WIDE


@pytest.mark.parametrize('turned', [False, True])
def test_cropped_is_the_middle(turned):
    image = fitted(TALL if turned else WIDE, 'crop')
    line = image[:, 0, 0] if turned else image[0, :, 0]
    assert line.tolist() == list(range(20, 140, 10))


@pytest.mark.parametrize('turned', [False, True])
def test_padded_is_all_of_it_with_black_beside(turned):
    image = fitted(TALL if turned else WIDE, 'pad')
    image = image.transpose(1, 0, 2) if turned else image
    assert not image[0].any() and not image[-1].any()  # 9 of 12 rows are picture
    line = image[6, :, 0].astype(float)
    assert (np.diff(line) > 0).all() and line[-1] > 140
    assert (image.any(axis=(1, 2))).sum() == 9


def test_stretched_is_all_of_it():
    image = fitted(WIDE, 'stretch')
    assert image.shape == (12, 12, 3) and image[0].any() and image[0, -1, 0] > 140


def test_another_shape_is_refused_where_nothing_is_said():
    with pytest.raises(ImageError, match='expected the aspect ratio 12:12, got an image of 16x12'):
        fitted(WIDE, 'none')


def test_an_observation_needs_a_picture():
    with pytest.raises(ValueError, match='images: expected one or more'):
        Aligner(load_robot('franka'), [])


def test_an_aligner_says_so_and_lives():
    robot = load_robot('franka')
    square = np.zeros((96, 96, 3), np.uint8)
    for fit, cause in (('none', 'camera front: expected the aspect ratio 64:48'), ('pad', '')):
        aligner = Aligner(robot, [ImageFeature('front', 48, 64, fit=fit)])
        found = aligner.offer_image('front', 1, square, 1)
        assert found.startswith(cause) and bool(found) == bool(cause)
