"""Counts for the page of the watch, by SQL over the book and what stands (`ports/board.py`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, case, func, select

from shirorom.adapters.desk_sql.database import Desk
from shirorom.adapters.desk_sql.watch_tables import CELLS, DAYS, NUMBERS, UNITS, WATCH
from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.desk.stock import Status
from shirorom.domain.mark import Mark, VerdictKind
from shirorom.ports.board import Scope, Silence

_WORST_LAST = (Mark.NO_RECORD, Mark.CLEAR, Mark.CAUTION, Mark.RESTRICTED)  # as domain/verdict.py, the other way round
_RANK = {mark: rank for rank, mark in enumerate(_WORST_LAST, 1)}


class SqlBoard:
    """Reads; writes nothing."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def version(self) -> str:
        """See the port."""
        with self._desk.reading() as connection:
            row = connection.execute(select(WATCH.c.book_version, WATCH.c.version)).one()
        return f"{row.book_version}.{row.version}"

    def units(self, scope: Scope) -> Mapping[Status, int]:
        """See the port."""
        query = select(UNITS.c.status, func.count()).where(*_of(scope)).group_by(UNITS.c.status)
        with self._desk.reading() as connection:
            found = {Status(row[0]): int(row[1]) for row in connection.execute(query)}
        return {status: found.get(status, 0) for status in Status}

    def verdicts(self, scope: Scope) -> Mapping[VerdictKind, int]:
        """See the port; `domain/verdict.decide` in SQL: any ×, else anything unknown, else the worst."""
        rank = case({mark.value: n for mark, n in _RANK.items()}, value=CELLS.c.mark, else_=0)
        of_unit = (
            select(
                func.max(rank).label("worst"),
                func.count(CELLS.c.mark).label("known"),
                func.count(NUMBERS.c.phone.distinct()).label("numbers"),
            )
            .select_from(UNITS)
            .join(NUMBERS, NUMBERS.c.unit == UNITS.c.seq)
            .outerjoin(CELLS, and_(CELLS.c.practice == UNITS.c.practice, CELLS.c.phone == NUMBERS.c.phone))
            .where(UNITS.c.status == Status.STOCK.value, *_of(scope))
            .group_by(UNITS.c.seq)
            .subquery()
        )
        verdict = case(
            (of_unit.c.worst == _RANK[Mark.RESTRICTED], _RANK[Mark.RESTRICTED]),
            (of_unit.c.known < len(CARRIERS) * of_unit.c.numbers, 0),
            else_=of_unit.c.worst,
        )
        with self._desk.reading() as connection:
            rows = connection.execute(select(verdict, func.count()).group_by(verdict)).all()
        found = {int(row[0]): int(row[1]) for row in rows}
        counts = {VerdictKind(mark.value): found.get(n, 0) for mark, n in _RANK.items()}
        return counts | {VerdictKind.UNDETERMINED: found.get(0, 0)}

    def days(self, *, practice: bool, since: date) -> Mapping[date, Mapping[VerdictKind, int]]:
        """See the port."""
        query = (
            select(DAYS.c.day, DAYS.c.verdict, DAYS.c.units)
            .where(DAYS.c.day >= since.isoformat(), DAYS.c.status == Status.STOCK.value, DAYS.c.practice == practice)
            .order_by(DAYS.c.day)
        )
        days: dict[date, dict[VerdictKind, int]] = {}
        with self._desk.reading() as connection:
            for day, verdict, units in connection.execute(query):
                counts = days.setdefault(date.fromisoformat(day), dict.fromkeys(VerdictKind, 0))
                counts[VerdictKind(verdict)] = units
        return days

    def silent(self, scope: Scope, *, before: datetime) -> Mapping[CarrierId, Silence]:
        """See the port."""
        limit = int(before.timestamp() * 1000)
        numbers = (
            select(UNITS.c.practice, NUMBERS.c.phone)
            .select_from(UNITS)
            .join(NUMBERS, NUMBERS.c.unit == UNITS.c.seq)
            .where(UNITS.c.status == Status.STOCK.value, *_of(scope))
            .distinct()
            .subquery()
        )
        heard = (
            select(
                CELLS.c.carrier,
                func.count(CELLS.c.mark),
                func.sum(case((and_(CELLS.c.mark.is_not(None), CELLS.c.asked_at < limit), 1), else_=0)),
            )
            .select_from(numbers)
            .join(CELLS, and_(CELLS.c.practice == numbers.c.practice, CELLS.c.phone == numbers.c.phone))
            .group_by(CELLS.c.carrier)
        )
        with self._desk.reading() as connection:
            total = connection.execute(select(func.count()).select_from(numbers)).scalar_one()
            found = {carrier: (known, old) for carrier, known, old in connection.execute(heard)}
        silences = {}
        for carrier in CARRIERS:
            known, old = found.get(carrier.value, (0, 0))
            silences[carrier] = Silence(never=total - known, old=old)
        return silences

    def scopes(self, *, practice: bool) -> tuple[Sequence[str], Sequence[str]]:
        """See the port."""
        with self._desk.reading() as connection:
            stores, persons = (
                connection.execute(
                    select(column).where(column != "", UNITS.c.practice == practice).distinct().order_by(column)
                )
                .scalars()
                .all()
                for column in (UNITS.c.store, UNITS.c.person)
            )
        return stores, persons


def _of(scope: Scope) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [UNITS.c.practice == scope.practice]
    if scope.store:
        wanted.append(UNITS.c.store == scope.store)
    if scope.person:
        wanted.append(UNITS.c.person == scope.person)
    return wanted
