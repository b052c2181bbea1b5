"""The journal of a list under way: one line a device, durable before the next one is asked."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shirorom.domain.errors import StorageError

LINE_CHARS_MAX = 4_000
LINES_MAX = 100_000


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """What the shirorom_* columns of one row say. `error`: codes, apart by spaces, of what is missing."""

    imeis: str
    marks: Mapping[str, str]
    verdict: str
    error: str
    asked_at: datetime

    @property
    def answered(self) -> bool:
        """Whether nothing is left to ask: every carrier that was to be asked gave an answer, on record."""
        return not self.error


@dataclass(frozen=True, slots=True)
class Journal:
    """A file of JSON lines beside the output. Lines of another scope, too old, torn or unanswered do not count."""

    path: Path
    scope: str
    since: datetime
    age_h_max: float

    def read(self) -> dict[str, RowAnswer]:
        """What need not be asked again, by device."""
        try:
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()[:LINES_MAX]
        except FileNotFoundError:
            return {}
        known: dict[str, RowAnswer] = {}
        for text in lines:
            found = self._line(text)
            if found is not None:
                known[found[0]] = found[1]
        oldest = self.since - timedelta(hours=self.age_h_max)
        return {key: answer for key, answer in known.items() if answer.answered and answer.asked_at >= oldest}

    def add(self, key: str, answer: RowAnswer) -> None:
        """Append one answer; returns once it would survive a power cut. Raises StorageError."""
        record = {
            "scope": self.scope,
            "key": key,
            "imeis": answer.imeis,
            "marks": dict(answer.marks),
            "verdict": answer.verdict,
            "error": answer.error,
            "asked_at": answer.asked_at.astimezone(UTC).isoformat(),
        }
        try:
            with open(self.path, "a", encoding="utf-8", newline="\n", opener=_private) as file:
                file.write(f"\n{json.dumps(record)}\n")  # first ends a line that a power cut tore
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StorageError("storage-failed") from error

    def forget(self) -> None:
        """Remove it: everything has been asked, or everything is to be asked anew."""
        self.path.unlink(missing_ok=True)

    def _line(self, text: str) -> tuple[str, RowAnswer] | None:
        """One line; None when it is torn, foreign, or of another scope."""
        try:
            value: Any = json.loads(text) if len(text) <= LINE_CHARS_MAX else None
            if not isinstance(value, dict) or value["scope"] != self.scope:
                return None
            return str(value["key"]), RowAnswer(
                imeis=str(value["imeis"]),
                marks={str(carrier): str(mark) for carrier, mark in value["marks"].items()},
                verdict=str(value["verdict"]),
                error=str(value["error"]),
                asked_at=datetime.fromisoformat(value["asked_at"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            return None


def _private(path: str, flags: int) -> int:
    """Opens for the owner alone: the file holds numbers."""
    return os.open(path, flags, 0o600)
