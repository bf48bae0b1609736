"""`vla_ros evaluate`: how often the policy does what it is told, on scenes it has never seen."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from rich.console import Console
from rich.table import Table
import typer

from vla_ros.cli import options
from vla_ros.cli.progress import bar
from vla_ros.evaluate.report import provenance, write_report
from vla_ros.policies.card import write_measured
from vla_ros.tabletop.evaluate.run import Setup, run_trials
from vla_ros.tabletop.evaluate.summary import measured_table, rate, rows, summarise
from vla_ros.tabletop.evaluate.trials import (
    Outcome,
    Trial,
    other_trials,
    read_templates,
    refusal_trials,
    success_trials,
)
from vla_ros.tabletop.lockstep_config import LockstepConfig


NAME = 'evaluate'
SUITES = ('success', 'paraphrase', 'other', 'absent')

Episodes = Annotated[int, typer.Option(min=1, help='Fresh scenes per task family.')]
Suite = Annotated[
    str, typer.Option(help=f'Which of {", ".join(SUITES)}, separated by commas, or all.')
]
Instructions = Annotated[
    Path | None,
    typer.Option(help='Own wordings: family<TAB>text with {object} and {target}, one a line.'),
]
InLockstep = Annotated[
    bool,
    typer.Option(
        '--lockstep/--graph',
        help='The pure pipeline on a simulated clock, or real ROS nodes in real time.',
    ),
]
JointChunks = Annotated[
    bool,
    typer.Option(
        '--joint-chunks', help='Make joint positions of the poses of arms; in lockstep only.'
    ),
]
Card = Annotated[bool, typer.Option('--card', help='Write the model card too.')]


def command(
    robot: options.Robot = 'franka',
    policy: options.Policy = '',
    other_robot: options.OtherRobot = False,
    episodes: Episodes = 25,
    tasks: options.Tasks = '',
    suite: Suite = 'success',
    instructions: Instructions = None,
    lockstep: InLockstep = True,
    extra_delay: options.ExtraDelay = 0.0,
    joint_chunks: JointChunks = False,
    card: Card = False,
    seed: options.Seed = 0,
    workers: options.Workers = 2,
    report: options.Report = None,
) -> None:
    """Measure success over fresh scenes; the report has `episodes`, `success_rate`, `families`.

    The report also has each episode, in `outcomes`: `vla_ros compare` compares two reports.
    """
    families = options.families(tasks, robot)
    suites = options.choices(suite if suite != 'all' else '', SUITES, '--suite')
    templates = read_templates(instructions, families) if instructions else {}
    mode = 'lockstep' if lockstep else 'graph'
    path, pace = policy or f'policies/{robot}/pocket', LockstepConfig(extra_delay=extra_delay)
    setup = Setup(robot, path, pace, other_robot=other_robot, joint_chunks=joint_chunks)
    outcomes: dict[str, list[Outcome]] = {}
    for name in suites:
        trials = _trials(name, families, episodes, seed, templates)
        outcomes[name] = _run(setup, trials, workers if lockstep else None, name)
    results = _summaries(outcomes)
    Console().print(_table(results, robot))
    if card:
        table = measured_table(results, provenance(seed), mode)
        write_measured(options.policy_path(setup.policy), table)
    if report is not None:
        write_report(report, NAME, _tree(setup, mode, outcomes, results), seed=seed)


def _summaries(outcomes: Mapping[str, Sequence[Outcome]]) -> dict[str, Any]:
    """Return the figures of each suite, and `false_refusals` where absent objects were named."""
    results: dict[str, Any] = {name: summarise(own) for name, own in outcomes.items()}
    if 'absent' in results:
        results['false_refusals'] = _false_refusals(results)
    return results


def _tree(
    setup: Setup,
    mode: str,
    outcomes: Mapping[str, Sequence[Outcome]],
    results: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the fields of the report.

    The first suite's figures are at the top level, so that simple scripts find them.
    """
    return {
        **results[next(iter(outcomes))],
        'suites': results,
        'robot': setup.robot,
        'policy': setup.policy,
        'mode': mode,
        'extra_delay': setup.lockstep.extra_delay,
        'outcomes': [row for name, own in outcomes.items() for row in rows(name, own)],
    }


def _trials(
    suite: str,
    families: tuple[str, ...],
    episodes: int,
    seed: int,
    templates: dict[str, list[str]],
) -> list[Trial]:
    if suite == 'success':
        return success_trials(families, episodes, seed, 'train', templates)
    if suite == 'paraphrase':
        return success_trials(families, episodes, seed, 'heldout', {})
    if suite == 'other':
        return other_trials(families, episodes, seed)
    return refusal_trials(families, episodes, seed)


def _run(setup: Setup, trials: Sequence[Trial], workers: int | None, title: str) -> list[Outcome]:
    """Run a suite in lockstep; without workers on the graph, in real time."""
    outcomes: list[Outcome] = []
    with bar(title, len(trials)) as step:
        made = run_trials(setup, trials, workers) if workers else _run_graph(setup, trials)
        for outcome, _ in made:
            outcomes.append(outcome)
            step(outcome.success)
    return outcomes


def _run_graph(setup: Setup, trials: Sequence[Trial]) -> Iterator[tuple[Outcome, Any]]:
    from vla_ros.bench.graph_trials import run_graph_trials  # ROS: only here

    if setup.joint_chunks:
        raise typer.BadParameter('expected --lockstep', param_hint='--joint-chunks')
    delay = setup.lockstep.extra_delay
    return run_graph_trials(
        setup.robot, setup.policy, trials, delay, other_robot=setup.other_robot
    )


def _false_refusals(results: dict[str, Any]) -> dict[str, Any] | None:
    """Return how often a cube that is there was refused, over the suites that name one."""
    named = [results[name] for name in ('success', 'paraphrase', 'other') if name in results]
    if not named:
        return None
    return rate(sum(r['refusals'] for r in named), sum(r['episodes'] for r in named))


def _table(results: dict[str, Any], robot: str) -> Table:
    table = Table(title=f'{robot}: success on fresh scenes')
    for column in ('suite', 'family', 'episodes', 'success', '95 % interval'):
        table.add_column(column, justify='left' if column in ('suite', 'family') else 'right')
    for name, result in results.items():
        if result is None:
            continue
        rows = {'all': result, **result.get('families', {})}
        for family, row in rows.items():
            low, high = row['interval']
            table.add_row(
                name, family, str(row['episodes']), f'{100 * row["success_rate"]:.1f} %',
                f'{100 * low:.1f}-{100 * high:.1f} %',
            )  # fmt: skip
        table.add_section()
    return table
