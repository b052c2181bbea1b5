"""Writing a result to a file: whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from shirorom.domain.errors import StorageError


def save(path: Path, content: bytes) -> None:
    """Replace a file as a whole, for its owner alone. Raises StorageError; the old one stands."""
    part = path.with_name(f"{path.name}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)  # on Windows this fails while another program has the file open
    except OSError as error:
        raise StorageError("storage-failed", path=str(path)) from error
