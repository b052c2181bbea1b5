"""The watch follows the record and carries alerts out: what was learned, news, webhooks, mails."""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    UniqueConstraint,
)

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """From 0003."""
    _follower()
    _days()
    _news()
    _hooks()
    _messages()
    _mails()


def _follower() -> None:
    op.add_column("watch_state", Column("learned_version", Integer, nullable=False, server_default="-1"))
    op.add_column("watch_followed", Column("started_over_at", Integer))
    op.add_column("watch_cells", Column("version", Integer, nullable=False, server_default="0"))
    op.create_index("ix_watch_cells_version", "watch_cells", ["version"])
    op.add_column("watch_alerts", Column("explained_at", Integer))
    op.create_table(
        "watch_learned",
        Column("unit", Integer, nullable=False),
        Column("phone", String, nullable=False),
        Column("practice", Boolean, nullable=False),
        Column("status", String, nullable=False),
        Column("since", Integer, nullable=False),
        PrimaryKeyConstraint("unit", "phone"),
        sqlite_with_rowid=False,
    )


def _days() -> None:
    """Practice and real apart; nothing was ever counted before."""
    op.drop_table("watch_days")
    op.create_table(
        "watch_days",
        Column("practice", Boolean, nullable=False),
        Column("day", String, nullable=False),
        Column("status", String, nullable=False),
        Column("verdict", String, nullable=False),
        Column("units", Integer, nullable=False),
        PrimaryKeyConstraint("practice", "day", "status", "verdict"),
    )


def _news() -> None:
    op.create_table(
        "watch_news",
        Column("seq", Integer, primary_key=True),
        Column("alert", Integer, ForeignKey("watch_alerts.seq"), nullable=False),
        Column("event", String, nullable=False),
        Column("at", Integer, nullable=False),
    )


def _hooks() -> None:
    op.create_table(
        "watch_hooks",
        Column("seq", Integer, primary_key=True),
        Column("name", String, nullable=False),
        UniqueConstraint("name", name="uq_watch_hooks_name"),
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


def _messages() -> None:
    op.create_table(
        "watch_messages",
        Column("seq", Integer, primary_key=True),
        Column("id", String, nullable=False),
        UniqueConstraint("id", name="uq_watch_messages_id"),
        Column("hook", Integer, ForeignKey("watch_hooks.seq", ondelete="CASCADE"), nullable=False),
        Column("news", Integer),
        Column("alert", Integer),
        Column("body", LargeBinary, nullable=False),
        Column("made_at", Integer, nullable=False),
        Column("tries", Integer, nullable=False),
        Column("next_at", Integer, nullable=False),
        Column("done_at", Integer),
    )
    op.create_index("ix_watch_messages_hook", "watch_messages", ["hook", "done_at"])
    op.create_index("uq_watch_messages_news", "watch_messages", ["hook", "news"], unique=True)
    op.create_table(
        "watch_attempts",
        Column("seq", Integer, primary_key=True),
        Column("message", Integer, ForeignKey("watch_messages.seq", ondelete="CASCADE"), nullable=False),
        Column("at", Integer, nullable=False),
        Column("took_ms", Integer, nullable=False),
        Column("status", Integer),
        Column("outcome", String, nullable=False),
    )
    op.create_index("ix_watch_attempts_message", "watch_attempts", ["message"])


def _mails() -> None:
    op.create_table(
        "watch_mails",
        Column("outlet", String, nullable=False),
        Column("day", String, nullable=False),
        Column("message_id", String, nullable=False),
        Column("news", Integer, nullable=False),
        Column("made_at", Integer, nullable=False),
        Column("sent_at", Integer),
        Column("tries", Integer, nullable=False),
        Column("next_at", Integer, nullable=False),
        PrimaryKeyConstraint("outlet", "day"),
    )
