"""Answers kept under their Idempotency-Key, in `api.sqlite` of the data directory (ports/once.py).

They hold what the answers held, numbers of phones too; they are kept a day, and in no backup.
"""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec

from shirorom.adapters.durable import create_private, private_directory
from shirorom.adapters.storage_errors import storage_errors
from shirorom.ports.once import Kept

NAME = "api.sqlite"
BUSY_S = 5.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answer (
    who TEXT NOT NULL,
    key TEXT NOT NULL,
    print BLOB NOT NULL,      -- digest of the request
    status INTEGER NOT NULL,
    headers BLOB NOT NULL,    -- msgpack
    body BLOB NOT NULL,       -- zlib
    at REAL NOT NULL,         -- seconds since 1970
    PRIMARY KEY (who, key)
) STRICT;
CREATE INDEX IF NOT EXISTS answer_at ON answer (at);
"""


class SqliteAnswers:
    """One small file; opened for each call, as few calls need it."""

    def __init__(self, data: Path) -> None:
        self._file = data / NAME

    def find(self, who: str, key: str) -> Kept | None:
        """The answer under a key."""
        with self._open() as db:
            row = db.execute(
                "SELECT print, status, headers, body FROM answer WHERE who = ? AND key = ?", (who, key)
            ).fetchone()
        if row is None:
            return None
        headers = msgspec.msgpack.decode(row[2], type=list[tuple[str, str]])
        return Kept(row[0], row[1], headers, zlib.decompress(row[3]))

    def keep(self, who: str, key: str, kept: Kept, *, at: datetime, before: datetime) -> None:
        """Keep an answer; return once it would survive a power cut."""
        headers, body = msgspec.msgpack.encode(list(kept.headers)), zlib.compress(kept.body, 1)
        with self._open() as db, db:
            db.execute("DELETE FROM answer WHERE at < ?", (before.timestamp(),))
            db.execute(
                "INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?, ?, ?)",
                (who, key, kept.print, kept.status, headers, body, at.timestamp()),
            )

    def count(self, who: str) -> int:
        """How many are kept for one caller."""
        with self._open() as db:
            count: int = db.execute("SELECT count(*) FROM answer WHERE who = ?", (who,)).fetchone()[0]
        return count

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with storage_errors(self._file):
            private_directory(self._file.parent)
            with suppress(FileExistsError):
                os.close(create_private(self._file))  # SQLite would create it by the umask
            with closing(sqlite3.connect(self._file, timeout=BUSY_S)) as db:
                db.executescript(_SCHEMA)
                yield db
