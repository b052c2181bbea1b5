"""A folder into which a POS writes its exports, on this machine or a share. Nothing of the POS's is changed."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from shirorom.adapters.storage_errors import storage_errors
from shirorom.domain.errors import ShiroromError
from shirorom.ports.book import Seen

KINDS = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".parquet"})
RESULTS = "shirorom"
"""Name of the sub-folder for results."""
MARK = ".shirorom"
FILES_MAX = 10_000
CHUNK = 1024 * 1024


class WatchedFolder:
    """See `ports.book.Folder`. `done`: where files go once they were taken; None: they stay where the POS put them."""

    def __init__(self, path: Path, *, done: Path | None = None) -> None:
        self._path = path.absolute()
        self._done = None if done is None else done.absolute()

    def __str__(self) -> str:
        """Where it is."""
        return str(self._path)

    def files(self) -> Sequence[Seen]:
        """See `ports.book.Folder`."""
        found = []
        try:
            with os.scandir(self._path) as entries:
                for entry in entries:
                    if _wanted(entry.name) and entry.is_file(follow_symlinks=False):
                        stat = entry.stat(follow_symlinks=False)
                        found.append(Seen(entry.name, stat.st_size, stat.st_mtime_ns))
                    if len(found) >= FILES_MAX:
                        break
        except OSError as error:
            raise ShiroromError("import-folder") from error
        return sorted(found, key=lambda seen: seen.name)

    @contextmanager
    def copied(self, name: str) -> Iterator[tuple[Path, str]]:
        """See `ports.book.Folder`."""
        digest = hashlib.sha256()
        with tempfile.TemporaryDirectory(prefix="shirorom-") as private:
            copy = Path(private) / f"file{Path(name).suffix.lower()}"
            try:
                with (self._path / name).open("rb") as source, copy.open("xb") as target:
                    while chunk := source.read(CHUNK):
                        digest.update(chunk)
                        target.write(chunk)
            except OSError as error:
                raise ShiroromError("import-file") from error
            yield copy, digest.hexdigest()

    def result(self, name: str) -> Path:
        """See `ports.book.Folder`."""
        results = self._path / RESULTS
        with storage_errors(results):
            results.mkdir(mode=0o700, exist_ok=True)
        path = Path(name)
        stem = path.stem if path.suffix.lower() == ".csv" else path.name
        return results / f"{stem}{MARK}.csv"

    def done(self, name: str) -> None:
        """See `ports.book.Folder`."""
        if self._done is None:
            return
        with storage_errors(self._done):
            self._done.mkdir(parents=True, exist_ok=True)
            target, count = self._done / name, 2
            while target.exists():
                target, count = self._done / f"{Path(name).stem} ({count}){Path(name).suffix}", count + 1
            shutil.move(self._path / name, target)


def _wanted(name: str) -> bool:
    return not name.startswith((".", "~$")) and MARK not in name and Path(name).suffix.lower() in KINDS
