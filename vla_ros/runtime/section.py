"""Sections of shared memory: fixed-size, lock-free.

The memory is an anonymous file (memfd) that the child inherits: it has no name, so nothing is
left behind whatever way the processes end. Every section has one writer and is guarded by a
sequence lock: the writer never waits, a reader that was overtaken reads again.
"""

from collections.abc import Sequence
from functools import cache
import mmap
import os
from struct import Struct
import time

import numpy as np

from vla_ros.core.data import Array


TEXT = 4096  # bytes of an instruction or a cause

Entry = tuple[list[int], Array, list[str]]


class Busy(RuntimeError):
    """A section was being written all the while it was read: its writer died within a write."""


@cache
def _packer(ints: int, floats: int) -> Struct:
    return Struct(f'q{ints}q{floats}d')


class Section:
    """Integers, floats and short texts that change together."""

    def __init__(
        self, memory: memoryview, offset: int, ints: int, floats: int, texts: Sequence[int]
    ) -> None:
        """Lay the section out at `offset`; texts gives the greatest length of each, bytes."""
        self._texts = tuple(texts)
        words = memory[offset : offset + 8 * (2 + ints)].cast('q')
        # How many floats were last written: a reader copies no more than those.
        self._sequence, self._count, self._ints = words[:1], words[1:2], words[2:]
        self._begin, self._most = offset + 8, ints  # of the count, and of integers
        begin = offset + 8 * (2 + ints)
        self._floats = np.frombuffer(memory, np.float64, floats, begin)
        self._text = begin + 8 * floats
        self._end = self._text + sum(2 + size for size in texts)
        self._memory = memory
        self.size = Section.footprint(ints, floats, texts)

    @staticmethod
    def footprint(ints: int, floats: int, texts: Sequence[int]) -> int:
        """Return the bytes a section takes, a multiple of 64 so that no two share a cache line."""
        length = 8 * (2 + ints + floats) + sum(2 + size for size in texts)
        return -(-length // 64) * 64

    @property
    def version(self) -> int:
        """A number that grows with every write; 0 before the first, odd while one is under way."""
        return int(self._sequence[0])

    def write(
        self, ints: Sequence[int] = (), floats: Array | Sequence[float] = (),
        texts: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """Replace the first integers and texts; the others stay. Floats are replaced as a whole.

        None of a kind leaves those of that kind as they are.

        Raises:
            ValueError: there are more than the section has room for; struct.error,
                UnicodeError: a value is no number of 8 bytes, or no text. Nothing is written then.
        """
        count = len(floats)
        if len(ints) > self._most or count > len(self._floats):
            raise ValueError(
                f'expected at most {self._most} integers and {len(self._floats)} floats, '
                f'got {len(ints)} and {count}'
            )
        # All that may raise comes first: a section left half written is never read again.
        memory, at = self._memory, self._text
        encoded = [text.encode() for text in texts] if texts else ()
        if listed := bool(count) and len(ints) == self._most and type(floats) is list:
            packed = _packer(len(ints), count).pack(count, *ints, *floats)
        else:
            packed = _packer(len(ints), 0).pack(count or self._count[0], *ints)
            floats = np.asarray(floats, np.float64)
        self._sequence[0] += 1
        memory[self._begin : self._begin + len(packed)] = packed
        if count and not listed:
            self._floats[:count] = floats
        for size, data in zip(self._texts, encoded, strict=False):
            if len(data) > size:
                data = data[:size].decode('utf-8', 'ignore').encode()  # not through a character
            length = len(data)
            memory[at : at + 2 + length] = length.to_bytes(2, 'little') + data
            at += 2 + size
        self._sequence[0] += 1

    def read(self) -> Entry:
        """Return a consistent copy, waiting for a write under way to end.

        Raises:
            Busy: no consistent copy could be had.
        """
        for attempt in range(2000):
            copy = self.poll(-1)
            if copy is not None:
                return copy[1]
            if attempt > 10:
                time.sleep(1e-4)
        raise Busy('a section of the mailbox was left half written')

    def poll(self, last: int) -> tuple[int, Entry] | None:
        """Return the version and a consistent copy, if there is a newer one than `last`.

        Never waits: while a write is under way there is none.
        """
        before = self._sequence[0]
        if before == last or before & 1:
            return None
        floats = self._floats[: self._count[0]].copy()
        ints, raw = self._ints.tolist(), bytes(self._memory[self._text : self._end])
        if self._sequence[0] != before:
            return None
        texts, at = [], 0
        for size in self._texts:
            length = raw[at] | raw[at + 1] << 8
            texts.append(raw[at + 2 : at + 2 + length].decode('utf-8', 'replace'))
            at += 2 + size
        return before, (ints, floats, texts)

    def integer(self, index: int = 0) -> int:
        """Return one integer without a copy; for counters, which are written whole."""
        return int(self._ints[index])


class Memory:
    """An anonymous piece of shared memory, cut into sections."""

    def __init__(self, size: int, fd: int | None = None) -> None:
        """Create it, or map the one behind an inherited file descriptor."""
        if fd is None:
            fd = os.memfd_create('vla_ros_control')
            os.ftruncate(fd, size)
        self.fd = fd
        self._map = mmap.mmap(fd, size)
        self._view = memoryview(self._map)
        self._next = 0

    def section(self, ints: int = 0, floats: int = 0, texts: Sequence[int] = ()) -> Section:
        """Cut off the next section.

        Raises:
            ValueError: there is no room for it.
        """
        end = self._next + Section.footprint(ints, floats, texts)
        if end > len(self._view):
            raise ValueError(f'expected room for {end} bytes, the memory has {len(self._view)}')
        section = Section(self._view, self._next, ints, floats, texts)
        self._next += section.size
        return section

    def close(self) -> None:
        """Give the descriptor back; the memory goes with the last process that maps it."""
        os.close(self.fd)
