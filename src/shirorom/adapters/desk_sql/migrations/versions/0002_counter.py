"""The counter's queue: phones, who is at which place, what was given there, the shop's rules."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Boolean, Column, ForeignKey, Integer, PrimaryKeyConstraint, String, UniqueConstraint

revision = "0002"
down_revision = "0001"


def _of_item() -> Column[str]:
    return Column(
        "item",
        String,
        ForeignKey("counter_items.id", ondelete="CASCADE"),
        nullable=False,
    )


def upgrade() -> None:
    """From 0001."""
    state = op.create_table(
        "counter_state",
        Column("id", Integer, primary_key=True),
        Column("version", Integer, nullable=False),
        Column("stop_at_restricted", Boolean, nullable=False),
        Column("skip", String, nullable=False),
    )
    op.bulk_insert(state, [{"id": 1, "version": 0, "stop_at_restricted": False, "skip": ""}])
    op.create_table(
        "counter_items",
        Column("seq", Integer, primary_key=True),
        Column("id", String, nullable=False),
        Column("number", Integer, nullable=False),
        Column("carriers", String, nullable=False),
        Column("added_at", Integer, nullable=False),
        Column("added_by", String, nullable=False),
        Column("closed_at", Integer),
        Column("removed_at", Integer),
        UniqueConstraint("id", name="uq_counter_items_id"),
    )
    op.create_table(
        "counter_imeis",
        _of_item(),
        Column("number", Integer, nullable=False),
        Column("imei", String, nullable=False),
        Column("key", String, nullable=False),
        PrimaryKeyConstraint("item", "number"),
    )
    op.create_index("ix_counter_imeis_key", "counter_imeis", ["key"])
    op.create_table(
        "counter_claims",
        _of_item(),
        Column("place", String, nullable=False),
        Column("person", Integer, nullable=False),
        Column("name", String, nullable=False),
        Column("tab", String, nullable=False),
        Column("until", Integer, nullable=False),
        PrimaryKeyConstraint("item", "place"),
    )
    _given()
    op.create_table(
        "counter_models",
        Column("tac", String, nullable=False),
        Column("carrier", String, nullable=False),
        Column("asked", Integer, nullable=False),
        Column("known", Integer, nullable=False),
        PrimaryKeyConstraint("tac", "carrier"),
    )
    op.create_table(
        "counter_screenshots",
        _of_item(),
        Column("place", String, nullable=False),
        Column("digest", String, nullable=False),
        Column("at", Integer, nullable=False),
        PrimaryKeyConstraint("item", "place", "digest"),
    )


def _given() -> None:
    op.create_table(
        "counter_given",
        Column("seq", Integer, primary_key=True),
        Column("key", String, nullable=False),
        Column("print", String, nullable=False),
        _of_item(),
        Column("place", String, nullable=False),
        Column("person", Integer, nullable=False),
        Column("by", String, nullable=False),
        Column("at", Integer, nullable=False),
        Column("outcome", String),
        Column("glyph", String, nullable=False),
        Column("asked_at", Integer),
        Column("practice", Boolean, nullable=False),
        Column("log_size", Integer, nullable=False),
        Column("log_index", Integer),
        Column("done_at", Integer),
        Column("done_change", Integer),
        Column("back_at", Integer),
        Column("holder", String, nullable=False),
        Column("held_until", Integer, nullable=False),
        UniqueConstraint("key", name="uq_counter_given_key"),
    )
    op.create_index("ix_counter_given_item", "counter_given", ["item"])
    op.create_index("ix_counter_given_log_index", "counter_given", ["log_index"])
