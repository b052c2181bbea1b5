"""Endpoints, messages and mails of the watch in the desk's database (ports.outlets.Outlets)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from shirorom.adapters.desk_sql.counter_rows import at_of, ms_of
from shirorom.adapters.desk_sql.database import Desk
from shirorom.adapters.desk_sql.outlet_tables import ATTEMPTS, HOOKS, MAILS, MESSAGES, NEWS
from shirorom.adapters.desk_sql.watch_rows import alert_of, moment, ms_or_none
from shirorom.adapters.desk_sql.watch_tables import ALERTS
from shirorom.domain.desk.alerts import AlertEvent
from shirorom.domain.errors import RequestError
from shirorom.ports.outlets import HOOKS_MAX, Attempt, Hook, Mail, Message, NewMessage
from shirorom.ports.outlets import News as Told


class SqlOutlets:
    """See `ports.outlets.Outlets`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    # Endpoints

    def hooks(self) -> Sequence[Hook]:
        """See `ports.outlets.Outlets`."""
        with self._desk.reading() as db:
            return _hooks(db)

    def hook(self, name: str) -> Hook:
        """See `ports.outlets.Outlets`."""
        with self._desk.reading() as db:
            return _hook(db, name)

    def add_hook(self, name: str, url: str, salt: bytes, *, by: str, at: datetime) -> Hook:
        """See `ports.outlets.Outlets`."""
        with self._desk.writing() as db:
            if db.execute(select(HOOKS.c.seq).where(HOOKS.c.name == name)).first() is not None:
                raise RequestError("hook-name-taken")
            if db.execute(select(func.count()).select_from(HOOKS)).scalar_one() >= HOOKS_MAX:
                raise RequestError("hooks-full", count_max=HOOKS_MAX)
            row = {"made_at": ms_of(at), "made_by": by, "cursor": _news_end(db), "off_why": "", "held_until": 0}
            db.execute(insert(HOOKS).values(name=name, url=url, salt=salt, **row))
            return _hook(db, name)

    def remove_hook(self, name: str) -> None:
        """See `ports.outlets.Outlets`."""
        with self._desk.writing() as db:
            if not db.execute(delete(HOOKS).where(HOOKS.c.name == name)).rowcount:
                raise RequestError("hook-not-found")

    def rotate(self, name: str, salt: bytes, *, until: datetime) -> Hook:
        """See `ports.outlets.Outlets`."""
        with self._desk.writing() as db:
            hook = _hook(db, name)
            values = {"salt": salt, "salt_before": hook.salt, "before_until": ms_of(until)}
            db.execute(update(HOOKS).where(HOOKS.c.seq == hook.seq).values(values))
            return _hook(db, name)

    # News, and messages made of them

    def news(self, after: int, *, count_max: int) -> Sequence[Told]:
        """See `ports.outlets.Outlets`."""
        with self._desk.reading() as db:
            return _news(db, NEWS.c.seq > after, count_max)

    def news_end(self) -> int:
        """See `ports.outlets.Outlets`."""
        with self._desk.reading() as db:
            return _news_end(db)

    def unspread(self, hook: str, *, count_max: int) -> Sequence[Told]:
        """See `ports.outlets.Outlets`."""
        cursor = select(HOOKS.c.cursor).where(HOOKS.c.name == hook).scalar_subquery()
        with self._desk.reading() as db:
            return _news(db, NEWS.c.seq > cursor, count_max)

    def spread(self, hook: str, messages: Sequence[NewMessage], *, until: int, at: datetime) -> None:
        """See `ports.outlets.Outlets`."""
        with self._desk.writing() as db:
            seq = _hook(db, hook).seq
            rows = [
                {
                    "id": one.id, "hook": seq, "news": one.news, "alert": one.alert, "body": one.body,
                    "made_at": ms_of(at), "tries": 0, "next_at": ms_of(one.next_at),
                }
                for one in messages
            ]  # fmt: skip
            if rows:
                db.execute(insert(MESSAGES).prefix_with("OR IGNORE"), rows)
            behind = and_(HOOKS.c.seq == seq, HOOKS.c.cursor < until)
            db.execute(update(HOOKS).where(behind).values(cursor=until))

    def untold(self, hook: str, *, since: int, count_max: int) -> Sequence[Told]:
        """See `ports.outlets.Outlets`."""
        with self._desk.reading() as db:
            known = select(MESSAGES.c.news).where(MESSAGES.c.hook == _hook(db, hook).seq, MESSAGES.c.news.is_not(None))
            raised = and_(NEWS.c.alert >= since, NEWS.c.event == AlertEvent.RAISED.value, NEWS.c.seq.not_in(known))
            return _news(db, raised, count_max)

    # Delivering

    def take(self, hook: str, *, now: datetime, until: datetime) -> Message | None:
        """See `ports.outlets.Outlets`."""
        with self._desk.writing() as db:
            row = db.execute(select(HOOKS).where(HOOKS.c.name == hook)).one_or_none()
            if row is None or row.off_at is not None or row.held_until > ms_of(now):
                return None
            waits = and_(MESSAGES.c.hook == row.seq, MESSAGES.c.done_at.is_(None))
            failed = and_(waits, MESSAGES.c.tries > 0, MESSAGES.c.next_at > ms_of(now))
            if db.execute(select(MESSAGES.c.seq).where(failed).limit(1)).first() is not None:
                return None
            due = select(MESSAGES).where(waits, MESSAGES.c.next_at <= ms_of(now)).order_by(MESSAGES.c.seq).limit(1)
            found = db.execute(due).one_or_none()
            if found is None:
                return None
            db.execute(update(HOOKS).where(HOOKS.c.seq == row.seq).values(held_until=ms_of(until)))
            return _message(found, hook)

    def attempted(
        self, message: Message, attempt: Attempt, *, done: bool, next_at: datetime | None, off: str = ""
    ) -> None:
        """See `ports.outlets.Outlets`."""
        at = ms_of(attempt.at)
        with self._desk.writing() as db:
            hook = select(MESSAGES.c.hook).where(MESSAGES.c.seq == message.seq).scalar_subquery()
            if db.execute(select(hook)).scalar_one() is None:
                return  # the endpoint was removed meanwhile
            row = {"took_ms": attempt.took_ms, "status": attempt.status, "outcome": attempt.outcome}
            db.execute(insert(ATTEMPTS).values(message=message.seq, at=at, **row))
            values: dict[str, Any] = {"tries": message.tries + 1, "done_at": at if done else None}
            if next_at is not None:
                values["next_at"] = ms_of(next_at)
            db.execute(update(MESSAGES).where(MESSAGES.c.seq == message.seq).values(values))
            switched = {"off_at": at, "off_why": off} if off else {}
            db.execute(update(HOOKS).where(HOOKS.c.seq == hook).values(held_until=0, **switched))

    def replay(self, hook: str, *, since: int, message: str | None, at: datetime) -> int:
        """See `ports.outlets.Outlets`."""
        with self._desk.writing() as db:
            seq = _hook(db, hook).seq
            which = MESSAGES.c.id == message if message is not None else MESSAGES.c.alert >= since
            again = update(MESSAGES).where(MESSAGES.c.hook == seq, which)
            count = db.execute(again.values(done_at=None, tries=0, next_at=ms_of(at))).rowcount
            if message is not None and not count:
                raise RequestError("message-not-found")
            db.execute(update(HOOKS).where(HOOKS.c.seq == seq).values(off_at=None, off_why="", held_until=0))
            db.execute(  # what failed before it was switched off begins anew
                update(MESSAGES)
                .where(MESSAGES.c.hook == seq, MESSAGES.c.done_at.is_(None), MESSAGES.c.tries > 0)
                .values(tries=0, next_at=ms_of(at))
            )
            return int(count)

    def attempts(self, hook: str, *, count_max: int) -> Sequence[Attempt]:
        """See `ports.outlets.Outlets`."""
        columns = select(ATTEMPTS, MESSAGES.c.id, MESSAGES.c.alert).join(MESSAGES, MESSAGES.c.seq == ATTEMPTS.c.message)
        with self._desk.reading() as db:
            rows = columns.where(MESSAGES.c.hook == _hook(db, hook).seq).order_by(ATTEMPTS.c.seq.desc())
            return [
                Attempt(row.id, row.alert, at_of(row.at), row.took_ms, row.status, row.outcome)
                for row in db.execute(rows.limit(count_max))
            ]

    # Mails

    def mail(self, outlet: str, day: date) -> Mail | None:
        """See `ports.outlets.Outlets`."""
        return self._mail(MAILS.c.outlet == outlet, MAILS.c.day == day.isoformat())

    def mail_before(self, outlet: str, day: date) -> Mail | None:
        """See `ports.outlets.Outlets`."""
        return self._mail(MAILS.c.outlet == outlet, MAILS.c.day < day.isoformat())

    def _mail(self, *where: ColumnElement[bool]) -> Mail | None:
        with self._desk.reading() as db:
            row = db.execute(select(MAILS).where(*where).order_by(MAILS.c.day.desc()).limit(1)).one_or_none()
        if row is None:
            return None
        return Mail(
            row.outlet, date.fromisoformat(row.day), row.message_id, row.news, at_of(row.made_at), moment(row.sent_at),
            row.tries, at_of(row.next_at),
        )  # fmt: skip

    def put_mail(self, mail: Mail) -> None:
        """See `ports.outlets.Outlets`."""
        row = {
            "outlet": mail.outlet, "day": mail.day.isoformat(), "message_id": mail.message_id, "news": mail.news,
            "made_at": ms_of(mail.made_at), "sent_at": ms_or_none(mail.sent_at), "tries": mail.tries,
            "next_at": ms_of(mail.next_at or mail.made_at),
        }  # fmt: skip
        with self._desk.writing() as db:
            db.execute(insert(MAILS).prefix_with("OR REPLACE").values(row))


