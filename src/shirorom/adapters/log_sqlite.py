"""The log in one SQLite file (ports.log.Log): append-only, verified when read, durable before it returns (ADR 0008)."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from shirorom.adapters import log_file
from shirorom.adapters.checkpoint_last import CheckpointLast
from shirorom.adapters.durable import refuse_looser
from shirorom.adapters.log_stored_sqlite import SqliteStored
from shirorom.adapters.log_view import Addition, LogView
from shirorom.adapters.storage_errors import code_of_sqlite, storage_errors
from shirorom.domain.errors import StorageError
from shirorom.log.checkpoint import Checkpoint
from shirorom.log.entry import DeviceHead, Sealed, at_text
from shirorom.ports.log import Entry, Head

ENTRIES_MAX = 10_000
"""Entries of one append or one read."""
ROWS_BETWEEN_CHECKPOINTS = 2_000
"""Bound of the WAL, in rows, each at most about one page of 4 kB. A small WAL is used again and again, so that a sync
need not also make the file longer.
"""
ROWS_OF_APPEND = 6
"""What one append costs besides its entries."""


class SqliteLog:
    """One log. Safe to use from several threads; several processes may have the same file open."""

    def __init__(self, data: Path, *, practice: bool, entropy: Callable[[int], bytes]) -> None:
        """Open the log of a data directory, made where it is missing.

        Raises:
            StorageError: `log-rolled-back`, `log-corrupt`, `log-newer`, `data-unsafe`, `data-locked`, `storage-…`.
        """
        name = "practice" if practice else "real"
        self._path = data / "log" / f"{name}.sqlite"
        self._practice = practice
        self._reading, self._writing = threading.Lock(), threading.Lock()
        self._closed = False
        self._failed = False
        self._rows_since_checkpoint = 0
        self._last = CheckpointLast(data, name)
        self._connections: list[sqlite3.Connection] = []
        try:
            with storage_errors(self._path):
                self._open(entropy)
        except StorageError as error:
            _let_go(self._connections, final=error.code == "storage-failed")
            raise

    @property
    def origin(self) -> str:
        """The log's name."""
        return self._origin

    @property
    def practice(self) -> bool:
        """Whether this is the practice log."""
        return self._practice

    def head(self) -> Head:
        """Size and root as of now."""
        with self._read() as view:
            return view.refresh()

    def root_at(self, size: int) -> bytes:
        """The root over the first entries."""
        with self._read() as view:
            return view.root_at(size)

    def device(self, key: str) -> Sequence[Entry]:
        """All entries about one phone, oldest first, checked."""
        with self._read() as view:
            return view.device(key)

    def device_heads(self, keys: Sequence[str]) -> Sequence[DeviceHead]:
        """Where the chains of many devices stand, in the order asked.

        By the writer's connection, whose cache our own appends leave as it is: who asks is about to append.
        """
        with self._writing, storage_errors(self._path):
            return self._writer.device_heads(keys)

    def keys(self, first: int) -> Sequence[int]:
        """The phones of the entries from `first` on."""
        with self._read() as view:
            return view.keys(first)

    def entry(self, index: int) -> Entry:
        """One entry, checked."""
        with self._read() as view:
            return view.entry(index)

    def read(self, first: int, *, count_max: int) -> Sequence[Entry]:
        """Entries from `first` on, checked, at most `count_max` and never more than ENTRIES_MAX."""
        with self._read() as view:
            until = min(view.refresh().size, first + min(count_max, ENTRIES_MAX))
            return view.entries(first, max(first, until))

    def proofs(self, indexes: Sequence[int], *, size: int) -> Sequence[Sequence[bytes]]:
        """The way of each of these entries to the root of a size that the log has had, nearest the leaf first."""
        with self._read() as view:
            return view.proofs(indexes, size)

    def nodes(self, level: int, first: int, count: int) -> Sequence[bytes]:
        """Full nodes of one level of the tree (ports.publishing.Tree)."""
        with self._read() as view:
            return view.nodes(level, first, count)

    def entries(self, first: int, count: int) -> Sequence[bytes]:
        """Entries without their openings (ports.publishing.Tree)."""
        with self._read() as view:
            return view.entries_bytes(first, count)

    def append(self, sealed: Sequence[Sealed], *, size_expected: int) -> Head:
        """Append all or none; returns once they would survive a power cut."""
        if not 0 < len(sealed) <= ENTRIES_MAX:
            raise ValueError(f"{len(sealed)} entries in one append, limit {ENTRIES_MAX}")
        with self._writing, self._final_failures(), storage_errors(self._path):
            if self._immutable:
                raise StorageError("storage-read-only")
            if self._rows_since_checkpoint > ROWS_BETWEEN_CHECKPOINTS:
                self._checkpoint()
            head = self._append(sealed, size_expected)
            self._rows_since_checkpoint += ROWS_OF_APPEND + len(sealed)
        self._last.note(Checkpoint(self._origin, head.size, head.root))
        return head

    def close(self) -> None:
        """Let go of the file; idempotent."""
        with self._writing, self._reading:
            if not self._closed:
                self._closed = True
                self._last.close()
                _let_go(self._connections, final=self._failed)

    def _open(self, entropy: Callable[[int], bytes]) -> None:
        last = self._last.read()  # before the log, which may only be ahead of it
        if last is None:
            log_file.create(self._path, practice=self._practice, entropy=entropy)
        elif not self._path.exists():
            raise StorageError("log-rolled-back", part="log")
        for part in (self._path.parent.parent, self._path.parent, self._path):
            refuse_looser(part)
        self._immutable = log_file.on_read_only_media(self._path)
        for _ in range(2):
            self._connections.append(log_file.connect(self._path, read_only=self._immutable))
        reader, self._writing_to = self._connections
        log_file.check_schema(reader)
        self._origin = log_file.read_origin(reader, practice=self._practice)
        self._reader, self._writer = (LogView(SqliteStored(one), self._origin) for one in self._connections)
        last = last or self._last.read()  # another process may have begun the log a moment ago
        for view in (self._reader, self._writer):
            view.hold_to(last)
        if not self._immutable:
            # Frames of a commit whose sync failed may stand in the WAL and not on the disk: copy them once more
            # before anything is built upon them. Where another process is writing, they are its own, and in order.
            if self._is_free():
                self._checkpoint()
            if last is None:
                self._last.write(Checkpoint(self._origin, self._reader.refresh().size, self._reader.refresh().root))

    def _append(self, sealed: Sequence[Sealed], size_expected: int) -> Head:
        connection = self._writing_to
        connection.execute("BEGIN IMMEDIATE")
        try:
            addition = self._writer.addition(sealed, size_expected)
            _insert(connection, sealed, addition)
            connection.execute("COMMIT")
        except BaseException:
            _roll_back(connection)
            raise
        return self._writer.advance(addition.frontier, at_text(sealed[-1].entry))

    def _is_free(self) -> bool:
        """Whether nobody is writing at this moment."""
        connection = self._writing_to
        try:
            connection.execute("PRAGMA busy_timeout=0")
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if code_of_sqlite(error, self._path) != "data-locked":
                raise
            return False
        finally:
            _roll_back(connection)
            connection.execute(f"PRAGMA busy_timeout={log_file.BUSY_S_MAX * 1_000:.0f}")
        return True

    def _checkpoint(self) -> None:
        """Copy the WAL into the file, while the other connection holds the writer's lock.

        SQLite before 3.51.3 may skip pages when a checkpoint meets a writer that resets the WAL (its "WAL-reset
        bug"); with the lock held there is no such writer. A sync that fails here is as final as in an append.
        """
        with self._reading:
            self._writing_to.execute("BEGIN IMMEDIATE")
            try:
                self._connections[0].execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            except sqlite3.Error as error:
                if code_of_sqlite(error, self._path) != "storage-full":  # then the WAL keeps what it has
                    raise
            finally:
                _roll_back(self._writing_to)
        self._rows_since_checkpoint = 0

    @contextmanager
    def _read(self) -> Iterator[LogView]:
        with self._reading, storage_errors(self._path):
            yield self._reader

    @contextmanager
    def _final_failures(self) -> Iterator[None]:
        """After a write or a sync failed, nobody knows what is on the disk: nothing more is acknowledged here."""
        if self._failed:
            raise StorageError("storage-failed")
        try:
            yield
        except StorageError as error:
            if error.code == "storage-failed":
                self._failed = True
                _let_go(self._connections, final=True)  # whoever forgets to close
            raise


