"""What the page of the watch asks of whoever keeps the book: counts, not units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.stock import Status
from shirorom.domain.mark import VerdictKind


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose units are looked at, real or practice ones; empty: everybody's."""

    practice: bool = False
    store: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class Silence:
    """Numbers in stock that one carrier has not been heard about: never, or not since a moment."""

    never: int
    old: int


class BoardRows(Protocol):
    """Counts over the book. By the last known marks, however old: the page says how old they may be."""

    def version(self) -> str:
        """Changes with every change of the book, of what stands, and of the alerts; cheap to ask for."""
        ...

    def units(self, scope: Scope) -> Mapping[Status, int]:
        """Units by status."""
        ...

    def verdicts(self, scope: Scope) -> Mapping[VerdictKind, int]:
        """Units in stock by the verdict over the last known marks of all their numbers at all carriers."""
        ...

    def days(self, *, practice: bool, since: date) -> Mapping[date, Mapping[VerdictKind, int]]:
        """Units in stock at the end of each day (JST) that was counted, all stores together."""
        ...

    def silent(self, scope: Scope, *, before: datetime) -> Mapping[CarrierId, Silence]:
        """For each carrier, numbers in stock without an answer, and those whose answer is older than `before`."""
        ...

    def scopes(self, *, practice: bool) -> tuple[Sequence[str], Sequence[str]]:
        """Every store and every person that units name, in order."""
        ...
