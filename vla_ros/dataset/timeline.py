"""One picture of a run: what was asked, what the arm did, how old and how trusted its plan was."""

from collections.abc import Sequence
import math
from pathlib import Path
import textwrap
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch
import numpy as np
from numpy.typing import NDArray

from vla_ros.core.data import SECOND
from vla_ros.dataset.palette import BLUE, GREEN, GREY, MODES, ORANGE, RED, SKY, mode_of
from vla_ros.dataset.series import Episode, Stamps


_STYLE: Any = {
    'font.family': 'DejaVu Sans',
    'font.size': 9,
    'axes.spines.top': False,
    'axes.spines.right': False,
    'axes.edgecolor': '#5a6268',
    'axes.grid': True,
    'grid.color': '#e6e9ec',
    'grid.linewidth': 0.8,
    'axes.axisbelow': True,
    'legend.frameon': False,
    'legend.fontsize': 8,
}
_RATIOS = (0.55, 2.2, 1.0, 1.1, 1.4, 1.1)


def write_timeline(path: str | Path, episodes: Sequence[Episode], title: str = '') -> None:
    """Draw one or several episodes of a run, in order of time, as a PNG.

    Raises:
        ValueError: no episode, or none that holds a message.
        OSError: the file cannot be written.
    """
    episodes = sorted((e for e in episodes if e.end > e.start), key=lambda e: e.start)
    if not episodes:
        raise ValueError('timeline: no episode with messages')
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(14, 10), layout='constrained')
        FigureCanvasAgg(figure)
        rows = figure.subplots(len(_RATIOS), 1, sharex=True, height_ratios=_RATIOS)
        clock = _Clock(episodes)
        draw = (_modes, _positions, _gripper, _latents, _p_values, _ticks)
        for axes, function in zip(rows, draw, strict=True):
            for episode in episodes:
                function(axes, episode, clock)
            _separate(axes, episodes, clock)
            if axes.get_legend_handles_labels()[1]:
                axes.legend(loc='upper left', bbox_to_anchor=(1.0, 1.02), borderaxespad=0.3)
        _mode_axis(rows[0])
        figure.align_ylabels(rows)
        rows[-1].set_xlabel('time (s)')
        rows[0].set_xlim(0, clock.length)
        figure.suptitle(title or _title(episodes), x=0.01, ha='left', fontsize=14, weight='bold')
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=130)


def _once(axes: Axes, label: str) -> str | None:
    """Return `label` the first time, so that the legend names it once."""
    return None if label in axes.get_legend_handles_labels()[1] else label


class _Clock:
    """Seconds of the run; pauses between episodes are shortened, so that nothing empty shows."""

    _PAUSE = 0.5  # s shown between two episodes

    def __init__(self, episodes: Sequence[Episode]) -> None:
        self._offsets: dict[int, float] = {}
        at = 0.0
        for episode in episodes:
            self._offsets[id(episode)] = at
            at += episode.duration + self._PAUSE
        self.length = at - self._PAUSE

    def begin(self, episode: Episode) -> float:
        return self._offsets[id(episode)]

    def __call__(self, episode: Episode, stamps: Stamps) -> NDArray[np.float64]:
        return self._offsets[id(episode)] + (stamps - episode.start) / SECOND


def _title(episodes: Sequence[Episode]) -> str:
    good = sum(episode.outcome == 'success' for episode in episodes)
    robot = episodes[0].metadata.get('robot', 'robot')
    return f'{robot}: {len(episodes)} instructions, {good} done'


def _separate(axes: Axes, episodes: Sequence[Episode], clock: _Clock) -> None:
    for episode in episodes[1:]:
        axes.axvline(clock.begin(episode) - 0.25, color='#c3c9ce', linewidth=1)


def _modes(axes: Axes, episode: Episode, clock: _Clock) -> None:
    """Mode band with the instruction above it and the outcome beside that."""
    begin = clock.begin(episode)
    marks = {'success': '\u2713', 'failure': '\u2717'}
    label = f'{episode.instruction or "no instruction"}  {marks.get(episode.outcome, "")}'
    colour = RED if episode.outcome == 'failure' else '#20262b'
    shown = _wrapped(label, episode.duration / clock.length)
    axes.text(begin, 1.12, shown, va='bottom', color=colour, fontsize=8.5, parse_math=False)
    if episode.status is not None:
        times = np.append(clock(episode, episode.status.stamp), begin + episode.duration)
        for start, end, number in _spans(episode.status.mode, times):
            mode = mode_of(number)
            axes.axvspan(start, end, color=MODES[mode], linewidth=0)
            if end - start > 0.05 * clock.length:
                axes.text(
                    (start + end) / 2, 0.5, mode.name, ha='center', va='center',
                    color='white', fontsize=8, weight='bold',
                )  # fmt: skip


def _mode_axis(axes: Axes) -> None:
    """Make the first row a band with a legend of all modes."""
    axes.set(ylim=(0, 1), yticks=[], ylabel='mode')
    axes.grid(False)
    axes.spines[['left', 'bottom']].set_visible(False)
    handles = [Patch(color=colour, label=mode.name) for mode, colour in MODES.items()]
    axes.legend(
        handles=handles, loc='upper left', bbox_to_anchor=(1.0, 1.08), borderaxespad=0.3,
        ncols=1, labelspacing=0.15, handlelength=1.2,
    )  # fmt: skip


