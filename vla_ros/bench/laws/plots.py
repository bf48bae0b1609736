"""A picture of each trial: what was wanted and what each law made of it."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
import numpy as np

from vla_ros.bench.laws.row import Row


_COLOURS = (
    '#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8c564b', '#7f7f7f',
    '#bcbd22', '#000000',
)  # fmt: skip


def plot_trial(path: Path, rows: Sequence[Row]) -> None:
    """Draw all laws in one trial: the axis that moves most, and below it force or error."""
    trial, first = rows[0].trial, rows[0].trace
    pressed = any(row.trace.force.max() > 0 for row in rows)
    axis = 2 if pressed else int(np.argmax(np.ptp(first.wanted, axis=0) + _moved(rows)))
    figure = Figure(figsize=(8, 5.5), layout='constrained')
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1, sharex=True)
    wanted = 1e3 * first.wanted[:, axis]
    above.plot(first.time, wanted, color='black', linestyle='--', linewidth=1.0, label='wanted')
    for row, colour in zip(rows, _COLOURS, strict=False):
        trace = row.trace
        above.plot(
            trace.time, 1e3 * trace.position[:, axis], color=colour, linewidth=1.2, label=row.law
        )
        lower = trace.force if pressed else 1e3 * trace.error
        below.plot(trace.time, lower, color=colour, linewidth=1.2)
    above.set_ylabel(f'{"xyz"[axis]} (mm)')
    below.set_ylabel('contact force (N)' if pressed else 'distance from wanted (mm)')
    below.set_xlabel('time (s)')
    above.set_title(trial.title, loc='left')
    above.legend(frameon=False, fontsize=8)
    for axes in (above, below):
        axes.grid(color='#e6e9ec')
        axes.spines[['top', 'right']].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


def _moved(rows: Sequence[Row]) -> np.ndarray:
    """Return how far the arm got on each axis, (3,) m."""
    spans = [np.ptp(row.trace.position, axis=0) for row in rows]
    widest: np.ndarray = np.max(spans, axis=0)
    return widest
