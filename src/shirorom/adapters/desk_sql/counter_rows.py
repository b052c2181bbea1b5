"""Rows of the counter's tables as values of the domain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.given import Given
from shirorom.domain.desk.queue import Claim, Item, Outcome, Place, Seat, Wanted
from shirorom.domain.imei import Device

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def ms_of(at: datetime) -> int:
    """A moment as it is kept."""
    return (at - EPOCH) // MILLISECOND


def at_of(ms: int) -> datetime:
    """The other way round."""
    return EPOCH + ms * MILLISECOND


def item_of(row: Any, device: Device) -> Item:
    """One phone."""
    return Item(
        id=row.id,
        number=row.number,
        device=device,
        added_at=at_of(row.added_at),
        by=row.added_by,
        order=tuple(CarrierId(name) for name in row.carriers.split(",")),
        closed_at=None if row.closed_at is None else at_of(row.closed_at),
        wanted=None if row.wanted is None else Wanted(_places(row.wanted), at_of(row.wanted_since)),
    )


def wanted_of(wanted: Wanted | None) -> dict[str, Any]:
    """The columns of what the plan wants."""
    if wanted is None:
        return {"wanted": None, "wanted_since": None}
    return {"wanted": ",".join(place.name for place in sorted(wanted.places)), "wanted_since": ms_of(wanted.since)}


def _places(text: str) -> frozenset[Place]:
    return frozenset(Place.parse(name) for name in text.split(",") if name)


def claim_of(row: Any) -> Claim:
    """One place that is kept for somebody."""
    return Claim(row.item, Place.parse(row.place), Seat(row.person, row.name, row.tab), at_of(row.until))


def given_of(row: Any) -> Given:
    """What stands under a key."""
    return Given(
        key=row.key,
        print=row.print,
        item=row.item,
        place=Place.parse(row.place),
        person=row.person,
        by=row.by,
        at=at_of(row.at),
        outcome=None if row.outcome is None else Outcome(row.outcome),
        glyph=row.glyph,
        asked_at=None if row.asked_at is None else at_of(row.asked_at),
        practice=bool(row.practice),
        log_size=row.log_size,
        index=row.log_index,
        done=row.done_at is not None,
        taken_back=row.back_at is not None,
    )


def row_of(given: Given) -> dict[str, Any]:
    """A new row for something that is about to be recorded."""
    return {
        "key": given.key,
        "print": given.print,
        "item": given.item,
        "place": given.place.name,
        "person": given.person,
        "by": given.by,
        "at": ms_of(given.at),
        "outcome": None if given.outcome is None else given.outcome.value,
        "glyph": given.glyph,
        "asked_at": None if given.asked_at is None else ms_of(given.asked_at),
        "practice": given.practice,
        "log_size": given.log_size,
    }
