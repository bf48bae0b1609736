"""Outcomes to figures, and figures to the model card."""

from vla_ros.evaluate.summary import measured_table, summarise
from vla_ros.evaluate.trials import Outcome, Trial
from vla_ros.policy.card import MEASURED, read_measured, write_measured


def outcome(number, success, family='pick', refused=False):
    trial = Trial(family, 1_000_000 + number)
    return Outcome(trial, family, 'pick up the red cube', success, refused, 'why', 4.0, 0.2, 0.01)


def test_rates_per_family_and_the_failures_by_name():
    outcomes = [outcome(0, True), outcome(1, False, refused=True), outcome(2, True, 'push')]
    report = summarise(outcomes)
    assert (report['episodes'], report['successes'], report['refusals']) == (3, 2, 1)
    assert report['families']['pick']['success_rate'] == 0.5
    low, high = report['families']['push']['interval']
    assert 0.02 < low < 0.03 and high == 1.0  # one of one, Clopper-Pearson
    assert report['failures'] == [
        {'episode': 'pick:1000001', 'instruction': 'pick up the red cube', 'reason': 'why'}
    ]


def test_the_table_names_its_command():
    made = {'command': 'vla_ros evaluate', 'created': '2026-01-02T03:04:05', 'git': 'abc'}
    results = {'success': summarise([outcome(0, True)]), 'false_refusals': None}
    table = measured_table(results, made, 'lockstep')
    assert '`vla_ros evaluate`, lockstep, 2026-01-02, abc:' in table
    assert '| success | pick | 1 | 100.0 % | 2.5-100.0 % |' in table


def test_the_card_keeps_everything_else(tmp_path):
    (tmp_path / 'README.md').write_text(f'# A policy\n\n## Closed loop\n\n{MEASURED}\n\nold\n')
    write_measured(tmp_path, '| new |')
    assert read_measured(tmp_path) == '| new |'
    assert (tmp_path / 'README.md').read_text().startswith('# A policy\n\n## Closed loop\n')
    write_measured(tmp_path, '| newer |')
    assert (tmp_path / 'README.md').read_text().count(MEASURED) == 1
