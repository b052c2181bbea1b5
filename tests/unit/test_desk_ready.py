"""The ready-made desk (tests/desk_ready.py) is the one that the product makes from nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from shirorom.adapters.desk_sql import database
from shirorom.adapters.desk_sql.database import Desk
from tests import desk_ready


def held(path: Path) -> list[str]:
    """Everything in it, as SQL, and how it keeps its journal."""
    with closing(sqlite3.connect(path)) as connection:
        return [*connection.iterdump(), *connection.execute("PRAGMA journal_mode").fetchone()]


def test_copy_is_what_migrations_make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copied desk and one migrated on the spot hold the same, under the same rights."""
    Desk(tmp_path / "copied").close()
    monkeypatch.setattr(database, "_make", desk_ready.MAKE)
    Desk(tmp_path / "made").close()
    copied, made = tmp_path / "copied" / database.NAME, tmp_path / "made" / database.NAME
    assert held(copied) == held(made)
    assert copied.stat().st_mode == made.stat().st_mode
    assert copied.parent.stat().st_mode == made.parent.stat().st_mode


def test_copy_is_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: a new desk of a test is not migrated, and an empty file that is there is."""

    def never(*_: object) -> None:
        raise AssertionError("migrated")

    monkeypatch.setattr("alembic.command.upgrade", never)
    Desk(tmp_path).close()
    desk_ready.MAKE(tmp_path / "there" / database.NAME)
    with pytest.raises(AssertionError, match="migrated"):
        Desk(tmp_path / "there")
