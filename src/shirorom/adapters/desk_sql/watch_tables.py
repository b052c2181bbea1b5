"""The tables of the watch: the book of units, what stands about each phone, the alerts.

Moments are whole milliseconds since 1970 (UTC); days (JST) are written `YYYY-MM-DD`, so that they compare as text.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table

from shirorom.adapters.desk_sql.tables import METADATA

WATCH = Table(
    "watch_state",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("book_version", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("learned_version", Integer, nullable=False, server_default="-1"),
)
"""One row: `book_version` is raised by every change of the book, `version` by every change of cells or alerts;
`learned_version` is the version of the book whose every phone has its cells.
"""

UNITS = Table(
    "watch_units",
    METADATA,
    Column("seq", Integer, primary_key=True),
    Column("key", String, nullable=False, unique=True),
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
    Index("ix_watch_units_receipt", "receipt"),
)

NUMBERS = Table(
    "watch_numbers",
    METADATA,
    Column("unit", ForeignKey("watch_units.seq", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("imei", String, nullable=False),
    Column("phone", String, nullable=False),
    Index("ix_watch_numbers_phone", "phone"),
)
"""The numbers of each unit, the n-th from 1; `phone`: the first 14 digits, by which its answers are found."""

FOLLOWED = Table(
    "watch_followed",
    METADATA,
    Column("practice", Boolean, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("root", String, nullable=False),
    Column("started_over_at", Integer),
)
"""How far each log has been followed. A log that is no longer an extension of it is followed from the start."""

CELLS = Table(
    "watch_cells",
    METADATA,
    Column("practice", Boolean, primary_key=True),
    Column("phone", String, primary_key=True),
    Column("carrier", String, primary_key=True),
    Column("mark", String),
    Column("raw", String),
    Column("asked_at", Integer),
    Column("since", Integer),
    Column("vanished", Boolean, nullable=False),
    Column("log_index", Integer),
    Column("version", Integer, nullable=False, server_default="0"),
    Index("ix_watch_cells_version", "version"),
    sqlite_with_rowid=False,
)
"""What stands at each carrier about each phone of the book that was ever asked; derived from the log alone.

`asked_at`: of the newest answer that counts. `since`: of the first of the unbroken row of answers that say the same.
`version`: its own number among all changes of cells, which is the cursor of whoever takes what changed.
"""

ALERTS = Table(
    "watch_alerts",
    METADATA,
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
    Column("explained_at", Integer),
    Column("handled_at", Integer),
    Column("handled_by", String, nullable=False),
    Column("note", String, nullable=False),
    Column("day", String, nullable=False, server_default=""),
    Index("uq_watch_alerts_change", "practice", "phone", "carrier", "log_index", "day", unique=True),
)
"""One row a change, ever. `unit`: its stock key then. A reading that is withdrawn takes its alert back; both stay.

`day`: with which the change came, where the entry had only announced it; else empty.
"""

DUE = Table(
    "watch_due",
    METADATA,
    Column("practice", Boolean, primary_key=True),
    Column("phone", String, primary_key=True),
    Column("day", String, nullable=False),
    Index("ix_watch_due_day", "day"),
    sqlite_with_rowid=False,
)
"""Of each phone of which a notice names a day ahead the nearest: it is looked at again when that has come."""

DAYS = Table(
    "watch_days",
    METADATA,
    Column("practice", Boolean, primary_key=True),
    Column("day", String, primary_key=True),
    Column("status", String, primary_key=True),
    Column("verdict", String, primary_key=True),
    Column("units", Integer, nullable=False),
)
"""How many units stood where at the end of each day (JST) by their last known marks, for the small charts."""

CLAIMS = Table(
    "watch_claims",
    METADATA,
    Column("seq", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("unit", String, nullable=False),
    Column("imei", String, nullable=False),
    Column("receipt", String, nullable=False),
    Column("at", Integer, nullable=False),
    Column("by", String, nullable=False),
    Column("practice", Boolean, nullable=False),
    Column("decision", String, nullable=False),
    Column("body", String, nullable=False),
)
"""Claims under the warranty as they were decided; `body`: the whole decision as JSON, with the terms of that day."""
