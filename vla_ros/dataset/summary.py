"""The index at the end of an MCAP file (https://mcap.dev/spec): what makes it open and seek.

Both the live writer and the repair of a truncated file collect it here. Records are kept as the
bytes that will be written, so that a summary of hours costs a join.
"""

from collections import Counter
import struct
import zlib

from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode
from mcap.records import (
    Channel,
    ChunkIndex,
    DataEnd,
    Footer,
    McapRecord,
    MetadataIndex,
    Schema,
    Statistics,
    SummaryOffset,
)


MAGIC = b'\x89MCAP0\r\n'


def encode(record: McapRecord) -> bytes:
    """Return the bytes of one record."""
    builder = RecordBuilder()
    record.write(builder)
    return builder.end()


class Summary:
    """Everything that the summary section repeats or points to."""

    def __init__(self) -> None:
        self.schemas: dict[int, Schema] = {}
        self.channels: dict[int, Channel] = {}
        self.counts: Counter[int] = Counter()  # channel id -> messages
        self.start = 0  # ns, log time of the first message
        self.end = 0  # ns, log time of the last one
        self._chunks: list[bytes] = []
        self._metadata: list[bytes] = []

    @property
    def messages(self) -> int:
        """Number of messages."""
        return sum(self.counts.values())

    def add_chunk(self, index: ChunkIndex, counts: dict[int, int]) -> None:
        """Enter a chunk and how many messages of each channel it holds."""
        first = not self.messages
        self.start = (
            index.message_start_time if first else min(self.start, index.message_start_time)
        )
        self.end = max(self.end, index.message_end_time)
        self.counts.update(counts)
        self._chunks.append(encode(index))

    def add_metadata(self, name: str, offset: int, length: int) -> None:
        """Enter a metadata record."""
        self._metadata.append(encode(MetadataIndex(offset=offset, length=length, name=name)))

    def tail(self, offset: int) -> bytes:
        """Return DataEnd, summary, footer and magic for a data section that ends at `offset`."""
        data_end = encode(DataEnd(0))  # 0: no checksum of the data section; chunks have their own
        start = offset + len(data_end)
        body, offsets = self._groups(start)
        offset_start = start + len(body)
        body += b''.join(encode(record) for record in offsets)
        # The checksum covers the summary and the footer up to itself.
        prefix = struct.pack('<BQQQ', Opcode.FOOTER, 20, start, offset_start)
        crc = zlib.crc32(prefix, zlib.crc32(body))
        return data_end + body + encode(Footer(start, offset_start, crc)) + MAGIC

    def _groups(self, start: int) -> tuple[bytes, list[SummaryOffset]]:
        groups = {
            Opcode.SCHEMA: [encode(schema) for schema in self.schemas.values()],
            Opcode.CHANNEL: [encode(channel) for channel in self.channels.values()],
            Opcode.STATISTICS: [encode(self._statistics())],
            Opcode.CHUNK_INDEX: self._chunks,
            Opcode.METADATA_INDEX: self._metadata,
        }
        body, offsets = b'', []
        for opcode, records in groups.items():
            group = b''.join(records)
            if group:
                offsets.append(SummaryOffset(opcode, start + len(body), len(group)))
            body += group
        return body, offsets

    def _statistics(self) -> Statistics:
        return Statistics(
            message_count=self.messages,
            schema_count=len(self.schemas),
            channel_count=len(self.channels),
            attachment_count=0,
            metadata_count=len(self._metadata),
            chunk_count=len(self._chunks),
            message_start_time=self.start,
            message_end_time=self.end,
            channel_message_counts=dict(self.counts),
        )
