"""Waiting for what another process or thread does."""

from collections.abc import Callable
import time


def wait_for(condition: Callable[[], object], timeout: float = 10.0) -> None:
    """Wait until the condition holds."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, 'it did not happen in time'
        time.sleep(0.002)
