"""Following the record, in the desk's database: a step is one `BEGIN IMMEDIATE` transaction that checks its basis.

Two processes that follow at once read the same basis; whoever writes second finds it over and looks again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, except_, func, insert, select, update

from shirorom.adapters.desk_sql.counter_rows import ms_of
from shirorom.adapters.desk_sql.database import Desk
from shirorom.adapters.desk_sql.outlet_tables import LEARNED, NEWS
from shirorom.adapters.desk_sql.watch_lists import WatchLists
from shirorom.adapters.desk_sql.watch_rows import alert_of, cell_row, holder_of_row, moment, row_of
from shirorom.adapters.desk_sql.watch_tables import ALERTS, CELLS, DUE, FOLLOWED, NUMBERS, UNITS, WATCH
from shirorom.domain.desk.alerts import Alert, AlertEvent, Holder, alert_kind, reconcile
from shirorom.domain.desk.standing import PhoneStanding
from shirorom.ports.log import Head
from shirorom.ports.watch import Basis, Step, Taken

IN_MAX = 500
"""Values of one `IN (…)`."""


class SqlWatch(WatchLists):
    """See `ports.watch.Watch`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def version(self) -> int:
        """See `ports.watch.Watch`."""
        with self._desk.reading() as db:
            return int(db.execute(select(WATCH.c.version)).scalar_one())

    def basis(self, practice: bool) -> Basis:
        """See `ports.watch.Watch`."""
        with self._desk.reading() as db:
            return _basis(db, practice)

    def booked(self, phones: Collection[str], practice: bool) -> Collection[str]:
        """See `ports.watch.Watch`."""
        with self._desk.reading() as db:
            return {
                row.phone
                for some in _parts(phones)
                for row in db.execute(
                    select(NUMBERS.c.phone).join(UNITS, UNITS.c.seq == NUMBERS.c.unit)
                    .where(NUMBERS.c.phone.in_(some), UNITS.c.practice.is_(practice))
                )
            }  # fmt: skip

    def phones(self, practice: bool) -> Collection[str]:
        """See `ports.watch.Watch`."""
        of_units = select(NUMBERS.c.phone).join(UNITS, UNITS.c.seq == NUMBERS.c.unit)
        with self._desk.reading() as db:
            return db.execute(of_units.where(UNITS.c.practice.is_(practice)).distinct()).scalars().all()

    def unlearned(self, practice: bool, *, count_max: int) -> Sequence[str]:
        """See `ports.watch.Watch`."""
        with self._desk.reading() as db:
            state = db.execute(select(WATCH.c.book_version, WATCH.c.learned_version)).one()
            if state.book_version == state.learned_version:
                return ()
            differs = except_(_units_as_learned(), select(LEARNED)).subquery()
            found = select(differs.c.phone).where(differs.c.practice.is_(practice)).distinct().limit(count_max)
            return db.execute(found).scalars().all()

    def learned(self, book: int) -> None:
        """See `ports.watch.Watch`."""
        with self._desk.writing() as db:
            here = and_(WATCH.c.book_version == book, WATCH.c.learned_version != book)
            if db.execute(select(WATCH.c.id).where(here)).first() is None:
                return
            if db.execute(except_(_units_as_learned(), select(LEARNED)).limit(1)).first() is None:
                db.execute(update(WATCH).values(learned_version=book))

    def due(self, practice: bool, *, by: date) -> Sequence[str]:
        """See `ports.watch.Watch`."""
        here = (DUE.c.practice.is_(practice), DUE.c.day <= by.isoformat())
        with self._desk.reading() as db:
            return db.execute(select(DUE.c.phone).where(*here).order_by(DUE.c.phone)).scalars().all()

    def take(self, step: Step) -> Taken | None:
        """See `ports.watch.Watch`."""
        with self._desk.writing() as db:
            if _basis(db, step.practice) != step.basis:
                return None
            events: list[tuple[AlertEvent, Alert]] = []
            cells = 0
            for some in _phones(step.phones):
                cells += _write_cells(db, step.practice, some)
                events += _write_alerts(db, step, some)
                _write_learned(db, step.practice, [one.phone for one in some])
                _write_due(db, step.practice, some)
            if step.head is not None:
                _follow(db, step.practice, step.head)
            if cells or events:
                db.execute(update(WATCH).values(version=WATCH.c.version + 1))
            return Taken(cells, events)

    def start_over(self, practice: bool, head: Head, at: datetime) -> None:
        """See `ports.watch.Watch`.

        A unit's `since` counts entries of the log that is gone: what this one holds by now is the nearest that can be
        said of it.
        """
        with self._desk.writing() as db:
            followed = select(FOLLOWED.c.size).where(FOLLOWED.c.practice.is_(practice))
            told = ms_of(at) if db.execute(followed).first() is not None else None
            _follow(db, practice, head)
            db.execute(delete(LEARNED).where(LEARNED.c.practice.is_(practice)))
            ahead = and_(UNITS.c.practice.is_(practice), UNITS.c.since > head.size)
            db.execute(update(UNITS).where(ahead).values(since=head.size))
            db.execute(update(WATCH).values(learned_version=-1, book_version=WATCH.c.book_version + 1))
            if told is not None:
                db.execute(update(FOLLOWED).where(FOLLOWED.c.practice.is_(practice)).values(started_over_at=told))

    def started_over_at(self, practice: bool) -> datetime | None:
        """See `ports.watch.Watch`."""
        with self._desk.reading() as db:
            found = select(FOLLOWED.c.started_over_at).where(FOLLOWED.c.practice.is_(practice))
            return moment(db.execute(found).scalar_one_or_none())


