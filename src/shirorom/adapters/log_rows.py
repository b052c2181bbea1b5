"""The rows of a log's file as they are, for `fsck` and `backup` (ports.LogRows): nothing trusted, nothing changed."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from shirorom.adapters import log_file
from shirorom.adapters.checkpoint_last import CheckpointLast
from shirorom.adapters.durable import create_private, private_directory
from shirorom.adapters.storage_errors import storage_errors
from shirorom.log.checkpoint import Checkpoint

FAULTS_MAX = 100
"""Complaints that SQLite is asked for."""

_LONG_NUMBER = re.compile(r"[0-9]{8,}")  # a row number of `device` is the number of a phone


class SqliteRows:
    """One log's file, opened when it is first read."""

    def __init__(self, data: Path, *, practice: bool) -> None:
        name = "practice" if practice else "real"
        self._path = data / "log" / f"{name}.sqlite"
        self._practice = practice
        self._last = CheckpointLast(data, name)
        self._connection: sqlite3.Connection | None = None

    @property
    def practice(self) -> bool:
        """Whether this is the practice log."""
        return self._practice

    def exists(self) -> bool:
        """Whether there is such a log."""
        return self._path.exists()

    def checkpoint(self) -> Checkpoint | None:
        """What the log's `checkpoint.last` says."""
        return self._last.read()

    def renew_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Replace `checkpoint.last`."""
        with storage_errors(self._last.path):
            self._last.write(checkpoint)

    def origin(self) -> str:
        """The log's name, once tables and version are ours."""
        with storage_errors(self._path):
            connection = self._open()
            log_file.check_schema(connection)
            return log_file.read_origin(connection, practice=self._practice)

    def faults(self) -> Iterator[str]:
        """SQLite's own `integrity_check`: pages, order of rows, indexes against tables."""
        for (text,) in self._rows(f"PRAGMA integrity_check({FAULTS_MAX})"):
            if text != "ok":
                yield _LONG_NUMBER.sub("…", str(text))

    def size(self) -> int:
        """Entries."""
        return int(next(self._rows("SELECT count(*) FROM entry"))[0])

    def entries(self) -> Iterator[Sequence[Any]]:
        """(index, entry, hashes of the nodes that it made full), by index."""
        return self._rows("SELECT idx, bytes, hashes FROM entry ORDER BY idx")

    def openings(self) -> Iterator[Sequence[Any]]:
        """(index, key, counter, previous, salt, statement), by index."""
        return self._rows("SELECT idx, key, counter, previous, salt, statement FROM opening ORDER BY idx")

    def chains(self) -> Iterator[Sequence[Any]]:
        """(key, counter, index, previous, entry), by key and counter, as the index of openings has them."""
        return self._rows(
            "SELECT o.key, o.counter, o.idx, o.previous, e.bytes FROM opening AS o INDEXED BY opening_device"
            " LEFT JOIN entry AS e ON e.idx = o.idx ORDER BY o.key, o.counter"
        )

    def devices(self) -> Iterator[Sequence[Any]]:
        """(key, count, last index), by key."""
        return self._rows("SELECT key, count, last FROM device ORDER BY key")

    def copy_to(self, data: Path) -> None:
        """SQLite's online backup: all pages as of one moment."""
        target = data / "log" / self._path.name
        with storage_errors(target):
            private_directory(target.parent)
            os.close(create_private(target))
            copy = sqlite3.connect(target, isolation_level=None)
            try:
                self._open().backup(copy)
            finally:
                copy.close()

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = log_file.connect(self._path, read_only=log_file.on_read_only_media(self._path))
            self._connection.execute("PRAGMA query_only=ON")
        return self._connection

    def _rows(self, sql: str, *values: object) -> Iterator[Sequence[Any]]:
        with storage_errors(self._path):
            yield from self._open().execute(sql, values)
