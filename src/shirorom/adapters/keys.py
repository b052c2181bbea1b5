"""Secrets of this installation: 32 bytes each from the operating system, one file each, for the owner alone."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from shirorom.adapters.durable import (
    TEMPORARY_SUFFIX,
    create_private,
    private_directory,
    refuse_looser,
    sync_directory,
)
from shirorom.domain.errors import StorageError

SECRET_BYTES = 32


class Keys:
    """`keys/` of a data directory. A secret is made once and never changed; two processes never make two."""

    def __init__(self, data: Path, *, entropy: Callable[[int], bytes]) -> None:
        self._folder = data / "keys"
        self._entropy = entropy

    def exists(self, name: str) -> bool:
        """Whether the secret was made already."""
        return (self._folder / name).exists()

    def secret(self, name: str) -> bytes:
        """The secret of a name, made when there is none.

        Raises:
            StorageError: `data-unsafe`, others may read it; `storage-failed`, it does not have 32 bytes.
            OSError: the disk.
        """
        private_directory(self._folder)
        path = self._folder / name
        if not path.exists():
            self._make(path)
        refuse_looser(path)
        secret = path.read_bytes()
        if len(secret) != SECRET_BYTES:
            raise StorageError("storage-failed", part="key")
        return secret

    def _make(self, path: Path) -> None:
        """Complete under another name first: nobody ever reads half a secret, and the first one stays."""
        temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}{TEMPORARY_SUFFIX}")
        with os.fdopen(create_private(temporary), "wb") as file:
            file.write(self._entropy(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass  # another process was first
        finally:
            temporary.unlink()
        sync_directory(path.parent)
