"""What the import asks of the book of units beyond `ports/stock.py`, and of a folder that it watches."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.export_words import Field
from shirorom.domain.desk.stock import Status
from shirorom.domain.mark import Mark
from shirorom.ports.stock import Booked, Stock


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said of a kind of file: headings by field, and what the shop's own words of a status mean."""

    columns: Mapping[Field, Sequence[str]] = field(default_factory=dict)
    statuses: Mapping[str, Status] = field(default_factory=dict)

    def over(self, before: Said) -> Said:
        """Both; what is said here stands above."""
        return Said({**before.columns, **self.columns}, {**before.statuses, **self.statuses})


@dataclass(frozen=True, slots=True)
class Stands:
    """What stands at one carrier about one phone. `vanished`: a × stands although the newest answer is better."""

    mark: Mark | None
    asked_at: datetime | None
    vanished: bool


@dataclass(frozen=True, slots=True)
class LastChange:
    """The newest change of a phone that an alert told: at which carrier, from what to what, and when it was seen."""

    carrier: CarrierId
    before: Mark
    after: Mark
    at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """A file of a watched folder that was taken. `code`: why it could not be used; empty where it could."""

    digest: str
    name: str
    code: str
    at: datetime


class Book(Stock, Protocol):
    """The book, as the import and its answers need it."""

    def watched_keys(self) -> Collection[str]:
        """The keys of every unit that is not gone."""
        ...

    def listed(
        self, *, after: int, count_max: int, status: Status | None = None, store: str | None = None
    ) -> Sequence[Booked]:
        """Units by `seq`, those after `after` first, of one status or store where it is named."""
        ...

    def find(self, text: str, *, count_max: int) -> Sequence[Booked]:
        """Units whose stock key or receipt is this text, or one of whose numbers is it or ends with its 4–15 digits.

        Those in stock first, then those sold; the newest of each first.
        """
        ...

    def stands(self, phones: Collection[str]) -> Mapping[tuple[bool, str, CarrierId], Stands]:
        """What stands, by practice, phone (first 14 digits) and carrier; what nobody ever asked is left out."""
        ...

    def last_changes(self, phones: Collection[str]) -> Mapping[tuple[bool, str], LastChange]:
        """The newest change by practice and phone; those without are left out."""
        ...

    def said(self, headings: str) -> Said:
        """What a person said of files with these headings (`export_columns.fingerprint`)."""
        ...

    def say(self, headings: str, said: Said, *, at: datetime) -> None:
        """Remember it."""
        ...

    def taken(self, *, digest: str, name: str) -> tuple[Taken | None, Taken | None]:
        """What was taken with this content, and what was taken last under this name."""
        ...

    def take(self, taken: Taken) -> None:
        """Remember that a file was taken."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as it lies in a folder: its name there, bytes, and when it was last written (nanoseconds)."""

    name: str
    size: int
    written_ns: int


class Folder(Protocol):
    """A folder into which a POS writes. Names are of files directly in it."""

    def __str__(self) -> str:
        """Where it is."""
        ...

    def files(self) -> Sequence[Seen]:
        """The tables that lie there now, by name; our own results and what is hidden are left out.

        Raises:
            ShiroromError: `import-folder`, it cannot be read.
        """
        ...

    def copied(self, name: str) -> AbstractContextManager[tuple[Path, str]]:
        """A private copy of a file while the context lasts, and the digest (SHA-256, hex) of its content.

        Raises:
            ShiroromError: `import-file`, it cannot be read.
        """
        ...

    def result(self, name: str) -> Path:
        """Where the results of a file go; the place is made. Raises StorageError `storage-…`."""
        ...

    def done(self, name: str) -> None:
        """Move a file that was taken to where the shop wants it, if it does. Raises StorageError `storage-…`."""
        ...
