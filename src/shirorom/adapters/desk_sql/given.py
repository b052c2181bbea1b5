"""What was given, under its key: held while it is recorded, finished once, found again after a crash."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from shirorom.adapters.desk_sql.counter_rows import given_of, ms_of, row_of
from shirorom.adapters.desk_sql.counter_tables import CLAIMS, GIVEN, IMEIS, MODELS, STATE
from shirorom.adapters.desk_sql.database import Desk
from shirorom.domain.desk.given import Begun, Given, Turn
from shirorom.domain.desk.queue import Place
from shirorom.domain.errors import RequestError, ShiroromError


class GivenRows:
    """That half of `ports.Queue`."""

    _desk: Desk

    def begin(self, given: Given, *, holder: str, now: datetime, until: datetime) -> Begun:
        """See `ports.Queue`."""
        held = {"holder": holder, "held_until": ms_of(until)}
        with self._desk.writing() as db:
            row = _row(db, given.key)
            if row is None:
                db.execute(insert(GIVEN).values(row_of(given) | held))
                return Begun(Turn.FIRST, given)
            if row.print != given.print:
                raise RequestError("idempotency-key-reused")
            if row.done_at is not None:
                return Begun(Turn.DONE, given_of(row))
            if row.held_until > ms_of(now):
                raise RequestError("idempotency-in-progress")
            db.execute(update(GIVEN).where(GIVEN.c.key == given.key).values(held))
            return Begun(Turn.AGAIN, given_of(row))

    def give_up(self, key: str, holder: str) -> None:
        """See `ports.Queue`."""
        with self._desk.writing() as db:
            where = [GIVEN.c.key == key, GIVEN.c.holder == holder, GIVEN.c.done_at.is_(None)]
            db.execute(update(GIVEN).where(*where).values(held_until=0))

    def finish(self, key: str, *, index: int | None, told: bool | None, at: datetime) -> Given:
        """See `ports.Queue`."""
        with self._desk.writing() as db:
            row = _row(db, key)
            if row is None:
                raise ShiroromError("item-not-found")
            if row.done_at is None:
                self._changed(db)
                change = select(STATE.c.version).scalar_subquery()
                done = {"log_index": index, "done_at": ms_of(at), "done_change": change}
                db.execute(update(GIVEN).where(GIVEN.c.key == key).values(done))
                db.execute(delete(CLAIMS).where(CLAIMS.c.item == row.item, CLAIMS.c.place == row.place))
                if told is not None:
                    _count(db, row.item, Place.parse(row.place), told)
            return given_of(_row(db, key))

    def adopted(self, practice: bool, indexes: Collection[int]) -> Collection[int]:
        """See `ports.Queue`."""
        where = [GIVEN.c.practice == practice, GIVEN.c.log_index.in_(indexes)]
        with self._desk.reading() as db:
            return set(db.execute(select(GIVEN.c.log_index).where(*where)).scalars())

    def last_given(self, id_: str, person: int) -> Given | None:
        """See `ports.Queue`."""
        where = [GIVEN.c.item == id_, GIVEN.c.person == person, GIVEN.c.done_at.is_not(None), GIVEN.c.back_at.is_(None)]
        with self._desk.reading() as db:
            row = db.execute(select(GIVEN).where(*where).order_by(GIVEN.c.seq.desc()).limit(1)).first()
        return None if row is None else given_of(row)

    def taken_back(self, key: str, at: datetime) -> None:
        """See `ports.Queue`."""
        with self._desk.writing() as db:
            db.execute(update(GIVEN).where(GIVEN.c.key == key).values(back_at=ms_of(at)))
            self._changed(db)

    @staticmethod
    def _changed(db: Connection) -> None:
        db.execute(update(STATE).values(version=STATE.c.version + 1))


def _row(db: Connection, key: str) -> Any:
    return db.execute(select(GIVEN).where(GIVEN.c.key == key)).first()


def _count(db: Connection, item: str, place: Place, known: bool) -> None:
    """One more answer about this model."""
    where = [IMEIS.c.item == item, IMEIS.c.number == place.number]
    tac = db.execute(select(IMEIS.c.imei).where(*where)).scalar_one()[:8]
    mine = [MODELS.c.tac == tac, MODELS.c.carrier == place.carrier.value]
    values = {"asked": MODELS.c.asked + 1, "known": MODELS.c.known + int(known)}
    if not db.execute(update(MODELS).where(*mine).values(values)).rowcount:
        db.execute(insert(MODELS).values(tac=tac, carrier=place.carrier.value, asked=1, known=int(known)))
