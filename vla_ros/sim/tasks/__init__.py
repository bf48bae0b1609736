"""The task families, by name; each file holds one with its config and its scripted expert."""

import numpy as np

from vla_ros.language.grammar import Request
from vla_ros.sim.config import SimConfig
from vla_ros.sim.layout import Layout
from vla_ros.sim.tasks.base import ExpertAction, Progress, Task
from vla_ros.sim.tasks.motion import Hand, make_hand
from vla_ros.sim.tasks.pick import Pick
from vla_ros.sim.tasks.push import Push
from vla_ros.sim.tasks.put import Put
from vla_ros.sim.tasks.stack import Stack


TASKS: dict[str, type[Task]] = {task.name: task for task in (Pick, Put, Push, Stack)}


def make_tasks(sim: SimConfig, hand: Hand) -> dict[str, Task]:
    """Return one task of every family."""
    return {name: kind(sim, hand) for name, kind in TASKS.items()}


def draw(task: Task, seed: int) -> tuple[Layout, Request]:
    """Return the scene and the request of a seed; the same for the same task and seed."""
    rng = np.random.default_rng((sorted(TASKS).index(task.name), seed))
    layout = task.reset(rng)
    return layout, task.request(layout, rng)


__all__ = [
    'TASKS',
    'ExpertAction',
    'Hand',
    'Progress',
    'Task',
    'draw',
    'make_hand',
    'make_tasks',
]
