"""`service/watch_board.py`: a board that is behind is shown, said to be behind, and made anew once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from shirorom.adapters.desk_sql.board import SqlBoard
from shirorom.adapters.desk_sql.database import Desk
from shirorom.domain.desk.stock import Status
from shirorom.domain.mark import VerdictKind
from shirorom.ports.board import Scope
from shirorom.service.watch_board import DAYS, Boards, MarkRow
from tests.logs import SetClock
from tests.watch_kit import put_unit

PRACTICE = Scope(practice=True)


def test_a_page_need_not_wait(tmp_path: Path) -> None:
    """The board stays as it was made last until somebody makes it anew; an empty one is made at once."""
    desk = Desk(tmp_path)
    boards = Boards(SqlBoard(desk), SetClock())
    assert boards.last(PRACTICE).empty
    put_unit(desk, "A", 1)
    assert boards.last(PRACTICE).units[Status.STOCK] == 1
    put_unit(desk, "B", 2)
    assert boards.last(PRACTICE).units[Status.STOCK] == 1
    assert boards.behind(PRACTICE)
    boards.refresh(PRACTICE)
    assert boards.last(PRACTICE).units[Status.STOCK] == 2
    assert not boards.behind(PRACTICE)
    desk.close()


def test_a_minute_makes_it_old(tmp_path: Path) -> None:
    """Days go on although nothing changes."""
    desk, clock = Desk(tmp_path), SetClock()
    boards = Boards(SqlBoard(desk), clock)
    put_unit(desk, "A", 1)
    before = boards.last(PRACTICE)
    clock.at += timedelta(minutes=1)
    assert boards.behind(PRACTICE)
    assert len(before.marks[0].days) == DAYS
    desk.close()


def test_what_was_not_counted_did_not_move() -> None:
    """How many more there are than on the first day that was counted; nothing where none was."""
    assert MarkRow(VerdictKind.CLEAR, 7, (None, 5, 9)).moved == 2
    assert MarkRow(VerdictKind.CLEAR, 7, (None, None)).moved is None
