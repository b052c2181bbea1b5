"""The rows of a log in PostgreSQL as they are, for `fsck`, `backup` and `restore` (ports.LogRows): nothing trusted.

All that one `PostgresRows` reads is of one moment. A copy is a SQLite file as `SqliteLog` has it: a backup is the same
archive whatever engine holds the log, and can be restored into either.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from shirorom.adapters import log_file, postgres_schema
from shirorom.adapters.checkpoint_last import CheckpointLast
from shirorom.adapters.durable import create_private, private_directory
from shirorom.adapters.log_stored import ROWS_AT_ONCE
from shirorom.adapters.postgres import Connection, connect, database_errors
from shirorom.adapters.storage_errors import storage_errors
from shirorom.domain.errors import StorageError
from shirorom.log.checkpoint import Checkpoint

_COLUMNS = {
    "entry": "idx, bytes, hashes",
    "opening": "idx, key, counter, previous, salt, statement",
    "device": "key, count, last",
}
_READ = {table: f"SELECT {columns} FROM {{0}}.{table} ORDER BY 1" for table, columns in _COLUMNS.items()}  # noqa: S608  # ours
_CHAINS = (
    "SELECT o.key, o.counter, o.idx, o.previous, e.bytes FROM {0}.opening AS o"
    " LEFT JOIN {0}.entry AS e ON e.idx = o.idx ORDER BY o.key, o.counter"
)
_SIZES = "SELECT (SELECT size FROM {0}.head), (SELECT count(*) FROM {0}.entry)"
_COUNT = "UPDATE {0}.head SET size = (SELECT count(*) FROM {0}.entry)"
_AMCHECK = (
    "SELECT bt_index_check(i.indexrelid, true) FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid"
    " WHERE c.relnamespace = %s::regnamespace"
)


class PostgresRows:
    """One log's tables, opened when they are first read."""

    def __init__(self, data: Path, database: str, *, practice: bool) -> None:
        self._database, self._practice = database, practice
        self._schema = postgres_schema.schema_of(practice=practice)
        self._name = "practice" if practice else "real"
        self._last = CheckpointLast(data, self._name)
        self._connection: Connection | None = None
        self._exists: bool | None = None

    @property
    def practice(self) -> bool:
        """Whether this is the practice log."""
        return self._practice

    def exists(self) -> bool:
        """Whether there is such a log."""
        if self._exists is None:
            with database_errors():
                self._exists = postgres_schema.exists(self._open(), self._schema)
        return self._exists

    def checkpoint(self) -> Checkpoint | None:
        """What the log's `checkpoint.last` says."""
        return self._last.read()

    def renew_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Replace `checkpoint.last`."""
        with storage_errors(self._last.path):
            self._last.write(checkpoint)

    def origin(self) -> str:
        """The log's name, once tables and version are ours."""
        with database_errors():
            return postgres_schema.read_origin(self._open(), self._schema)

    def faults(self) -> Iterator[str]:
        """What `amcheck` says of the indexes, where the database has it; and a size that is not the entries' count."""
        with database_errors():
            found = self._open().execute("SELECT count(*) FROM pg_extension WHERE extname = 'amcheck'").fetchall()
            if found == [(1,)]:
                yield from self._index_faults()
            if (sizes := self._open().execute(_SIZES.format(self._schema)).fetchall()[0])[0] != sizes[1]:
                yield f"head says {sizes[0]} entries, there are {sizes[1]}"

    def size(self) -> int:
        """Entries."""
        with database_errors():
            return int(self._open().execute(_SIZES.format(self._schema)).fetchall()[0][1])

    def entries(self) -> Iterator[Sequence[Any]]:
        """(index, entry, hashes of the nodes that it made full), by index."""
        return self._rows("entry", _READ["entry"])

    def openings(self) -> Iterator[Sequence[Any]]:
        """(index, key, counter, previous, salt, statement), by index."""
        return self._rows("opening", _READ["opening"])

    def chains(self) -> Iterator[Sequence[Any]]:
        """(key, counter, index, previous, entry), by key and counter, as the index of openings has them."""
        return self._rows("chains", _CHAINS)

    def devices(self) -> Iterator[Sequence[Any]]:
        """(key, count, last index), by key."""
        return self._rows("device", _READ["device"])

    def copy_to(self, data: Path) -> None:
        """Into a SQLite file, as of one moment."""
        target = data / "log" / f"{self._name}.sqlite"
        with storage_errors(target):
            private_directory(target.parent)
            os.close(create_private(target))
            copy = sqlite3.connect(target, isolation_level=None)
            try:
                copy.execute("BEGIN")
                log_file.create_tables(copy, self.origin())
                for table, columns in _COLUMNS.items():
                    marks = ", ".join("?" * (columns.count(",") + 1))
                    copy.executemany(f"INSERT INTO {table} VALUES ({marks})", self._rows(table, _READ[table]))  # noqa: S608
                copy.execute("COMMIT")
            finally:
                copy.close()

    def load(self, data: Path) -> None:
        """The log of a data directory, if it has one (a SQLite file, found sound), into this database.

        There it must be the first one, or this very one, as a call that was interrupted after its commit leaves it.

        Raises:
            StorageError: `restore-not-empty`.
        """
        path = data / "log" / f"{self._name}.sqlite"
        if not path.exists():
            return
        source = log_file.connect(path)
        connection = _patient(self._database)
        try:
            origin = log_file.read_origin(source, practice=self._practice)
            with database_errors():
                if postgres_schema.exists(connection, self._schema):
                    self._refuse_another(connection, origin, source)
                    return
                with connection.transaction():
                    postgres_schema.create_tables(connection, self._schema, origin)
                    for table in _COLUMNS:
                        _copy_in(connection, f"{self._schema}.{table}", source.execute(_READ[table].format("main")))
                    connection.execute(_COUNT.format(self._schema))
        finally:
            source.close()
            connection.close()

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _refuse_another(self, connection: Connection, origin: str, source: sqlite3.Connection) -> None:
        same = postgres_schema.read_origin(connection, self._schema) == origin
        theirs = connection.execute(_READ["entry"].format(self._schema), binary=True)
        ours = source.execute(_READ["entry"].format("main"))
        if not same or any(one != other for one, other in zip_longest(ours, theirs)):
            raise StorageError("restore-not-empty")

    def _index_faults(self) -> Iterator[str]:
        """By a connection of its own: an index that is damaged ends the transaction."""
        other = connect(self._database)
        try:
            other.execute(_AMCHECK, [self._schema])
        except Exception as error:  # noqa: BLE001  # whatever it is, it is about an index
            yield f"index: {getattr(error, 'sqlstate', None)}"
        finally:
            other.close()

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = _patient(self._database)
            with database_errors():
                self._connection.execute("SET enable_sort = off")  # in the order of the indexes, which it thereby reads
                self._connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return self._connection

    def _rows(self, name: str, sql: str) -> Iterator[Sequence[Any]]:
        with database_errors(), self._open().cursor(name, binary=True) as cursor:
            cursor.itersize = ROWS_AT_ONCE
            cursor.execute(sql.format(self._schema))
            yield from cursor


def move_in(data: Path, database: str) -> None:
    """Both logs of a data directory (SQLite, found sound) into a database; then their files go.

    Raises:
        StorageError: `restore-not-empty`, the database holds another log.
    """
    for practice in (False, True):
        PostgresRows(data, database, practice=practice).load(data)
    for path in (data / "log").glob("*.sqlite"):
        path.unlink()


def _patient(database: str) -> Connection:
    """A connection that may take its time: a log may be large."""
    connection = connect(database)
    with database_errors():
        for setting in ("statement_timeout", "idle_in_transaction_session_timeout"):
            connection.execute("SELECT set_config(%s, '0', false)", [setting])
    return connection


def _copy_in(connection: Connection, table: str, rows: Iterable[Sequence[Any]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
