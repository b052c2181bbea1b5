"""What following the record asks of whoever keeps the watch's cells and alerts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from shirorom.domain.desk.alerts import Alert, AlertEvent, AlertKind
from shirorom.domain.desk.standing import PhoneStanding, Standing
from shirorom.domain.desk.stock import Status
from shirorom.domain.mark import Mark
from shirorom.ports.log import Head

LIST_MAX = 1_000
"""Rows of one answer."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a step rests on: how far a log was followed (None: never), and the book's version."""

    followed: Head | None
    book: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of following one log: how far it is followed now, and what each phone looked at stands at."""

    practice: bool
    basis: Basis
    head: Head | None
    phones: Sequence[PhoneStanding]
    at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """What a step did: cells that differ from before, and what happened to alerts, in order."""

    cells: int
    events: Sequence[tuple[AlertEvent, Alert]]


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts: all that is given must hold. `since`: noticed at or after; `practice` None: both worlds."""

    kinds: frozenset[AlertKind] = frozenset()
    stores: frozenset[str] = frozenset()
    persons: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    practice: bool | None = None
    open: bool = False
    since: datetime | None = None


EVERYTHING = AlertFilter()


@dataclass(frozen=True, slots=True)
class ChangedCell:
    """A cell as it stands now, of a unit of the book. `version`: the cursor."""

    version: int
    key: str
    store: str
    status: Status
    practice: bool
    number: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class UnitMarks:
    """So many units of one status whose cells show these last known marks; `whole`: no cell is without a mark."""

    practice: bool
    status: Status
    marks: frozenset[Mark]
    whole: bool
    units: int


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many units stood so at the end of a day (JST) by their last known marks."""

    practice: bool
    day: date
    status: Status
    verdict: str
    units: int


class Watch(Protocol):
    """Cells and alerts. Every change is one durable transaction, in whatever thread or process."""

    def version(self) -> int:
        """Raised by every change of cells or alerts; cheap to ask for."""
        ...

    def basis(self, practice: bool) -> Basis:
        """What the next step rests on."""
        ...

    def booked(self, phones: Collection[str], practice: bool) -> Collection[str]:
        """Those of these phones (14 digits) that a unit of the book has."""
        ...

    def phones(self, practice: bool) -> Collection[str]:
        """Every phone (14 digits) that a unit of the book has."""
        ...

    def unlearned(self, practice: bool, *, count_max: int) -> Sequence[str]:
        """Phones whose units in the book are not those by which their cells and alerts were made."""
        ...

    def learned(self, book: int) -> None:
        """Note that every phone of this version of the book has its cells, if that is so."""
        ...

    def due(self, practice: bool, *, by: date) -> Sequence[str]:
        """Phones of which a notice named a day (JST) that has come by then, and that were not looked at since."""
        ...

    def take(self, step: Step) -> Taken | None:
        """Write a step whole: cells, alerts, news, what was learned, the place in the log. None: its basis is over.

        A change of a phone makes one alert, ever; doing a step again changes nothing.

        Raises:
            StorageError: nothing was written.
        """
        ...

    def start_over(self, practice: bool, head: Head, at: datetime) -> None:
        """The log is not the one that was followed: every phone is to be learned anew; alerts stay."""
        ...

    def started_over_at(self, practice: bool) -> datetime | None:
        """When that last happened."""
        ...

    def alerts(
        self,
        which: AlertFilter,
        *,
        after: int = 0,
        before: int | None = None,
        count_max: int = LIST_MAX,
        newest: bool = False,
    ) -> Sequence[Alert]:
        """Alerts by `seq`, those after `after` and before `before`; with `newest` the last ones first."""
        ...

    def alert(self, seq: int) -> Alert:
        """One alert. Raises ShiroromError `alert-not-found`."""
        ...

    def open_counts(self) -> Mapping[tuple[bool, AlertKind], int]:
        """How many need a hand: (practice, kind) → count."""
        ...

    def handle(self, seqs: Sequence[int], *, by: str, note: str, at: datetime) -> Sequence[Alert]:
        """Say that these are dealt with; one that was already keeps who said so first. Raises `alert-not-found`."""
        ...

    def changed_cells(self, *, after: int, count_max: int) -> Sequence[ChangedCell]:
        """Cells of units that are not gone, by `version`, those after `after`."""
        ...

    def unit_marks(self) -> Sequence[UnitMarks]:
        """All units that are not gone, by what their cells show."""
        ...

    def count_day(self, counts: Sequence[DayCount]) -> None:
        """Put these in the place of what was counted for their days."""
        ...

    def days(self, *, since: date) -> Sequence[DayCount]:
        """What was counted, oldest first."""
        ...
