"""Screening jobs as directories: `screenings/ID/` holds job.json, the file that came in, the file that comes out.

A directory without job.json is half made or half removed: it is cleared away at the next start. One process alone
works with them; a lock on a file says which.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from shirorom.adapters.durable import FILE_MODE, private_directory, sync_directory, write_durably
from shirorom.adapters.storage_errors import storage_errors
from shirorom.ports.screenings import Screening

NAME = "screenings"
LEFT_S = 3_600
"""Longer than any body may take."""
_JOB, _IN, _OUT, _INCOMING, _LOCK = "job.json", "in", "out", "incoming", "lock"
_ID = re.compile(r"[0-9a-f]{32}")


class FileScreenings:
    """ports/screenings.py, in a data directory."""

    def __init__(self, data: Path) -> None:
        self._root = data / NAME
        self._lock: int | None = None

    def used(self) -> bool:
        """Whether the lock was ever taken."""
        return (self._root / _LOCK).exists()

    def own(self) -> bool:
        """Take the lock; it ends with the process, however that ends."""
        if self._lock is not None:
            return True
        with storage_errors(self._root):
            private_directory(self._root)
            descriptor = os.open(self._root / _LOCK, os.O_RDWR | os.O_CREAT, FILE_MODE)
        if not _locked(descriptor):
            os.close(descriptor)
            return False
        self._lock = descriptor
        return True

    def incoming(self) -> Path:
        """`screenings/incoming/`."""
        with storage_errors(self._root):
            private_directory(self._root)
            private_directory(self._root / _INCOMING)
        return self._root / _INCOMING

    def jobs(self) -> Sequence[Screening]:
        """Read every job.json; what was on its way in when a server ended long ago is removed with the rest."""
        found = []
        with storage_errors(self._root):
            for place in sorted(self._root.iterdir()):
                if place.name == _INCOMING:
                    _sweep(place)
                elif _ID.fullmatch(place.name):
                    job = _read(place / _JOB)
                    if job is not None and job.id == place.name:
                        found.append(job)
                    else:
                        shutil.rmtree(place, ignore_errors=True)
        return found

    def take(self, job: Screening, body: Path) -> None:
        """The file first, then the job that speaks of it."""
        place = self._root / job.id
        try:
            with storage_errors(place):
                private_directory(place)
                _keep(body, place / _IN)
                sync_directory(place)
                write_durably(place / _JOB, msgspec.json.encode(job))
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise

    def save(self, job: Screening) -> None:
        """In place of what was saved before; a job that was forgotten meanwhile stays so."""
        place = self._root / job.id
        with storage_errors(place):
            if place.is_dir():
                write_durably(place / _JOB, msgspec.json.encode(job))

    def source(self, id_: str) -> Path:
        """The file that came in."""
        return self._root / id_ / _IN

    def result(self, id_: str) -> Path:
        """The file that comes out."""
        return self._root / id_ / _OUT

    def clear(self, id_: str, *, keep_result: bool) -> None:
        """Everything but the job, and its result where that is kept."""
        keep = {_JOB, _OUT} if keep_result else {_JOB}
        with storage_errors(self._root):
            for file in (self._root / id_).iterdir():
                if file.name not in keep:
                    file.unlink(missing_ok=True)

    def forget(self, id_: str) -> None:
        """The job's record first: what is left then is cleared at the next start, if it cannot be now."""
        (self._root / id_ / _JOB).unlink(missing_ok=True)
        shutil.rmtree(self._root / id_, ignore_errors=True)

    def close(self) -> None:
        """Let go of the lock."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _sweep(incoming: Path) -> None:
    """Remove what nobody is sending any more. What is on its way may be another server's."""
    for left in incoming.iterdir():
        with suppress(FileNotFoundError):
            if left.stat().st_mtime < time.time() - LEFT_S:
                left.unlink()


def _keep(body: Path, target: Path) -> None:
    """The same bytes under another name, without copying where the file system can."""
    try:
        os.link(body, target)
    except OSError:
        shutil.copyfile(body, target)
        target.chmod(FILE_MODE)
    descriptor = os.open(target, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> Screening | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Screening)
    except (OSError, msgspec.MsgspecError):
        return None


def _locked(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