def _hooks(db: Connection, *where: ColumnElement[bool]) -> list[Hook]:
    waits = and_(MESSAGES.c.hook == HOOKS.c.seq, MESSAGES.c.done_at.is_(None))
    waiting = select(func.count()).select_from(MESSAGES).where(waits).scalar_subquery().label("waiting")
    return [
        Hook(
            row.seq, row.name, row.url, row.salt, row.salt_before, moment(row.before_until), at_of(row.made_at),
            row.made_by, moment(row.off_at), row.off_why, row.waiting,
        )
        for row in db.execute(select(HOOKS, waiting).where(*where).order_by(HOOKS.c.name))
    ]  # fmt: skip


def _hook(db: Connection, name: str) -> Hook:
    found = _hooks(db, HOOKS.c.name == name)
    if not found:
        raise RequestError("hook-not-found")
    return found[0]


def _news(db: Connection, where: ColumnElement[bool], count_max: int) -> list[Told]:
    own = (NEWS.c.seq.label("news"), NEWS.c.event, NEWS.c.at.label("told_at"))
    rows = select(ALERTS, *own).join(NEWS, NEWS.c.alert == ALERTS.c.seq).where(where).order_by(NEWS.c.seq)
    return [
        Told(row.news, AlertEvent(row.event), alert_of(row), at_of(row.told_at))
        for row in db.execute(rows.limit(count_max))
    ]


def _news_end(db: Connection) -> int:
    return int(db.execute(select(func.coalesce(func.max(NEWS.c.seq), 0))).scalar_one())


def _message(row: Any, hook: str) -> Message:
    return Message(
        row.seq, row.id, hook, row.news, row.alert, row.body, at_of(row.made_at), row.tries, at_of(row.next_at),
        moment(row.done_at),
    )  # fmt: skip
