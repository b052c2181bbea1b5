"""What the page of the watch shows of the book: how many units stand where, how that moved, who has gone unheard.

By the last known marks, however old they are: for a stock of thousands nobody asks four carriers every day. How old an
answer may be before it is asked again is the plan's business; here the unheard are counted.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.stock import Status
from shirorom.domain.fold import JST
from shirorom.domain.mark import VerdictKind
from shirorom.ports.board import BoardRows, Scope, Silence
from shirorom.ports.clock import Clock

DAYS = 30
UNHEARD = timedelta(days=90)
"""An answer in stock older than this is called unheard: no choice of the plan asks more seldom."""
BOARDS_MAX = 64
"""Boards remembered, one for each store and person that somebody looks at."""
BOARD_S_MAX = 60
"""A board is made anew after so long although nothing changed: the days go on."""


@dataclass(frozen=True, slots=True)
class MarkRow:
    """Units in stock with one verdict: now, and at the end of each of the last days (None: it was not counted)."""

    verdict: VerdictKind
    units: int
    days: tuple[int | None, ...]

    @property
    def moved(self) -> int | None:
        """How many more there are than on the first day that was counted; None where none was."""
        first = next((count for count in self.days if count is not None), None)
        return None if first is None else self.units - first


@dataclass(frozen=True, slots=True)
class WatchBoard:
    """The book at a glance. `version` names it; `marks[].days` are the `DAYS` days before this one."""

    version: str
    scope: Scope
    at: datetime
    units: Mapping[Status, int]
    marks: tuple[MarkRow, ...]
    silent: Mapping[CarrierId, Silence]
    stores: Sequence[str]
    persons: Sequence[str]

    @property
    def empty(self) -> bool:
        """Whether there is no book yet."""
        return not any(self.units.values()) and self.scope == Scope(self.scope.practice)


SHOWN = (
    VerdictKind.CLEAR,
    VerdictKind.CAUTION,
    VerdictKind.RESTRICTED,
    VerdictKind.NO_RECORD,
    VerdictKind.UNDETERMINED,
)


@dataclass(slots=True)
class Boards:
    """Makes the board of a scope; one serves everybody. Safe to use from several threads.

    Counting 38,000 units takes a tenth of a second: a page shows the board as it was made last, and somebody makes it
    anew behind the page.
    """

    rows: BoardRows
    clock: Clock
    _known: dict[Scope, WatchBoard] = field(default_factory=dict)
    _making: threading.Lock = field(default_factory=threading.Lock)

    def version(self) -> str:
        """Changes with everything that a page of the watch may show; cheap to ask for."""
        return self.rows.version()

    def last(self, scope: Scope) -> WatchBoard:
        """The board as it was made last; made now where there is none, or nothing was on it."""
        known = self._known.get(scope)
        if known is None or known.empty:
            self.refresh(scope)
            known = self._known.get(scope) or self._make(self.version(), scope, self.clock.now())
        return known

    def behind(self, scope: Scope) -> bool:
        """Whether anything has moved since the last board, or the days have gone on."""
        known = self._known.get(scope)
        if known is None or known.version != self.version():
            return True
        return self.clock.now() - known.at >= timedelta(seconds=BOARD_S_MAX)

    def refresh(self, scope: Scope) -> None:
        """Make it anew; nobody waits for anybody else who does."""
        if not self._making.acquire(blocking=False):
            return
        try:
            if len(self._known) >= BOARDS_MAX:
                self._known.clear()
            self._known[scope] = self._make(self.version(), scope, self.clock.now())
        finally:
            self._making.release()

    def _make(self, version: str, scope: Scope, now: datetime) -> WatchBoard:
        verdicts = self.rows.verdicts(scope)
        stores, persons = self.rows.scopes(practice=scope.practice)
        today = now.astimezone(JST).date()
        days = [today - timedelta(days=n) for n in range(DAYS, 0, -1)]
        whole = Scope(scope.practice) == scope
        counted = self.rows.days(practice=scope.practice, since=days[0]) if whole else {}  # counted of the whole alone
        rows = tuple(
            MarkRow(kind, verdicts[kind], tuple(counted[day][kind] if day in counted else None for day in days))
            for kind in SHOWN
        )
        silent = self.rows.silent(scope, before=now - UNHEARD)
        return WatchBoard(version, scope, now, self.rows.units(scope), rows, silent, stores, persons)
