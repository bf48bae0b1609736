"""Outcomes to figures, and figures to the model card."""

import dataclasses

import pytest

from vla_ros.policies.card import MEASURED, read_measured, write_measured
from vla_ros.tabletop.evaluate.summary import measured_table, rows, summarise
from vla_ros.tabletop.evaluate.trials import (
    Outcome,
    Trial,
    other_trials,
    read_templates,
    refusal_trials,
    success_trials,
)


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


def test_what_a_task_measures_besides_is_averaged_over_what_is_known():
    shares = (0.9, 0.8, float('nan'))
    wiped = [
        dataclasses.replace(outcome(i, True, 'wipe'), measured={'in_band': share})
        for i, share in enumerate(shares)
    ]
    families = summarise([*wiped, outcome(5, True)])['families']
    assert families['wipe']['measured'] == {'in_band': pytest.approx(0.85)}
    assert 'measured' not in families['pick']


def test_trials_are_of_the_families_given_in_turn():
    families = ('press', 'wipe', 'pick')
    for trials in (refusal_trials(families, 7, 2), other_trials(families, 7, 2)[::2]):
        assert [t.family for t in trials] == [families[i % 3] for i in range(7)]
    assert {t.family for t in success_trials(('wipe',), 2, 0, 'train', {})} == {'wipe'}


def test_own_wordings_of_a_family_that_is_not_evaluated_are_refused(tmp_path):
    path = tmp_path / 'wordings'
    path.write_text('wipe\tscrub {object}\n')
    assert read_templates(path, ('pick', 'wipe')) == {'wipe': ['scrub {object}']}
    with pytest.raises(ValueError, match=r"wordings:1: family 'wipe' is not one of \['pick'\]"):
        read_templates(path, ('pick',))


def test_every_outcome_becomes_a_row_of_the_report():
    trial = Trial('put', 1_000_004, 'other', 1)
    made = dataclasses.replace(outcome(0, False), trial=trial)
    (row,) = rows('other', [made])
    assert row.trial == ('other', 'put', 1_000_004, 1)
    assert (row.family, row.success, row.refused, row.reason) == ('pick', False, False, 'why')
    assert (row.seconds, row.latent_age, row.seam_jump) == (4.0, 0.2, 0.01)
