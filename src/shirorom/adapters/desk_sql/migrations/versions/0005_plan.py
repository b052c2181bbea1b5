"""The plan of re-checks: which places of a phone in the queue it wants."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer, String

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """From the step before."""
    op.add_column("counter_items", Column("wanted", String))
    op.add_column("counter_items", Column("wanted_since", Integer))
