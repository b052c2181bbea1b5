"""The SQLite file of one log: its tables, how it is created and opened, and what is checked before it is used.

Settings that the promise of the log rests on: WAL with `synchronous=FULL` (a commit is on the disk before it
returns), no automatic checkpoint (its errors would be swallowed; see ADR 0008), no memory mapping (a bad page must be
an error, not a signal).
"""

from __future__ import annotations

import ctypes
import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

from shirorom.adapters.durable import create_private, make_private, private_directory, refuse_looser, sync_directory
from shirorom.domain.errors import StorageError

SCHEMA_VERSION = 1
APPLICATION_ID = 0x53524F4D  # "SROM"
SYNCHRONOUS = "FULL"
BUSY_S_MAX = 5.0
SQLITE_MIN = (3, 37, 0)  # STRICT tables

CACHE_KIB = 16_384

TABLES = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE entry (idx INTEGER PRIMARY KEY, bytes BLOB NOT NULL, hashes BLOB NOT NULL) STRICT",
    "CREATE TABLE opening (idx INTEGER PRIMARY KEY, key INTEGER NOT NULL, counter INTEGER NOT NULL,"
    " previous BLOB NOT NULL, salt BLOB NOT NULL, statement BLOB NOT NULL) STRICT",
    "CREATE UNIQUE INDEX opening_device ON opening (key, counter)",
    "CREATE TABLE device (key INTEGER PRIMARY KEY, count INTEGER NOT NULL, last INTEGER NOT NULL) STRICT",
)
"""What is stored. `entry.hashes` are of the tree nodes that the entry made full, its own leaf first. `device` says
again what the index of `opening` says: a damaged key in one of the two b-trees shows as a difference between them."""


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """One connection with our settings; transactions are ours to begin and end."""
    mode = "mode=ro&immutable=1" if read_only else "mode=rw"
    uri = f"{path.absolute().as_uri()}?{mode}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_S_MAX)
    try:
        for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0", f"cache_size=-{CACHE_KIB}"):
            connection.execute(f"PRAGMA {pragma}")
        if not read_only:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={SYNCHRONOUS}")
            connection.execute("PRAGMA wal_autocheckpoint=0")
    except BaseException:
        connection.close()
        raise
    return connection


def create(path: Path, *, practice: bool, entropy: Callable[[int], bytes]) -> None:
    """Make an empty log with a name of its own, or leave the one that is there.

    The name holds 16 random bytes: no two installations, and no two logs of one, ever share it.
    """
    if not path.exists():
        make_private(path.parent.parent)  # a data directory made by hand (mkdir) is open to others until its first log
    private_directory(path.parent)
    try:
        os.close(create_private(path))  # SQLite would create it by the umask; its WAL takes this file's mode
    except FileExistsError:
        refuse_looser(path)
    sync_directory(path.parent)
    origin = f"shirorom/{'practice' if practice else 'real'}/{entropy(16).hex()}"
    connection = connect(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0:
            create_tables(connection, origin)
        connection.execute("COMMIT")
    finally:
        connection.close()


def create_tables(connection: sqlite3.Connection, origin: str) -> None:
    """The tables of a log of that name, empty, inside the caller's transaction."""
    for statement in TABLES:
        connection.execute(statement)
    connection.execute("INSERT INTO meta VALUES ('origin', ?)", (origin,))
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def check_schema(connection: sqlite3.Connection) -> None:
    """Refuse a file of a newer version, of another program, or with tables other than ours.

    Raises:
        StorageError: `log-newer`, `log-corrupt`.
    """
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if application == APPLICATION_ID and version > SCHEMA_VERSION:
        raise StorageError("log-newer", version=version, version_known=SCHEMA_VERSION)
    found = [row[0] for row in connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid")]
    if application != APPLICATION_ID or version != SCHEMA_VERSION or found != list(TABLES):
        raise StorageError("log-corrupt", part="schema")


def read_origin(connection: sqlite3.Connection, *, practice: bool) -> str:
    """The log's name. Refuses a practice log where the real one is wanted, and the reverse."""
    row = connection.execute("SELECT value FROM meta WHERE name = 'origin'").fetchone()
    kind = "practice" if practice else "real"
    if row is None or not isinstance(row[0], str) or not row[0].startswith(f"shirorom/{kind}/"):
        raise StorageError("log-corrupt", part="origin")
    return row[0]


def on_read_only_media(path: Path) -> bool:
    """Whether the file lies on a file system that nobody can write, so that it may be read without locks."""
    if os.name != "posix":
        return False
    wal = path.with_name(f"{path.name}-wal")
    unread = wal.exists() and wal.stat().st_size > 0  # entries that reading without locks would not see
    return not unread and bool(os.statvfs(path.parent).f_flag & os.ST_RDONLY)


_LEFT_OPEN: list[sqlite3.Connection] = []


def leave_open(connection: sqlite3.Connection) -> None:
    """Never close it: not when it is collected, not when the interpreter ends. Only the end of the process does."""
    if sys.version_info >= (3, 12):
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)
    _LEFT_OPEN.append(connection)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))
