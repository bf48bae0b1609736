"""An MCAP file that is complete after every flush.

Each flush writes the new chunk and, behind it, a new summary and footer: the file on disk always
opens in any reader, whenever the process is killed. The next flush overwrites that summary. What
an interrupted write can leave behind is repaired by `recover.py`.
"""

from collections import Counter
from collections.abc import Mapping
import contextlib
import fcntl
import os
from pathlib import Path

from mcap.records import Channel, Header, Metadata, Schema

from vla_ros.dataset.chunk import ChunkBuffer, Compression
from vla_ros.dataset.summary import MAGIC, Summary, encode


LIBRARY = 'vla_ros'
OUTCOME = 'vla_ros.outcome'  # metadata record that says the episode was closed, and how


class McapFile:
    """Writer for one thread. Every method may raise OSError; the file stays readable then."""

    def __init__(self, path: Path, compression: Compression, chunk_bytes: int) -> None:
        """Create `path`, an empty but valid file."""
        self.path = path
        self.summary = Summary()
        self._compression: Compression = compression
        self._chunk_bytes = chunk_bytes
        self._chunk = ChunkBuffer()
        self._sequence: Counter[int] = Counter()
        # Named when it is complete, so that no instant leaves an .mcap that does not open.
        unborn = path.with_suffix('.part')
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._descriptor = os.open(unborn, flags, 0o644)
        # Held until the process ends, however it ends: the repair leaves a live file alone.
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._end = 0  # bytes of the data section on disk
        self._tail = b''  # the summary behind it
        self._pending = bytearray(MAGIC + encode(Header('ros2', LIBRARY)))
        self.flush()
        unborn.rename(path)

    def add_channel(
        self, topic: str, type_name: str, definition: str, metadata: Mapping[str, str]
    ) -> int:
        """Register a topic; returns its channel id."""
        schemas = self.summary.schemas
        schema = next((s for s in schemas.values() if s.name == type_name), None)
        if schema is None:
            schema = Schema(
                id=len(schemas) + 1, name=type_name, encoding='ros2msg', data=definition.encode()
            )
            schemas[schema.id] = schema
            self._pending += encode(schema)
        channel = Channel(
            id=len(self.summary.channels) + 1,
            topic=topic,
            message_encoding='cdr',
            metadata=dict(metadata),
            schema_id=schema.id,
        )
        self.summary.channels[channel.id] = channel
        self._pending += encode(channel)
        return channel.id

    def add_metadata(self, name: str, values: Mapping[str, str]) -> None:
        """Write a metadata record; on disk after the next flush."""
        self._seal()
        record = encode(Metadata(name=name, metadata=dict(values)))
        self.summary.add_metadata(name, self._end + len(self._pending), len(record))
        self._pending += record

    def add(self, channel: int, log_time: int, publish_time: int, data: bytes) -> None:
        """Add one message; a full chunk goes to disk."""
        self._chunk.add(channel, self._sequence[channel], log_time, publish_time, data)
        self._sequence[channel] += 1
        if len(self._chunk.data) >= self._chunk_bytes:
            self.flush()

    def flush(self) -> None:
        """Make everything so far part of a complete file (in the page cache)."""
        self._seal()
        end = self._end + len(self._pending)
        tail = self.summary.tail(end)
        try:
            _write_at(self._descriptor, bytes(self._pending) + tail, self._end)
            os.ftruncate(self._descriptor, end + len(tail))
        except OSError:
            self._restore()
            raise
        self._end, self._tail = end, tail
        self._pending.clear()

    def _restore(self) -> None:
        """Put the previous summary back: there was room for it, so there is again."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, self._end)
            _write_at(self._descriptor, self._tail, self._end)

    def sync(self) -> None:
        """Wait until the disk has everything flushed."""
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Flush, sync and close."""
        try:
            self.flush()
            self.sync()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Close without writing; the last complete flush stays."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    @property
    def size(self) -> int:
        """Bytes of data on disk, without the summary."""
        return self._end

    def _seal(self) -> None:
        """Turn the messages collected into a chunk."""
        if not self._chunk.index:
            return
        records, entry = self._chunk.finish(self._end + len(self._pending), self._compression)
        self.summary.add_chunk(entry, self._chunk.counts())
        self._pending += records
        self._chunk = ChunkBuffer()


def _write_at(descriptor: int, data: bytes, offset: int) -> None:
    """Write all of `data` at `offset`; the system may take it in pieces."""
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        offset += written
        view = view[written:]
