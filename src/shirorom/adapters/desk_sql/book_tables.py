"""Tables of the import: what a person said of columns, and which files of watched folders were taken."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table

from shirorom.adapters.desk_sql.tables import METADATA

COLUMNS = Table(
    "watch_columns",
    METADATA,
    Column("headings", String, primary_key=True),
    Column("said", String, nullable=False),
    Column("at", Integer, nullable=False),
)
"""By the headings of a file (`export_columns.fingerprint`): headings by field and words of statuses, as JSON."""

TAKEN = Table(
    "watch_taken",
    METADATA,
    Column("digest", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("code", String, nullable=False),
    Column("at", Integer, nullable=False),
    Index("ix_watch_taken_name", "name", "at"),
)
"""Files that were taken, by the SHA-256 of their content. `code`: why one could not be used."""
