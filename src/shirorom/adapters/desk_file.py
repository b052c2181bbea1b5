"""The desk's database as a file, for backups: copied and examined by SQLite, without the extra `[desk]` too."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from shirorom.adapters.durable import create_private
from shirorom.adapters.storage_errors import storage_errors
from shirorom.domain.errors import StorageError

NAME = "desk.sqlite"
FLEETING = ("sessions", "pairings", "setup_link", "tries")
"""Tables that mean nothing after a restore: nobody stays signed in by a backup."""


def copy(source: Path, target: Path) -> None:
    """A copy as of one moment, also while others write."""
    with storage_errors(target):
        os.close(create_private(target))
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)


class DeskFile:
    """ports.DeskCopy: the desk's database of one data directory."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def save(self, staged: Path) -> None:
        """Copy it into a directory, where there is one. Raises `desk-corrupt`."""
        if (self._data / NAME).exists():
            copy(self._data / NAME, staged / NAME)
            if not _sound(staged / NAME):
                raise StorageError("desk-corrupt")

    def restored(self, staged: Path) -> None:
        """Examine a copy and end what was going on when it was made. Raises `backup-invalid`."""
        path = staged / NAME
        if not path.exists():
            return
        if not _sound(path):
            raise StorageError("backup-invalid", part="desk")
        with storage_errors(path), closing(sqlite3.connect(path)) as connection:
            known = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            connection.execute("PRAGMA synchronous=FULL")
            with connection:
                for table in FLEETING:
                    if table in known:
                        connection.execute(f"DELETE FROM {table}")  # noqa: S608  # names of ours
            connection.execute("PRAGMA journal_mode=DELETE")


def _sound(path: Path) -> bool:
    """Whether the engine finds nothing wrong with the file."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            return bool(connection.execute("PRAGMA integrity_check(1)").fetchall() == [("ok",)])
    except sqlite3.DatabaseError:
        return False
