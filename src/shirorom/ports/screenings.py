"""What screening jobs ask of the outside: a place for their files, and somebody who does one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from shirorom.ports.tables import TableKind


class State(StrEnum):
    """Where a job is. The last three are ends."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self in (State.DONE, State.FAILED, State.CANCELLED)


@dataclass(frozen=True, slots=True)
class Form:
    """What is wanted of a file: the kind that comes out, and which columns hold numbers (none named: the headings say).

    `sheet`: of a workbook, else the first; `escape`: nothing in it is taken for a formula by a spreadsheet; `add`: the
    columns that are added (none named: all); `added_only`: the file's own are left out.
    """

    kind: TableKind = TableKind.CSV
    columns: tuple[str, ...] = ()
    sheet: str | None = None
    numbers_only: bool = False
    escape: bool = False
    add: tuple[str, ...] = ()
    added_only: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """What came of the rows: those with a phone, those of the practice world, how many of each verdict and of each
    error, and the first of the wrong rows by line and code.
    """

    rows: int
    phones: int
    practice: int
    verdicts: Mapping[str, int] = field(default_factory=dict)
    errors: Mapping[str, int] = field(default_factory=dict)
    bad: Sequence[tuple[int, str]] = ()


@dataclass(frozen=True, slots=True)
class Screening:
    """One job.

    Attributes:
        id: Random; also the name of its directory.
        person: Whose it is (0: the operator at the machine itself).
        bytes: Of its files, now.
        error: The code of why it failed, and what its sentence needs.
    """

    id: str
    person: int
    state: State
    created_at: datetime
    expires_at: datetime
    form: Form
    bytes: int
    rows: int = 0
    rows_about: int | None = None
    counts: Counts | None = None
    error: tuple[str, Mapping[str, str | int]] | None = None


class ScreeningStore(Protocol):
    """Jobs and their files, private to this installation. What is saved survives a crash."""

    def used(self) -> bool:
        """Whether there ever was a job here."""
        ...

    def own(self) -> bool:
        """Whether this process alone works with them from now on; False: another one does."""
        ...

    def incoming(self) -> Path:
        """A private directory for what is on its way in."""
        ...

    def jobs(self) -> Sequence[Screening]:
        """Every job that was saved. What was half made or half removed is cleared away."""
        ...

    def take(self, job: Screening, body: Path) -> None:
        """Save a new job with its file, durably: both or neither. Raises StorageError."""
        ...

    def save(self, job: Screening) -> None:
        """Save what became of a job. Raises StorageError."""
        ...

    def source(self, id_: str) -> Path:
        """The file that came in."""
        ...

    def result(self, id_: str) -> Path:
        """The file that comes out."""
        ...

    def clear(self, id_: str, *, keep_result: bool) -> None:
        """Remove its files, also half written ones; its record stays."""
        ...

    def forget(self, id_: str) -> None:
        """Remove all of it."""
        ...

    def close(self) -> None:
        """Let another process work with them."""
        ...


class StoppedError(Exception):
    """A job was told to stop, and did. Nothing is left under the target's name."""


OnProgress = Callable[[int, int | None], None]
"""Rows done, and about how many there are."""


class Screener(Protocol):
    """Does one job, in another process."""

    def __call__(
        self, source: Path, target: Path, form: Form, on_progress: OnProgress, stop: threading.Event
    ) -> Counts:
        """Screen a file; returns when the whole of it was written.

        Raises:
            ShiroromError: as service/screen.py; `screening-died`: it ended without a word.
            StoppedError: `stop` was set.
        """
        ...
