"""The progress bar of long commands."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def bar(title: str, total: int) -> Iterator[Callable[[bool], None]]:
    """Show a bar; the function it yields advances it and counts the good ones."""
    columns = (
        TextColumn('{task.description}'),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn('{task.fields[good]} ok'),
        TimeRemainingColumn(),
    )
    good = 0
    with Progress(*columns) as progress:
        task = progress.add_task(title, total=total, good=0)

        def step(success: bool) -> None:
            nonlocal good
            good += success
            progress.update(task, advance=1, good=good)

        yield step
