"""Alerts and changed cells as JSON and csv: the one form that commands and API share."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from shirorom.domain.desk.alerts import Alert
from shirorom.domain.mark import symbol_of
from shirorom.edge.wire import at as time_of
from shirorom.ports.watch import ChangedCell


class AlertWire(msgspec.Struct, frozen=True, kw_only=True):
    """One alert. `key`: the stock key of the POS."""

    seq: int
    kind: str
    key: str
    store: str
    person: str
    imei: str
    carrier: str
    from_: str = msgspec.field(name="from")
    to: str
    between: tuple[str, str]
    expected: bool
    practice: bool
    index: int
    at: str
    retracted_at: str | None
    explained_at: str | None
    handled_at: str | None
    handled_by: str
    note: str


class CellChangeWire(msgspec.Struct, frozen=True, kw_only=True):
    """One carrier's last known mark about a unit, however old it is (`asked_at`)."""

    key: str
    store: str
    status: str
    number: int
    carrier: str
    mark: str | None
    symbol: str
    raw: str | None
    asked_at: str | None
    since: str | None
    vanished: bool
    practice: bool


def alert_of(alert: Alert) -> AlertWire:
    """One alert as it is sent."""
    change = alert.change
    return AlertWire(
        seq=alert.seq, kind=alert.kind.value, key=alert.key, store=alert.store, person=alert.person,
        imei=alert.imei.digits, carrier=change.carrier.value, from_=change.from_.value, to=change.to.value,
        between=(time_of(change.between[0]), time_of(change.between[1])), expected=change.expected,
        practice=alert.practice, index=alert.index, at=time_of(alert.at), retracted_at=_time(alert.retracted_at),
        explained_at=_time(alert.explained_at), handled_at=_time(alert.handled_at), handled_by=alert.handled_by,
        note=alert.note,
    )  # fmt: skip


def cell_change_of(cell: ChangedCell) -> CellChangeWire:
    """One changed cell as it is sent."""
    standing = cell.standing
    return CellChangeWire(
        key=cell.key, store=cell.store, status=cell.status.value, number=cell.number,
        carrier=standing.carrier.value, mark=None if standing.mark is None else standing.mark.value,
        symbol=symbol_of(standing.mark), raw=standing.raw, asked_at=_time(standing.asked_at),
        since=_time(standing.since), vanished=standing.vanished, practice=cell.practice,
    )  # fmt: skip


def csv_of(rows: Sequence[msgspec.Struct], kind: type[msgspec.Struct]) -> bytes:
    """Rows as csv: UTF-8 with BOM, a head, booleans as 1 and 0; what a spreadsheet would take for a formula is text."""
    names = [field.encode_name for field in msgspec.structs.fields(kind)]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(names)
    for row in rows:
        writer.writerow(_cells(msgspec.to_builtins(row).values()))
    return out.getvalue().encode("utf-8-sig")


def _cells(values: Iterable[object]) -> list[str]:
    return [_cell(value) for value in values]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list | tuple):
        return " ".join(str(one) for one in value)
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _time(at: datetime | None) -> str | None:
    return None if at is None else time_of(at)