def _insert(connection: sqlite3.Connection, sealed: Sequence[Sealed], addition: Addition) -> None:
    """Write the entries with the nodes that they made full, the openings, and where each device now stands."""
    size, put = addition.first, connection.executemany
    put("INSERT INTO entry VALUES (?, ?, ?)", zip(count(size), [one.entry for one in sealed], addition.completed))
    put(
        "INSERT INTO opening VALUES (?, ?, ?, ?, ?, ?)",
        [
            (i, int(o.key), o.counter, o.previous, o.salt, o.statement)
            for i, one in enumerate(sealed, size)
            for o in [one.opening]
        ],
    )
    put("INSERT OR REPLACE INTO device VALUES (?, ?, ?)", addition.devices)


def _let_go(connections: Iterable[sqlite3.Connection], *, final: bool) -> None:
    """Close, unless a write or a sync failed: closing would checkpoint, sync again, hear that all is well, and delete
    the WAL, in which the only good copy may be.
    """
    for connection in connections:
        if final:
            log_file.leave_open(connection)
        else:
            connection.close()


def _roll_back(connection: sqlite3.Connection) -> None:
    with suppress(sqlite3.Error):  # a failed COMMIT may have done it, or may make it impossible
        if connection.in_transaction:
            connection.execute("ROLLBACK")
