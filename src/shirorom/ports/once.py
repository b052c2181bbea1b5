"""What makes a request happen once: its first answer, kept under the caller's key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it was sent. `print`: digest of the request that it answered, to notice another one."""

    print: bytes
    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


class KeptAnswers(Protocol):
    """Answers by (caller, key), durable."""

    def find(self, who: str, key: str) -> Kept | None:
        """The answer under a key. Raises StorageError."""
        ...

    def keep(self, who: str, key: str, kept: Kept, *, at: datetime, before: datetime) -> None:
        """Keep an answer, and forget those from before `before`. Raises StorageError."""
        ...

    def count(self, who: str) -> int:
        """How many are kept for one caller. Raises StorageError."""
        ...