def _wrapped(text: str, share: float) -> str:
    """Break the instruction so that it fits the episode's share of the width."""
    lines = textwrap.wrap(text[:400], max(int(150 * share), 12))
    return '\n'.join(lines[:3]) + ('\u2026' if len(lines) > 3 else '')


def _spans(values: NDArray[Any], times: NDArray[np.float64]) -> list[tuple[float, float, int]]:
    """Return (start, end, value) of the runs of equal values; `times` has one more entry."""
    edges = [0, *(np.flatnonzero(np.diff(values)) + 1), len(values)]
    return [
        (float(times[a]), float(times[b]), int(values[a]))
        for a, b in zip(edges[:-1], edges[1:], strict=True)
    ]


def _positions(axes: Axes, episode: Episode, clock: _Clock) -> None:
    """Draw the arm that the status tells of: of several the first."""
    status = episode.status
    if status is None:
        return
    stamp, command = status.stamp, status.commanded
    if len(episode.commanded) == 1:  # denser than the status
        (only,) = episode.commanded.values()
        stamp, command = only.stamp, only.pose
    for column, (axis, colour) in enumerate(zip('xyz', (BLUE, ORANGE, GREEN), strict=True)):
        axes.plot(
            clock(episode, stamp), command[:, column], color=colour, linewidth=2.4,
            alpha=0.4, label=_once(axes, f'{axis} commanded'),
        )  # fmt: skip
        axes.plot(
            clock(episode, status.stamp), status.measured[:, column], color=colour, linewidth=1.1,
            label=_once(axes, f'{axis} measured'),
        )  # fmt: skip
    axes.set_ylabel('tool position (m)')


def _gripper(axes: Axes, episode: Episode, clock: _Clock) -> None:
    status = episode.status
    if status is None:
        return
    times = clock(episode, status.stamp)
    axes.step(
        times, status.gripper_command, where='post', color=BLUE, linewidth=2.4,
        alpha=0.4, label=_once(axes, 'commanded'),
    )  # fmt: skip
    axes.plot(times, status.gripper, color=BLUE, linewidth=1.1, label=_once(axes, 'measured'))
    axes.set_ylabel('gripper opening (m)')


def _latents(axes: Axes, episode: Episode, clock: _Clock) -> None:
    """Latent age; each arriving chunk is a tick below it."""
    if episode.chunks:
        stamps = np.array([chunk.stamp for chunk in episode.chunks])
        ages = [chunk.latent_age for chunk in episode.chunks]
        axes.plot(
            clock(episode, stamps), ages, color=BLUE, linewidth=1.1,
            label=_once(axes, 'latent age'),
        )  # fmt: skip
        arrivals = clock(episode, episode.chunk_arrival)
        rug = np.full(len(arrivals), 0.04)
        axes.scatter(
            arrivals, rug, marker='|', s=40, color=GREY, linewidth=0.6, clip_on=False,
            transform=axes.get_xaxis_transform(), label=_once(axes, 'chunk arrives'),
        )  # fmt: skip
    axes.set_ylabel('latent age (s)')
    axes.set_ylim(bottom=0)


def _p_values(axes: Axes, episode: Episode, clock: _Clock) -> None:
    failures = episode.failures
    if failures is not None:
        times = clock(episode, failures.stamp)
        ends = np.append(times, clock.begin(episode) + episode.duration)
        for start, end, alarm in _spans(failures.alarm.astype(int), ends):
            if alarm:
                axes.axvspan(start, end, color=RED, alpha=0.12, linewidth=0)
        axes.plot(times, failures.p_value, color=BLUE, linewidth=1.1, label=_once(axes, 'p'))
        label = _once(axes, f'alpha = {failures.alpha[-1]:g}')
        axes.plot(times, failures.alpha, color=RED, linewidth=1.2, linestyle='--', label=label)
        axes.fill_between([], [], color=RED, alpha=0.12, label=_once(axes, 'alarm'))
    axes.set_yscale('log')
    axes.set_ylim(0.008, 1.25)
    axes.set_yticks([0.01, 0.1, 1.0], ['0.01', '0.1', '1'])
    axes.set_ylabel('p-value')


def _ticks(axes: Axes, episode: Episode, clock: _Clock) -> None:
    if episode.status is None:
        return
    times = clock(episode, episode.status.stamp)
    for values, name, colour in (
        (episode.status.tick_p99, 'p99', SKY),
        (episode.status.tick_p50, 'p50', BLUE),
    ):
        axes.plot(times, 1e6 * values, color=colour, linewidth=1.1, label=_once(axes, name))
    top = np.nanmax(1e6 * episode.status.tick_p99, initial=1.0)
    if math.isfinite(top):
        axes.set_ylim(0, max(1.15 * top, axes.get_ylim()[1]))
    axes.set_ylabel('control tick (\u00b5s)')
