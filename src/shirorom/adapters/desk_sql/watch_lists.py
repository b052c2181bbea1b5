"""What the watch lists: alerts and their handling, changed cells, counts of a day. The reading half of `SqlWatch`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update

from shirorom.adapters.desk_sql.counter_rows import ms_of
from shirorom.adapters.desk_sql.database import Desk
from shirorom.adapters.desk_sql.watch_rows import alert_of, standing_of
from shirorom.adapters.desk_sql.watch_tables import ALERTS, CELLS, DAYS, NUMBERS, UNITS, WATCH
from shirorom.domain.carrier import CARRIERS
from shirorom.domain.desk.alerts import Alert, AlertKind
from shirorom.domain.desk.stock import Status
from shirorom.domain.errors import RequestError
from shirorom.domain.mark import Mark
from shirorom.ports.watch import LIST_MAX, AlertFilter, ChangedCell, DayCount, UnitMarks

MARKS = tuple(Mark)


class WatchLists:
    """See `ports.watch.Watch`."""

    _desk: Desk

    def alerts(
        self,
        which: AlertFilter,
        *,
        after: int = 0,
        before: int | None = None,
        count_max: int = LIST_MAX,
        newest: bool = False,
    ) -> Sequence[Alert]:
        """See `ports.watch.Watch`."""
        rows = select(ALERTS).where(ALERTS.c.seq > after, *_matching(which))
        if before is not None:
            rows = rows.where(ALERTS.c.seq < before)
        rows = rows.order_by(ALERTS.c.seq.desc() if newest else ALERTS.c.seq).limit(count_max)
        with self._desk.reading() as db:
            return [alert_of(row) for row in db.execute(rows)]

    def alert(self, seq: int) -> Alert:
        """See `ports.watch.Watch`."""
        with self._desk.reading() as db:
            row = db.execute(select(ALERTS).where(ALERTS.c.seq == seq)).one_or_none()
        if row is None:
            raise RequestError("alert-not-found", seq=seq)
        return alert_of(row)

    def open_counts(self) -> Mapping[tuple[bool, AlertKind], int]:
        """See `ports.watch.Watch`."""
        columns = select(ALERTS.c.practice, ALERTS.c.kind, func.count().label("count"))
        with self._desk.reading() as db:
            rows = db.execute(columns.where(_open()).group_by(ALERTS.c.practice, ALERTS.c.kind)).all()
        return {(bool(row[0]), AlertKind(row[1])): int(row[2]) for row in rows}

    def handle(self, seqs: Sequence[int], *, by: str, note: str, at: datetime) -> Sequence[Alert]:
        """See `ports.watch.Watch`."""
        with self._desk.writing() as db:
            known = {row.seq: row for row in db.execute(select(ALERTS).where(ALERTS.c.seq.in_(seqs)))}
            for seq in seqs:
                if seq not in known:
                    raise RequestError("alert-not-found", seq=seq)
            fresh = and_(ALERTS.c.seq.in_(seqs), ALERTS.c.handled_at.is_(None))
            db.execute(update(ALERTS).where(fresh).values(handled_at=ms_of(at), handled_by=by, note=note))
            db.execute(update(WATCH).values(version=WATCH.c.version + 1))
            rows = db.execute(select(ALERTS).where(ALERTS.c.seq.in_(seqs)).order_by(ALERTS.c.seq))
            return [alert_of(row) for row in rows]

    def changed_cells(self, *, after: int, count_max: int) -> Sequence[ChangedCell]:
        """See `ports.watch.Watch`."""
        phone = and_(NUMBERS.c.phone == CELLS.c.phone)
        unit = and_(UNITS.c.seq == NUMBERS.c.unit, UNITS.c.practice == CELLS.c.practice)
        own = (UNITS.c.key, UNITS.c.store, UNITS.c.status, NUMBERS.c.number)
        rows = select(CELLS, *own).join(NUMBERS, phone).join(UNITS, unit)
        rows = rows.where(CELLS.c.version > after, UNITS.c.status != Status.GONE.value)
        with self._desk.reading() as db:
            first = db.execute(rows.order_by(CELLS.c.version, UNITS.c.seq).limit(count_max)).all()
            if len(first) == count_max:  # a cell of several units is given whole
                rows = rows.where(CELLS.c.version <= first[-1].version)
                first = db.execute(rows.order_by(CELLS.c.version, UNITS.c.seq)).all()
        return [
            ChangedCell(
                row.version, row.key, row.store, Status(row.status), bool(row.practice), row.number, standing_of(row)
            )
            for row in first
        ]

    def unit_marks(self) -> Sequence[UnitMarks]:
        """See `ports.watch.Watch`."""
        shown = [
            func.max(func.coalesce(CELLS.c.mark, "") == mark.value).label(f"mark_{n}") for n, mark in enumerate(MARKS)
        ]
        known = func.count(CELLS.c.mark)
        numbers = func.count(func.distinct(NUMBERS.c.number))
        per_unit = (
            select(UNITS.c.practice, UNITS.c.status, *shown, (known == numbers * len(CARRIERS)).label("whole"))
            .join(NUMBERS, NUMBERS.c.unit == UNITS.c.seq)
            .outerjoin(CELLS, and_(CELLS.c.phone == NUMBERS.c.phone, CELLS.c.practice == UNITS.c.practice))
            .where(UNITS.c.status != Status.GONE.value)
            .group_by(UNITS.c.seq)
            .subquery()
        )
        with self._desk.reading() as db:
            rows = db.execute(select(*per_unit.c, func.count()).group_by(*per_unit.c)).all()
        found = []
        for practice, status, *flags, whole, count in rows:
            marks = frozenset(mark for mark, flag in zip(MARKS, flags, strict=True) if flag)
            found.append(UnitMarks(bool(practice), Status(status), marks, bool(whole), int(count)))
        return found

    def count_day(self, counts: Sequence[DayCount]) -> None:
        """See `ports.watch.Watch`."""
        days = {one.day.isoformat() for one in counts}
        rows = [
            {
                "practice": one.practice, "day": one.day.isoformat(), "status": one.status.value,
                "verdict": one.verdict, "units": one.units,
            }
            for one in counts
        ]  # fmt: skip
        if rows:
            with self._desk.writing() as db:
                db.execute(delete(DAYS).where(DAYS.c.day.in_(days)))
                db.execute(insert(DAYS), rows)

    def days(self, *, since: date) -> Sequence[DayCount]:
        """See `ports.watch.Watch`."""
        rows = select(DAYS).where(DAYS.c.day >= since.isoformat()).order_by(DAYS.c.day, DAYS.c.status, DAYS.c.verdict)
        with self._desk.reading() as db:
            return [
                DayCount(bool(row.practice), date.fromisoformat(row.day), Status(row.status), row.verdict, row.units)
                for row in db.execute(rows)
            ]


def _open() -> ColumnElement[bool]:
    return and_(ALERTS.c.handled_at.is_(None), ALERTS.c.retracted_at.is_(None))


def _matching(which: AlertFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if which.kinds:
        found.append(ALERTS.c.kind.in_([kind.value for kind in which.kinds]))
    for column, names in (
        (ALERTS.c.store, which.stores),
        (ALERTS.c.person, which.persons),
        (ALERTS.c.unit, which.keys),
    ):
        if names:
            found.append(column.in_(names))
    if which.practice is not None:
        found.append(ALERTS.c.practice.is_(which.practice))
    if which.open:
        found.append(_open())
    if which.since is not None:
        found.append(ALERTS.c.at >= ms_of(which.since))
    return found
