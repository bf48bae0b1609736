"""The whole way to a policy, in one call: demonstrations, stills, training, corrections, training.

What has been made already is not made again, so that a run that was interrupted goes on.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
import dataclasses
from pathlib import Path

from vla_ros.policies import PolicySpec
from vla_ros.robots import Robot, load_robot
from vla_ros.tabletop.demos.demonstrate import demonstrate
from vla_ros.tabletop.pocket.loop import Budget, Report
from vla_ros.tabletop.pocket.train import ROBOT, Job, own, train_policy
from vla_ros.tabletop.pocket.train_config import TrainSettings
from vla_ros.tabletop.stills.static_scenes import render_static_scenes


_NO_LIMIT = 1e9  # minutes; the recipe's steps end a stage
_CORRECTED_FROM = 100_000  # seed of the first scene in which the policy is corrected

# Title and total in, a function to call with the success of every item out.
Bar = Callable[[str, int], AbstractContextManager[Callable[[bool], None]]]


def train_from_nothing(
    settings: TrainSettings,
    robots: Sequence[str],
    job: Job,
    workers: int,
    bar: Bar,
    report: Report,
) -> list[PolicySpec]:
    """Collect into the job's folders of demonstrations and train as the recipe says.

    Raises:
        ValueError: what was collected cannot be learned from; the message names the file.
    """
    plan, specs = settings.collect, [load_robot(robot) for robot in robots]
    job.check(specs)
    for robot, spec in zip(robots, specs, strict=True):
        _collect(robot, spec, own(job.demos, spec.name), settings, workers, bar)
    before, after = plan.steps
    corrected = [tuple(name for name in plan.corrected if name in s.tasks) for s in specs]
    if not (any(corrected) and plan.corrections):
        whole = Budget(_NO_LIMIT, before + after)
        return train_policy(settings, specs, dataclasses.replace(job, budget=whole), report)
    first = dataclasses.replace(
        job, policy=job.out / 'first' / ROBOT, budget=Budget(_NO_LIMIT, before), resume=False
    )
    if not all((own(first.policy, spec.name) / 'policy.yaml').is_file() for spec in specs):
        train_policy(settings, specs, first, report)
    for robot, spec, families in zip(robots, specs, corrected, strict=True):
        if families:
            demos, policy = own(job.demos, spec.name), own(first.policy, spec.name)
            with bar(f'{spec.name}: corrections', plan.corrections * len(families)) as step:
                demonstrate(
                    robot, demos / 'corrections', plan.corrections, families,
                    _CORRECTED_FROM + settings.seed, workers, rollin_policy=str(policy), step=step,
                )  # fmt: skip
    second = dataclasses.replace(job, budget=Budget(_NO_LIMIT, after), resume=True)
    return train_policy(settings, specs, second, report)


def _collect(
    robot: str, spec: Robot, demos: Path, settings: TrainSettings, workers: int, bar: Bar
) -> None:
    """Collect demonstrations and still pictures of one robot into `demos`."""
    plan, seed = settings.collect, settings.seed
    with bar(f'{spec.name}: demonstrations', plan.demonstrations * len(spec.tasks)) as step:
        demonstrate(robot, demos, plan.demonstrations, spec.tasks, seed, workers, step=step)
    with bar(f'{spec.name}: stills', plan.stills) as step:
        render_static_scenes(robot, demos / 'stills', plan.stills, seed, workers, step)
