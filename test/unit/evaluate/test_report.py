import json
from pathlib import Path

import numpy as np
import pytest

from vla_ros.core.data import Mode
from vla_ros.evaluate.report import plain, provenance, write_report
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


@pytest.mark.parametrize(
    ('typed', 'kept'),
    [
        (['{cwd}/out/r.json'], 'out/r.json'),
        (['{cwd}'], '.'),
        (['{checkout}/policies/x', '--seed', '1'], 'policies/x --seed 1'),
        (['--report={checkout}/out/r.json'], '--report=out/r.json'),
        (['--keep=/home/somebody/rollouts/'], '--keep=rollouts'),
        (['{checkout}/../../home/somebody'], 'somebody'),
        (['out/r.json', '--tasks', 'pick,put'], 'out/r.json --tasks pick,put'),
        (['{cwd}-other/r.json'], 'r.json'),
    ],
)
def test_a_command_line_is_kept_without_absolute_paths(
    typed: list[str], kept: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    checkout = Path(__file__).resolve().parents[3]
    words = [word.format(cwd=tmp_path, checkout=checkout) for word in typed]
    for program in ('/usr/bin/vla_ros', str(checkout / 'vla_ros' / 'cli.py')):
        monkeypatch.setattr('sys.argv', [program, 'calibrate', *words])
        assert provenance()['command'] == f'vla_ros calibrate {kept}'


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
