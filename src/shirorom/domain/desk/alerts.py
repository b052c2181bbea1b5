"""What the watch tells: a change of a carrier's answer about a unit that the shop has or has sold, once and for ever.

Pure. A change is one of `domain/history.py`; an alert names the unit that it concerns and what it means for it. A
change is named by the entry of its later answer, or by the entry that announced it and the day on which it came: that
makes one alert, ever. What is recorded afterwards may take the alert back, bring it again or say more exactly what it
was; it never makes a second one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.standing import News
from shirorom.domain.desk.stock import Status
from shirorom.domain.history import Change
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark


class AlertKind(StrEnum):
    """What kind of change it is, and so what a hand has to do."""

    FREED = "freed"  # △→○, △→－, －→○: nothing hangs over it any more, or the carrier now vouches: raise the price
    RESTRICTED = "restricted"  # △→×, ○→×: call the buyer, take it off sale
    WARNED = "warned"  # －→△: a debt hangs over it now: lower the price
    ANOMALY = "anomaly"  # ×→anything, ○→△, －→×, ○→－: does not happen by itself: look before acting


def alert_kind(before: Mark, after: Mark) -> AlertKind:
    """By the rules of `domain/history.py`; △→－ is odd (`expected` is false) but frees the unit as △→○ does."""
    match before, after:
        case (Mark.CAUTION, Mark.CLEAR | Mark.NO_RECORD) | (Mark.NO_RECORD, Mark.CLEAR):
            return AlertKind.FREED
        case (Mark.CAUTION | Mark.CLEAR, Mark.RESTRICTED):
            return AlertKind.RESTRICTED
        case (Mark.NO_RECORD, Mark.CAUTION):
            return AlertKind.WARNED
        case _:
            return AlertKind.ANOMALY


class AlertEvent(StrEnum):
    """What happened to an alert; each is told to whoever follows."""

    RAISED = "raised"
    RETRACTED = "retracted"  # a reading that it rests on was withdrawn, or an answer given in between came to light
    RESTORED = "restored"  # what took it back was itself taken back
    AMENDED = "amended"  # the earlier answer is another one than was known then
    EXPLAINED = "explained"  # a person accepted a correction: the × had stood there by mistake


@dataclass(frozen=True, slots=True)
class Holder:
    """A unit of the book as far as an alert about its phone needs it. `seq`: its number in the book."""

    seq: int
    key: str
    status: Status
    since: int
    store: str = ""
    person: str = ""
    sold_on: date | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """One change of one carrier's answer about one unit.

    Attributes:
        seq: Its number in this book, from 1, without gaps; the cursor of every feed.
        key: The stock key that the unit had then.
        index: The entry of the log by which the change became known.
        day: The day (JST) with which it came, where that entry had only announced it.
        at: When the change was noticed (UTC); change.between says between which answers it happened.
        store, person: The unit's shop and who looked after it then.
        retracted_at: When the record no longer showed this change. It stays visible, and no hand is needed.
        explained_at: When a person accepted a correction of the × that vanished.
        handled_at: When a person said that it is dealt with (対応済み), and who.
    """

    seq: int
    kind: AlertKind
    key: str
    imei: Imei
    change: Change
    index: int
    practice: bool
    at: datetime
    store: str = ""
    person: str = ""
    retracted_at: datetime | None = None
    explained_at: datetime | None = None
    handled_at: datetime | None = None
    handled_by: str = ""
    note: str = ""
    day: date | None = None

    @property
    def carrier(self) -> CarrierId:
        """Whose answer changed."""
        return self.change.carrier

    @property
    def open(self) -> bool:
        """Whether it still needs a hand."""
        return self.handled_at is None and self.retracted_at is None


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one look at a phone does to its alerts: those to raise, each for a unit, and those that changed."""

    raised: Sequence[tuple[News, Holder]]
    changed: Sequence[tuple[Alert, AlertEvent]]


def holder_of(holders: Sequence[Holder], came: int) -> Holder | None:
    """The unit that an alert names: the one in stock, else the last sold; None: nobody's risk, no news.

    What changed before a unit came to the book is no news for it; `came`: entries of the log when it changed.
    """
    here = [one for one in holders if one.status is not Status.GONE and one.since <= came]
    return max(here, key=lambda one: (one.status is Status.STOCK, one.sold_on or date.min, one.seq), default=None)


Name: TypeAlias = tuple[CarrierId, int, date | None]
"""Of a change of one phone."""


def reconcile(alerts: Sequence[Alert], news: Sequence[News], holders: Sequence[Holder], *, at: datetime) -> Reconciled:
    """Hold a phone's alerts against what its entries say now. Doing it again changes nothing."""
    known: Mapping[Name, Alert] = {(alert.carrier, alert.index, alert.day): alert for alert in alerts}
    told: Mapping[Name, News] = {(one.change.carrier, one.index, one.day): one for one in news}
    raised = []
    for place, one in told.items():
        holder = holder_of(holders, one.came) if place not in known else None
        if holder is not None:
            raised.append((one, holder))
    changed = []
    for place, alert in known.items():
        moved = _moved(alert, told.get(place), at)
        if moved is not None:
            changed.append(moved)
    return Reconciled(raised, changed)


def _moved(alert: Alert, news: News | None, at: datetime) -> tuple[Alert, AlertEvent] | None:
    if news is None:
        gone = replace(alert, retracted_at=at)
        return None if alert.retracted_at is not None else (gone, AlertEvent.RETRACTED)
    now = replace(
        alert,
        kind=alert_kind(news.change.from_, news.change.to),
        change=news.change,
        imei=news.imei,
        retracted_at=None,
        explained_at=news.explained_at,
    )
    if now == alert:
        return None
    if alert.retracted_at is not None:
        return now, AlertEvent.RESTORED
    return now, AlertEvent.AMENDED if now.change != alert.change else AlertEvent.EXPLAINED
