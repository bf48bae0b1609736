"""What other packages bring along: found by name in a group of Python entry points."""

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from vla_ros.core.config import require


SYSTEMS = 'vla_ros.systems'  # robots that the control process holds itself: simulated ones
SCENES = 'vla_ros.scenes'  # how their worlds are reset, by the same names


def names(group: str) -> list[str]:
    """Return the names in a group, sorted."""
    return sorted({point.name for point in entry_points(group=group)})


def load(group: str, name: str) -> Any:
    """Import and return what `name` stands for in a group.

    Raises:
        ValueError: there is no such name, the message has the valid ones; or it cannot be
            imported, the message has the cause.
    """
    points: tuple[EntryPoint, ...] = tuple(entry_points(group=group, name=name))
    require(
        bool(points),
        f'{name!r} is not one of {names(group)}, the entry points {group}: '
        'is the package that has it installed?',
    )
    try:
        return points[0].load()
    except (ImportError, AttributeError) as error:
        where = f'{points[0].value}, the entry point {name!r} of {group}'
        raise ValueError(f'{where}: {error}') from error
