"""A tiny policy, trained for seconds."""

import dataclasses
from pathlib import Path
import sys

import pytest


sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope='session')
def tiny():
    pytest.importorskip('torch')
    from vla_ros.tabletop.pocket.train import load_settings

    settings = load_settings('pocket')
    net = dataclasses.replace(
        settings.net, image_size=48, stem=8, width=16, hidden=32, text_width=16
    )
    polish = dataclasses.replace(settings.polish, steps=20, batch=16)
    changes = {'net': net, 'polish': polish, 'batch': 8, 'texts': 8, 'holdout': 0.3, 'threads': 1}
    return dataclasses.replace(settings, reading=3, reading_batch=8, warmup=2, **changes)
