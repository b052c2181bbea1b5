"""What `ports.plan.PlanBook` promises, held against its adapter: the book as it is, what is gone left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from shirorom.adapters.desk_sql.database import Desk
from shirorom.adapters.desk_sql.plan_rows import SqlPlanBook
from shirorom.domain.carrier import CARRIERS
from shirorom.domain.desk.plan import FOREVER, Seen
from shirorom.domain.desk.plan_fast import Columns
from shirorom.ports.plan import Asked
from tests.counter_kit import device
from tests.logs import START, imei
from tests.plan_kit import Row, answer, everywhere, put

DOCOMO, AU, SOFTBANK, RAKUTEN = CARRIERS


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.close()


def read(desk: Desk, asked: Asked = lambda _: CARRIERS, **terms: int) -> Columns:
    return SqlPlanBook(desk).columns(terms.get, asked)


def test_an_empty_book_has_no_cells(desk: Desk) -> None:
    """And can be read all the same."""
    assert len(read(desk).unit) == 0


def test_a_cell_is_what_the_tables_say(desk: Desk) -> None:
    """Unit, number, days, price, mark: all of one cell; days are Japan's."""
    late = datetime(2026, 11, 1, 16, 0, tzinfo=UTC)  # the second of November in Japan
    put(desk, Row(5, (1, 2), {(2, AU): ("caution", late)}))
    cell = read(desk).cell(1, 1)
    assert (cell.unit, cell.number, cell.carrier, cell.practice, cell.sold) == (5, 2, AU, True, False)
    assert (cell.phone, cell.seen, cell.yen) == (int(imei(2).key), Seen.CAUTION, 30_000)
    assert cell.asked_on == date(2026, 11, 2).toordinal()
    assert cell.since_on == date(2026, 10, 1).toordinal()
    assert cell.came_on == date(2026, 11, 20).toordinal()


def test_what_was_never_answered_is_never_asked(desk: Desk) -> None:
    """No row, or one without a mark: nothing stands, and no day either."""
    put(desk, Row(1, (1,)))
    with desk.writing() as db:
        answer(db, 1, DOCOMO, "clear", START)
        db.exec_driver_sql("UPDATE watch_cells SET mark = NULL")
    columns = read(desk)
    assert [columns.cell(0, at).seen for at in range(4)] == [Seen.NEVER] * 4
    assert [columns.cell(0, at).asked_on for at in range(4)] == [None] * 4


@pytest.mark.parametrize("seen", [seen for seen in Seen if seen is not Seen.NEVER])
def test_every_mark_is_read(desk: Desk, seen: Seen) -> None:
    """As it was answered."""
    put(desk, Row(1, (1,), everywhere(1, seen.value, 9)))
    assert [read(desk).cell(0, at).seen for at in range(4)] == [seen] * 4


def test_what_is_gone_is_not_there(desk: Desk) -> None:
    """No cell of a unit that is gone, though its number was answered."""
    put(desk, Row(1, (1,), everywhere(1, "caution", 9), status="gone"), Row(2, (2,)))
    assert read(desk).unit.tolist() == [2]


def test_a_unit_without_a_price_counts_as_what_was_paid(desk: Desk) -> None:
    """And as unknown where neither is there."""
    put(desk, Row(1, (1,), price_yen=None, cost_yen=9_000), Row(2, (2,), price_yen=None))
    columns = read(desk)
    assert [columns.cell(row, 0).yen for row in (0, 1)] == [9_000, None]


def test_a_cover_ends_as_the_shop_or_the_terms_say(desk: Desk) -> None:
    """The export's day first, else the terms from the sale on; unknown terms, or no day of sale: no end."""
    sold = {"status": "sold", "sold_on": "2026-11-01"}
    put(
        desk,
        Row(1, (1,), **sold, covered_until="2026-12-01", warranty="year"),  # type: ignore[arg-type]
        Row(2, (2,), **sold, warranty="year"),  # type: ignore[arg-type]
        Row(3, (3,), **sold, warranty="other"),  # type: ignore[arg-type]
        Row(4, (4,), status="sold", warranty="year"),
    )
    ends = read(desk, year=365).cover_until.tolist()
    assert ends == [date(2026, 12, 1).toordinal(), date(2027, 11, 1).toordinal(), FOREVER, FOREVER]


def test_worlds_do_not_mix(desk: Desk) -> None:
    """A practice answer is none of a real unit with the same number, and each is asked where its world is."""
    put(desk, Row(1, (1,), everywhere(1, "clear", 9)), Row(2, (1,), practice=False))
    columns = read(desk, lambda practice: [AU] if practice else [DOCOMO])
    assert [columns.cell(1, at).seen for at in range(4)] == [Seen.NEVER] * 4
    assert columns.asks.tolist() == [[False, True, False, False], [True, False, False, False]]


def test_devices_have_their_numbers_in_order(desk: Desk) -> None:
    """With their stock key; a unit that is not there is left out."""
    put(desk, Row(1, (2, 1)), Row(2, (3,)))
    assert SqlPlanBook(desk).devices([1, 9]) == {1: ("K1", device(2, 1))}


def test_the_version_follows_book_and_answers(desk: Desk) -> None:
    """So that a plan that was made is not made anew."""
    book = SqlPlanBook(desk)
    versions = [book.version()]
    put(desk, Row(1, (1,)))
    versions.append(book.version())
    with desk.writing() as db:
        answer(db, 1, AU, "clear", START + timedelta(days=1))
    versions.append(book.version())
    assert len(set(versions)) == 3
