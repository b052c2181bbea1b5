"""Claims in the desk's database, and the units that they are about. Each claim is kept whole, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, func, insert, select

from shirorom.adapters.desk_sql.counter_rows import at_of, ms_of
from shirorom.adapters.desk_sql.database import Desk
from shirorom.adapters.desk_sql.watch_tables import CLAIMS, NUMBERS, UNITS
from shirorom.domain.desk.claim import WarrantyClaim, plain_receipt
from shirorom.domain.desk.stock import Status, Unit
from shirorom.domain.imei import Device, Imei
from shirorom.ports.claims import CLAIMS_MAX
from shirorom.ports.stock import Booked

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(WarrantyClaim)


class SqlClaims:
    """See `ports.claims.Claims`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def of_receipt(self, receipt: str) -> Sequence[Booked]:
        """See `ports.claims.Claims`."""
        wanted = plain_receipt(receipt)
        if not wanted:
            return []
        with self._desk.reading() as db:
            exact = _booked(db, UNITS.c.receipt == receipt.strip())
            if exact:
                return exact
            rows = db.execute(select(UNITS.c.receipt).where(UNITS.c.receipt != "").distinct()).scalars()
            spelled = [text for text in rows if plain_receipt(text) == wanted]
            return _booked(db, UNITS.c.receipt.in_(spelled)) if spelled else []

    def of_phone(self, device: Device) -> Sequence[Booked]:
        """See `ports.claims.Claims`."""
        keys = [imei.key for imei in device.imeis]
        with self._desk.reading() as db:
            return _booked(db, UNITS.c.seq.in_(select(NUMBERS.c.unit).where(NUMBERS.c.phone.in_(keys))))

    def book(self) -> Sequence[Booked]:
        """See `ports.claims.Claims`."""
        with self._desk.reading() as db:
            return _booked(db, UNITS.c.status.in_([Status.STOCK.value, Status.SOLD.value]))

    def state(self) -> tuple[int, int]:
        """See `ports.claims.Claims`."""
        with self._desk.reading() as db:
            row = db.execute(select(func.count(), func.coalesce(func.max(UNITS.c.changed_at), 0))).one()
        return int(row[0]), int(row[1])

    def put(self, claim: WarrantyClaim) -> WarrantyClaim:
        """See `ports.claims.Claims`."""
        with self._desk.writing() as db:
            there = db.execute(select(CLAIMS).where(CLAIMS.c.id == claim.id)).first()
            if there is None:
                db.execute(insert(CLAIMS).values(_row(claim)))
                there = db.execute(select(CLAIMS).where(CLAIMS.c.id == claim.id)).one()
        return _claim(there)

    def get(self, id_: str) -> WarrantyClaim | None:
        """See `ports.claims.Claims`."""
        with self._desk.reading() as db:
            there = db.execute(select(CLAIMS).where(CLAIMS.c.id == id_)).first()
        return None if there is None else _claim(there)

    def newest(self, *, before: int | None = None, count_max: int = CLAIMS_MAX) -> Sequence[WarrantyClaim]:
        """See `ports.claims.Claims`."""
        rows = select(CLAIMS).order_by(CLAIMS.c.seq.desc()).limit(min(count_max, CLAIMS_MAX))
        with self._desk.reading() as db:
            return [_claim(row) for row in db.execute(rows if before is None else rows.where(CLAIMS.c.seq < before))]


def _row(claim: WarrantyClaim) -> dict[str, Any]:
    return {
        "id": claim.id,
        "unit": claim.unit,
        "imei": claim.imeis[0].digits,
        "receipt": claim.receipt,
        "at": ms_of(claim.at),
        "by": claim.by,
        "practice": claim.practice,
        "decision": claim.decided.decision.value,
        "body": _encoder.encode(claim).decode(),
    }


def _claim(row: Any) -> WarrantyClaim:
    return replace(_decoder.decode(row.body), seq=row.seq)


def _booked(db: Connection, where: ColumnElement[bool]) -> list[Booked]:
    rows = db.execute(select(UNITS).where(where).order_by(UNITS.c.seq)).all()
    numbers: dict[int, list[Imei]] = {}
    columns = select(NUMBERS.c.unit, NUMBERS.c.imei).join(UNITS, UNITS.c.seq == NUMBERS.c.unit)
    for unit, digits in db.execute(columns.where(where).order_by(NUMBERS.c.unit, NUMBERS.c.number)):
        numbers.setdefault(unit, []).append(Imei(digits))
    return [_of_row(row, tuple(numbers[row.seq])) for row in rows if row.seq in numbers]


def _of_row(row: Any, imeis: tuple[Imei, ...]) -> Booked:
    unit = Unit(
        key=row.key, device=Device(imeis), status=Status(row.status), store=row.store, person=row.person,
        model=row.model, price_yen=row.price_yen, cost_yen=row.cost_yen, bought_on=_day(row.bought_on),
        sold_on=_day(row.sold_on), receipt=row.receipt, warranty=row.warranty,
        covered_until=_day(row.covered_until),
    )  # fmt: skip
    return Booked(row.seq, unit, bool(row.practice), row.since, at_of(row.changed_at))


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
