"""One tokenizer for the demonstrations of all robots, measured on episodes it has not seen."""

import json
from pathlib import Path
import shutil
import sys

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
from typer.testing import CliRunner

from vla_ros.cli.main import app
from vla_ros.tabletop.tokens import HORIZON, collect, fit_tokenizer, measure


pytest.importorskip('torch')
sys.path.insert(0, str(Path(__file__).parent / 'learn'))
from synthetic import write_demos  # noqa: E402


def change(path, robot='', **arrays):
    """Make a demonstration another robot's, or change arrays of it."""
    with safe_open(path, 'np') as file:
        metadata = file.metadata()
    named = {'robot': robot} if robot else {}
    save_file(load_file(path) | arrays, path, metadata | named)


@pytest.fixture(scope='module')
def folders(tmp_path_factory):
    made = [tmp_path_factory.mktemp(name) for name in ('franka', 'ur5e')]
    for i, folder in enumerate(made):
        write_demos(folder, 10, steps=20, seed=i)
    for path in made[1].iterdir():
        change(path, 'ur5e')
    return made


def test_it_is_fitted_on_all_and_measured_on_what_it_has_not_seen(folders):
    found = [collect(folder) for folder in folders]
    assert [chunks.robot for chunks in found] == ['franka', 'ur5e']
    assert found[0].fitted.shape == (40, HORIZON, 7) and found[0].held_out.shape == (
        10,
        HORIZON,
        7,
    )
    tokenizer = fit_tokenizer(found, 0.04, 700)
    assert tokenizer.spec.robots == ('franka', 'ur5e') and tokenizer.size == 700
    for chunks in found:
        figures = measure(tokenizer, chunks)
        assert figures['chunks'] == 10 and figures['numbers'] == 112
        assert 0 < figures['tokens'] <= figures['tokens_p99'] < 60
        assert 0 < figures['position']['mean'] < figures['position']['max'] < 0.01
        assert figures['rotation']['max'] == pytest.approx(0, abs=1e-6)


def test_the_command_writes_a_tokenizer_and_its_figures(folders, tmp_path):
    out, report = tmp_path / 'tokenizer.json', tmp_path / 'report.json'
    given = ['tokenize', *map(str, folders), '--out', str(out), '--report', str(report)]
    answer = CliRunner().invoke(app, [*given, '--size', '600'])
    assert answer.exit_code == 0, answer.output
    assert 'franka' in answer.output and 'ur5e' in answer.output
    assert out.stat().st_size > 100 and '"position"' in report.read_text()


def test_the_command_measures_a_tokenizer_that_is_there(folders, tmp_path):
    fitted, again = tmp_path / 'fitted.json', tmp_path / 'again.json'
    first, given = str(folders[0]), tmp_path / 'tokenizer.json'
    made = ['tokenize', *map(str, folders), '--size', '600', '--out', str(given)]
    for arguments in (
        [*made, '--report', str(fitted)],
        ['tokenize', first, '--tokenizer', str(given), '--report', str(again)],
    ):
        answer = CliRunner().invoke(app, arguments)
        assert answer.exit_code == 0, answer.output
    both = [json.loads(report.read_text()) for report in (fitted, again)]
    assert both[0]['robots']['franka'] == both[1]['robots']['franka']
    answer = CliRunner().invoke(app, ['tokenize', first, '--tokenizer', str(tmp_path / 'none')])
    assert answer.exit_code != 0 and 'not an action tokenizer' in str(answer.exception)


def test_too_few_or_mixed_demonstrations_are_refused(folders, tmp_path):
    with pytest.raises(FileNotFoundError, match='holds no episode'):
        collect(tmp_path)
    few = tmp_path / 'few'
    write_demos(few, 6, steps=20)
    for path in sorted(few.iterdir())[:3]:  # what is in no step the expert's is not counted
        change(path, valid=np.zeros(20, np.uint8))
    with pytest.raises(ValueError, match='expected 5 demonstrations or more'):
        collect(few)
    mixed = tmp_path / 'mixed'
    shutil.copytree(folders[0], mixed / 'a')
    shutil.copytree(folders[1], mixed / 'b')
    with pytest.raises(ValueError, match=r"one robot, got \['franka', 'ur5e'\]"):
        collect(mixed)
