"""The watch: the book of units, what stands about each phone, the alerts, the claims."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Boolean, Column, ForeignKey, Integer, PrimaryKeyConstraint, String, UniqueConstraint

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """From 0002."""
    _state()
    _units()
    _numbers()
    _followed()
    _cells()
    _alerts()
    _days()
    _claims()
    _imports()


def _state() -> None:
    state = op.create_table(
        "watch_state",
        Column("id", Integer, primary_key=True),
        Column("book_version", Integer, nullable=False),
        Column("version", Integer, nullable=False),
    )
    op.bulk_insert(state, [{"id": 1, "book_version": 0, "version": 0}])


def _units() -> None:
    op.create_table(
        "watch_units",
        Column("seq", Integer, primary_key=True),
        Column("key", String, nullable=False),
        UniqueConstraint("key", name="uq_watch_units_key"),
        Column("status", String, nullable=False),
        Column("store", String, nullable=False),
        Column("person", String, nullable=False),
        Column("model", String, nullable=False),
        Column("price_yen", Integer),
        Column("cost_yen", Integer),
        Column("bought_on", String),
        Column("sold_on", String),
        Column("receipt", String, nullable=False),
        Column("warranty", String, nullable=False),
        Column("covered_until", String),
        Column("practice", Boolean, nullable=False),
        Column("since", Integer, nullable=False),
        Column("changed_at", Integer, nullable=False),
    )
    op.create_index("ix_watch_units_receipt", "watch_units", ["receipt"])


def _numbers() -> None:
    op.create_table(
        "watch_numbers",
        Column("unit", Integer, ForeignKey("watch_units.seq", ondelete="CASCADE"), nullable=False),
        Column("number", Integer, nullable=False),
        Column("imei", String, nullable=False),
        Column("phone", String, nullable=False),
        PrimaryKeyConstraint("unit", "number"),
    )
    op.create_index("ix_watch_numbers_phone", "watch_numbers", ["phone"])


def _followed() -> None:
    op.create_table(
        "watch_followed",
        Column("practice", Boolean, primary_key=True),
        Column("size", Integer, nullable=False),
        Column("root", String, nullable=False),
    )


def _cells() -> None:
    op.create_table(
        "watch_cells",
        Column("practice", Boolean, nullable=False),
        Column("phone", String, nullable=False),
        Column("carrier", String, nullable=False),
        Column("mark", String),
        Column("raw", String),
        Column("asked_at", Integer),
        Column("since", Integer),
        Column("vanished", Boolean, nullable=False),
        Column("log_index", Integer),
        PrimaryKeyConstraint("practice", "phone", "carrier"),
        sqlite_with_rowid=False,
    )


def _alerts() -> None:
    op.create_table(
        "watch_alerts",
        Column("seq", Integer, primary_key=True),
        Column("kind", String, nullable=False),
        Column("unit", String, nullable=False),
        Column("store", String, nullable=False),
        Column("person", String, nullable=False),
        Column("practice", Boolean, nullable=False),
        Column("imei", String, nullable=False),
        Column("phone", String, nullable=False),
        Column("carrier", String, nullable=False),
        Column("before", String, nullable=False),
        Column("after", String, nullable=False),
        Column("between_from", Integer, nullable=False),
        Column("between_to", Integer, nullable=False),
        Column("expected", Boolean, nullable=False),
        Column("log_index", Integer, nullable=False),
        Column("at", Integer, nullable=False),
        Column("retracted_at", Integer),
        Column("handled_at", Integer),
        Column("handled_by", String, nullable=False),
        Column("note", String, nullable=False),
    )
    op.create_index(
        "uq_watch_alerts_change", "watch_alerts", ["practice", "phone", "carrier", "log_index"], unique=True
    )


def _days() -> None:
    op.create_table(
        "watch_days",
        Column("day", String, nullable=False),
        Column("status", String, nullable=False),
        Column("verdict", String, nullable=False),
        Column("units", Integer, nullable=False),
        PrimaryKeyConstraint("day", "status", "verdict"),
    )


def _claims() -> None:
    op.create_table(
        "watch_claims",
        Column("seq", Integer, primary_key=True),
        Column("id", String, nullable=False),
        UniqueConstraint("id", name="uq_watch_claims_id"),
        Column("unit", String, nullable=False),
        Column("imei", String, nullable=False),
        Column("receipt", String, nullable=False),
        Column("at", Integer, nullable=False),
        Column("by", String, nullable=False),
        Column("practice", Boolean, nullable=False),
        Column("decision", String, nullable=False),
        Column("body", String, nullable=False),
    )


def _imports() -> None:
    op.create_table(
        "watch_columns",
        Column("headings", String, primary_key=True),
        Column("said", String, nullable=False),
        Column("at", Integer, nullable=False),
    )
    op.create_table(
        "watch_taken",
        Column("digest", String, primary_key=True),
        Column("name", String, nullable=False),
        Column("code", String, nullable=False),
        Column("at", Integer, nullable=False),
    )
    op.create_index("ix_watch_taken_name", "watch_taken", ["name", "at"])
