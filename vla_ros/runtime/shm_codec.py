"""What lies in the sections of the mailbox; SectionCodec packs a dataclass by its fields."""

from dataclasses import dataclass

from vla_ros.chunks.check import MAX_HORIZON
from vla_ros.core.data import ActionChunk, Array, ExecutionStatus
from vla_ros.runtime.section import TEXT, Entry, Section
from vla_ros.runtime.section_codec import SectionCodec


@dataclass(frozen=True)
class SimSnapshot:
    """The simulated world at one tick, for cameras and for whoever judges it."""

    stamp: int  # ns
    qpos: Array
    qvel: Array
    family: str  # with the seed, what the layout was drawn for; '' is no family
    seed: int
    resets: int  # layouts so far
    time: float = 0.0  # s, simulated, since the last layout
    peak_force: float = 0.0  # N, the greatest on the robot since then; 0 where it is not followed


MAX_STEPS, MAX_CHANNELS = MAX_HORIZON, 64
MAX_SIM = 512  # entries of qpos and of qvel

# The control process neither judges chunks nor draws among them: that stays with the detector.
CHUNK = SectionCodec(
    ActionChunk,
    most={'actions': (MAX_STEPS, MAX_CHANNELS)},
    texts={'robot': 64, 'model': 256, 'channels': TEXT, 'kinds': TEXT},
    omit=('feature', 'samples', 'scores', 'confidence'),
)
STATUS = SectionCodec(ExecutionStatus)
SIM = SectionCodec(
    SimSnapshot, most={'qpos': (MAX_SIM,), 'qvel': (MAX_SIM,)}, texts={'family': 64}
)


def chunk_misfit(chunk: ActionChunk) -> str:
    """Return why a chunk does not fit into the mailbox; '' when it does."""
    return CHUNK.misfit(chunk)


def put_chunk(section: Section, chunk: ActionChunk) -> None:
    """Write a chunk that fits."""
    CHUNK.write(section, chunk)


def get_chunk(entry: Entry) -> ActionChunk:
    """Make the chunk of what a section held."""
    return CHUNK.read(entry)


def put_status(section: Section, status: ExecutionStatus) -> None:
    """Write the status; texts that are too long are cut."""
    STATUS.write(section, status)


def get_status(section: Section) -> ExecutionStatus:
    """Read the status back."""
    return STATUS.read(section.read())


def get_sim(section: Section) -> SimSnapshot:
    """Read the simulated world back."""
    return SIM.read(section.read())


def put_sim(section: Section, sim: SimSnapshot) -> None:
    """Write the simulated world."""
    SIM.write(section, sim)


def put_target(section: Section, stamp: int, values: Array) -> None:
    """Write a target."""
    section.write((stamp, len(values)), values)


def get_target(entry: Entry) -> tuple[int, Array]:
    """Return a target's stamp (ns) and values."""
    (stamp, count), floats, _ = entry
    return stamp, floats[:count]
