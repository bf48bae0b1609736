"""The progress bar of long commands; lines now and then if there is no terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


_LINE_EVERY = 30.0  # s, into a log file


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
    console = Console()
    done = good = 0
    said = time.monotonic()
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=total, good=0)

        def step(success: bool) -> None:
            nonlocal done, good, said
            done, good = done + 1, good + success
            progress.update(task, advance=1, good=good)
            now = time.monotonic()
            if not console.is_terminal and (done == total or now - said > _LINE_EVERY):
                said = now
                console.print(f'{title}: {done}/{total}, {good} ok')

        yield step
