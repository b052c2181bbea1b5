"""How this machine is asked for `doctor`: disk, fonts, clock, port, file modes."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from shirorom.service.doctor import Disk

FILES_MAX = 2_000_000
"""Files of the data directory that are counted at most."""
NAMES_MAX = 5
"""Names that are told at most; one is enough to mend the cause."""
ANSWER_S_MAX = 10


def disk(data: Path, growth_days: int) -> Disk:
    """Room on the disk that holds (or would hold) the data directory, what the directory holds, and how it grows.

    Growth is that of the saved evidence (`blobs`): each file is written once, so its time says when it came.
    """
    now = time.time()  # against file times, which are the system clock's own
    held, sizes = 0, []
    for entry in _files(data):
        status = entry.stat(follow_symlinks=False)
        held += status.st_size
        if (data / "blobs") in Path(entry.path).parents:
            sizes.append(((now - status.st_mtime) / 86_400, status.st_size))
    days = min(growth_days, max((age for age, _ in sizes), default=0.0))
    return Disk(
        free=shutil.disk_usage(_existing(data)).free,
        held=held,
        grown_a_day=int(sum(size for age, size in sizes if age <= growth_days) / max(days, 1)),
    )


def writable(data: Path) -> bool:
    """Whether something can be written there: tried, with a file that has no name or loses it at once."""
    try:
        with tempfile.TemporaryFile(dir=_existing(data)) as probe:
            probe.write(b"shirorom")
    except OSError:
        return False
    return True


def readable_by_others(data: Path) -> Sequence[str] | None:
    """Names that group or others may read or enter; None where file modes do not say it (Windows)."""
    if sys.platform == "win32":
        return None
    if not data.exists() or not data.stat().st_mode & 0o077:
        return ()  # a closed directory closes everything below it
    return (".", *sorted(path.name for path in data.iterdir() if path.stat().st_mode & 0o077)[: NAMES_MAX - 1])


def port_free(bind: str, port: int) -> bool:
    """Whether the address can be listened on right now."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":  # there the option would let us steal a port in use
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError:
            return False
    return True


def japanese_fonts() -> bool | None:
    """Whether fontconfig knows a font for Japanese; Windows and macOS bring one; None where nothing tells."""
    if sys.platform in ("win32", "darwin"):
        return True
    listed = _output("fc-list", ":lang=ja", "family")
    return None if listed is None else bool(listed.strip())


def clock_kept() -> bool | None:
    """Whether the system says that its clock follows a time server; None where it does not (Windows, macOS)."""
    said = _output("timedatectl", "show", "--property=NTPSynchronized", "--value") if sys.platform == "linux" else None
    return {"yes": True, "no": False}.get((said or "").strip())


def _output(*command: str) -> str | None:
    """What a program of the system prints; None when it is not there or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER_S_MAX, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _existing(path: Path) -> Path:
    """The path, or the nearest directory above it that is there."""
    path = path.absolute()
    while not path.exists():
        path = path.parent
    return path


def _files(data: Path) -> Iterator[os.DirEntry[str]]:
    """Every file below the data directory, at most FILES_MAX."""
    waiting, count = [data], 0
    while waiting:
        directory = waiting.pop()
        if not directory.is_dir():
            continue
        with os.scandir(directory) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                    continue
                yield entry
                count += 1
                if count >= FILES_MAX:
                    return
