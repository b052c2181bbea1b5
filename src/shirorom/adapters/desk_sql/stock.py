"""The book of units in the desk's database; written in bulk, each import in one transaction."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from shirorom.adapters.desk_sql.book_tables import COLUMNS, TAKEN
from shirorom.adapters.desk_sql.counter_rows import at_of, ms_of
from shirorom.adapters.desk_sql.database import Desk
from shirorom.adapters.desk_sql.watch_tables import ALERTS, CELLS, NUMBERS, UNITS, WATCH
from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.export_words import Field
from shirorom.domain.desk.stock import UNITS_MAX, Status, Unit
from shirorom.domain.errors import ShiroromError
from shirorom.domain.imei import Device, Imei
from shirorom.domain.mark import Mark
from shirorom.ports.book import LastChange, Said, Stands, Taken
from shirorom.ports.stock import Booked, Put

IN_MAX = 10_000
"""Values of one `IN (…)`; SQLite takes 32,766."""
DIGITS_MIN = 4
BOTH = (False, True)
"""Practice or not: named, so that an index that begins with it is used."""


class SqlStock:
    """See `ports.stock.Stock` and `ports.book.Book`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    # ports.Stock

    def version(self) -> int:
        """See `ports.Stock`."""
        with self._desk.reading() as db:
            return int(db.execute(select(WATCH.c.book_version)).scalar_one())

    def count(self) -> int:
        """See `ports.Stock`."""
        with self._desk.reading() as db:
            return int(db.execute(select(func.count()).select_from(UNITS)).scalar_one())

    def units(self, *, after: int, count_max: int) -> Sequence[Booked]:
        """See `ports.Stock`."""
        return self.listed(after=after, count_max=count_max)

    def of_keys(self, keys: Collection[str]) -> Mapping[str, Booked]:
        """See `ports.Stock`."""
        with self._desk.reading() as db:
            found = [one for some in _chunks(keys) for one in _booked(db, select(UNITS).where(UNITS.c.key.in_(some)))]
        return {booked.unit.key: booked for booked in found}

    def of_phones(self, phones: Collection[str]) -> Mapping[str, Sequence[Booked]]:
        """See `ports.Stock`."""
        wanted, made = set(phones), dict[str, list[Booked]]()
        with self._desk.reading() as db:
            units: dict[int, Booked] = {}
            for some in _chunks(wanted):
                here = select(NUMBERS.c.unit).where(NUMBERS.c.phone.in_(some))
                units |= {one.seq: one for one in _booked(db, select(UNITS).where(UNITS.c.seq.in_(here)))}
        for booked in sorted(units.values(), key=lambda one: one.seq):
            for imei in booked.unit.device.imeis:
                if imei.key in wanted:
                    made.setdefault(imei.key, []).append(booked)
        return made

    def apply(self, puts: Sequence[Put], *, at: datetime) -> None:
        """See `ports.Stock`."""
        if not puts:
            return
        with self._desk.writing() as db:
            known = _known(db, [put.unit.key for put in puts])
            new = [put for put in puts if put.unit.key not in known]
            count, last = db.execute(select(func.count(), func.coalesce(func.max(UNITS.c.seq), 0))).one()
            if count + len(new) > UNITS_MAX:
                raise ShiroromError("stock-full", count_max=UNITS_MAX)
            _update(db, [(known[put.unit.key], put) for put in puts if put.unit.key in known], at)
            _insert(db, list(enumerate(new, last + 1)), at)
            db.execute(update(WATCH).values(book_version=WATCH.c.book_version + 1))

    # ports.Book

    def watched_keys(self) -> Collection[str]:
        """See `ports.Book`."""
        with self._desk.reading() as db:
            return list(db.execute(select(UNITS.c.key).where(UNITS.c.status != Status.GONE.value)).scalars())

    def listed(
        self, *, after: int, count_max: int, status: Status | None = None, store: str | None = None
    ) -> Sequence[Booked]:
        """See `ports.Book`."""
        where = [UNITS.c.seq > after]
        where += [] if status is None else [UNITS.c.status == status.value]
        where += [] if store is None else [UNITS.c.store == store]
        with self._desk.reading() as db:
            return _booked(db, select(UNITS).where(*where).order_by(UNITS.c.seq).limit(count_max))

    def find(self, text: str, *, count_max: int) -> Sequence[Booked]:
        """See `ports.Book`."""
        wanted = text.strip()
        digits = "".join(character for character in wanted if character.isdigit())
        named: list[ColumnElement[bool]] = [UNITS.c.key == wanted, UNITS.c.receipt == wanted]
        if len(digits) == 15:
            named.append(UNITS.c.seq.in_(select(NUMBERS.c.unit).where(NUMBERS.c.phone == digits[:14])))
        elif len(digits) >= DIGITS_MIN:
            ends = or_(NUMBERS.c.imei.endswith(digits), NUMBERS.c.phone == digits)
            named.append(UNITS.c.seq.in_(select(NUMBERS.c.unit).where(ends)))
        with self._desk.reading() as db:
            rows = select(UNITS).where(or_(*named)).order_by(UNITS.c.status.desc(), UNITS.c.seq.desc()).limit(count_max)
            return _booked(db, rows) if wanted else []

    def stands(self, phones: Collection[str]) -> Mapping[tuple[bool, str, CarrierId], Stands]:
        """See `ports.Book`."""
        cells = select(CELLS).where(CELLS.c.practice.in_(BOTH))
        with self._desk.reading() as db:
            rows = [r for some in _chunks(phones) for r in db.execute(cells.where(CELLS.c.phone.in_(some)))]
        return {
            (bool(row.practice), row.phone, CarrierId(row.carrier)): Stands(
                None if row.mark is None else Mark(row.mark),
                None if row.asked_at is None else at_of(row.asked_at),
                bool(row.vanished),
            )
            for row in rows
        }

    def last_changes(self, phones: Collection[str]) -> Mapping[tuple[bool, str], LastChange]:
        """See `ports.Book`."""
        a = ALERTS.c
        columns = select(a.practice, a.phone, a.carrier, a.before, a.after, a.between_to, a.seq)
        made: dict[tuple[bool, str], LastChange] = {}
        with self._desk.reading() as db:
            for some in _chunks(phones):
                rows = columns.where(a.practice.in_(BOTH), a.phone.in_(some), a.retracted_at.is_(None)).order_by(
                    a.between_to, a.seq
                )
                for row in db.execute(rows):
                    made[bool(row.practice), row.phone] = LastChange(
                        CarrierId(row.carrier), Mark(row.before), Mark(row.after), at_of(row.between_to)
                    )
        return made

    def said(self, headings: str) -> Said:
        """See `ports.Book`."""
        with self._desk.reading() as db:
            found = db.execute(select(COLUMNS.c.said).where(COLUMNS.c.headings == headings)).scalar_one_or_none()
        if found is None:
            return Said()
        kept = json.loads(found)
        return Said(
            {Field(name): tuple(names) for name, names in kept["columns"].items()},
            {word: Status(name) for word, name in kept["statuses"].items()},
        )

    def say(self, headings: str, said: Said, *, at: datetime) -> None:
        """See `ports.Book`."""
        kept = {"columns": said.columns, "statuses": said.statuses}
        values = {"said": json.dumps(kept, ensure_ascii=False), "at": ms_of(at)}
        row = upsert(COLUMNS).values(headings=headings, **values)
        with self._desk.writing() as db:
            db.execute(row.on_conflict_do_update(index_elements=["headings"], set_=values))

    def taken(self, *, digest: str, name: str) -> tuple[Taken | None, Taken | None]:
        """See `ports.Book`."""
        t = TAKEN.c
        with self._desk.reading() as db:
            same = db.execute(select(TAKEN).where(t.digest == digest)).one_or_none()
            last = db.execute(select(TAKEN).where(t.name == name).order_by(t.at.desc()).limit(1)).one_or_none()
        return _taken(same), _taken(last)

    def take(self, taken: Taken) -> None:
        """See `ports.Book`."""
        values = {"name": taken.name, "code": taken.code, "at": ms_of(taken.at)}
        row = upsert(TAKEN).values(digest=taken.digest, **values)
        with self._desk.writing() as db:
            db.execute(row.on_conflict_do_update(index_elements=["digest"], set_=values))


