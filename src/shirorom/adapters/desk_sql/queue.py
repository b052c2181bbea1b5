"""The counter's queue in the desk's database: every change is one `BEGIN IMMEDIATE` transaction, so none overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, false, func, insert, or_, select, update

from shirorom.adapters.desk_sql.counter_rows import claim_of, item_of, ms_of, wanted_of
from shirorom.adapters.desk_sql.counter_tables import CLAIMS, GIVEN, IMEIS, ITEMS, MODELS, SCREENSHOTS, STATE
from shirorom.adapters.desk_sql.database import Desk
from shirorom.adapters.desk_sql.given import GivenRows
from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.queue import OPEN_MAX, Claim, Item, Outcome, Place, Rules, Seat, Told, Wanted
from shirorom.domain.errors import ShiroromError
from shirorom.domain.imei import IMEIS_MAX, Device, Imei
from shirorom.ports.queue import NewItem

ROWS_MAX = 5_000
"""Items read at once: those that wait, and a day's work."""


class SqlQueue(GivenRows):
    """See `ports.Queue`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def version(self, now: datetime) -> tuple[int, int]:
        """See `ports.Queue`."""
        held = select(func.count()).select_from(CLAIMS).where(CLAIMS.c.until > ms_of(now)).scalar_subquery()
        with self._desk.reading() as db:
            row = db.execute(select(STATE.c.version, held.label("held"))).one()
        return int(row.version), int(row.held)

    def rules(self) -> Rules:
        """See `ports.Queue`."""
        with self._desk.reading() as db:
            row = db.execute(select(STATE.c.stop_at_restricted, STATE.c.skip)).one()
        return Rules(bool(row.stop_at_restricted), frozenset(CarrierId(name) for name in row.skip.split(",") if name))

    def set_rules(self, rules: Rules) -> None:
        """See `ports.Queue`."""
        skip = ",".join(carrier.value for carrier in CarrierId if carrier in rules.skip)
        with self._desk.writing() as db:
            db.execute(update(STATE).values(stop_at_restricted=rules.stop_at_restricted, skip=skip))
            self._changed(db)

    # Phones

    def add(
        self, items: Sequence[NewItem], *, ids: Sequence[str], by: str, at: datetime, since: datetime
    ) -> Sequence[tuple[Item, bool]]:
        """See `ports.Queue`."""
        taken = []
        with self._desk.writing() as db:
            waiting = db.execute(select(func.count()).select_from(ITEMS).where(_waits())).scalar_one()
            for new, id_ in zip(items, ids, strict=True):
                known = self._known(db, new.device, since)
                if known is not None:
                    self._join(db, known, new)
                    taken.append((known, False))
                    continue
                waiting += 1
                if waiting > OPEN_MAX:
                    raise ShiroromError("queue-full", count_max=OPEN_MAX)
                self._insert(db, new, id_, by=by, at=at, since=since)
                taken.append((id_, True))
            self._changed(db)
            found = {item.id: item for item in _items(db, ITEMS.c.id.in_([one for one, _ in taken]))}
        return [(found[one], fresh) for one, fresh in taken]

    @staticmethod
    def _known(db: Connection, device: Device, since: datetime) -> str | None:
        rows = select(ITEMS.c.id).join(IMEIS, IMEIS.c.item == ITEMS.c.id).order_by(ITEMS.c.seq)
        keys = IMEIS.c.key.in_([imei.key for imei in device.imeis])
        found = db.execute(rows.where(keys, _listed(since)).limit(1)).scalar_one_or_none()
        return None if found is None else str(found)

    @staticmethod
    def _join(db: Connection, id_: str, new: NewItem) -> None:
        """Numbers that came with a known one are of that phone, up to the limit of a device."""
        keys = select(IMEIS.c.key).where(IMEIS.c.item == id_).order_by(IMEIS.c.number)
        known = list(db.execute(keys).scalars())
        more = [imei for imei in new.device.imeis if imei.key not in known][: IMEIS_MAX - len(known)]
        if more:
            _insert_imeis(db, id_, more, after=len(known))
            db.execute(update(ITEMS).where(ITEMS.c.id == id_).values(closed_at=None))
        of_plan = and_(ITEMS.c.id == id_, ITEMS.c.wanted.is_not(None))
        wanted = _renumbered(new, [*known, *(imei.key for imei in more)])
        db.execute(update(ITEMS).where(of_plan).values(**wanted_of(wanted)))

    @staticmethod
    def _insert(db: Connection, new: NewItem, id_: str, *, by: str, at: datetime, since: datetime) -> None:
        today = select(func.coalesce(func.max(ITEMS.c.number), 0) + 1).where(ITEMS.c.added_at >= ms_of(since))
        values = {
            "id": id_,
            "number": db.execute(today).scalar_one(),
            "carriers": ",".join(carrier.value for carrier in new.order),
            "added_at": ms_of(at),
            "added_by": by,
            **wanted_of(new.wanted),
        }
        db.execute(insert(ITEMS).values(values))
        _insert_imeis(db, id_, new.device.imeis, after=0)

    def items(self, *, since: datetime) -> Sequence[Item]:
        """See `ports.Queue`."""
        with self._desk.reading() as db:
            return _items(db, _listed(since))

    def item(self, id_: str) -> Item:
        """See `ports.Queue`."""
        with self._desk.reading() as db:
            found = _items(db, ITEMS.c.id == id_)
        if not found:
            raise ShiroromError("item-not-found")
        return found[0]

    def close_items(self, ids: Sequence[str], at: datetime) -> None:
        """See `ports.Queue`."""
        self._mark(ids, {"closed_at": ms_of(at)})

    def open_items(self, ids: Sequence[str]) -> None:
        """See `ports.Queue`."""
        self._mark(ids, {"closed_at": None})

    def _mark(self, ids: Sequence[str], values: Mapping[str, int | None]) -> None:
        with self._desk.writing() as db:
            db.execute(update(ITEMS).where(ITEMS.c.id.in_(ids)).values(values))
            self._changed(db)

    def remove(self, id_: str, at: datetime) -> None:
        """See `ports.Queue`."""
        with self._desk.writing() as db:
            done = db.execute(
                update(ITEMS).where(ITEMS.c.id == id_, ITEMS.c.removed_at.is_(None)).values(removed_at=ms_of(at))
            )
            if not done.rowcount:
                raise ShiroromError("item-not-found")
            db.execute(delete(CLAIMS).where(CLAIMS.c.item == id_))
            self._changed(db)

    def remove_items(self, ids: Sequence[str], at: datetime) -> None:
        """See `ports.Queue`."""
        with self._desk.writing() as db:
            there = and_(ITEMS.c.id.in_(ids), ITEMS.c.removed_at.is_(None))
            db.execute(update(ITEMS).where(there).values(removed_at=ms_of(at)))
            db.execute(delete(CLAIMS).where(CLAIMS.c.item.in_(ids)))
            self._changed(db)

    # Who is where

    def claims(self, now: datetime) -> Sequence[Claim]:
        """See `ports.Queue`."""
        with self._desk.reading() as db:
            return [claim_of(row) for row in db.execute(select(CLAIMS).where(CLAIMS.c.until > ms_of(now)))]

    def claim(
        self,
        wanted: Sequence[tuple[str, Place]],
        seat: Seat,
        *,
        now: datetime,
        until: datetime,
        seen: int | None = None,
    ) -> tuple[str, Place] | None:
        """See `ports.Queue`."""
        with self._desk.writing() as db:
            wanted = wanted if seen is None else _not_finished(db, wanted, seen)
            held = select(CLAIMS).where(CLAIMS.c.item.in_({id_ for id_, _ in wanted}), CLAIMS.c.until > ms_of(now))
            claims = {(claim.item, claim.place): claim for claim in map(claim_of, db.execute(held))}
            free = (one for one in wanted if one not in claims or not claims[one].bars(seat, now))
            taken = next(free, None)
            if taken is None:
                return None
            id_, place = taken
            mine = and_(CLAIMS.c.person == seat.person, CLAIMS.c.tab == seat.tab) if seat.tab else false()
            here = and_(CLAIMS.c.item == id_, CLAIMS.c.place == place.name)
            before = claims.get(taken)
            tab = seat.tab or (
                before.seat.tab if before else ""
            )  # the extension goes on for the page, not instead of it
            db.execute(delete(CLAIMS).where(or_(here, mine, CLAIMS.c.until <= ms_of(now))))
            row = {"person": seat.person, "name": seat.name, "tab": tab, "until": ms_of(until)}
            db.execute(insert(CLAIMS).values(item=id_, place=place.name, **row))
            if before is None or before.seat.name != seat.name:
                self._changed(db)  # a lease that only goes on is nothing to see
        return taken

    def release(self, id_: str, place: Place, seat: Seat) -> None:
        """See `ports.Queue`."""
        where = [CLAIMS.c.item == id_, CLAIMS.c.place == place.name, CLAIMS.c.person == seat.person]
        with self._desk.writing() as db:
            if db.execute(delete(CLAIMS).where(*where, CLAIMS.c.tab == seat.tab)).rowcount:
                self._changed(db)

    # What helps, and what ends

    def told(self, tac: str) -> Mapping[CarrierId, Told]:
        """See `ports.Queue`."""
        with self._desk.reading() as db:
            rows = db.execute(select(MODELS).where(MODELS.c.tac == tac))
            return {CarrierId(row.carrier): Told(row.asked, row.known) for row in rows}

    def keep_screenshot(self, id_: str, place: Place, digest: str, at: datetime) -> None:
        """See `ports.Queue`."""
        if not self.has_screenshot(id_, place, digest):
            with self._desk.writing() as db:
                row = {"item": id_, "place": place.name, "digest": digest, "at": ms_of(at)}
                db.execute(insert(SCREENSHOTS).prefix_with("OR IGNORE").values(row))

    def has_screenshot(self, id_: str, place: Place, digest: str) -> bool:
        """See `ports.Queue`."""
        where = [SCREENSHOTS.c.item == id_, SCREENSHOTS.c.place == place.name, SCREENSHOTS.c.digest == digest]
        with self._desk.reading() as db:
            return db.execute(select(SCREENSHOTS.c.at).where(*where)).first() is not None

    def forget(self, before: datetime) -> int:
        """See `ports.Queue`."""
        old = or_(ITEMS.c.closed_at < ms_of(before), ITEMS.c.removed_at < ms_of(before))
        with self._desk.writing() as db:
            return int(db.execute(delete(ITEMS).where(old)).rowcount)

    def outcomes(self, ids: Sequence[str]) -> Mapping[tuple[str, Place], Outcome]:
        """See `ports.Queue`."""
        columns = select(GIVEN.c.item, GIVEN.c.place, GIVEN.c.outcome).order_by(GIVEN.c.seq)
        counts = [GIVEN.c.outcome.is_not(None), GIVEN.c.done_at.is_not(None), GIVEN.c.back_at.is_(None)]
        with self._desk.reading() as db:
            rows = db.execute(columns.where(GIVEN.c.item.in_(ids), *counts)).all()
        return {(row.item, Place.parse(row.place)): Outcome(row.outcome) for row in rows}


def _renumbered(new: NewItem, keys: Sequence[str]) -> Wanted | None:
    """What the plan wants of a phone whose numbers stand in another order in the queue."""
    if new.wanted is None:
        return None
    at = {n: keys.index(imei.key) + 1 for n, imei in enumerate(new.device.imeis, 1) if imei.key in keys}
    places = (Place(at[place.number], place.carrier) for place in new.wanted.places if place.number in at)
    return Wanted(frozenset(places), new.wanted.since)


def _waits() -> ColumnElement[bool]:
    return and_(ITEMS.c.closed_at.is_(None), ITEMS.c.removed_at.is_(None))


def _listed(since: datetime) -> ColumnElement[bool]:
    return and_(ITEMS.c.removed_at.is_(None), or_(ITEMS.c.closed_at.is_(None), ITEMS.c.closed_at >= ms_of(since)))


def _not_finished(db: Connection, wanted: Sequence[tuple[str, Place]], seen: int) -> list[tuple[str, Place]]:
    """Without those that somebody has answered since."""
    since = [GIVEN.c.item.in_({id_ for id_, _ in wanted}), GIVEN.c.done_change > seen, GIVEN.c.back_at.is_(None)]
    done = {(row.item, Place.parse(row.place)) for row in db.execute(select(GIVEN.c.item, GIVEN.c.place).where(*since))}
    return [one for one in wanted if one not in done]


def _insert_imeis(db: Connection, id_: str, imeis: Sequence[Imei], *, after: int) -> None:
    rows = [{"item": id_, "number": n, "imei": imei.digits, "key": imei.key} for n, imei in enumerate(imeis, after + 1)]
    db.execute(insert(IMEIS), rows)


def _items(db: Connection, where: ColumnElement[bool]) -> list[Item]:
    rows = db.execute(select(ITEMS).where(where).order_by(ITEMS.c.seq).limit(ROWS_MAX)).all()
    numbers: dict[str, list[Imei]] = {row.id: [] for row in rows}
    columns = select(IMEIS.c.item, IMEIS.c.imei).join(ITEMS, ITEMS.c.id == IMEIS.c.item)
    for row in db.execute(columns.where(where).order_by(IMEIS.c.number)):
        if row.item in numbers:
            numbers[row.item].append(Imei(row.imei))
    return [item_of(row, Device(tuple(numbers[row.id]))) for row in rows]
