"""ROS domains that no other test run on this machine has: each process takes a block of them."""

import fcntl
import itertools
from pathlib import Path
import tempfile


# A node that was killed is forgotten after 20 s: no domain is used again before 25 others were.
_SIZE = 25
# Domains 1 to 100 serve four processes, which are two runs of all tests. Those above share ports
# with outgoing connections, and no whole stack starts there.
_FIRST = (*range(1, 101, _SIZE), *range(102, 202, _SIZE))
_held = []  # a lock lives as long as its file is open


def _block() -> int:
    folder = Path(tempfile.gettempdir(), 'vla_ros_test_domains')
    folder.mkdir(exist_ok=True)
    for number, first in enumerate(_FIRST):
        file = (folder / f'{number}.lock').open('w')
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            continue
        _held.append(file)
        return first
    raise RuntimeError(f'{len(_FIRST)} processes of tests have all ROS domains; end one of them')


def _domains():
    first = _block()
    yield from itertools.cycle(range(first, first + _SIZE))


_iterator = _domains()


def next_domain() -> int:
    """Return a domain of this process; after 25 of them, the first again."""
    return next(_iterator)
