"""The task families, by name; each file holds one with its config and its scripted expert."""

from collections.abc import Sequence

import numpy as np

from vla_ros.core.config import require
from vla_ros.tabletop.language.grammar import Request
from vla_ros.tabletop.tasks.fetch import Fetch
from vla_ros.tabletop.tasks.handover import Handover
from vla_ros.tabletop.tasks.hoist import Hoist
from vla_ros.tabletop.tasks.lift import Lift
from vla_ros.tabletop.tasks.motion import ArmInfo, make_arm_info
from vla_ros.tabletop.tasks.pick import Pick
from vla_ros.tabletop.tasks.place import Place
from vla_ros.tabletop.tasks.press import Press
from vla_ros.tabletop.tasks.push import Push
from vla_ros.tabletop.tasks.put import Put
from vla_ros.tabletop.tasks.reach import Reach
from vla_ros.tabletop.tasks.stack import Stack
from vla_ros.tabletop.tasks.task import Action, ExpertAction, Progress, Task
from vla_ros.tabletop.tasks.wipe import Wipe
from vla_ros.tabletop.world.config import SimConfig
from vla_ros.tabletop.world.layout import Layout


# New ones go to the end: the place of a task is part of the seeds of its scenes.
TASKS: dict[str, type[Task]] = {
    task.name: task
    for task in (
        *(Pick, Push, Put, Stack, Press, Wipe, Place, Handover, Lift),
        *(Reach, Hoist, Fetch),
    )
}


def make_tasks(
    sim: SimConfig, hands: Sequence[ArmInfo], families: Sequence[str]
) -> dict[str, Task]:
    """Return one task of every family named, in that order, for a robot with these hands.

    Raises:
        ValueError: a family without a task; the message names those that have one.
    """
    unknown = [name for name in families if name not in TASKS]
    require(not unknown, f'tasks: {unknown[:1]} is not one of {list(TASKS)}')
    return {name: TASKS[name](sim, hands) for name in families}


def draw(task: Task, seed: int) -> tuple[Layout, Request]:
    """Return the scene and the request of a seed; the same for the same task and seed."""
    rng = np.random.default_rng((list(TASKS).index(task.name), seed))
    layout = task.reset(rng)
    request = task.request(layout, rng)
    return task.begin(layout, request, rng), request


__all__ = [
    'TASKS',
    'Action',
    'ExpertAction',
    'ArmInfo',
    'Progress',
    'Task',
    'draw',
    'make_arm_info',
    'make_tasks',
]
