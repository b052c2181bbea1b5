"""What the disk and SQLite say when something fails, as our codes: full, read-only, failed, corrupt, locked."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shirorom.domain.errors import StorageError

ROOM_BYTES_MIN = 1 << 20
"""Less free room than this after a failed write means that the disk is full."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}
_IO_AS_FULL = {
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_IOERR_TRUNCATE,
    sqlite3.SQLITE_IOERR_SHMOPEN,
}


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Raise every failure of the file at `path` or of its directory as a StorageError."""
    try:
        yield
    except sqlite3.Error as error:
        raise StorageError(code_of_sqlite(error, path)) from error
    except UnicodeDecodeError as error:  # SQLite names what is malformed by its malformed name
        raise StorageError("log-corrupt") from error
    except OSError as error:
        raise StorageError(code_of_os(error)) from error


def code_of_os(error: OSError) -> str:
    """The code of a failed call of the operating system."""
    if error.errno in _FULL:
        return "storage-full"
    return "storage-read-only" if error.errno in _READ_ONLY else "storage-failed"


def code_of_sqlite(error: sqlite3.Error, path: Path) -> str:
    """The code of a failed call of SQLite. What is not an outside cause is damage: our own SQL is fixed."""
    extended = getattr(error, "sqlite_errorcode", None)
    if extended is None:
        return "log-corrupt"  # the module's own: text that is not UTF-8, for one
    match extended & 0xFF:
        case sqlite3.SQLITE_FULL:
            return "storage-full"
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return "storage-read-only"
        case sqlite3.SQLITE_CANTOPEN:
            return "storage-failed" if os.access(path.parent, os.W_OK) else "storage-read-only"
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return "data-locked"
        case sqlite3.SQLITE_IOERR:
            return "storage-full" if extended in _IO_AS_FULL and _no_room(path) else "storage-failed"
        case sqlite3.SQLITE_NOMEM | sqlite3.SQLITE_INTERRUPT | sqlite3.SQLITE_PROTOCOL:
            return "storage-failed"
        case _:
            return "log-corrupt"


def _no_room(path: Path) -> bool:
    """SQLite says only "I/O error" when a file may not grow (EFBIG): look for the reason."""
    return shutil.disk_usage(path.parent).free < ROOM_BYTES_MIN or _at_file_limit(path)


def _at_file_limit(path: Path) -> bool:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return False
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if limit == resource.RLIM_INFINITY:
        return False
    sizes = [part.stat().st_size for part in path.parent.glob(f"{path.name}*")]
    return any(size + ROOM_BYTES_MIN > limit for size in sizes)
