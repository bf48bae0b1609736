"""One episode, one bag: messages in from callbacks, a thread writes them to MCAP.

How a node uses it::

    recover_folder(root)                                        # once, in on_configure
    topics = [Topic('joint_states', 'sensor_msgs/msg/JointState'),
              Topic('camera/front/image_raw', 'sensor_msgs/msg/Image', jpeg=True), ...]
    writer = BagWriter(root, episode_id, topics, metadata, config, on_error)   # EpisodeEvent start
    writer.write(topic, raw_bytes, log_time)                    # in every raw=True subscription
    writer.close({'outcome': 'success'})                        # EpisodeEvent end

Only the constructor raises (RecordError). Later trouble (disk full, folder gone) stops the
recording, sets `error` and calls `on_error` once, from the writer's thread.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
import logging
from pathlib import Path
import tempfile
import threading
import time

from vla_ros.dataset.cdr import CdrError, header_stamp
from vla_ros.dataset.jpeg import COMPRESSED_TYPE, compress
from vla_ros.dataset.mcap_file import OUTCOME, McapFile
from vla_ros.dataset.record_config import RecordConfig
from vla_ros.dataset.rosbag2 import write_metadata
from vla_ros.dataset.schema import SchemaError, type_hash
from vla_ros.dataset.topics import Stats, Topic, check_space, completed, episode_folder, has_header


_LOG = logging.getLogger(__name__)
EPISODE = 'vla_ros.episode'  # metadata record written at the start


class RecordError(OSError):
    """Recording cannot start; the message says why and where."""


class BagWriter:
    """Writes one episode; `write` may be called from any thread and never blocks for the disk."""

    def __init__(
        self,
        root: str | Path,
        episode_id: str,
        topics: Iterable[Topic],
        metadata: Mapping[str, str],
        config: RecordConfig | None = None,
        on_error: Callable[[str], None] | None = None,
    ) -> None:
        """Create the episode's folder and file and start the writer's thread.

        Args:
            root: folder that holds the episodes.
            episode_id: becomes part of the folder's name.
            topics: what will be recorded.
            metadata: robot, policy hash, instruction, ...; written at once.
            config: defaults when None.
            on_error: called once with the reason when recording stops by itself.

        Raises:
            RecordError: folder not writable, disk nearly full, or a type unknown.
        """
        self.config = config or RecordConfig()
        self.error = ''
        self._on_error = on_error
        self._queue: deque[tuple[str, int, int | None, bytes]] = deque()
        self._waiting = 0  # bytes in the queue
        self._received = self._written = self._dropped = 0
        self._wake = threading.Condition()
        self._closing = False
        self._outcome: dict[str, str] = {}
        try:
            self._topics = {topic.name: completed(topic) for topic in topics}
            self._create(Path(root), episode_id, {'episode_id': episode_id, **metadata})
        except (OSError, SchemaError) as error:
            raise RecordError(f'cannot record to {root}: {error}') from error
        self._thread = threading.Thread(target=self._run, name='bag_writer', daemon=True)
        self._thread.start()

    @staticmethod
    def probe(root: str | Path, config: RecordConfig) -> None:
        """Prove that episodes can be written to `root`, before it matters.

        Raises:
            RecordError: folder not writable, or disk nearly full.
        """
        try:
            Path(root).mkdir(parents=True, exist_ok=True)
            check_space(Path(root), config.min_free)
            with tempfile.TemporaryFile(dir=root) as file:
                file.write(b'0')
        except OSError as error:
            raise RecordError(f'cannot record to {root}: {error}') from error

    def _create(self, root: Path, episode_id: str, metadata: Mapping[str, str]) -> None:
        """Create folder and file; both are complete as an empty bag."""
        root.mkdir(parents=True, exist_ok=True)
        check_space(root, self.config.min_free)
        self.folder = episode_folder(root, episode_id)
        self.folder.mkdir()
        path = self.folder / f'{self.folder.name}_0.mcap'
        self._file = McapFile(path, self.config.compression, self.config.chunk_bytes)
        self._channels = {name: self._register(t) for name, t in self._topics.items()}
        self._file.add_metadata(EPISODE, metadata)
        self._file.flush()
        write_metadata(path, self._file.summary)

    def write(
        self, topic: str, data: bytes, log_time: int, publish_time: int | None = None
    ) -> bool:
        """Queue one serialised message; False when it was dropped.

        Args:
            topic: name of one of the topics given.
            data: CDR bytes, as a raw subscription delivers them.
            log_time: ns, when it was received.
            publish_time: ns, its stamp; read from the message's header when None.
        """
        with self._wake:
            self._received += 1
            refused = self._closing or self.error or topic not in self._topics
            if refused or self._waiting + len(data) > self.config.queue_bytes:
                self._dropped += 1
                return False
            self._queue.append((topic, log_time, publish_time, data))
            self._waiting += len(data)
        return True

    def stats(self) -> Stats:
        """Return the counts so far."""
        with self._wake:
            return Stats(self._received, self._written, self._dropped, self._file.size)

    def close(self, metadata: Mapping[str, str] | None = None, timeout: float = 10.0) -> Path:
        """Write what is queued and the outcome; returns the episode's folder. Never raises."""
        with self._wake:
            self._outcome = {'outcome': 'unknown', **(metadata or {})}
            self._closing = True
            self._wake.notify()
        self._thread.join(timeout)
        if self._thread.is_alive():
            self._fail(f'the disk did not take the rest of the episode within {timeout:g} s')
        return self.folder

    def _register(self, topic: Topic) -> int:
        return self._file.add_channel(
            f'{topic.name}/compressed' if topic.jpeg else topic.name,
            COMPRESSED_TYPE if topic.jpeg else topic.type,
            topic.definition,
            {
                'offered_qos_profiles': topic.qos,
                'topic_type_hash': type_hash(COMPRESSED_TYPE if topic.jpeg else topic.type),
            },
        )

    def _run(self) -> None:
        """Body of the writer's thread."""
        try:
            flushed = synced = time.monotonic()
            while not self._closing:
                with self._wake:
                    # Not woken per message: a batch every few milliseconds costs far less.
                    self._wake.wait(0.02)
                self._drain()
                now = time.monotonic()
                if now - flushed >= self.config.flush_interval:
                    self._file.flush()
                    self._count_written()
                    check_space(self.folder, self.config.min_free)
                    flushed = now
                if now - synced >= self.config.sync_interval:
                    self._file.sync()
                    synced = now
            self._drain()
            self._finish()
        except Exception as error:  # whatever it is, the robot goes on
            self._fail(str(error) or repr(error))
            self._abandon()

    def _drain(self) -> None:
        while self._queue:
            topic, log_time, publish_time, data = self._queue.popleft()
            with self._wake:
                self._waiting -= len(data)
            self._store(self._topics[topic], log_time, publish_time, data)

    def _store(self, topic: Topic, log_time: int, publish_time: int | None, data: bytes) -> None:
        try:
            if publish_time is None:
                publish_time = header_stamp(data) if has_header(topic) else log_time
            stored = compress(data, self.config.jpeg_quality) if topic.jpeg else data
        except CdrError as error:
            with self._wake:
                self._dropped += 1
                first = self._dropped == 1
            if first:
                _LOG.warning('%s: message not recorded: %s', topic.name, error)
            return
        self._file.add(self._channels[topic.name], log_time, max(publish_time, 0), stored)

    def _finish(self) -> None:
        self._file.add_metadata(OUTCOME, {**self._outcome, 'dropped': str(self._dropped)})
        self._file.close()
        self._count_written()
        write_metadata(self._file.path, self._file.summary)

    def _abandon(self) -> None:
        """Close after trouble; what cannot be said now, the repair at the next start adds."""
        try:
            self._file.add_metadata(OUTCOME, {'outcome': 'interrupted', 'reason': self.error})
            self._file.close()
            write_metadata(self._file.path, self._file.summary)
        except Exception:
            self._file.abandon()

    def _count_written(self) -> None:
        with self._wake:
            self._written = self._file.summary.messages

    def _fail(self, reason: str) -> None:
        """Stop recording and tell once."""
        with self._wake:
            if self.error:
                return
            self.error = f'recording of {self.folder} stopped: {reason}'
            self._dropped += len(self._queue)
            self._queue.clear()
            self._waiting = 0
        _LOG.error(self.error)
        if self._on_error:
            try:
                self._on_error(self.error)
            except Exception:
                _LOG.exception('on_error raised')
