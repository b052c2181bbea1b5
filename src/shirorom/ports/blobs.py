"""Saved pages and screenshots."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol


class Blobs(Protocol):
    """Saved pages and screenshots: encrypted at rest, content-addressed, durable once `put` returns."""

    def put(self, content: bytes) -> str:
        """Keep content (at most `BLOB_BYTES_MAX`) and return its SHA-256 digest (hex). Idempotent."""
        ...

    def get(self, digest: str) -> bytes | None:
        """The content, or None when its time has passed. Raises `StorageError("blob-corrupt")`."""
        ...

    def digests(self) -> Iterator[str]:
        """Everything kept."""
        ...

    def expire(self, *, before: datetime) -> int:
        """Remove what was put before a moment; returns how many."""
        ...
