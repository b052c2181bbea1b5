"""What the watch tells: a change of a carrier's answer about a unit that the shop has or has sold, once and for ever.

Pure. A change is one of `domain/history.py`; an alert names the unit that it concerns and what it means for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shirorom.domain.carrier import CarrierId
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


@dataclass(frozen=True, slots=True)
class Alert:
    """One change of one carrier's answer about one unit.

    Attributes:
        seq: Its number in this book, from 1, without gaps; the cursor of every feed.
        key: The unit's stock key; None where the unit has left the book.
        index: The entry of the log by which the change became known.
        at: When the change was noticed (UTC); change.between says between which answers it happened.
        handled_at: When a person said that it is dealt with (対応済み), and who.
    """

    seq: int
    kind: AlertKind
    key: str | None
    imei: Imei
    change: Change
    index: int
    practice: bool
    at: datetime
    handled_at: datetime | None = None
    handled_by: str = ""
    note: str = ""

    @property
    def carrier(self) -> CarrierId:
        """Whose answer changed."""
        return self.change.carrier
