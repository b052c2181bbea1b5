"""One connection to a PostgreSQL server with our settings, and what the server says as our codes (ADR 0032)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import errors, pq
from psycopg.conninfo import conninfo_to_dict

from shirorom.domain.errors import StorageError

Connection = psycopg.Connection[tuple[Any, ...]]

CONNECT_S_MAX = 5
LOCK_MS_MAX = 5_000
STATEMENT_MS_MAX = 60_000
IDLE_MS_MAX = 30_000
"""How long a transaction may stand open with nothing asked of it: a process that was stopped in the middle of an
append holds the writer's lock no longer than that."""
SILENT_MS_MAX = 15_000
"""How long sent bytes may go without an answer from the other machine's network."""

_FULL = ("53100",)
_READ_ONLY = ("25006", "42501")
_LOCKED = ("55P03", "40001", "40P01", "57014")
_GONE = ("08", "28", "3D", "53300", "57P", "25P03", "25P04")
_FAILED = ("53", "54", "58")

_DEFAULTS: dict[str, str | int] = {
    "connect_timeout": CONNECT_S_MAX, "tcp_user_timeout": SILENT_MS_MAX, "application_name": "shirorom",
}  # fmt: skip
_SETTINGS = {
    "lock_timeout": LOCK_MS_MAX, "statement_timeout": STATEMENT_MS_MAX,
    "idle_in_transaction_session_timeout": IDLE_MS_MAX, "search_path": "pg_catalog",
}  # fmt: skip

SAFE_COMMITS = ("on", "remote_apply")
SAFETY = "SELECT current_setting('synchronous_commit'), current_setting('fsync'), current_setting('full_page_writes')"
"""What `refuse_unsafe` looks at."""


def connect(database: str) -> Connection:
    """A connection whose transactions are ours to begin and end.

    Raises:
        StorageError: `storage-unreachable`.
    """
    with database_errors():
        wanted: dict[str, Any] = {**_DEFAULTS, **conninfo_to_dict(database), "client_encoding": "utf8"}
        connection = psycopg.connect(autocommit=True, prepare_threshold=0, **wanted)  # every statement is asked again
        try:
            for name, value in _SETTINGS.items():
                connection.execute("SELECT set_config(%s, %s, false)", [name, str(value)])
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def database_errors() -> Iterator[None]:
    """Raise every failure of the database as a StorageError."""
    try:
        yield
    except psycopg.Error as error:
        raise StorageError(code_of(error)) from error


def code_of(error: psycopg.Error) -> str:
    """The code of a failure. What is not an outside cause is damage: our own SQL is fixed."""
    state = error.sqlstate
    if state is None:  # the connection broke, or was never made
        return "storage-unreachable" if isinstance(error, psycopg.OperationalError) else "log-corrupt"
    for states, code in (
        (_FULL, "storage-full"),
        (_READ_ONLY, "storage-read-only"),
        (_LOCKED, "data-locked"),
        (_GONE, "storage-unreachable"),
        (_FAILED, "storage-failed"),
    ):
        if state.startswith(states):
            return code
    return "log-corrupt"


def is_broken(connection: Connection) -> bool:
    """Whether nothing more can be asked over it."""
    return connection.closed or connection.info.status != pq.ConnStatus.OK


def refuse_unsafe(synchronous_commit: object, fsync: object, full_page_writes: object) -> None:
    """Refuse a server that would say "committed" before a commit is safe.

    Raises:
        StorageError: `database-unsafe`.
    """
    if synchronous_commit not in SAFE_COMMITS:
        raise StorageError("database-unsafe", setting=f"synchronous_commit = {synchronous_commit}")
    if fsync != "on":
        raise StorageError("database-unsafe", setting=f"fsync = {fsync}")
    if full_page_writes != "on":
        raise StorageError("database-unsafe", setting=f"full_page_writes = {full_page_writes}")


class Doubts:
    """Hears what the server warns of. A commit that it warns of may not be where it was promised to be: a cancelled
    wait for a standby ends as a commit that succeeded, with a warning.
    """

    def __init__(self, connection: Connection) -> None:
        self._heard = False
        connection.add_notice_handler(self._hear)

    def begin(self) -> None:
        """From here on."""
        self._heard = False

    @property
    def any(self) -> bool:
        """Whether there was a warning."""
        return self._heard

    def _hear(self, diagnostic: errors.Diagnostic) -> None:
        if diagnostic.severity_nonlocalized == "WARNING":
            self._heard = True


def roll_back(connection: Connection) -> None:
    """End a transaction that may or may not be open, on a connection that may or may not be whole."""
    with suppress(psycopg.Error):
        if connection.info.transaction_status != pq.TransactionStatus.IDLE:
            connection.execute("ROLLBACK")
