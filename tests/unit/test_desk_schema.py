"""A desk's database of another version: an older one is brought up, a newer one is refused."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from shirorom.adapters.desk_sql import database
from shirorom.adapters.desk_sql.database import NAME, Desk
from shirorom.adapters.desk_sql.tables import HEAD
from shirorom.domain.errors import StorageError
from tests import desk_ready

FIRST = "0001"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The directory of a desk of this version."""
    Desk(tmp_path / "data").close()
    return tmp_path / "data"


def version(data: Path) -> str:
    """What the file says of itself."""
    with closing(sqlite3.connect(data / NAME)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def tables(data: Path) -> list[str]:
    """Everything in it that has a form, as SQL."""
    with closing(sqlite3.connect(data / NAME)) as connection:
        return [line for (line,) in connection.execute("SELECT sql FROM sqlite_schema WHERE sql NOT NULL ORDER BY sql")]


def rewrite(data: Path, sql: str) -> None:
    """Change the file behind the product's back."""
    with closing(sqlite3.connect(data / NAME)) as connection, connection:
        connection.execute(sql)


def test_older_desk_is_brought_up(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk as the first version made it, opened, has the tables of today."""
    older = tmp_path / "older"
    desk_ready.MAKE(older / NAME)  # there, and empty
    with monkeypatch.context() as first:
        first.setattr(database, "HEAD", FIRST)
        Desk(older).close()
    assert (version(older), tables(older) == tables(data)) == (FIRST, False)
    Desk(older).close()
    assert (version(older), tables(older) == tables(data)) == (HEAD, True)


def test_newer_desk_is_refused(data: Path) -> None:
    """A desk that a later version made is not touched."""
    rewrite(data, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageError, match="desk-newer"):
        Desk(data)
    assert version(data) == "9999"


def test_desk_whose_version_is_gone_is_not_taken_for_current(data: Path) -> None:
    """Tables without a version are no desk of today: bringing them up fails, and nothing is changed."""
    rewrite(data, "DELETE FROM alembic_version")
    before = (data / NAME).read_bytes()
    with pytest.raises(StorageError):
        Desk(data)
    assert (data / NAME).read_bytes() == before
