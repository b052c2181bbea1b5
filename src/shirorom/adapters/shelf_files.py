"""Published files in a directory (ports.publishing.Shelf): any static server can serve them as they lie there."""

from __future__ import annotations

import shutil
from pathlib import Path

from shirorom.adapters.durable import private_directory, write_durably
from shirorom.adapters.storage_errors import storage_errors


class FileShelf:
    """One log's directory below `publish/`. Paths are made by log/tiles.py, never by who asks."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def get(self, path: str) -> bytes | None:
        """The file, or None."""
        with storage_errors(self.root):
            try:
                return (self.root / path).read_bytes()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return None

    def put(self, path: str, content: bytes) -> None:
        """Whole and durable, or not at all."""
        target = self.root / path
        with storage_errors(self.root):
            private_directory(target.parent)
            write_durably(target, content)

    def drop_partials(self, path: str) -> None:
        """Remove `<path>.p/`."""
        shutil.rmtree(self.root / f"{path}.p", ignore_errors=True)
