"""The tables of what follows the record and carries alerts out: what happened to alerts, webhooks, mails.

Moments are whole milliseconds since 1970 (UTC).
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from shirorom.adapters.desk_sql.tables import METADATA

LEARNED = Table(
    "watch_learned",
    METADATA,
    Column("unit", Integer, primary_key=True),
    Column("phone", String, primary_key=True),
    Column("practice", Boolean, nullable=False),
    Column("status", String, nullable=False),
    Column("since", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""The units by which each phone's cells and alerts were last made: a row that differs from the book is still to do."""

NEWS = Table(
    "watch_news",
    METADATA,
    Column("seq", Integer, primary_key=True),
    Column("alert", ForeignKey("watch_alerts.seq"), nullable=False),
    Column("event", String, nullable=False),
    Column("at", Integer, nullable=False),
)
"""What happened to alerts, in order, written with them; every outlet follows it by its own cursor."""

HOOKS = Table(
    "watch_hooks",
    METADATA,
    Column("seq", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("url", String, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("salt_before", LargeBinary),
    Column("before_until", Integer),
    Column("made_at", Integer, nullable=False),
    Column("made_by", String, nullable=False),
    Column("cursor", Integer, nullable=False),
    Column("off_at", Integer),
    Column("off_why", String, nullable=False),
    Column("held_until", Integer, nullable=False),
)
"""Endpoints of webhooks. A secret is made of its salt and this installation's key; it is nowhere in this file.

`cursor`: the news that were made into messages. `held_until`: a process that delivers there holds it so long.
"""

MESSAGES = Table(
    "watch_messages",
    METADATA,
    Column("seq", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("hook", ForeignKey("watch_hooks.seq", ondelete="CASCADE"), nullable=False),
    Column("news", Integer),
    Column("alert", Integer),
    Column("body", LargeBinary, nullable=False),
    Column("made_at", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", Integer, nullable=False),
    Column("done_at", Integer),
    Index("ix_watch_messages_hook", "hook", "done_at"),
    Index("uq_watch_messages_news", "hook", "news", unique=True),
)
"""What is to be delivered and what was. `news`: the news that it tells; none for a test."""

ATTEMPTS = Table(
    "watch_attempts",
    METADATA,
    Column("seq", Integer, primary_key=True),
    Column("message", ForeignKey("watch_messages.seq", ondelete="CASCADE"), nullable=False),
    Column("at", Integer, nullable=False),
    Column("took_ms", Integer, nullable=False),
    Column("status", Integer),
    Column("outcome", String, nullable=False),
    Index("ix_watch_attempts_message", "message"),
)
"""The delivery log: every attempt, by its HTTP status or by why there was none."""

MAILS = Table(
    "watch_mails",
    METADATA,
    Column("outlet", String, primary_key=True),
    Column("day", String, primary_key=True),
    Column("message_id", String, nullable=False),
    Column("news", Integer, nullable=False),
    Column("made_at", Integer, nullable=False),
    Column("sent_at", Integer),
    Column("tries", Integer, nullable=False),
    Column("next_at", Integer, nullable=False),
)
"""One digest an outlet and morning (JST). `news`: the last that it tells."""
