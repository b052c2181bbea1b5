"""Keeps people, passkeys and codes in the desk's database (ports.PeopleStore)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from shirorom.adapters.desk_sql.database import Desk
from shirorom.adapters.desk_sql.people_tables import (
    PASSKEYS,
    PEOPLE,
    RECOVERY,
    SESSIONS,
    SETUP,
    STAFF_CODES,
    TOKENS,
    maybe,
    moment,
    seconds,
)
from shirorom.domain.desk.people import Account, Passkey, Role
from shirorom.domain.errors import RequestError
from shirorom.ports.people import NewPasskey

OWNED = (PEOPLE.c.role == Role.OWNER.value) & PEOPLE.c.active


class SqlPeople:
    """ports.PeopleStore."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    # Who there is

    def has_owner(self) -> bool:
        """Whether an active owner was set up."""
        with self._desk.reading() as connection:
            return _owner(connection) is not None

    def accounts(self) -> Sequence[Account]:
        """Everybody, in the order in which they were added."""
        with self._desk.reading() as connection:
            return [_account(row) for row in connection.execute(select(PEOPLE).order_by(PEOPLE.c.id))]

    def account(self, person: int) -> Account | None:
        """One of them."""
        return self._one(PEOPLE.c.id == person)

    def named(self, key: str) -> Account | None:
        """Who is called so."""
        return self._one(PEOPLE.c.key == key)

    def _one(self, where: Any) -> Account | None:
        with self._desk.reading() as connection:
            row = connection.execute(select(PEOPLE).where(where)).one_or_none()
        return None if row is None else _account(row)

    def add(self, name: str, key: str, *, handle: bytes, at: datetime) -> int:
        """Somebody new, as staff."""
        with self._desk.writing() as connection:
            return _insert(connection, name, key, Role.STAFF, handle=handle, password=None, at=at)

    def set_active(self, person: int, active: bool, *, at: datetime) -> None:
        """End somebody with all that they had, or take them back."""
        with self._desk.writing() as connection:
            ended = None if active else seconds(at)
            connection.execute(update(PEOPLE).where(PEOPLE.c.id == person).values(active=active, ended_at=ended))
            if not active:
                for table in (SESSIONS, STAFF_CODES, TOKENS):
                    connection.execute(delete(table).where(table.c.person == person))

    def set_password(self, person: int, password: str) -> None:
        """Another hash."""
        with self._desk.writing() as connection:
            connection.execute(update(PEOPLE).where(PEOPLE.c.id == person).values(password=password))

    # The set-up link

    def offer_setup(self, digest: bytes, *, until: datetime) -> None:
        """One link; it replaces the one before."""
        with self._desk.writing() as connection:
            connection.execute(delete(SETUP))
            connection.execute(insert(SETUP).values(digest=digest, until=seconds(until)))

    def setup_open(self, digest: bytes, *, at: datetime) -> bool:
        """Whether it still holds."""
        with self._desk.reading() as connection:
            return connection.execute(select(SETUP).where(*_open(digest, at))).one_or_none() is not None

    def use_setup(self, digest: bytes, name: str, key: str, *, handle: bytes, password: str | None,
                  passkey: NewPasskey | None, at: datetime) -> int:  # fmt: skip
        """Take the link and make the owner, or give the owner a new way in."""
        with self._desk.writing() as connection:
            if connection.execute(delete(SETUP).where(*_open(digest, at))).rowcount != 1:
                raise RequestError("setup-link-over")
            person = _owner(connection)
            if person is None:
                person = _insert(connection, name, key, Role.OWNER, handle=handle, password=password, at=at)
                connection.execute(delete(TOKENS).where(TOKENS.c.person.is_(None)))
            else:
                connection.execute(delete(SESSIONS).where(SESSIONS.c.person == person))
                if password is not None:
                    connection.execute(update(PEOPLE).where(PEOPLE.c.id == person).values(password=password))
            if passkey is not None:
                _insert_passkey(connection, person, passkey, at)
            return person

    # Passkeys, recovery codes

    def passkeys(self, person: int) -> Sequence[Passkey]:
        """Somebody's passkeys."""
        with self._desk.reading() as connection:
            rows = connection.execute(select(PASSKEYS).where(PASSKEYS.c.person == person).order_by(PASSKEYS.c.id))
            return [_passkey(row) for row in rows]

    def passkey(self, credential: bytes) -> Passkey | None:
        """The passkey of a credential id."""
        with self._desk.reading() as connection:
            row = connection.execute(select(PASSKEYS).where(PASSKEYS.c.credential == credential)).one_or_none()
        return None if row is None else _passkey(row)

    def add_passkey(self, person: int, passkey: NewPasskey, *, at: datetime) -> None:
        """One more."""
        with self._desk.writing() as connection:
            _insert_passkey(connection, person, passkey, at)

    def passkey_used(self, passkey: int, *, sign_count: int, at: datetime) -> None:
        """Remember the counter."""
        with self._desk.writing() as connection:
            changed = {"sign_count": sign_count, "used_at": seconds(at)}
            connection.execute(update(PASSKEYS).where(PASSKEYS.c.id == passkey).values(**changed))

    def remove_passkey(self, passkey: int, *, person: int) -> None:
        """Forget one."""
        with self._desk.writing() as connection:
            connection.execute(delete(PASSKEYS).where(PASSKEYS.c.id == passkey, PASSKEYS.c.person == person))

    def set_recovery(self, person: int, digests: Sequence[bytes]) -> None:
        """Others in place of those before."""
        with self._desk.writing() as connection:
            connection.execute(delete(RECOVERY).where(RECOVERY.c.person == person))
            connection.execute(insert(RECOVERY), [{"digest": digest, "person": person} for digest in digests])

    def use_recovery(self, digest: bytes) -> int | None:
        """Take one, once."""
        with self._desk.writing() as connection:
            taken = delete(RECOVERY).where(RECOVERY.c.digest == digest).returning(RECOVERY.c.person)
            return connection.execute(taken).scalar_one_or_none()

    def recovery_left(self, person: int) -> int:
        """How many are left."""
        with self._desk.reading() as connection:
            counted = select(func.count()).select_from(RECOVERY).where(RECOVERY.c.person == person)
            return int(connection.execute(counted).scalar_one())

    # Staff codes

    def set_staff_code(self, person: int, digest: bytes | None, *, at: datetime) -> None:
        """Another code, or none; who came in by the one before is out."""
        with self._desk.writing() as connection:
            connection.execute(delete(STAFF_CODES).where(STAFF_CODES.c.person == person))
            connection.execute(delete(SESSIONS).where(SESSIONS.c.person == person, SESSIONS.c.by_code))
            if digest is not None:
                connection.execute(insert(STAFF_CODES).values(person=person, digest=digest, made_at=seconds(at)))

    def staff_code_made(self, person: int) -> datetime | None:
        """When somebody's was made."""
        with self._desk.reading() as connection:
            made = select(STAFF_CODES.c.made_at).where(STAFF_CODES.c.person == person)
            return maybe(connection.execute(made).scalar_one_or_none())

    def by_staff_code(self, digest: bytes) -> Account | None:
        """Whose it is, if they are active."""
        with self._desk.reading() as connection:
            mine = select(PEOPLE).join(STAFF_CODES).where(STAFF_CODES.c.digest == digest, PEOPLE.c.active)
            row = connection.execute(mine).one_or_none()
        return None if row is None else _account(row)


