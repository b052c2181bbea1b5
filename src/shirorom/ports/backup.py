"""A data directory in one file, and what a shop keeps in it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from shirorom.log.checkpoint import Checkpoint


class Archive(Protocol):
    """A data directory in one file: private, durable, never half there under its own name."""

    def stage(self, beside: Path) -> AbstractContextManager[Path]:
        """A private directory next to a path, gone afterwards; an interrupted call's is removed by the next."""
        ...

    def pack(self, staged: Path, target: Path, *, heads: Mapping[str, Checkpoint], made_at: datetime) -> None:
        """Everything into one file: the logs from `staged`, all else from the data directory.

        `heads` says, by log name, what each log stands at. A file of that name is replaced once the new one is whole.
        """
        ...

    def unpack(self, source: Path, staged: Path) -> Mapping[str, Checkpoint]:
        """Into a directory, every byte compared with what the archive says of it; returns `heads`.

        Raises:
            StorageError: `backup-invalid`.
        """
        ...

    def refuse_unless_empty(self) -> None:
        """Raises `restore-not-empty` where the data directory holds anything."""
        ...

    def go_live(self, staged: Path) -> None:
        """Make a directory the data directory, at one moment. Raises `restore-not-empty`."""
        ...


class DeskCopy(Protocol):
    """What a shop keeps beside the record, for a backup: examined when it is copied and before it is restored."""

    def save(self, staged: Path) -> None:
        """A copy as of one moment into a directory, where there is anything. Raises `desk-corrupt`."""
        ...

    def restored(self, staged: Path) -> None:
        """Examine the copy in a directory; sign-ins in it are over. Raises `backup-invalid`."""
        ...
