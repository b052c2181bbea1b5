"""A change that comes with a day that a notice named: its alert, and which phones are to be looked at when."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Boolean, Column, PrimaryKeyConstraint, String

revision = "0006"
down_revision = "0005"
NAME = "uq_watch_alerts_change"


def upgrade() -> None:
    """From the step before. Every phone of the book is looked at once, so that its next day is known."""
    op.add_column("watch_alerts", Column("day", String, nullable=False, server_default=""))
    op.drop_index(NAME, "watch_alerts")
    op.create_index(NAME, "watch_alerts", ["practice", "phone", "carrier", "log_index", "day"], unique=True)
    op.create_table(
        "watch_due",
        Column("practice", Boolean, nullable=False),
        Column("phone", String, nullable=False),
        Column("day", String, nullable=False),
        PrimaryKeyConstraint("practice", "phone"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_watch_due_day", "watch_due", ["day"])
    op.execute("DELETE FROM watch_learned")
    op.execute("UPDATE watch_state SET learned_version = -1")
