import json
from pathlib import Path

import numpy as np
import pytest

from vla_ros.data import Mode
from vla_ros.evaluate.report import plain, write_report
from vla_ros.evaluate.statistics import share


def test_a_report_says_where_it_comes_from(tmp_path: Path) -> None:
    path = tmp_path / 'deep' / 'r.json'
    fields = {'success_rate': share(9, 10), 'mode': Mode.RUN, 'age': np.float32(0.5)}
    written = write_report(path, 'evaluate', fields, seed=7, command='vla_ros evaluate')
    report = json.loads(path.read_text())
    assert report == written
    assert (report['report'], report['format'], report['mode']) == ('evaluate', 1, 'RUN')
    assert report['success_rate']['successes'] == 9 and report['age'] == 0.5
    source = report['provenance']
    assert (source['seed'], source['command']) == (7, 'vla_ros evaluate')
    assert source['created'].endswith('+00:00') and source['machine']['cores'] >= 1
    assert set(source) == {'created', 'command', 'seed', 'version', 'git', 'machine'}


def test_what_cannot_be_written_leaves_the_old_report(tmp_path: Path) -> None:
    path = tmp_path / 'r.json'
    write_report(path, 'bench', {'a': 1})
    with pytest.raises(TypeError, match='object has no JSON form'):
        write_report(path, 'bench', {'a': object()})
    assert json.loads(path.read_text())['a'] == 1
    assert [p.name for p in tmp_path.iterdir()] == ['r.json']


def test_plain_json_only() -> None:
    tree = {
        Mode.HOLD: (1, float('nan'), float('inf')),
        'array': np.arange(3),
        'flag': np.bool_(True),
        'path': Path('x') / 'y',
    }
    assert plain(tree) == {
        'HOLD': [1, None, None], 'array': [0, 1, 2], 'flag': True, 'path': 'x/y',
    }  # fmt: skip
