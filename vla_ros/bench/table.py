"""The live table of a running stack, drawn from what the nodes publish."""

from collections import deque
from dataclasses import dataclass, field

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from vla_ros.core.data import SECOND, ExecutionStatus, FailureScore, Guarantee, Mode


_COLOURS = {
    Mode.IDLE: 'white',
    Mode.RUN: 'green',
    Mode.HOLD: 'yellow',
    Mode.STOP: 'red',
    Mode.TAKEOVER: 'cyan',
}


_SHOWN = 300  # characters of a text that people and models may write as long as they like
_STYLES = {'success': 'green', 'refused': 'yellow'}  # of results that are not failures


class Rate:
    """Events per second over the last few of them."""

    def __init__(self, length: int = 40) -> None:
        """Keep the stamps of the last `length` events."""
        self._stamps: deque[int] = deque(maxlen=length)

    def add(self, stamp: int) -> None:
        """Note an event at `stamp`, ns."""
        self._stamps.append(stamp)

    def hz(self, now: int) -> float:
        """Return the rate, falling to zero once events stop coming; Hz."""
        if len(self._stamps) < 2:
            return 0.0
        span = max(self._stamps[-1] - self._stamps[0], now - self._stamps[-1], 1)
        return (len(self._stamps) - 1) * SECOND / span


@dataclass
class Board:
    """What the table shows; the owner updates it as messages come."""

    status: ExecutionStatus | None = None
    failure: FailureScore | None = None
    subgoal: str = ''
    rates: dict[str, Rate] = field(
        default_factory=lambda: {name: Rate() for name in ('camera', 'latent', 'chunk', 'status')}
    )
    results: list[tuple[str, str, str]] = field(default_factory=list)  # instruction, result, time

    def render(self, now: int) -> RenderableType:
        """Return the table; `now` in ns of the clock that the stamps have."""
        return Group(self._live(now), self._done())

    def _live(self, now: int) -> RenderableType:
        table = Table.grid(padding=(0, 2))
        table.add_column(style='dim', min_width=12)
        table.add_column(min_width=58)
        status = self.status
        if status is None:
            table.add_row('mode', 'waiting for the control node')
            return Panel(table, title='vla_ros', width=80)
        mode = Text(status.mode.name, style=f'bold {_COLOURS[status.mode]}')
        mode.append(f'  {status.cause}', style='not bold dim')
        table.add_row('mode', mode)
        table.add_row('instruction', _plain(status.instruction))
        table.add_row('reasoner', _plain(self.subgoal))
        rates = '   '.join(f'{name} {rate.hz(now):.1f} Hz' for name, rate in self.rates.items())
        table.add_row('rates', rates)
        table.add_row('latent age', f'{status.latent_age:.2f} s')
        table.add_row(
            'queue', f'{status.queue_seconds:.2f} s  (chunk age {status.chunk_age:.2f} s)'
        )
        table.add_row('p-value', self._p_value())
        missed = 100 * status.deadline_misses / max(status.ticks, 1)
        tick = f'p50 {status.tick_p50 * 1e6:.0f} us  p99 {status.tick_p99 * 1e6:.0f} us'
        table.add_row('1 kHz tick', f'{tick}  missed {missed:.2f} %')
        if status.last_refusal:
            refused = status.refused_chunks + status.refused_targets
            table.add_row('refused', _plain(f'{refused}: {status.last_refusal}'))
        return Panel(table, title='vla_ros', width=80)

    def _p_value(self) -> Text:
        if self.failure is None:
            return Text('-')
        failure = self.failure
        bar = '#' * round(20 * min(max(failure.p_value, 0.0), 1.0))
        text = Text(f'{failure.p_value:.2f} ', style='red' if failure.alarm else 'green')
        text.append(bar.ljust(20, '.'), style='dim')
        text.append(f' alpha {failure.alpha:.2f} {failure.guarantee.name.lower()}')
        if failure.guarantee is Guarantee.NONE:
            text.append(' (nothing promised)')
        return text

    def _done(self) -> RenderableType:
        table = Table(width=80, show_edge=False, pad_edge=False)
        table.add_column('instruction', ratio=3, overflow='fold')
        table.add_column('result', ratio=2, overflow='fold')
        table.add_column('time', justify='right', width=8)
        for instruction, result, seconds in self.results:
            style = next((s for word, s in _STYLES.items() if result.startswith(word)), 'red')
            table.add_row(_plain(instruction), Text(result, style=style), seconds)
        return table


def _plain(text: str) -> Text:
    """Return the start of a text as it is: brackets in it are no markup."""
    line = ' '.join(text.split())
    return Text((line[:_SHOWN] + '\u2026' if len(line) > _SHOWN else line) or '-')
