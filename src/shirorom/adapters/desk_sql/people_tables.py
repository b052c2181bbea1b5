"""The tables of people and sign-in. Secrets are keyed digests, passwords argon2id, times Unix seconds."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from shirorom.adapters.desk_sql.tables import METADATA

PEOPLE = Table(
    "people", METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("key", String, nullable=False, unique=True),
    Column("role", String, nullable=False),
    Column("active", Boolean(create_constraint=False), nullable=False),
    Column("password", String),
    Column("handle", LargeBinary, nullable=False, unique=True),
    Column("made_at", Integer, nullable=False),
    Column("ended_at", Integer),
    sqlite_autoincrement=True,
)  # fmt: skip
PASSKEYS = Table(
    "passkeys", METADATA,
    Column("id", Integer, primary_key=True),
    Column("person", ForeignKey("people.id"), nullable=False),
    Column("credential", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", Integer, nullable=False),
    Column("host", String, nullable=False),
    Column("label", String, nullable=False),
    Column("made_at", Integer, nullable=False),
    Column("used_at", Integer),
)  # fmt: skip
RECOVERY = Table(
    "recovery_codes", METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("person", ForeignKey("people.id"), nullable=False),
)  # fmt: skip
STAFF_CODES = Table(
    "staff_codes", METADATA,
    Column("person", ForeignKey("people.id"), primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("made_at", Integer, nullable=False),
)  # fmt: skip
SETUP = Table(
    "setup_link", METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("until", Integer, nullable=False),
)  # fmt: skip
SESSIONS = Table(
    "sessions", METADATA,
    Column("id", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("person", ForeignKey("people.id"), nullable=False),
    Column("role", String, nullable=False),
    Column("by_code", Boolean(create_constraint=False), nullable=False),
    Column("label", String, nullable=False),
    Column("opened_at", Integer, nullable=False),
    Column("seen_at", Integer, nullable=False),
    Column("ends_at", Integer, nullable=False),
    Index("ix_sessions_person", "person"),
    sqlite_autoincrement=True,
)  # fmt: skip
DEVICES = Table(
    "devices", METADATA,
    Column("id", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("label", String, nullable=False),
    Column("by", String, nullable=False),
    Column("trusted_at", Integer, nullable=False),
    Column("seen_at", Integer, nullable=False),
    sqlite_autoincrement=True,
)  # fmt: skip
PAIRINGS = Table(
    "pairings", METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("person", ForeignKey("people.id")),
    Column("until", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
)  # fmt: skip
TOKENS = Table(
    "tokens", METADATA,
    Column("id", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("person", ForeignKey("people.id")),
    Column("label", String, nullable=False),
    Column("made_at", Integer, nullable=False),
    Column("used_at", Integer),
    sqlite_autoincrement=True,
)  # fmt: skip
TRIES = Table(
    "tries", METADATA,
    Column("id", Integer, primary_key=True),
    Column("what", LargeBinary, nullable=False),
    Column("at", Integer, nullable=False),
    Index("ix_tries_what", "what", "at"),
)  # fmt: skip
ROWS_OF_FAILURES = Table(
    "failures", METADATA,
    Column("what", LargeBinary, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("at", Integer, nullable=False),
)  # fmt: skip


def seconds(at: datetime) -> int:
    """A moment as it is kept."""
    return int(at.timestamp())


def moment(at: int) -> datetime:
    """A moment as it was kept."""
    return datetime.fromtimestamp(at, UTC)


def maybe(at: int | None) -> datetime | None:
    """The same where there may be none."""
    return None if at is None else moment(at)
