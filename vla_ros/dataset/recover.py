"""Repair bags whose writing was interrupted: cut the broken end off, write a new summary.

Done in place, so that a full disk is no obstacle, and only to files that this package wrote and
that no living process holds. Run at the recorder's start on its folder.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
import fcntl
from io import BytesIO
import logging
import os
from pathlib import Path
import struct
from typing import BinaryIO
import zlib

import lz4.frame
from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.reader import make_reader
from mcap.records import Channel, Chunk, Header, MessageIndex, Metadata, Schema
import zstandard

from vla_ros.dataset.chunk import Index, with_index
from vla_ros.dataset.mcap_file import LIBRARY, OUTCOME
from vla_ros.dataset.rosbag2 import write_metadata
from vla_ros.dataset.summary import MAGIC, Summary, encode


_LOG = logging.getLogger(__name__)

# What decoding damaged bytes can raise.
_DAMAGE = (ValueError, KeyError, struct.error, McapError, zstandard.ZstdError, RuntimeError)


def recover_folder(root: str | Path) -> list[Path]:
    """Repair every interrupted episode under `root`; returns the folders repaired.

    An episode that cannot be repaired is logged and left as it is.
    """
    repaired = []
    for path in sorted(Path(root).glob('*/*.mcap')):
        try:
            if recover(path):
                repaired.append(path.parent)
        except (OSError, ValueError) as error:
            _LOG.warning('%s cannot be repaired: %s', path, error)
    return repaired


def recover(path: Path) -> bool:
    """Repair one file in place; False when there is nothing to repair or it is being written.

    Raises:
        ValueError: it is not an MCAP file.
        OSError: it cannot be read or written.
    """
    if _closed(path) and (path.parent / 'metadata.yaml').exists():
        return False
    with path.open('r+b') as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        scan = _Scan()
        if not _run(scan, file):
            return False
        _finish(file, scan)
    write_metadata(path, scan.summary)
    return True


def _closed(path: Path) -> bool:
    """Whether the writer closed the file: a sound summary that lists the outcome."""
    try:
        with path.open('rb') as file:
            summary = make_reader(file, validate_crcs=True).get_summary()
    except _DAMAGE:
        return False
    return summary is not None and any(m.name == OUTCOME for m in summary.metadata_indexes)


@dataclass
class _Scan:
    """What is intact of a file, in the order of its records."""

    summary: Summary = field(default_factory=Summary)
    end: int = 0  # offset behind the last intact record
    tail: bytes = b''  # message indexes of the last chunk, when they were lost
    closed: bool = False
    last: tuple[int, int, Chunk, Index] | None = None  # chunk not yet entered in the summary
    indexed: int = 0  # messages of that chunk that the file indexes

    def enter_last(self) -> None:
        """Enter the chunk in hand, restoring its message indexes when they are incomplete."""
        if self.last is None:
            return
        offset, end, chunk, index = self.last
        records, entry = with_index(chunk, index, offset)
        if self.indexed < sum(map(len, index.values())):
            # Only the last chunk can lack them: cut what there is and write them again.
            self.end, self.tail = end, records[end - offset :]
        self.summary.add_chunk(entry, {k: len(v) for k, v in index.items()})
        self.last = None


def _run(scan: _Scan, file: BinaryIO) -> bool:
    """Collect what is intact; False when another program wrote the file."""
    if file.read(len(MAGIC)) != MAGIC:
        raise ValueError('not an MCAP file')
    for offset, end, opcode, content in _records(file):
        stream = ReadDataStream(BytesIO(content))
        if opcode == Opcode.HEADER:
            if Header.read(stream).library != LIBRARY:
                return False
        elif opcode == Opcode.MESSAGE_INDEX:
            scan.indexed += len(MessageIndex.read(stream).records)
        elif opcode == Opcode.CHUNK:
            scan.enter_last()
            try:
                chunk, index = _open_chunk(stream)
            except _DAMAGE:
                break
            scan.last, scan.indexed = (offset, end, chunk, index), 0
        elif opcode in (Opcode.SCHEMA, Opcode.CHANNEL, Opcode.METADATA):
            scan.enter_last()
            _note(scan, opcode, stream, offset, end)
        else:  # DataEnd, or the remains of an overwritten summary
            break
        scan.end = end
    scan.enter_last()
    return scan.end > 0


def _records(file: BinaryIO) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield (offset, end, opcode, content) of the whole records from the start of the file."""
    size = file.seek(0, os.SEEK_END)
    offset = len(MAGIC)
    while offset + 9 <= size:
        file.seek(offset)
        opcode, length = struct.unpack('<BQ', file.read(9))
        end = offset + 9 + length
        if end > size:
            return
        yield offset, end, opcode, file.read(length)
        offset = end


def _note(scan: _Scan, opcode: int, stream: ReadDataStream, offset: int, end: int) -> None:
    """Enter a record that stands outside of chunks."""
    if opcode == Opcode.SCHEMA:
        schema = Schema.read(stream)
        scan.summary.schemas[schema.id] = schema
    elif opcode == Opcode.CHANNEL:
        channel = Channel.read(stream)
        scan.summary.channels[channel.id] = channel
    else:
        name = Metadata.read(stream).name
        scan.closed = scan.closed or name == OUTCOME
        scan.summary.add_metadata(name, offset, end - offset)


def _open_chunk(stream: ReadDataStream) -> tuple[Chunk, Index]:
    """Return a chunk and the index of its messages; raises when its checksum is wrong."""
    chunk = Chunk.read(stream)
    raw = chunk.data
    if chunk.compression == 'zstd':
        raw = zstandard.ZstdDecompressor().decompress(raw, chunk.uncompressed_size)
    elif chunk.compression == 'lz4':
        raw = lz4.frame.decompress(raw)
    if zlib.crc32(raw) != chunk.uncompressed_crc:
        raise ValueError('chunk checksum is wrong')
    index: Index = {}
    offset = 0
    while offset < len(raw):
        _, length, channel, _, log_time = struct.unpack_from('<BQHIQ', raw, offset)
        index.setdefault(channel, []).append((log_time, offset))
        offset += 9 + length
    return chunk, index


def _finish(file: BinaryIO, scan: _Scan) -> None:
    """Write what is missing behind the intact part."""
    data = scan.tail
    if not scan.closed:
        record = encode(Metadata(name=OUTCOME, metadata={'outcome': 'interrupted'}))
        scan.summary.add_metadata(OUTCOME, scan.end + len(data), len(record))
        data += record
    file.truncate(scan.end)
    file.seek(scan.end)
    file.write(data + scan.summary.tail(scan.end + len(data)))
    file.flush()
    os.fsync(file.fileno())
