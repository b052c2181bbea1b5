"""Opens the desk's database (`DATA/desk.sqlite`): private, durable on commit, brought up to the schema of this version.

The record of answers is not here: that is the log. What is here can name phones (the queue) and people, and is as
private as the log.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from shirorom.adapters.desk_file import NAME, copy
from shirorom.adapters.desk_sql.tables import HEAD
from shirorom.adapters.durable import create_private, make_private, private_directory, refuse_looser, sync_directory
from shirorom.adapters.storage_errors import code_of_sqlite, storage_errors
from shirorom.domain.errors import StorageError

BUSY_MS_MAX = 10_000
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "cell_size_check=ON",
    f"busy_timeout={BUSY_MS_MAX}",
)


class Desk:
    """The desk's database. Safe to use from several threads; several processes may have it open."""

    def __init__(self, data: Path) -> None:
        """Open it, made where it is missing and brought up to date.

        Raises:
            StorageError: `desk-newer` (a newer version made it), `desk-corrupt`, `data-unsafe`, `storage-…`.
        """
        self.path = data / NAME
        with storage_errors(self.path):
            _make(self.path)
        self.engine = _engine(self.path)
        with self._errors():
            self._bring_up()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one moment."""
        with self._errors(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is durable once it is left without an error; no other writer runs beside it.

        Raises:
            StorageError: nothing was kept.
        """
        with self._errors(), self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")

    def copy_to(self, target: Path) -> None:
        """A copy as of one moment, also while others write (for backups)."""
        copy(self.path, target)

    def close(self) -> None:
        """Let go of the file; idempotent."""
        self.engine.dispose()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if isinstance(error.orig, sqlite3.IntegrityError):
                raise
            if isinstance(error.orig, sqlite3.Error):
                code = code_of_sqlite(error.orig, self.path)
                raise StorageError("desk-corrupt" if code == "log-corrupt" else code) from error
            raise StorageError("storage-failed") from error

    def _bring_up(self) -> None:
        known = self._version()
        if known == HEAD:
            return
        if known is not None and known > HEAD:
            raise StorageError("desk-newer", version=known, version_known=HEAD)
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", "shirorom:adapters/desk_sql/migrations")
        with self.writing() as connection:  # whoever comes second finds it done
            config.attributes["connection"] = connection
            command.upgrade(config, HEAD)

    def _version(self) -> str | None:
        with self.engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
            return None if found is None else str(found)


def _make(path: Path) -> None:
    if not path.exists():
        make_private(path.parent)
    private_directory(path.parent)
    try:
        os.close(create_private(path))
        sync_directory(path.parent)
    except FileExistsError:
        refuse_looser(path)


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False, "isolation_level": None})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    return engine
