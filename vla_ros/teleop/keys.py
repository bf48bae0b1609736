"""Keys of a terminal, which tells presses and repeats but no releases."""

import re

from vla_ros.core.data import SECOND


_NAMED = {
    '\x1b[A': 'up', '\x1b[B': 'down', '\x1b[C': 'right', '\x1b[D': 'left', '\x1b': 'escape',
    ' ': 'space', '\r': 'enter', '\n': 'enter', '\t': 'tab',
}  # fmt: skip
# A control sequence is one key, whatever it means; then single characters.
_KEY = re.compile(r'\x1b(?:\[[0-9;]*[ -/]*[@-~]|O[@-~])|[\s\S]')


def split(text: str) -> tuple[str, ...]:
    """Return the names of the keys that a terminal sent; letters are lower case."""
    keys = (_NAMED.get(key.replace('\x1bO', '\x1b['), key) for key in _KEY.findall(text))
    return tuple(key if len(key) > 1 else key.lower() for key in keys if key and key.isprintable())


class HeldKeys:
    """Which keys are down, as far as a terminal lets one know: those hit a moment ago."""

    def __init__(self, hold: float) -> None:
        """Call a key down for `hold` s after it was hit or repeated."""
        self._hold = int(hold * SECOND)
        self._hits: dict[str, int] = {}

    def hit(self, key: str, now: int) -> None:
        """Note a key at `now`, ns."""
        self._hits[key] = now

    def down(self, key: str, now: int) -> bool:
        """Whether a key is down at `now`, ns."""
        hit = self._hits.get(key)
        return hit is not None and 0 <= now - hit <= self._hold

    def clear(self) -> None:
        """Call no key down."""
        self._hits.clear()
