"""The whole way from nothing to a policy, as small as it goes."""

from contextlib import contextmanager
import dataclasses

import numpy as np
import pytest


pytest.importorskip('torch')

from vla_ros.policies import load_policy  # noqa: E402
from vla_ros.tabletop.demos.demonstration import find_episodes, read_demonstration  # noqa: E402
from vla_ros.tabletop.pocket.loop import Budget  # noqa: E402
from vla_ros.tabletop.pocket.train import Job, load_settings  # noqa: E402
from vla_ros.tabletop.stills.static_scenes import (  # noqa: E402
    FRAMES,
    StaticSceneGenerator,
    render_static_scenes,
)
from vla_ros.tabletop.training import train_from_nothing  # noqa: E402


def test_a_still_is_the_same_again_and_only_for_the_eyes(spec):
    generator = StaticSceneGenerator(spec)
    first, again = generator.episode(7), generator.episode(7)
    assert len(first) == FRAMES and not first.valid.any()
    np.testing.assert_array_equal(first.images['front'], again.images['front'])
    np.testing.assert_array_equal(first.objects, again.objects)
    assert not np.array_equal(first.state, generator.episode(8).state)


def test_stills_that_are_there_are_not_made_again(tmp_path):
    render_static_scenes('franka', tmp_path, 1, workers=1)
    (path,) = find_episodes(tmp_path)
    made = path.stat().st_mtime_ns
    steps = []
    render_static_scenes('franka', tmp_path, 2, workers=1, step=steps.append)
    assert len(steps) == 1 and path.stat().st_mtime_ns == made


@pytest.mark.slow
def test_from_nothing_to_a_policy(tmp_path):
    settings = load_settings()
    plan = dataclasses.replace(
        settings.collect, demonstrations=1, stills=2, corrections=1, steps=(2, 2)
    )
    polish = dataclasses.replace(settings.polish, steps=4, batch=8)
    settings = dataclasses.replace(
        settings, collect=plan, polish=polish, batch=4, texts=4, reading=2, reading_batch=8,
        holdout=0.3, threads=1,
    )  # fmt: skip
    titles = []

    @contextmanager
    def bar(title, total):
        titles.append((title, total))
        yield lambda success: None

    job = Job(tmp_path / 'data', tmp_path / 'out', tmp_path / 'policy', Budget(1.0))
    (made,) = train_from_nothing(settings, ['franka'], job, 2, bar, lambda figures: None)
    assert load_policy(job.policy).spec == made
    assert titles == [
        ('franka: demonstrations', 4), ('franka: stills', 2), ('franka: corrections', 1),
    ]  # fmt: skip
    (corrected,) = find_episodes(job.demos / 'corrections')
    assert read_demonstration(corrected).valid.any()
