"""Two evaluations of the same trials: pairs, differences, McNemar's test, the command."""

import dataclasses
import json

import pytest
from typer.testing import CliRunner

from vla_ros.cli.main import app
from vla_ros.evaluate.comparison import EpisodeRow, compare, differences, read_episodes
from vla_ros.evaluate.report import write_report


def episode(seed, success=True, **changes):
    made = EpisodeRow(
        'success', 'pick', seed, 0, 'pick', 'pick up the red cube', success, False, 'done', 4.2,
        0.1, 0.003,
    )  # fmt: skip
    return dataclasses.replace(made, **changes)


def written(path, episodes):
    write_report(path, 'evaluate', {'outcomes': episodes}, command='vla_ros evaluate')
    return path


def test_what_is_the_same_is_identical_in_any_order():
    before = [episode(i, i > 2) for i in range(10)]
    found = compare(before, before[::-1])
    assert (found.paired, found.identical, found.differing) == (10, 10, ())
    assert (found.lost, found.gained, found.p) == (0, 0, 1.0)
    assert found.before == found.after and found.before.successes == 7


def test_a_difference_in_the_last_bit_counts():
    old = episode(1)
    new = dataclasses.replace(old, seconds=4.2 + 1e-15)
    assert new.seconds != old.seconds
    found = compare([old, episode(2)], [new, episode(2)])
    assert (found.identical, found.differing) == (1, ((old, new),))
    assert differences(old, new) == {'seconds': (old.seconds, new.seconds)}


def test_only_pairs_count():
    before = [episode(i) for i in range(4)]
    after = [episode(i, False) for i in range(3, 9)] + [episode(3, suite='paraphrase')]
    found = compare(before, after)
    assert (found.paired, found.only_before, found.only_after) == (1, 3, 6)
    assert (found.before.successes, found.after.successes) == (1, 0)
    with pytest.raises(ValueError, match='no episode of the 1 before'):
        compare([episode(1)], [episode(1, variant=1)])


@pytest.mark.parametrize(
    ('lost', 'gained', 'p'),
    [(5, 0, 2 / 2**5), (1, 1, 1.0), (8, 1, 2 * (1 + 9) / 2**9), (0, 6, 2 / 2**6)],
)
def test_mcnemar_is_a_sign_test_of_the_pairs_that_changed(lost, gained, p):
    before = [episode(i, i < lost) for i in range(lost + gained)]
    after = [episode(i, i >= lost) for i in range(lost + gained)]
    same = [episode(100 + i) for i in range(30)]
    found = compare(before + same, after + same)
    assert (found.lost, found.gained) == (lost, gained)
    assert found.p == pytest.approx(p)


def test_episodes_come_back_from_a_report_as_they_were(tmp_path):
    given = [episode(1), episode(2, latent_age=None), episode(3, seconds=0.1 + 0.2)]
    assert read_episodes(written(tmp_path / 'report.json', given)) == given


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('{', 'got no JSON'),
        ('[]', 'expected a report of `vla_ros evaluate`'),
        ('{"episodes": 3}', 'run the evaluation again with --report'),
        ('{"outcomes": [{"suite": "success"}]}', 'outcomes'),
    ],
)
def test_what_is_no_evaluation_is_refused(tmp_path, text, message):
    path = tmp_path / 'report.json'
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_episodes(path)
    twice = written(path, [episode(1), episode(1)])
    with pytest.raises(ValueError, match='each trial once'):
        read_episodes(twice)


def test_the_command_says_what_changed_and_exits_with_1_only_when_asked(tmp_path):
    old = [episode(i) for i in range(30)]
    new = [*old[:5], *(dataclasses.replace(e, success=False, reason='late') for e in old[5:])]
    paths = [str(written(tmp_path / f'{n}.json', e)) for n, e in (('old', old), ('new', new))]
    report = tmp_path / 'compared.json'
    answer = CliRunner().invoke(app, ['compare', *paths, '--report', str(report)])
    assert answer.exit_code == 0, answer.output
    assert 'identical: 5 of 30 paired' in answer.output
    assert 'differing episodes: 20 of 25' in answer.output and 'pick:24.0' in answer.output
    assert 'pick:25.0' not in answer.output
    assert 'lost 25, gained 0' in answer.output and 'p = 5.96e-08' in answer.output
    made = json.loads(report.read_text())
    assert (made['paired'], made['identical'], len(made['differing'])) == (30, 5, 25)
    assert made['differing'][0]['after']['reason'] == 'late'
    assert CliRunner().invoke(app, ['compare', *paths, '--identical']).exit_code == 1
    same = CliRunner().invoke(app, ['compare', paths[0], paths[0], '--identical'])
    assert same.exit_code == 0 and 'differing' not in same.output