def _basis(db: Connection, practice: bool) -> Basis:
    book = db.execute(select(WATCH.c.book_version)).scalar_one()
    row = db.execute(select(FOLLOWED).where(FOLLOWED.c.practice.is_(practice))).one_or_none()
    return Basis(None if row is None else Head(row.size, bytes.fromhex(row.root)), int(book))


def _follow(db: Connection, practice: bool, head: Head) -> None:
    values = {"size": head.size, "root": head.root.hex()}
    known = update(FOLLOWED).where(FOLLOWED.c.practice.is_(practice)).values(values)
    if not db.execute(known).rowcount:
        db.execute(insert(FOLLOWED).values(practice=practice, **values))


def _units_as_learned() -> Any:
    columns = (UNITS.c.seq, NUMBERS.c.phone, UNITS.c.practice, UNITS.c.status, UNITS.c.since)
    return select(*columns).join(NUMBERS, NUMBERS.c.unit == UNITS.c.seq)


def _write_cells(db: Connection, practice: bool, phones: Sequence[PhoneStanding]) -> int:
    """Put what stands in the place of what stood; each cell that differs takes the next number of changes."""
    names = [one.phone for one in phones]
    rows = db.execute(select(CELLS).where(CELLS.c.practice.is_(practice), CELLS.c.phone.in_(names))).mappings()
    known = {(row["phone"], row["carrier"]): dict(row) for row in rows}
    version = db.execute(select(WATCH.c.version)).scalar_one()
    written = []
    for phone in phones:
        for standing in phone.standings:
            row = cell_row(practice, phone.phone, standing)
            before = known.pop((phone.phone, standing.carrier.value), None)
            if before is None or any(before[name] != value for name, value in row.items()):
                version += 1
                written.append({**row, "version": version})
    if written:
        db.execute(insert(CELLS).prefix_with("OR REPLACE"), written)
        db.execute(update(WATCH).values(version=version))
    for phone_, carrier in known:  # of a log that is no longer followed
        here = (CELLS.c.practice.is_(practice), CELLS.c.phone == phone_, CELLS.c.carrier == carrier)
        db.execute(delete(CELLS).where(*here))
    return len(written) + len(known)


def _write_alerts(db: Connection, step: Step, phones: Sequence[PhoneStanding]) -> list[tuple[AlertEvent, Alert]]:
    """Hold the alerts of these phones against what their entries say, and write what differs with its news."""
    names = [one.phone for one in phones]
    alerts: dict[str, list[Alert]] = {name: [] for name in names}
    for row in db.execute(select(ALERTS).where(ALERTS.c.practice.is_(step.practice), ALERTS.c.phone.in_(names))):
        alerts[row.phone].append(alert_of(row))
    holders: dict[str, list[Holder]] = {name: [] for name in names}
    units = select(UNITS, NUMBERS.c.phone).join(NUMBERS, NUMBERS.c.unit == UNITS.c.seq)
    for row in db.execute(units.where(NUMBERS.c.phone.in_(names), UNITS.c.practice.is_(step.practice))):
        holders[row.phone].append(holder_of_row(row))
    seq = db.execute(select(func.coalesce(func.max(ALERTS.c.seq), 0))).scalar_one()
    events: list[tuple[AlertEvent, Alert]] = []
    for phone in phones:
        found = reconcile(alerts[phone.phone], phone.news, holders[phone.phone], at=step.at)
        for alert, event in found.changed:
            events.append((event, alert))
            db.execute(update(ALERTS).where(ALERTS.c.seq == alert.seq).values(row_of(alert)))
        for news, holder in found.raised:
            seq += 1
            alert = Alert(
                seq=seq, kind=alert_kind(news.change.from_, news.change.to), key=holder.key, imei=news.imei,
                change=news.change, index=news.index, practice=step.practice, at=step.at, store=holder.store,
                person=holder.person, explained_at=news.explained_at, day=news.day,
            )  # fmt: skip
            events.append((AlertEvent.RAISED, alert))
            db.execute(insert(ALERTS).values(row_of(alert)))
    if events:
        rows = [{"alert": alert.seq, "event": event.value, "at": ms_of(step.at)} for event, alert in events]
        db.execute(insert(NEWS), rows)
    return events


def _write_learned(db: Connection, practice: bool, phones: Sequence[str]) -> None:
    db.execute(delete(LEARNED).where(LEARNED.c.phone.in_(phones), LEARNED.c.practice.is_(practice)))
    units = _units_as_learned().where(NUMBERS.c.phone.in_(phones), UNITS.c.practice.is_(practice))
    db.execute(insert(LEARNED).prefix_with("OR REPLACE").from_select([c.name for c in LEARNED.columns], units))


def _write_due(db: Connection, practice: bool, phones: Sequence[PhoneStanding]) -> None:
    here = (DUE.c.practice.is_(practice), DUE.c.phone.in_([one.phone for one in phones]))
    db.execute(delete(DUE).where(*here))
    rows = [{"practice": practice, "phone": one.phone, "day": one.due.isoformat()} for one in phones if one.due]
    if rows:
        db.execute(insert(DUE), rows)


def _parts(phones: Collection[str]) -> Iterable[list[str]]:
    names = list(phones)
    return (names[first : first + IN_MAX] for first in range(0, len(names), IN_MAX))


def _phones(phones: Sequence[PhoneStanding]) -> Iterable[Sequence[PhoneStanding]]:
    return (phones[first : first + IN_MAX] for first in range(0, len(phones), IN_MAX))
