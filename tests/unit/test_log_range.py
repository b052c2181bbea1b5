"""Reading the log in ranges: the same entries as one by one, and damage anywhere in a range is never returned."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shirorom.adapters.log_sqlite import SqliteLog
from shirorom.domain.errors import StorageError
from tests.logs import open_log, record

SIZE = 37


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 37 entries."""
    made = tmp_path_factory.mktemp("range")
    record(made, *range(1, SIZE + 1))
    return made


@pytest.fixture
def log(data: Path) -> SqliteLog:
    """Opened anew."""
    return open_log(data)


@given(first=st.integers(0, SIZE + 2), count=st.integers(1, SIZE + 2))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_range_is_its_entries(log: SqliteLog, first: int, count: int) -> None:
    """Whatever range is asked for, it holds what each of its entries holds alone."""
    expected = [log.entry(index) for index in range(first, min(SIZE, first + count))]
    assert list(log.read(first, count_max=count)) == expected


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE entry SET bytes = zeroblob(length(bytes)) WHERE idx = 20",
        "UPDATE opening SET salt = zeroblob(32) WHERE idx = 20",
        "DELETE FROM opening WHERE idx = 20",
        "UPDATE entry SET hashes = zeroblob(length(hashes)) WHERE idx = 15",
    ],
)
def test_damage_in_a_range_is_never_returned(tmp_path: Path, damage: str) -> None:
    """An entry, its opening, or a node of the tree before it: the range is refused, other ranges are not hurt."""
    record(tmp_path, *range(1, SIZE + 1))
    log = open_log(tmp_path)
    log.head()
    with sqlite3.connect(tmp_path / "log" / "practice.sqlite") as other:
        for trigger in [row[0] for row in other.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]:
            other.execute(f"DROP TRIGGER {trigger}")
        other.execute(damage)
    with pytest.raises(StorageError, match="log-corrupt"):
        log.read(18, count_max=5)
    log.close()
