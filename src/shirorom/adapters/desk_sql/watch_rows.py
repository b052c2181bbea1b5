"""Rows of the watch's tables as values of the domain, and back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from shirorom.adapters.desk_sql.counter_rows import at_of, ms_of
from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.alerts import Alert, AlertKind, Holder
from shirorom.domain.desk.standing import Standing
from shirorom.domain.desk.stock import Status
from shirorom.domain.history import Change
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark


def moment(ms: int | None) -> datetime | None:
    """A moment that may be missing."""
    return None if ms is None else at_of(ms)


def ms_or_none(at: datetime | None) -> int | None:
    """The other way round."""
    return None if at is None else ms_of(at)


def alert_of(row: Any) -> Alert:
    """One alert."""
    between = (at_of(row.between_from), at_of(row.between_to))
    change = Change(CarrierId(row.carrier), Mark(row.before), Mark(row.after), between, bool(row.expected))
    return Alert(
        seq=row.seq, kind=AlertKind(row.kind), key=row.unit, imei=Imei(row.imei), change=change, index=row.log_index,
        practice=bool(row.practice), at=at_of(row.at), store=row.store, person=row.person,
        retracted_at=moment(row.retracted_at), explained_at=moment(row.explained_at),
        handled_at=moment(row.handled_at), handled_by=row.handled_by, note=row.note,
        day=date.fromisoformat(row.day) if row.day else None,
    )  # fmt: skip


def row_of(alert: Alert) -> dict[str, Any]:
    """The other way round."""
    change = alert.change
    return {
        "seq": alert.seq, "kind": alert.kind.value, "unit": alert.key, "store": alert.store, "person": alert.person,
        "practice": alert.practice, "imei": alert.imei.digits, "phone": alert.imei.key,
        "carrier": change.carrier.value, "before": change.from_.value, "after": change.to.value,
        "between_from": ms_of(change.between[0]), "between_to": ms_of(change.between[1]), "expected": change.expected,
        "log_index": alert.index, "at": ms_of(alert.at), "retracted_at": ms_or_none(alert.retracted_at),
        "explained_at": ms_or_none(alert.explained_at), "handled_at": ms_or_none(alert.handled_at),
        "handled_by": alert.handled_by, "note": alert.note, "day": "" if alert.day is None else alert.day.isoformat(),
    }  # fmt: skip


def standing_of(row: Any) -> Standing:
    """One cell."""
    return Standing(
        CarrierId(row.carrier), None if row.mark is None else Mark(row.mark), row.raw, moment(row.asked_at),
        moment(row.since), bool(row.vanished), row.log_index,
    )  # fmt: skip


def cell_row(practice: bool, phone: str, standing: Standing) -> dict[str, Any]:
    """The other way round."""
    return {
        "practice": practice, "phone": phone, "carrier": standing.carrier.value,
        "mark": None if standing.mark is None else standing.mark.value, "raw": standing.raw,
        "asked_at": ms_or_none(standing.asked_at), "since": ms_or_none(standing.since), "vanished": standing.vanished,
        "log_index": standing.index,
    }  # fmt: skip


def holder_of_row(row: Any) -> Holder:
    """A unit, as far as alerts need it."""
    sold_on = None if row.sold_on is None else date.fromisoformat(row.sold_on)
    return Holder(row.seq, row.key, Status(row.status), row.since, row.store, row.person, sold_on)
