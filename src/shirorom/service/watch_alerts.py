"""Alerts listed and dealt with, and what changed since a cursor: for pages, commands and programs."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shirorom.domain.desk.alerts import Alert, AlertKind
from shirorom.ports.clock import Clock
from shirorom.ports.watch import EVERYTHING, LIST_MAX, AlertFilter, ChangedCell, DayCount, Watch
from shirorom.service.secret import Secrets
from shirorom.service.watch_days import Days

FEED_MAX = 200
NOTE_CHARS_MAX = 500
HANDLED_MAX = 500


@dataclass(frozen=True, slots=True)
class Alerts:
    """What there is to tell. `days`: the counts behind the small charts."""

    store: Watch
    days: Days
    clock: Clock
    secrets: Secrets

    def version(self) -> int:
        """Changes with everything that a list may show; cheap."""
        return self.store.version()

    def after(self, cursor: int, which: AlertFilter = EVERYTHING, *, count_max: int = LIST_MAX) -> Sequence[Alert]:
        """Alerts after a cursor, oldest first; the last one's `seq` is the next cursor."""
        return self.store.alerts(which, after=cursor, count_max=min(count_max, LIST_MAX))

    def newest(
        self,
        which: AlertFilter = EVERYTHING,
        *,
        before: int | None = None,
        count_max: int = FEED_MAX,
    ) -> Sequence[Alert]:
        """The newest alerts first; those before `before` where that is given."""
        return self.store.alerts(which, before=before, count_max=min(count_max, LIST_MAX), newest=True)

    def alert(self, seq: int) -> Alert:
        """One alert. Raises ShiroromError `alert-not-found`."""
        return self.store.alert(seq)

    def open_counts(self) -> Mapping[tuple[bool, AlertKind], int]:
        """How many need a hand: (practice, kind) → count."""
        return self.store.open_counts()

    def handle(self, seqs: Sequence[int], *, by: str, note: str) -> Sequence[Alert]:
        """Say that these are dealt with. Raises `alert-not-found`: then none is."""
        return self.store.handle(list(dict.fromkeys(seqs)), by=by, note=note, at=self.clock.now())

    def changed_cells(self, cursor: int, *, count_max: int = LIST_MAX) -> Sequence[ChangedCell]:
        """Cells that changed after a cursor, as they stand now; the last one's `version` is the next cursor."""
        return self.store.changed_cells(after=cursor, count_max=min(count_max, LIST_MAX))

    def last_days(self, days: int) -> Sequence[DayCount]:
        """Units by status and verdict at the end of the newest days, by their last known marks."""
        return self.days.last(days)

    def started_over_at(self) -> Mapping[bool, datetime]:
        """By practice: when a log was last not the one that had been followed."""
        found = ((practice, self.store.started_over_at(practice)) for practice in (False, True))
        return {practice: at for practice, at in found if at is not None}

    def name_of(self, what: str) -> uuid.UUID:
        """A lasting name that no other installation gives, for feeds."""
        return uuid.UUID(bytes=self.secrets.digest("feed", what)[:16], version=5)


def changed_at(alert: Alert) -> datetime:
    """When something last happened to an alert that a feed tells."""
    return max(at for at in (alert.at, alert.retracted_at, alert.explained_at) if at is not None)
