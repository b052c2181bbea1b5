"""Which engine holds the logs: files in the data directory, or a PostgreSQL database ([log] database)."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from shirorom.domain.errors import ConfigError

if TYPE_CHECKING:  # each engine is imported where it is used
    from shirorom.ports.log import Log, LogRows


def open_log(data: Path, database: str | None, *, practice: bool) -> Log:
    """A log, made where it is missing. Raises `database-missing` without the extra `postgres`."""
    if database is None:
        from shirorom.adapters.log_sqlite import SqliteLog

        return SqliteLog(data, practice=practice, entropy=os.urandom)
    _need_driver()
    from shirorom.adapters.log_postgres import PostgresLog

    return PostgresLog(data, database, practice=practice, entropy=os.urandom)


def open_rows(data: Path, database: str | None, *, practice: bool) -> LogRows:
    """A log's rows, unchecked."""
    if database is None:
        from shirorom.adapters.log_rows import SqliteRows

        return SqliteRows(data, practice=practice)
    _need_driver()
    from shirorom.adapters.log_rows_postgres import PostgresRows

    return PostgresRows(data, database, practice=practice)


def move_in(data: Path, database: str | None) -> None:
    """The logs that lie in a data directory go into the database, where there is one."""
    if database is not None:
        _need_driver()
        from shirorom.adapters.log_rows_postgres import move_in

        move_in(data, database)


def _need_driver() -> None:
    if find_spec("psycopg") is None:
        raise ConfigError("database-missing")
