"""Keeps sessions, trusted devices, pairing codes, tokens and tries (ports.SessionStore, ports.TryStore)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from shirorom.adapters.desk_sql.database import Desk
from shirorom.adapters.desk_sql.people_tables import (
    DEVICES,
    PAIRINGS,
    PEOPLE,
    ROWS_OF_FAILURES,
    SESSIONS,
    TOKENS,
    TRIES,
    maybe,
    moment,
    seconds,
)
from shirorom.domain.desk.people import Person, Role, Session, Token, TrustedDevice

SEEN_EVERY_S = 60
"""A device is marked as seen once a minute at most: looking must not write at every call."""
FAILURES_KEPT_S = 365 * 86_400


class SqlSessions:
    """ports.SessionStore."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    # Sessions

    def open(self, digest: bytes, person: int, role: Role, *, by_code: bool, label: str, at: datetime,
             until: datetime, replaces: bytes | None) -> None:  # fmt: skip
        """A new one in place of the one that the browser had."""
        values = {
            "digest": digest, "person": person, "role": role.value, "by_code": by_code, "label": label,
            "opened_at": seconds(at), "seen_at": seconds(at), "ends_at": seconds(until),
        }  # fmt: skip
        with self._desk.writing() as connection:
            if replaces is not None:
                connection.execute(delete(SESSIONS).where(SESSIONS.c.digest == replaces))
            connection.execute(insert(SESSIONS).values(**values))

    def find(self, digest: bytes) -> Session | None:
        """A session of somebody who is active."""
        with self._desk.reading() as connection:
            row = connection.execute(_sessions().where(SESSIONS.c.digest == digest)).one_or_none()
        return None if row is None else _session(row)

    def seen(self, session: int, *, at: datetime) -> None:
        """It was used."""
        with self._desk.writing() as connection:
            connection.execute(update(SESSIONS).where(SESSIONS.c.id == session).values(seen_at=seconds(at)))

    def end(self, *, digest: bytes | None = None, session: int | None = None) -> None:
        """End one."""
        with self._desk.writing() as connection:
            wanted = SESSIONS.c.digest == digest if digest is not None else SESSIONS.c.id == session
            connection.execute(delete(SESSIONS).where(wanted))

    def end_others(self, person: int, *, but: bytes) -> None:
        """End every other one of somebody."""
        with self._desk.writing() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.person == person, SESSIONS.c.digest != but))

    def sessions(self) -> Sequence[Session]:
        """Every one, newest first."""
        with self._desk.reading() as connection:
            return [_session(row) for row in connection.execute(_sessions().order_by(SESSIONS.c.id.desc()))]

    def forget(self, *, before: datetime, idle_before: datetime) -> None:
        """Remove those whose time has passed."""
        with self._desk.writing() as connection:
            over = (SESSIONS.c.ends_at <= seconds(before)) | (SESSIONS.c.seen_at <= seconds(idle_before))
            connection.execute(delete(SESSIONS).where(over))

    # Devices

    def trust(self, digest: bytes, *, label: str, by: str, at: datetime) -> None:
        """One more."""
        now = seconds(at)
        with self._desk.writing() as connection:
            connection.execute(insert(DEVICES).values(digest=digest, label=label, by=by, trusted_at=now, seen_at=now))

    def device(self, digest: bytes, *, at: datetime) -> TrustedDevice | None:
        """A trusted one; it was seen now."""
        with self._desk.reading() as connection:
            row = connection.execute(select(DEVICES).where(DEVICES.c.digest == digest)).one_or_none()
        if row is not None and seconds(at) - row.seen_at >= SEEN_EVERY_S:
            with self._desk.writing() as connection:
                connection.execute(update(DEVICES).where(DEVICES.c.id == row.id).values(seen_at=seconds(at)))
        return None if row is None else _device(row)

    def devices(self) -> Sequence[TrustedDevice]:
        """Every one, newest first."""
        with self._desk.reading() as connection:
            return [_device(row) for row in connection.execute(select(DEVICES).order_by(DEVICES.c.id.desc()))]

    def distrust(self, device: int) -> None:
        """One less."""
        with self._desk.writing() as connection:
            connection.execute(delete(DEVICES).where(DEVICES.c.id == device))

    # Programs

    def offer_pairing(self, digest: bytes, *, person: int | None, until: datetime) -> None:
        """One code for one program."""
        with self._desk.writing() as connection:
            connection.execute(delete(PAIRINGS).where(PAIRINGS.c.person.is_not_distinct_from(person)))
            values = {"digest": digest, "person": person, "until": seconds(until), "tries": 0}
            connection.execute(insert(PAIRINGS).values(**values))

    def take_pairing(self, digest: bytes, token: bytes, *, label: str, at: datetime, tries_max: int) -> Token | None:
        """Take the code and give the token, or count a miss against every open code."""
        now = seconds(at)
        with self._desk.writing() as connection:
            over = (PAIRINGS.c.until <= now) | (PAIRINGS.c.tries >= tries_max)
            connection.execute(delete(PAIRINGS).where(over))
            taken = delete(PAIRINGS).where(PAIRINGS.c.digest == digest).returning(PAIRINGS.c.person)
            row = connection.execute(taken).one_or_none()
            if row is None:
                connection.execute(update(PAIRINGS).values(tries=PAIRINGS.c.tries + 1))
                return None
            connection.execute(insert(TOKENS).values(digest=token, person=row.person, label=label, made_at=now))
            found = connection.execute(_tokens().where(TOKENS.c.digest == token)).one_or_none()
            return None if found is None else _token(found)

    def token(self, digest: bytes) -> Token | None:
        """A token of somebody who is active, or of the time before there was an owner."""
        with self._desk.reading() as connection:
            row = connection.execute(_tokens().where(TOKENS.c.digest == digest)).one_or_none()
        return None if row is None else _token(row)

    def token_used(self, token: int, *, at: datetime) -> None:
        """It was used."""
        with self._desk.writing() as connection:
            connection.execute(update(TOKENS).where(TOKENS.c.id == token).values(used_at=seconds(at)))

    def tokens(self) -> Sequence[Token]:
        """Every one, newest first."""
        with self._desk.reading() as connection:
            return [_token(row) for row in connection.execute(_tokens().order_by(TOKENS.c.id.desc()))]

    def end_token(self, token: int) -> None:
        """End one."""
        with self._desk.writing() as connection:
            connection.execute(delete(TOKENS).where(TOKENS.c.id == token))


