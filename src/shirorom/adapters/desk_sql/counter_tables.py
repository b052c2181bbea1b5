"""The tables of the counter's queue. Times are whole milliseconds since 1970 (UTC), so that they compare exactly."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table

from shirorom.adapters.desk_sql.tables import METADATA

STATE = Table(
    "counter_state",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("stop_at_restricted", Boolean, nullable=False),
    Column("skip", String, nullable=False),
)
"""One row: the version that every change raises, and the shop's rules."""

ITEMS = Table(
    "counter_items",
    METADATA,
    Column("seq", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("number", Integer, nullable=False),
    Column("carriers", String, nullable=False),
    Column("added_at", Integer, nullable=False),
    Column("added_by", String, nullable=False),
    Column("closed_at", Integer),
    Column("removed_at", Integer),
    Column("wanted", String),
    Column("wanted_since", Integer),
)
"""`wanted`: the places that the plan of re-checks wants (`1-docomo,2-docomo`); none: a person put the phone there."""

IMEIS = Table(
    "counter_imeis",
    METADATA,
    Column("item", ForeignKey("counter_items.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("imei", String, nullable=False),
    Column("key", String, nullable=False),
    Index("ix_counter_imeis_key", "key"),
)
"""The numbers of each phone; `key` is their first 14 digits, by which a phone is found again."""

CLAIMS = Table(
    "counter_claims",
    METADATA,
    Column("item", ForeignKey("counter_items.id", ondelete="CASCADE"), primary_key=True),
    Column("place", String, primary_key=True),
    Column("person", Integer, nullable=False),
    Column("name", String, nullable=False),
    Column("tab", String, nullable=False),
    Column("until", Integer, nullable=False),
)

GIVEN = Table(
    "counter_given",
    METADATA,
    Column("seq", Integer, primary_key=True),
    Column("key", String, nullable=False, unique=True),
    Column("print", String, nullable=False),
    Column("item", ForeignKey("counter_items.id", ondelete="CASCADE"), nullable=False),
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
    Index("ix_counter_given_item", "item"),
    Index("ix_counter_given_log_index", "log_index"),
)
"""What was given, under its key. No mark and no sentence: those are in the record."""

MODELS = Table(
    "counter_models",
    METADATA,
    Column("tac", String, primary_key=True),
    Column("carrier", String, primary_key=True),
    Column("asked", Integer, nullable=False),
    Column("known", Integer, nullable=False),
)
"""How often each carrier knew a model: only for the order of asking, never an answer."""

SCREENSHOTS = Table(
    "counter_screenshots",
    METADATA,
    Column("item", ForeignKey("counter_items.id", ondelete="CASCADE"), primary_key=True),
    Column("place", String, primary_key=True),
    Column("digest", String, primary_key=True),
    Column("at", Integer, nullable=False),
)
