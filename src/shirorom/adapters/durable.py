"""Files that survive a power cut and that nobody else may read: the few steps that every store on disk shares."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from shirorom.domain.errors import StorageError

FILE_MODE = 0o600
DIRECTORY_MODE = 0o700
TEMPORARY_SUFFIX = ".part"


def private_directory(path: Path) -> None:
    """Make a directory (with parents) that only its owner may enter, or check that it is one."""
    missing = [part for part in (path, *path.parents) if not part.exists()]
    for part in reversed(missing):
        part.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
        if os.name == "posix":
            part.chmod(DIRECTORY_MODE)  # mkdir's mode is cut by the umask
        sync_directory(part.parent)
    refuse_looser(path)


def make_private(path: Path) -> None:
    """Close a directory that somebody made beforehand to everybody but its owner; where there is none, nothing."""
    if os.name == "posix" and path.is_dir():
        path.chmod(DIRECTORY_MODE)


def refuse_looser(path: Path) -> None:
    """Refuse what others may read or write. On Windows the profile directory's own rights protect it.

    Raises:
        StorageError: `data-unsafe`, with the name inside the data directory and the mode found.
    """
    if os.name == "posix":
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise StorageError("data-unsafe", name=path.name, mode=f"{mode:04o}")


def create_private(path: Path) -> int:
    """Open a new file for writing that only its owner may read; returns the descriptor."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), FILE_MODE)


def write_durably(path: Path, content: bytes) -> None:
    """Put a whole file in place of what was there: after a crash it is the old one or the new one."""
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}{TEMPORARY_SUFFIX}")
    descriptor = create_private(temporary)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make names in a directory durable. Windows cannot and need not (NTFS journals them)."""
    if os.name == "posix":
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
