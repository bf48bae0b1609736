"""`vla_ros evaluate`: how often the policy does what it is told, on scenes it has never seen."""

from collections.abc import Sequence
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
from vla_ros.tabletop.evaluate.summary import measured_table, rate, summarise
from vla_ros.tabletop.evaluate.trials import (
    Outcome,
    Trial,
    other_trials,
    read_templates,
    refusal_trials,
    success_trials,
)
from vla_ros.tabletop.lockstep import LockstepConfig


NAME = 'evaluate'
SUITES = ('success', 'paraphrase', 'other', 'absent')


def command(
    robot: options.Robot = 'franka',
    policy: options.Policy = '',
    other_robot: options.OtherRobot = False,
    episodes: Annotated[int, typer.Option(min=1, help='Fresh scenes per task family.')] = 25,
    tasks: options.Tasks = '',
    suite: Annotated[
        str, typer.Option(help=f'Which of {", ".join(SUITES)}, separated by commas, or all.')
    ] = 'success',
    instructions: Annotated[
        Path | None,
        typer.Option(help='Own wordings: family<TAB>text with {object} and {target}, one a line.'),
    ] = None,
    lockstep: Annotated[
        bool,
        typer.Option(
            '--lockstep/--graph',
            help='The pure pipeline on a simulated clock, or real ROS nodes in real time.',
        ),
    ] = True,
    extra_delay: Annotated[
        float, typer.Option(min=0, max=10, help='Seconds added to the reasoner.')
    ] = 0.0,
    card: Annotated[bool, typer.Option('--card', help='Write the model card too.')] = False,
    seed: options.Seed = 0,
    workers: options.Workers = 2,
    report: options.Report = None,
) -> None:
    """Measure success over fresh scenes; the report has `episodes`, `success_rate`, `families`."""
    families = options.families(tasks, robot)
    suites = options.choices(suite if suite != 'all' else '', SUITES, '--suite')
    templates = read_templates(instructions, families) if instructions else {}
    path = policy or f'policies/{robot}/pocket'
    results: dict[str, Any] = {}
    for name in suites:
        trials = _trials(name, families, episodes, seed, templates)
        if lockstep:
            pace = LockstepConfig(extra_delay=extra_delay)
            outcomes = _run(Setup(robot, path, pace, False, other_robot), trials, workers, name)
        else:
            outcomes = _run_graph(robot, path, trials, extra_delay, name, other_robot)
        results[name] = summarise(outcomes)
        if name == 'absent':
            results['false_refusals'] = _false_refusals(results)
    Console().print(_table(results, robot))
    if card:
        mode = 'lockstep' if lockstep else 'graph'
        write_measured(options.policy_path(path), measured_table(results, provenance(seed), mode))
    if report is not None:
        # The first suite's figures stand at the top level, so that simple scripts find them.
        tree = {
            **results[suites[0]],
            'suites': results,
            'robot': robot,
            'policy': path,
            'mode': 'lockstep' if lockstep else 'graph',
            'extra_delay': extra_delay,
        }
        write_report(report, NAME, tree, seed=seed)


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


def _run(setup: Setup, trials: Sequence[Trial], workers: int, title: str) -> list[Outcome]:
    outcomes: list[Outcome] = []
    with bar(title, len(trials)) as step:
        for outcome, _ in run_trials(setup, trials, workers):
            outcomes.append(outcome)
            step(outcome.success)
    return outcomes


def _run_graph(
    robot: str,
    policy: str,
    trials: Sequence[Trial],
    extra_delay: float,
    title: str,
    other_robot: bool,
) -> list[Outcome]:
    from vla_ros.bench.graph_trials import run_graph_trials  # ROS: only here

    outcomes: list[Outcome] = []
    with bar(title, len(trials)) as step:
        made = run_graph_trials(robot, policy, trials, extra_delay, other_robot=other_robot)
        for outcome, _ in made:
            outcomes.append(outcome)
            step(outcome.success)
    return outcomes


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