def _taken(row: Row[Any] | None) -> Taken | None:
    return None if row is None else Taken(row.digest, row.name, row.code, at_of(row.at))


def _chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(values)
    while some := list(islice(rest, IN_MAX)):
        yield some


# Reading


def _booked(db: Connection, rows: Select[Any]) -> list[Booked]:
    found = db.execute(rows).all()
    imeis: dict[int, list[Imei]] = {}
    columns = select(NUMBERS.c.unit, NUMBERS.c.imei).order_by(NUMBERS.c.unit, NUMBERS.c.number)
    for some in _chunks([row.seq for row in found]):
        for unit, imei in db.execute(columns.where(NUMBERS.c.unit.in_(some))):
            imeis.setdefault(unit, []).append(Imei(imei))
    return [
        Booked(row.seq, _unit(row, imeis[row.seq]), bool(row.practice), row.since, at_of(row.changed_at))
        for row in found
    ]


def _unit(row: Any, imeis: Sequence[Imei]) -> Unit:
    return Unit(
        key=row.key, device=Device(tuple(imeis)), status=Status(row.status), store=row.store, person=row.person,
        model=row.model, price_yen=row.price_yen, cost_yen=row.cost_yen, bought_on=_day(row.bought_on),
        sold_on=_day(row.sold_on), receipt=row.receipt, warranty=row.warranty, covered_until=_day(row.covered_until),
    )  # fmt: skip


