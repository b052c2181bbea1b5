"""What `ports/board.py` promises, held against the database: the same counts as the plain rules give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import insert

from shirorom.adapters.desk_sql.board import SqlBoard
from shirorom.adapters.desk_sql.database import Desk
from shirorom.adapters.desk_sql.watch import SqlWatch
from shirorom.adapters.desk_sql.watch_tables import CELLS
from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.desk.stock import Status
from shirorom.domain.mark import Mark, VerdictKind
from shirorom.ports.board import Scope, Silence
from shirorom.ports.watch import DayCount
from shirorom.service.watch_days import last_known_verdict
from tests.logs import START, imei
from tests.watch_kit import put_unit

PRACTICE = Scope(practice=True)
STORES = ("渋谷", "新宿")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """An empty book."""
    opened = Desk(tmp_path)
    yield opened
    opened.close()


def cell(desk: Desk, n: int, carrier: CarrierId, mark: Mark | None, *, days_ago: int = 1) -> None:
    """What stands at one carrier about a phone."""
    at = int((START - timedelta(days=days_ago)).timestamp() * 1000)
    row = {
        "practice": True, "phone": imei(n).key, "carrier": carrier.value, "mark": mark and mark.value, "raw": "○",
        "asked_at": at, "since": at, "vanished": False, "log_index": n, "version": 1,
    }  # fmt: skip
    with desk.writing() as db:
        db.execute(insert(CELLS).values(row))


@pytest.mark.parametrize("seed", range(4))
def test_verdicts_are_those_of_the_plain_rule(desk: Desk, seed: int) -> None:
    """Over any book: one or two numbers a unit, cells missing, marks of every kind, units sold and gone among them."""
    random, n = Random(seed), 0
    for unit in range(40):
        numbers = [n := n + 1 for _ in range(random.choice((1, 1, 2)))]
        put_unit(desk, f"K-{unit}", *numbers, status=random.choice(list(Status)), sold_on="2026-10-01")
        for number in numbers:
            for carrier in CARRIERS:
                if random.random() < 0.9:
                    cell(desk, number, carrier, random.choice([*Mark, Mark.CLEAR, Mark.NO_RECORD, None]))
    plain: Counter[VerdictKind] = Counter()
    for units in SqlWatch(desk).unit_marks():
        if units.status is Status.STOCK:
            plain[last_known_verdict(units)] += units.units
    counted = SqlBoard(desk).verdicts(PRACTICE)
    assert {kind: count for kind, count in counted.items() if count} == dict(plain)


def test_a_scope_counts_its_own(desk: Desk) -> None:
    """Units of one store or of one person; the other world's never."""
    put_unit(desk, "A", 1, store="渋谷", person="佐藤")
    put_unit(desk, "B", 2, store="新宿", person="佐藤")
    put_unit(desk, "C", 3, store="新宿", person="鈴木", status=Status.SOLD, sold_on="2026-10-01")
    put_unit(desk, "R", 4, store="渋谷", practice=False)
    board = SqlBoard(desk)
    assert board.units(PRACTICE) == {Status.STOCK: 2, Status.SOLD: 1, Status.GONE: 0}
    assert board.units(Scope(practice=True, store="新宿", person="佐藤"))[Status.STOCK] == 1
    assert board.verdicts(Scope(practice=True, store="渋谷"))[VerdictKind.UNDETERMINED] == 1
    assert board.units(Scope())[Status.STOCK] == 1
    assert board.scopes(practice=True) == (["新宿", "渋谷"], ["佐藤", "鈴木"])


def test_the_unheard_are_counted_by_number(desk: Desk) -> None:
    """For each carrier: numbers in stock never answered, and answered longer ago than the moment given."""
    put_unit(desk, "A", 1, 2)
    put_unit(desk, "B", 3, status=Status.SOLD, sold_on="2026-10-01")
    cell(desk, 1, CarrierId.AU, Mark.CLEAR, days_ago=100)
    cell(desk, 2, CarrierId.AU, Mark.CLEAR, days_ago=1)
    cell(desk, 1, CarrierId.DOCOMO, None)
    silent = SqlBoard(desk).silent(PRACTICE, before=START - timedelta(days=90))
    assert silent[CarrierId.AU] == Silence(never=0, old=1)
    assert silent[CarrierId.DOCOMO] == Silence(never=2, old=0)


def test_days_come_back_as_they_were_counted(desk: Desk) -> None:
    """Units in stock by verdict for each day that was counted; sold ones and the other world's are not among them."""
    today = START.date()
    SqlWatch(desk).count_day(
        [
            DayCount(True, today, Status.STOCK, "clear", 5),
            DayCount(True, today, Status.SOLD, "clear", 9),
            DayCount(False, today, Status.STOCK, "clear", 7),
        ]
    )
    days = SqlBoard(desk).days(practice=True, since=today)
    assert days == {today: {**dict.fromkeys(VerdictKind, 0), VerdictKind.CLEAR: 5}}


def test_the_version_moves_with_the_book(desk: Desk) -> None:
    """A unit more is another version."""
    before = SqlBoard(desk).version()
    put_unit(desk, "A", 1)
    assert SqlBoard(desk).version() != before
