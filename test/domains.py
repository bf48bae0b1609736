"""ROS domains that no other test run on this machine has: each process takes a block of them."""

import fcntl
import itertools
from pathlib import Path
import tempfile


# A domain is used again only once what was in it is forgotten: 20 s after a node that died.
# The first run has domains 1 to 100; those of the second share ports with outgoing connections.
_BLOCKS, _SIZE = 2, 100
_held = []  # a lock lives as long as its file is open


def _block() -> int:
    folder = Path(tempfile.gettempdir(), 'vla_ros_test_domains')
    folder.mkdir(exist_ok=True)
    for number in range(_BLOCKS):
        file = (folder / f'{number}.lock').open('w')
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            continue
        _held.append(file)
        return number
    raise RuntimeError(f'{_BLOCKS} test runs have all ROS domains; end one of them')


def _domains():
    first = 1 + _SIZE * _block()
    yield from itertools.cycle(range(first, first + _SIZE))


_iterator = _domains()


def next_domain() -> int:
    """Return a domain of this process; after a hundred of them, the first again."""
    return next(_iterator)
