"""What the watch asks of whoever keeps the book of units."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shirorom.domain.desk.stock import Unit


@dataclass(frozen=True, slots=True)
class Booked:
    """A unit in the book.

    Attributes:
        seq: Its number in the book; never used again.
        practice: Whether its answers are in the practice log.
        since: How many entries that log held when the unit came: what changed before is no news.
    """

    seq: int
    unit: Unit
    practice: bool
    since: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Put:
    """A unit to write, new or changed; `practice` and `since` only count where it, or one of its numbers, is new."""

    unit: Unit
    practice: bool
    since: int


class Stock(Protocol):
    """The book. All or nothing at each call; durable on return."""

    def version(self) -> int:
        """Raised by every change of the book."""
        ...

    def count(self) -> int:
        """Units in the book."""
        ...

    def units(self, *, after: int, count_max: int) -> Sequence[Booked]:
        """Units by `seq`, those after `after` first."""
        ...

    def of_keys(self, keys: Collection[str]) -> Mapping[str, Booked]:
        """By stock key; those that are not there are left out."""
        ...

    def of_phones(self, phones: Collection[str]) -> Mapping[str, Sequence[Booked]]:
        """By the first 14 digits of any of their numbers: a phone that was bought back has several units."""
        ...

    def apply(self, puts: Sequence[Put], *, at: datetime) -> None:
        """Write units: a new key is added, a known one replaced.

        Raises:
            StorageError: nothing was written.
            ShiroromError: `stock-full`: more than `UNITS_MAX`.
        """
        ...
