"""One MCAP chunk in the making: messages back to back, with an index per channel."""

from dataclasses import dataclass, field
import struct
from typing import Literal
import zlib

import lz4.frame
from mcap.opcode import Opcode
from mcap.records import Chunk, ChunkIndex, MessageIndex
import zstandard

from vla_ros.dataset.summary import encode


Compression = Literal['zstd', 'lz4', 'none']
Index = dict[int, list[tuple[int, int]]]  # channel -> (log time ns, offset in the chunk)

_HEADER = struct.Struct('<BQHIQQ')  # opcode, length, channel, sequence, log time, publish time
_FIXED = 22  # bytes of a message record before its data


@dataclass
class ChunkBuffer:
    """Collects messages until `finish`."""

    data: bytearray = field(default_factory=bytearray)
    index: Index = field(default_factory=dict)
    start: int = 0  # ns
    end: int = 0  # ns

    def add(
        self, channel: int, sequence: int, log_time: int, publish_time: int, data: bytes
    ) -> None:
        """Append one message."""
        first = not self.index
        self.start = log_time if first else min(self.start, log_time)
        self.end = max(self.end, log_time)
        self.index.setdefault(channel, []).append((log_time, len(self.data)))
        length = _FIXED + len(data)
        self.data += _HEADER.pack(
            Opcode.MESSAGE, length, channel, sequence & 0xFFFFFFFF, log_time, publish_time
        )
        self.data += data

    def finish(self, offset: int, compression: Compression) -> tuple[bytes, ChunkIndex]:
        """Return chunk and message index records for a chunk that begins at `offset`."""
        raw = bytes(self.data)
        chunk = Chunk(
            compression='' if compression == 'none' else compression,
            data=_compress(raw, compression),
            message_start_time=self.start,
            message_end_time=self.end,
            uncompressed_crc=zlib.crc32(raw),
            uncompressed_size=len(raw),
        )
        return with_index(chunk, self.index, offset)

    def counts(self) -> dict[int, int]:
        """Return the number of messages per channel."""
        return {channel: len(entries) for channel, entries in self.index.items()}


def with_index(chunk: Chunk, index: Index, offset: int) -> tuple[bytes, ChunkIndex]:
    """Return the chunk followed by its message indexes, and its entry in the summary."""
    record = encode(chunk)
    offsets, tail = {}, b''
    for channel, entries in index.items():
        offsets[channel] = offset + len(record) + len(tail)
        tail += encode(MessageIndex(channel, entries))
    entry = ChunkIndex(
        message_start_time=chunk.message_start_time,
        message_end_time=chunk.message_end_time,
        chunk_start_offset=offset,
        chunk_length=len(record),
        message_index_offsets=offsets,
        message_index_length=len(tail),
        compression=chunk.compression,
        compressed_size=len(chunk.data),
        uncompressed_size=chunk.uncompressed_size,
    )
    return record + tail, entry


def _compress(raw: bytes, compression: Compression) -> bytes:
    if compression == 'zstd':
        return zstandard.ZstdCompressor(level=1).compress(raw)  # images are compressed already
    if compression == 'lz4':
        return lz4.frame.compress(raw)
    return raw
