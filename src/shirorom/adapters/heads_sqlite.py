"""The newest signed head of each log (ports.publishing.Heads) in one SQLite file: compare-and-set, synced, shared.

A witness keeps its own key in the same file: whoever loses the memory of what was signed loses the key with it, so that
it can never sign a log that went back.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from shirorom.adapters.durable import create_private, private_directory, refuse_looser
from shirorom.adapters.storage_errors import storage_errors
from shirorom.domain.errors import StorageError

BUSY_S_MAX = 10.0
ACCUSATIONS_MAX = 100
"""Proofs of one log that are kept; the first ones say all."""
SECRET_BYTES = 32
SCHEMA_VERSION = 1

_TABLES = (
    "CREATE TABLE IF NOT EXISTS head (origin TEXT PRIMARY KEY, note BLOB NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS accusation (origin TEXT NOT NULL, ours BLOB NOT NULL, theirs BLOB NOT NULL,"
    " PRIMARY KEY (origin, ours, theirs)) STRICT",
    "CREATE TABLE IF NOT EXISTS secret (id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL, seed BLOB NOT NULL)"
    " STRICT",
)


class SqliteHeads:
    """One file. Safe from several threads and processes: each call has a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def latest(self, origin: str) -> bytes | None:
        """The newest signed note of a log."""
        with self._open() as connection:
            return _note(connection, origin)

    def advance(self, origin: str, note: bytes, *, expected: bytes | None) -> bool:
        """Compare and set, in one transaction that is synced before it returns."""
        with self._writing() as connection:
            if _note(connection, origin) != expected:
                return False
            connection.execute("INSERT OR REPLACE INTO head VALUES (?, ?)", (origin, note))
        return True

    @contextmanager
    def held(self, origin: str) -> Iterator[bytes | None]:
        """The newest note, while nobody else writes."""
        with self._writing() as connection:
            yield _note(connection, origin)

    def accuse(self, origin: str, ours: bytes, theirs: bytes) -> None:
        """Keep two heads that cannot both be true."""
        with self._writing() as connection:
            (count,) = connection.execute("SELECT count(*) FROM accusation WHERE origin = ?", (origin,)).fetchone()
            if count < ACCUSATIONS_MAX:
                connection.execute("INSERT OR IGNORE INTO accusation VALUES (?, ?, ?)", (origin, ours, theirs))

    def accusations(self) -> list[tuple[str, bytes, bytes]]:
        """(origin, head that we had signed, head that we were shown)."""
        with self._open() as connection:
            return list(connection.execute("SELECT origin, ours, theirs FROM accusation"))

    def secret(self, name: str, entropy: Callable[[int], bytes]) -> tuple[str, bytes]:
        """The name and the seed of this memory's key, made on the first call with the name given."""
        with self._writing() as connection:
            connection.execute("INSERT OR IGNORE INTO secret VALUES (1, ?, ?)", (name, entropy(SECRET_BYTES)))
            kept, seed = connection.execute("SELECT name, seed FROM secret").fetchone()
            return str(kept), bytes(seed)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with storage_errors(self._path):
            if not self._path.exists():
                private_directory(self._path.parent)
                with suppress(FileExistsError):  # another process was first
                    os.close(create_private(self._path))
            refuse_looser(self._path)
            with closing(sqlite3.connect(self._path, isolation_level=None, timeout=BUSY_S_MAX)) as connection:
                connection.execute("PRAGMA synchronous=FULL")
                (version,) = connection.execute("PRAGMA user_version").fetchone()
                if version > SCHEMA_VERSION:
                    raise StorageError("log-newer", version=version, version_known=SCHEMA_VERSION)
                if version < SCHEMA_VERSION:
                    connection.execute("BEGIN IMMEDIATE")
                    for table in _TABLES:
                        connection.execute(table)
                    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
                    connection.execute("COMMIT")
                yield connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")


def _note(connection: sqlite3.Connection, origin: str) -> bytes | None:
    row = connection.execute("SELECT note FROM head WHERE origin = ?", (origin,)).fetchone()
    return None if row is None else bytes(row[0])
