"""Mailbox: what the ROS process and the control process share, cut into sections."""

from vla_ros.runtime.section import TEXT, Busy, Memory
from vla_ros.runtime.shm_codec import CHUNK, SIM, STATUS


__all__ = ['EVENTS', 'MAX_LIMBS', 'Busy', 'LimbBox', 'Mailbox', 'Memory']

MAX_JOINTS = 32
MAX_LIMBS = 8
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
        self.driver = memory.section(2, 3 * MAX_JOINTS + 1)
        self.wrench = memory.section(1, 6)
        self.state = memory.section(3, 7 * MAX_JOINTS + 28)


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
        self.chunk = CHUNK.section(self.memory)
        self.posted = cut(1)
        self.events = [cut(1, 0, (TEXT,)) for _ in range(EVENTS)]
        self.law = cut(0, 0, (LAW_TEXT,))
        self.beat = cut(1)
        self.clock = cut(2)
        self.answered = cut(1)
        self.answers = [cut(0, 0, (TEXT,)) for _ in range(EVENTS)]
        self.status = STATUS.section(self.memory)
        self.sim = SIM.section(self.memory)
        self.cycle = cut(0, 2)
        self.life = cut(3, 0, (TEXT, TEXT))
        self.limbs = [LimbBox(self.memory) for _ in range(MAX_LIMBS)]

    def close(self) -> None:
        """Let go of the memory."""
        self.memory.close()


SIZE = 1 << 19
