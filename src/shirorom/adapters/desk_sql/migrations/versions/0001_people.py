"""People of the shop, how they sign in, where they are signed in, which programs work for them."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Boolean, Column, ForeignKey, Integer, LargeBinary, String

revision = "0001"
down_revision = None


def upgrade() -> None:
    """From nothing. One straight list: the tables as they were when this step was released."""
    op.create_table(
        "people",
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
    )
    op.create_table(
        "passkeys",
        Column("id", Integer, primary_key=True),
        Column("person", Integer, ForeignKey("people.id"), nullable=False),
        Column("credential", LargeBinary, nullable=False, unique=True),
        Column("public_key", LargeBinary, nullable=False),
        Column("sign_count", Integer, nullable=False),
        Column("host", String, nullable=False),
        Column("label", String, nullable=False),
        Column("made_at", Integer, nullable=False),
        Column("used_at", Integer),
    )
    op.create_table(
        "recovery_codes",
        Column("digest", LargeBinary, primary_key=True),
        Column("person", Integer, ForeignKey("people.id"), nullable=False),
    )
    op.create_table(
        "staff_codes",
        Column("person", Integer, ForeignKey("people.id"), primary_key=True),
        Column("digest", LargeBinary, nullable=False, unique=True),
        Column("made_at", Integer, nullable=False),
    )
    op.create_table(
        "setup_link",
        Column("digest", LargeBinary, primary_key=True),
        Column("until", Integer, nullable=False),
    )
    op.create_table(
        "sessions",
        Column("id", Integer, primary_key=True),
        Column("digest", LargeBinary, nullable=False, unique=True),
        Column("person", Integer, ForeignKey("people.id"), nullable=False),
        Column("role", String, nullable=False),
        Column("by_code", Boolean(create_constraint=False), nullable=False),
        Column("label", String, nullable=False),
        Column("opened_at", Integer, nullable=False),
        Column("seen_at", Integer, nullable=False),
        Column("ends_at", Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sessions_person", "sessions", ["person"])
    op.create_table(
        "devices",
        Column("id", Integer, primary_key=True),
        Column("digest", LargeBinary, nullable=False, unique=True),
        Column("label", String, nullable=False),
        Column("by", String, nullable=False),
        Column("trusted_at", Integer, nullable=False),
        Column("seen_at", Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "pairings",
        Column("digest", LargeBinary, primary_key=True),
        Column("person", Integer, ForeignKey("people.id")),
        Column("until", Integer, nullable=False),
        Column("tries", Integer, nullable=False),
    )
    op.create_table(
        "tokens",
        Column("id", Integer, primary_key=True),
        Column("digest", LargeBinary, nullable=False, unique=True),
        Column("person", Integer, ForeignKey("people.id")),
        Column("label", String, nullable=False),
        Column("made_at", Integer, nullable=False),
        Column("used_at", Integer),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "tries",
        Column("id", Integer, primary_key=True),
        Column("what", LargeBinary, nullable=False),
        Column("at", Integer, nullable=False),
    )
    op.create_index("ix_tries_what", "tries", ["what", "at"])
    op.create_table(
        "failures",
        Column("what", LargeBinary, primary_key=True),
        Column("count", Integer, nullable=False),
        Column("at", Integer, nullable=False),
    )
