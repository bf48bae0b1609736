"""Terminal: keys as they are hit, without Enter; the terminal's settings are given back."""

import atexit
import contextlib
import os
import select
import sys
import termios
import tty


_AT_ONCE = 1024  # bytes; held keys repeat 30 times a second, so more is an accident


class Terminal:
    """Reads a terminal key by key. Ctrl-C still interrupts."""

    def __init__(self, fd: int | None = None) -> None:
        """Take the terminal over, or standard input.

        Raises:
            OSError: it is no terminal.
        """
        self._fd = sys.stdin.fileno() if fd is None else fd
        if not os.isatty(self._fd):
            raise OSError('keyboard: standard input is no terminal; run `vla_ros teleop` in one')
        self._before: list | None = termios.tcgetattr(self._fd)
        # Also when the process ends by an exception that nobody expected.
        atexit.register(self.close)
        tty.setcbreak(self._fd, termios.TCSAFLUSH)

    def read(self) -> str:
        """Return what was hit since the last call; never waits.

        Raises:
            OSError: the terminal is gone.
        """
        if not select.select([self._fd], [], [], 0)[0]:
            return ''
        data = os.read(self._fd, _AT_ONCE)
        if not data:
            raise OSError('keyboard: the terminal is gone')
        return data.decode('utf-8', 'ignore')

    def close(self) -> None:
        """Give the terminal back as it was, without the keys that are still waiting."""
        before, self._before = self._before, None
        atexit.unregister(self.close)
        if before is not None:
            with contextlib.suppress(termios.error, OSError):  # it is gone
                termios.tcsetattr(self._fd, termios.TCSAFLUSH, before)
