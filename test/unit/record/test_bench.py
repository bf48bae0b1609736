from pathlib import Path

import pytest

from vla_ros.record import RecordConfig
from vla_ros.record.bench import measure
from vla_ros.record.read import read_episode


def test_the_bench_loses_nothing_and_writes_a_real_bag(tmp_path: Path) -> None:
    figures = measure(tmp_path, 2, (96, 96), pace=0, config=RecordConfig(min_free=0))
    assert figures['messages'] == figures['written'] == 2 * (30 + 30 + 200)
    assert figures['dropped'] == 0
    episode = read_episode(next(tmp_path.iterdir()))
    assert len(episode.images['wrist'].stamp) == 60
    assert episode.images['front'].at(episode.end).shape == (96, 96, 3)
    assert episode.joints.names[6] == 'fr3_joint7'


@pytest.mark.slow
def test_real_time_at_vga_loses_nothing(tmp_path: Path) -> None:
    figures = measure(tmp_path, 12, (480, 640), config=RecordConfig(min_free=0))
    assert figures['dropped'] == 0 and figures['written'] == figures['messages']
