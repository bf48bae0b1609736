"""Shared memory between the ROS process and the control process: fixed-size, lock-free.

The memory is an anonymous file (memfd) that the child inherits: it has no name, so nothing is
left behind whatever way the processes end. Every section has one writer and is guarded by a
sequence lock: the writer never waits, a reader that was overtaken reads again.
"""

from collections.abc import Sequence
import mmap
import os
import time

import numpy as np

from vla_ros.core.data import Array


Entry = tuple[list[int], Array, list[str]]


class Busy(RuntimeError):
    """A section was being written all the while it was read: its writer died within a write."""


class Section:
    """Integers, floats and short texts that change together."""

    def __init__(
        self, memory: memoryview, offset: int, ints: int, floats: int, texts: Sequence[int]
    ) -> None:
        """Lay the section out at `offset`; texts gives the greatest length of each, bytes."""
        self._texts = tuple(texts)
        words = memory[offset : offset + 8 * (1 + ints)].cast('q')
        self._sequence, self._ints = words[:1], words[1:]
        begin = offset + 8 * (1 + ints)
        self._floats = np.frombuffer(memory, np.float64, floats, begin)
        self._text = begin + 8 * floats
        self._memory = memory
        self.size = Section.footprint(ints, floats, texts)

    @staticmethod
    def footprint(ints: int, floats: int, texts: Sequence[int]) -> int:
        """Return the bytes a section takes, a multiple of 64 so that no two share a cache line."""
        length = 8 * (1 + ints + floats) + sum(2 + size for size in texts)
        return -(-length // 64) * 64

    @property
    def version(self) -> int:
        """A number that grows with every write; 0 before the first, odd while one is under way."""
        return int(self._sequence[0])

    def write(
        self, ints: Sequence[int] = (), floats: Array | Sequence[float] = (),
        texts: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """Replace the first entries of each kind; the others stay."""
        self._sequence[0] += 1
        for i, value in enumerate(ints):
            self._ints[i] = value
        if len(floats):
            self._floats[: len(floats)] = floats
        position = self._text
        for size, text in zip(self._texts, texts, strict=False):
            self._put(position, size, text)
            position += 2 + size
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
        ints, floats, raw = self._ints.tolist(), self._floats.copy(), self._raw()
        if self._sequence[0] != before:
            return None
        return before, (ints, floats, [text.decode('utf-8', 'replace') for text in raw])

    def integer(self, index: int = 0) -> int:
        """Return one integer without a copy; for counters, which are written whole."""
        return int(self._ints[index])

    def _put(self, position: int, size: int, text: str) -> None:
        data = text.encode('utf-8')
        if len(data) > size:
            # Not through the middle of a character.
            data = data[:size].decode('utf-8', 'ignore').encode('utf-8')
        self._memory[position : position + 2] = len(data).to_bytes(2, 'little')
        self._memory[position + 2 : position + 2 + len(data)] = data

    def _raw(self) -> list[bytes]:
        result, position = [], self._text
        for size in self._texts:
            length = int.from_bytes(self._memory[position : position + 2], 'little')
            result.append(bytes(self._memory[position + 2 : position + 2 + min(length, size)]))
            position += 2 + size
        return result


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
        """Cut off the next section."""
        section = Section(self._view, self._next, ints, floats, texts)
        self._next += section.size
        return section

    def close(self) -> None:
        """Give the descriptor back; the memory goes with the last process that maps it."""
        os.close(self.fd)


MAX_JOINTS = 32
MAX_STEPS, MAX_CHANNELS = 64, 64
MAX_LIMBS = 8
MAX_SIM = 512  # entries of qpos and of qvel
TEXT = 4096  # bytes of an instruction or a cause
EVENTS = 16  # places in the ring of events
TARGETS, MAX_TARGET = 6, 36  # kinds of targets, numbers in one
LAW_TEXT = 4096  # bytes of a law's preset


class LimbBox:
    """The sections of one limb.

    To the control process: `targets` (of a person or another program, by Kind), `driver` and
    `wrench` (what a real robot measured). From it: `state`.
    """

    def __init__(self, memory: Memory) -> None:
        """Cut the sections off."""
        self.targets = [memory.section(2, MAX_TARGET) for _ in range(TARGETS)]
        self.driver = memory.section(2, 2 * MAX_JOINTS + 1)
        self.wrench = memory.section(1, 6)
        self.state = memory.section(3, 5 * MAX_JOINTS + 28)


class Mailbox:
    """The sections that the two processes share, in both of them.

    To the control process: `chunk`, `events` (a ring; `posted` counts them), `law` (a preset as
    JSON, adopted on an event), `beat` (heartbeat, monotonic ns), `clock` (of a simulator
    elsewhere, ns, and how often it has gone back).
    From it: `answers` (one for each event; `answered` counts them), `status`, `sim`, `cycle` (p50
    and p99 of a whole cycle, s), `life` (whether it runs, its process, notes).
    `limbs` has what concerns one limb, in both directions.
    """

    def __init__(self, fd: int | None = None) -> None:
        """Create the mailbox, or open the one behind an inherited file descriptor."""
        self.memory = Memory(SIZE, fd)
        cut = self.memory.section
        self.chunk = cut(7, 3 + MAX_STEPS * MAX_CHANNELS, (64, 256, 64, TEXT))
        self.posted = cut(1)
        self.events = [cut(1, 0, (TEXT,)) for _ in range(EVENTS)]
        self.law = cut(0, 0, (LAW_TEXT,))
        self.beat = cut(1)
        self.clock = cut(2)
        self.answered = cut(1)
        self.answers = [cut(0, 0, (TEXT,)) for _ in range(EVENTS)]
        self.status = cut(8, 24, (TEXT, TEXT, TEXT))
        self.sim = cut(5, 2 + 2 * MAX_SIM, (64,))
        self.cycle = cut(0, 2)
        self.life = cut(3, 0, (TEXT, TEXT))
        self.limbs = [LimbBox(self.memory) for _ in range(MAX_LIMBS)]

    def close(self) -> None:
        """Let go of the memory."""
        self.memory.close()


SIZE = 1 << 19