def _open(digest: bytes, at: datetime) -> tuple[Any, ...]:
    return SETUP.c.digest == digest, SETUP.c.until > seconds(at)


def _owner(connection: Connection) -> int | None:
    return connection.execute(select(PEOPLE.c.id).where(OWNED).order_by(PEOPLE.c.id).limit(1)).scalar_one_or_none()


def _insert(connection: Connection, name: str, key: str, role: Role, *, handle: bytes, password: str | None,
            at: datetime) -> int:  # fmt: skip
    """One more; a name is taken for ever, because the record goes on calling somebody so."""
    if connection.execute(select(PEOPLE.c.id).where(PEOPLE.c.key == key)).first() is not None:
        raise RequestError("name-taken")
    values = {"name": name, "key": key, "role": role.value, "active": True, "password": password, "handle": handle}
    added = connection.execute(insert(PEOPLE).values(**values, made_at=seconds(at)))
    return int((added.inserted_primary_key or (0,))[0])


def _insert_passkey(connection: Connection, person: int, passkey: NewPasskey, at: datetime) -> None:
    values = {
        "person": person, "credential": passkey.credential, "public_key": passkey.public_key,
        "sign_count": passkey.sign_count, "host": passkey.host, "label": passkey.label, "made_at": seconds(at),
    }  # fmt: skip
    try:
        connection.execute(insert(PASSKEYS).values(**values))
    except IntegrityError:
        raise RequestError("passkey-failed") from None


def _account(row: Row[Any]) -> Account:
    return Account(row.id, row.name, Role(row.role), row.active, row.password, row.handle)


def _passkey(row: Row[Any]) -> Passkey:
    return Passkey(
        row.id, row.person, row.credential, row.public_key, row.sign_count, row.host, row.label, moment(row.made_at),
        maybe(row.used_at),
    )  # fmt: skip
