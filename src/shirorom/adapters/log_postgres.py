"""The log in a PostgreSQL database (ports.log.Log): append-only, verified on every read, durable before it returns.

One connection reads, one writes. A connection that broke is made anew, and whatever is then found must go on from what
this process knows: so a standby that was promoted without our last entries is noticed, and not written to (ADR 0032).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from shirorom.adapters import postgres_schema
from shirorom.adapters.checkpoint_last import CheckpointLast
from shirorom.adapters.durable import make_private, private_directory
from shirorom.adapters.log_stored_postgres import PostgresStored
from shirorom.adapters.log_view import Addition, LogView
from shirorom.adapters.postgres import (
    SAFETY,
    Connection,
    Doubts,
    connect,
    database_errors,
    is_broken,
    refuse_unsafe,
    roll_back,
)
from shirorom.adapters.storage_errors import storage_errors
from shirorom.domain.errors import StorageError
from shirorom.log.checkpoint import Checkpoint
from shirorom.log.entry import DeviceHead, Sealed, at_text
from shirorom.ports.log import Entry, Head

ENTRIES_MAX = 10_000
"""Entries of one append or one read."""

T = TypeVar("T")


class PostgresLog:
    """One log. Safe to use from several threads; several processes and machines may have the same log open."""

    def __init__(self, data: Path, database: str, *, practice: bool, entropy: Callable[[int], bytes]) -> None:
        """Open a log, made where neither it nor its checkpoint in the data directory is there.

        Raises:
            StorageError: `log-rolled-back`, `log-corrupt`, `log-newer`, `data-unsafe`, `data-locked`,
                `database-unsafe`, `storage-…`.
        """
        self._database, self._practice = database, practice
        self._schema = postgres_schema.schema_of(practice=practice)
        self._puts = {table: sql.format(self._schema) for table, sql in _PUTS.items()}
        self._last = CheckpointLast(data, "practice" if practice else "real")
        self._locks = {"reader": threading.Lock(), "writer": threading.Lock()}
        self._knowing = threading.Lock()
        self._ends: dict[str, _End] = {}
        self._known: Checkpoint | None = None
        self._closed = False
        with storage_errors(data):
            if not self._last.path.exists():
                make_private(data)  # one made by hand (mkdir) is open to others until its first log
            private_directory(data)
        self._begin(entropy)

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
        return self._read(lambda view: view.refresh())

    def root_at(self, size: int) -> bytes:
        """The root over the first entries."""
        return self._read(lambda view: view.root_at(size))

    def device(self, key: str) -> Sequence[Entry]:
        """All entries about one phone, oldest first, checked."""
        return self._read(lambda view: view.device(key))

    def device_heads(self, keys: Sequence[str]) -> Sequence[DeviceHead]:
        """Where the chains of many devices stand, in the order asked."""
        return self._read(lambda view: view.device_heads(keys))

    def keys(self, first: int) -> Sequence[int]:
        """The phones of the entries from `first` on."""
        return self._read(lambda view: view.keys(first))

    def entry(self, index: int) -> Entry:
        """One entry, checked."""
        return self._read(lambda view: view.entry(index))

    def read(self, first: int, *, count_max: int) -> Sequence[Entry]:
        """Entries from `first` on, checked, at most `count_max` and never more than ENTRIES_MAX."""

        def some(view: LogView) -> Sequence[Entry]:
            until = min(view.refresh().size, first + min(count_max, ENTRIES_MAX))
            return view.entries(first, max(first, until))

        return self._read(some)

    def proofs(self, indexes: Sequence[int], *, size: int) -> Sequence[Sequence[bytes]]:
        """The way of each of these entries to the root of a size that the log has had, nearest the leaf first."""
        return self._read(lambda view: view.proofs(indexes, size))

    def nodes(self, level: int, first: int, count: int) -> Sequence[bytes]:
        """Full nodes of one level of the tree (ports.publishing.Tree)."""
        return self._read(lambda view: view.nodes(level, first, count))

    def entries(self, first: int, count: int) -> Sequence[bytes]:
        """Entries without their openings (ports.publishing.Tree)."""
        return self._read(lambda view: view.entries_bytes(first, count))

    def append(self, sealed: Sequence[Sealed], *, size_expected: int) -> Head:
        """Append all or none; returns once the server says that they would survive a power cut.

        Raises:
            StorageError: as ports.log.Log; and `storage-unreachable` (nothing was written), `storage-unconfirmed` (the
                connection broke at the commit, or a standby did not confirm it: nobody knows), `database-unsafe`.
        """
        if not 0 < len(sealed) <= ENTRIES_MAX:
            raise ValueError(f"{len(sealed)} entries in one append, limit {ENTRIES_MAX}")
        with self._locks["writer"]:
            head = self._append(sealed, size_expected)
            self._know(head)
        self._last.note(Checkpoint(self._origin, head.size, head.root))
        return head

    def close(self) -> None:
        """Let go of the connections; idempotent."""
        with self._locks["writer"], self._locks["reader"]:
            if not self._closed:
                self._closed = True
                self._last.close()
                for end in self._ends.values():
                    end.connection.close()

    # The connections

    def _begin(self, entropy: Callable[[int], bytes]) -> None:
        last = self._last.read()  # before the log, which may only be ahead of it
        connection = connect(self._database)
        try:
            with database_errors():
                if not postgres_schema.exists(connection, self._schema):
                    if last is not None:
                        raise StorageError("log-rolled-back", part="log")
                    postgres_schema.create(connection, self._schema, entropy=entropy)
                refuse_unsafe(*connection.execute(SAFETY).fetchall()[0])
                self._origin = postgres_schema.read_origin(connection, self._schema)
                last = last or self._last.read()  # another process may have begun the log a moment ago
                self._known = last
                end = self._held(connection)
                head = end.view.refresh()
        except BaseException:
            connection.close()
            raise
        self._ends["reader"] = end
        self._know(head)
        if last is None:
            with storage_errors(self._last.path):
                self._last.write(Checkpoint(self._origin, head.size, head.root))

    def _held(self, connection: Connection) -> _End:
        """A view over a connection, which goes on from what this process knows of the log."""
        view = LogView(PostgresStored(connection, self._schema), self._origin)
        with database_errors():
            view.hold_to(self._known)
        return _End(connection, view)

    def _end(self, name: str) -> _End:
        """One of the two, made anew where it is broken: then nothing that it knew is taken for granted."""
        end = self._ends.get(name)
        if end is not None and not is_broken(end.connection):
            return end
        if end is not None:
            end.connection.close()
        if self._closed:
            raise StorageError("storage-unreachable")
        connection = connect(self._database)
        try:
            with database_errors():
                if postgres_schema.read_origin(connection, self._schema) != self._origin:
                    raise StorageError("log-rolled-back", part="origin")
            end = self._ends[name] = self._held(connection)
        except BaseException:
            connection.close()
            raise
        return end

    def _know(self, head: Head) -> None:
        """Remember the furthest that this log was seen at."""
        with self._knowing:
            if self._known is None or self._known.size < head.size:
                self._known = Checkpoint(self._origin, head.size, head.root)

    def _read(self, ask: Callable[[LogView], T]) -> T:
        """Ask, once more over a new connection where the old one turned out to be gone."""
        with self._locks["reader"]:
            for again in (True, False):
                end = self._end("reader")
                try:
                    with database_errors():
                        answer = ask(end.view)
                        self._know(end.view.verified)
                        return answer
                except StorageError:
                    if not (again and is_broken(end.connection)):
                        raise
            raise AssertionError("the second time ends either way")

    # Appending

    def _append(self, sealed: Sequence[Sealed], size_expected: int) -> Head:
        end = self._locked()
        connection, view = end.connection, end.view
        try:
            with database_errors():
                addition = view.addition(sealed, size_expected)
        except BaseException:
            roll_back(connection)
            raise
        end.doubts.begin()
        try:
            with database_errors():
                self._insert(connection, sealed, addition)
        except StorageError as error:
            if error.code == "storage-unreachable":  # it broke before, in or after the commit
                connection.close()
                raise StorageError("storage-unconfirmed") from error
            roll_back(connection)
            raise
        except BaseException:
            connection.close()  # interrupted in the middle: the server rolls back what it has not committed
            raise
        if end.doubts.any:
            connection.close()
            raise StorageError("storage-unconfirmed")
        return view.advance(addition.frontier, at_text(sealed[-1].entry))

    def _locked(self) -> _End:
        """The writer, in a transaction that holds the lock of all writers, once its settings are found safe."""
        for again in (True, False):
            end = self._end("writer")
            try:
                with database_errors():
                    with end.connection.pipeline():
                        end.connection.execute("BEGIN")
                        settings = end.connection.execute(_LOCK.format(self._schema)).fetchall()
                    refuse_unsafe(*settings[0])
                    return end
            except BaseException as error:
                roll_back(end.connection)
                if not (again and isinstance(error, StorageError) and is_broken(end.connection)):
                    raise
        raise AssertionError("the second time ends either way")

    def _insert(self, connection: Connection, sealed: Sequence[Sealed], addition: Addition) -> None:
        """Entries, openings, devices and the size, and the commit, in one exchange with the server."""
        first, openings = addition.first, [one.opening for one in sealed]
        indexes = list(range(first, first + len(sealed)))
        with connection.pipeline():
            self._put(connection, "entry", indexes, [one.entry for one in sealed], addition.completed)
            self._put(
                connection, "opening", indexes, [int(o.key) for o in openings], [o.counter for o in openings],
                [o.previous for o in openings], [o.salt for o in openings], [o.statement for o in openings],
            )  # fmt: skip
            self._put(connection, "device", *zip(*addition.devices, strict=True))
            self._put(connection, "head", first + len(sealed))
            connection.execute("COMMIT")

    def _put(self, connection: Connection, table: str, *columns: object) -> None:
        values = [list(column) if isinstance(column, Sequence) else column for column in columns]
        connection.execute(self._puts[table], values)


_PUTS = {
    "entry": "INSERT INTO {0}.entry SELECT * FROM unnest(%b::bigint[], %b::bytea[], %b::bytea[])",
    "opening": (
        "INSERT INTO {0}.opening SELECT * FROM"
        " unnest(%b::bigint[], %b::bigint[], %b::bigint[], %b::bytea[], %b::bytea[], %b::bytea[])"
    ),
    "device": (
        "INSERT INTO {0}.device SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[])"
        " ON CONFLICT (key) DO UPDATE SET count = excluded.count, last = excluded.last"
    ),
    "head": "UPDATE {0}.head SET size = %b",
}
_LOCK = SAFETY + " FROM {0}.head FOR UPDATE"


class _End:
    """One connection, what was verified over it, and what the server warned of."""

    def __init__(self, connection: Connection, view: LogView) -> None:
        self.connection = connection
        self.view = view
        self.doubts = Doubts(connection)
