"""Counts, day by day (JST), how many units stand where by their last known marks: for the small charts.

An old ○ decides nothing in a check (DESIGN §3.5). A chart of a whole stock shows what was last known instead, and so
says it: nobody asks 8,000 units a day, and "undetermined" everywhere would hide every change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.stock import Status
from shirorom.domain.fold import JST
from shirorom.domain.imei import Imei
from shirorom.domain.mark import VerdictKind
from shirorom.domain.verdict import Cell, decide
from shirorom.ports.clock import Clock
from shirorom.ports.watch import DayCount, UnitMarks, Watch

EVERY = timedelta(minutes=1)
"""How often a day is counted again while answers come in."""
_ANY = Imei.of_key("00100101000001")


@dataclass(slots=True)
class Days:
    """The counts. A day's last count of the day stays."""

    store: Watch
    clock: Clock
    _counted: tuple[int, int] | None = None
    _at: datetime | None = None

    def today(self) -> date:
        """The day in Japan."""
        return self.clock.now().astimezone(JST).date()

    def count(self, *, now_at_least: bool = False) -> None:
        """Count today, unless nothing changed or it was counted a moment ago (`now_at_least`: count all the same)."""
        now = self.clock.now()
        version = (self.store.version(), self.store.basis(False).book)
        newer_day = self._at is None or self._at.astimezone(JST).date() != self.today()
        if not now_at_least and not newer_day:
            young = self._at is not None and timedelta(0) <= now - self._at < EVERY
            if version == self._counted or young:
                return
        self._counted, self._at = version, now
        self.store.count_day(counts(self.store.unit_marks(), self.today()))

    def last(self, days: int) -> Sequence[DayCount]:
        """The newest days, oldest first."""
        return self.store.days(since=self.today() - timedelta(days=days - 1))


def counts(units: Sequence[UnitMarks], day: date) -> Sequence[DayCount]:
    """Units by status and verdict. The verdict is that of `domain/verdict.py`, over marks that do not age."""
    found: Counter[tuple[bool, Status, str]] = Counter()
    for one in units:
        found[(one.practice, one.status, last_known_verdict(one).value)] += one.units
    return [
        DayCount(practice, day, status, verdict, count) for (practice, status, verdict), count in sorted(found.items())
    ]


def last_known_verdict(units: UnitMarks) -> VerdictKind:
    """What is said of units that show these marks."""
    cells = [Cell(_ANY, CarrierId.DOCOMO, mark) for mark in sorted(units.marks)]
    if not units.whole:
        cells.append(Cell(_ANY, CarrierId.DOCOMO, None, error="not-asked"))
    return decide(cells).kind