def _day(kept: str | None) -> date | None:
    return None if kept is None else date.fromisoformat(kept)


# Writing


def _known(db: Connection, keys: Collection[str]) -> dict[str, int]:
    columns = select(UNITS.c.key, UNITS.c.seq)
    return {key: seq for some in _chunks(keys) for key, seq in db.execute(columns.where(UNITS.c.key.in_(some)))}


def _insert(db: Connection, new: Sequence[tuple[int, Put]], at: datetime) -> None:
    if new:
        rows = [_values(put.unit, at) | {"seq": seq, "practice": put.practice, "since": put.since} for seq, put in new]
        db.execute(insert(UNITS), rows)
        db.execute(insert(NUMBERS), [row for seq, put in new for row in _numbers(seq, put.unit)])


def _update(db: Connection, known: Sequence[tuple[int, Put]], at: datetime) -> None:
    if not known:
        return
    numbers: dict[int, tuple[str, ...]] = {}
    columns = select(NUMBERS.c.unit, NUMBERS.c.imei).order_by(NUMBERS.c.unit, NUMBERS.c.number)
    for some in _chunks([seq for seq, _ in known]):
        for unit, imei in db.execute(columns.where(NUMBERS.c.unit.in_(some))):
            numbers[unit] = (*numbers.get(unit, ()), imei)
    others = [(seq, put) for seq, put in known if numbers.get(seq) != tuple(i.digits for i in put.unit.device.imeis)]
    rows = [_values(put.unit, at) | {"of": seq} for seq, put in known]
    change = update(UNITS).where(UNITS.c.seq == bindparam("of"))
    db.execute(change, rows)
    if others:
        for some in _chunks([seq for seq, _ in others]):
            db.execute(delete(NUMBERS).where(NUMBERS.c.unit.in_(some)))
        db.execute(insert(NUMBERS), [row for seq, put in others for row in _numbers(seq, put.unit)])
        db.execute(change, [{"of": seq, "practice": put.practice, "since": put.since} for seq, put in others])


def _numbers(seq: int, unit: Unit) -> list[dict[str, Any]]:
    return [
        {"unit": seq, "number": n, "imei": imei.digits, "phone": imei.key}
        for n, imei in enumerate(unit.device.imeis, 1)
    ]


def _values(unit: Unit, at: datetime) -> dict[str, Any]:
    return {
        "key": unit.key, "status": unit.status.value, "store": unit.store, "person": unit.person, "model": unit.model,
        "price_yen": unit.price_yen, "cost_yen": unit.cost_yen, "bought_on": _kept(unit.bought_on),
        "sold_on": _kept(unit.sold_on), "receipt": unit.receipt, "warranty": unit.warranty,
        "covered_until": _kept(unit.covered_until), "changed_at": ms_of(at),
    }  # fmt: skip


def _kept(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
