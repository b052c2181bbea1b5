"""T1, T9 on PostgreSQL: a writer is killed at any instant; several writers append to one log."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.log_run import loss
from tests.faults.test_log_kill import first_loss
from tests.faults.test_log_race import Racer, wins
from tests.logs import open_log
from tests.postgres_kit import database_of
from tests.scale import scaled


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory whose log is in a database of the test's own; so is it for the programs that the test starts."""
    monkeypatch.setenv("SHIROROM_LOG_DATABASE", database_of(tmp_path))
    return tmp_path / "data"


@pytest.mark.parametrize("batch", [1, 50])
def test_a_kill_loses_nothing_acknowledged(data: Path, batch: int) -> None:
    """T1: at random instants; what is left opens, is sound, and holds every acknowledged reading."""
    assert first_loss(data, scaled(60) + 1, "--batch", batch) is None


def test_a_kill_shows_what_is_acknowledged_too_early(data: Path) -> None:
    """T1, control: acknowledged before it is committed, a reading is lost within a few kills."""
    assert first_loss(data, 50, "--batch", 50, "--without", "durable-first") == "lost"


def test_one_writer_wins_each_size(data: Path) -> None:
    """T9: every size from 0 on is won once; the others got `conflict`; the log is sound."""
    open_log(data).close()
    count = scaled(4_000)
    with ExitStack() as stack:
        racers = [stack.enter_context(Racer(data, n, count)) for n in range(2)]
        won = wins(racer.end() for racer in racers)
    assert won == dict.fromkeys(range(count * 2), 1)
    assert sum(line.startswith("conflict") for racer in racers for line in racer.lines) > 0
    assert loss(data, []) is None


def test_without_the_comparison_a_size_has_two_winners(data: Path) -> None:
    """T9, control: writers that append at whatever size the log has both believe that they won the same one."""
    open_log(data).close()
    with ExitStack() as stack:
        racers = [stack.enter_context(Racer(data, n, 100, "--without", "compare-and-set")) for n in range(2)]
        won = wins(racer.end() for racer in racers)
    assert max(won.values()) > 1
