"""The whole way to a policy, in one call: demonstrations, stills, training, corrections, training.

What has been made already is not made again, so that a run that was interrupted goes on.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
import dataclasses

from vla_ros.learn.loop import Budget, Report
from vla_ros.learn.settings import TrainSettings
from vla_ros.learn.train import Job, train_policy
from vla_ros.pipeline.demonstrate import demonstrate
from vla_ros.pipeline.stills import photograph
from vla_ros.policy import PolicySpec
from vla_ros.robots import load_robot


_NO_LIMIT = 1e9  # minutes; the recipe's steps end a stage
_CORRECTED_FROM = 100_000  # seed of the first scene in which the policy is corrected

# Title and total in, a function to call with the success of every item out.
Bar = Callable[[str, int], AbstractContextManager[Callable[[bool], None]]]


def train_from_nothing(
    settings: TrainSettings, robot: str, job: Job, workers: int, bar: Bar, report: Report
) -> PolicySpec:
    """Collect into the job's folder of demonstrations and train as the recipe says.

    Raises:
        ValueError: what was collected cannot be learned from; the message names the file.
    """
    plan, spec = settings.collect, load_robot(robot)
    with bar('demonstrations', plan.demonstrations * len(spec.tasks)) as step:
        demonstrate(
            robot, job.demos, plan.demonstrations, spec.tasks, settings.seed, workers, step=step
        )
    with bar('stills', plan.stills) as step:
        photograph(robot, job.demos / 'stills', plan.stills, settings.seed, workers, step)
    before, after = plan.steps
    first = dataclasses.replace(
        job, policy=job.out / 'first', budget=Budget(_NO_LIMIT, before), resume=False
    )
    corrected = tuple(family for family in plan.corrected if family in spec.tasks)
    if not (corrected and plan.corrections):
        whole = Budget(_NO_LIMIT, before + after)
        return train_policy(settings, spec, dataclasses.replace(job, budget=whole), report)
    if not (first.policy / 'policy.yaml').is_file():
        train_policy(settings, spec, first, report)
    with bar('corrections', plan.corrections * len(corrected)) as step:
        demonstrate(
            robot, job.demos / 'corrections', plan.corrections, corrected,
            _CORRECTED_FROM + settings.seed, workers, takeover=str(first.policy), step=step,
        )  # fmt: skip
    second = dataclasses.replace(job, budget=Budget(_NO_LIMIT, after), resume=True)
    return train_policy(settings, spec, second, report)