class SqlTries:
    """ports.TryStore."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def take(self, limits: Sequence[tuple[bytes, int]], *, at: datetime, since: datetime) -> datetime | None:
        """Count one more at each, or none and say when the oldest was."""
        with self._desk.writing() as connection:
            connection.execute(delete(TRIES).where(TRIES.c.at <= seconds(since)))
            for what, count_max in limits:
                counted = select(func.count(), func.min(TRIES.c.at)).where(TRIES.c.what == what)
                count, oldest = connection.execute(counted).one()
                if count >= count_max:
                    return moment(oldest)
            connection.execute(insert(TRIES), [{"what": what, "at": seconds(at)} for what, _ in limits])
            return None

    def succeeded(self, what: Sequence[bytes]) -> None:
        """Forget them."""
        with self._desk.writing() as connection:
            connection.execute(delete(TRIES).where(TRIES.c.what.in_(what)))
            connection.execute(delete(ROWS_OF_FAILURES).where(ROWS_OF_FAILURES.c.what.in_(what)))

    def in_a_row(self, what: bytes) -> int:
        """Failures without a success between them."""
        with self._desk.reading() as connection:
            counted = select(ROWS_OF_FAILURES.c.count).where(ROWS_OF_FAILURES.c.what == what)
            return connection.execute(counted).scalar_one_or_none() or 0

    def count(self, what: bytes, *, at: datetime) -> None:
        """One more."""
        now = seconds(at)
        more = upsert(ROWS_OF_FAILURES).values(what=what, count=1, at=now)
        more = more.on_conflict_do_update(
            index_elements=["what"], set_={"count": ROWS_OF_FAILURES.c.count + 1, "at": now}
        )
        with self._desk.writing() as connection:
            connection.execute(delete(ROWS_OF_FAILURES).where(ROWS_OF_FAILURES.c.at <= now - FAILURES_KEPT_S))
            connection.execute(more)


def _sessions() -> Select[Any]:
    return select(SESSIONS, PEOPLE.c.name).join(PEOPLE).where(PEOPLE.c.active)


def _tokens() -> Select[Any]:
    return select(TOKENS, PEOPLE.c.name).join(PEOPLE, isouter=True).where(TOKENS.c.person.is_(None) | PEOPLE.c.active)


def _session(row: Row[Any]) -> Session:
    person = Person(row.person, row.name, Role(row.role))
    return Session(
        row.id, row.digest, person, row.by_code, row.label, moment(row.opened_at), moment(row.seen_at),
        moment(row.ends_at),
    )  # fmt: skip


def _device(row: Row[Any]) -> TrustedDevice:
    return TrustedDevice(row.id, row.label, row.by, moment(row.trusted_at), moment(row.seen_at))


def _token(row: Row[Any]) -> Token:
    person = None if row.person is None else Person(row.person, row.name, Role.STAFF)
    return Token(row.id, row.label, person, moment(row.made_at), maybe(row.used_at))
