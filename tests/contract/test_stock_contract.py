"""What `ports.Stock` and `ports.Book` promise, held against every adapter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from shirorom.adapters.desk_sql import stock
from shirorom.adapters.desk_sql.database import Desk
from shirorom.adapters.desk_sql.stock import SqlStock
from shirorom.adapters.desk_sql.watch_tables import ALERTS, CELLS
from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.export_words import Field
from shirorom.domain.desk.stock import Status, Unit
from shirorom.domain.errors import ShiroromError
from shirorom.domain.mark import Mark
from shirorom.ports.book import Book, Said, Taken
from shirorom.ports.stock import Put
from tests.book_kit import NOW, TODAY
from tests.counter_kit import device

LATER = NOW + timedelta(hours=1)
FULL = Unit(
    key="A-1", device=device(1, 2), status=Status.SOLD, store="秋葉原", person="佐藤", model="練習フォン",
    price_yen=12_800, cost_yen=0, bought_on=TODAY - timedelta(days=9), sold_on=TODAY, receipt="R1", warranty="無期限",
    covered_until=TODAY + timedelta(days=365),
)  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.close()


@pytest.fixture
def book(desk: Desk) -> Book:
    """Every adapter in turn (one so far)."""
    return SqlStock(desk)


def put(book: Book, *units: Unit, practice: bool = True, since: int = 0, at=NOW) -> None:
    book.apply([Put(unit, practice, since) for unit in units], at=at)


def unit(key: str, *numbers: int, **others) -> Unit:
    return Unit(key=key, device=device(*numbers), **({"status": Status.STOCK} | others))


def test_a_unit_comes_back_as_it_was_put(book: Book) -> None:
    """Every attribute, also the empty ones, and both numbers in their order."""
    bare = unit("A-2", 3)
    put(book, FULL, bare, since=7)
    got = book.of_keys(["A-1", "A-2", "A-3"])
    assert {key: one.unit for key, one in got.items()} == {"A-1": FULL, "A-2": bare}
    assert (got["A-1"].practice, got["A-1"].since, got["A-1"].changed_at) == (True, 7, NOW)


def test_pages_hold_every_unit_once_and_in_order(book: Book) -> None:
    """`after` is a cursor over numbers that are never used again."""
    put(book, *(unit(f"K{n}", n) for n in range(1, 8)))
    seen, after = [], 0
    while some := book.units(after=after, count_max=3):
        seen += [one.unit.key for one in some]
        after = some[-1].seq
    assert seen == [f"K{n}" for n in range(1, 8)]


def test_a_known_key_is_replaced_in_its_place(book: Book) -> None:
    """Its number in the book and what it was told since stay; the rest is new."""
    put(book, FULL, since=3)
    changed = replace(FULL, status=Status.GONE, price_yen=None, store="")
    put(book, changed, since=9, practice=False, at=LATER)
    (got,) = book.units(after=0, count_max=9)
    assert (got.seq, got.unit, got.since, got.practice, got.changed_at) == (1, changed, 3, True, LATER)


def test_another_phone_under_a_key_begins_anew(book: Book) -> None:
    """What changed about its phone before it came is no news, and practice is the new phone's."""
    put(book, FULL, since=3)
    put(book, replace(FULL, device=device(8)), since=9, practice=False)
    (got,) = book.units(after=0, count_max=9)
    assert (got.unit.device, got.since, got.practice) == (device(8), 9, False)
    assert book.of_phones([device(1).imeis[0].key]) == {}


def test_phones_are_found_by_any_number_and_under_every_key(book: Book) -> None:
    """A phone that was bought back has several units; what nobody has is left out."""
    put(book, FULL, unit("B-1", 2, 5))
    one, two, none = (device(n).imeis[0].key for n in (1, 2, 6))
    got = book.of_phones([one, two, none])
    assert {phone: [b.unit.key for b in units] for phone, units in got.items()} == {one: ["A-1"], two: ["A-1", "B-1"]}


def test_every_change_raises_the_version_and_nothing_else_does(book: Book) -> None:
    """Whoever made something of the book sees by one number whether it still holds."""
    first = book.version()
    put(book)
    assert book.version() == first
    put(book, FULL)
    second = book.version()
    book.units(after=0, count_max=9)
    assert first < second == book.version()


def test_all_or_nothing(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """A book that would grow too large takes no unit of the call, also not the known ones."""
    monkeypatch.setattr(stock, "UNITS_MAX", 2)
    put(book, unit("A", 1), unit("B", 2))
    with pytest.raises(ShiroromError, match="stock-full"):
        put(book, unit("A", 1, status=Status.GONE), unit("C", 3))
    assert [one.unit for one in book.units(after=0, count_max=9)] == [unit("A", 1), unit("B", 2)]
    put(book, unit("A", 1, status=Status.GONE))
    assert book.count() == 2


def test_more_than_one_statement_takes(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks are seen by nobody: every unit is there, changed and found."""
    monkeypatch.setattr(stock, "IN_MAX", 3)
    units = [unit(f"K{n}", n) for n in range(1, 12)]
    put(book, *units)
    put(book, *(replace(one, device=device(100 + n)) for n, one in enumerate(units)))
    assert len(book.of_keys([one.key for one in units])) == 11
    assert len(book.of_phones([device(100 + n).imeis[0].key for n in range(11)])) == 11
    assert len(book.units(after=0, count_max=99)) == 11


def test_lists_by_status_and_store(book: Book) -> None:
    """What is gone is not watched, and is still in the book."""
    put(book, unit("A", 1, store="新宿"), unit("B", 2, status=Status.GONE), unit("C", 3))
    assert set(book.watched_keys()) == {"A", "C"}
    assert [b.unit.key for b in book.listed(after=0, count_max=9, status=Status.GONE)] == ["B"]
    assert [b.unit.key for b in book.listed(after=0, count_max=9, store="新宿")] == ["A"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("A-1", ["A-1"]), ("R1", ["A-1"]), (" A-1 ", ["A-1"]), ("", []), ("zzz", []), ("%", []),
        (device(1).imeis[0].digits, ["A-1"]), (device(2).imeis[0].digits[-6:], ["A-1"]),
        (device(9).imeis[0].digits, []),
        (device(3).imeis[0].digits[:14], ["B-1"]), (device(3).imeis[0].grouped, ["B-1"]), ("13", []),
    ],
)  # fmt: skip
def test_finds_what_a_person_has_in_hand(book: Book, words: str, found: list[str]) -> None:
    """A key, a receipt, a number in any grouping, its last digits; three digits are too few."""
    put(book, FULL, unit("B-1", 3))
    assert [one.unit.key for one in book.find(words, count_max=9)] == found


def test_what_is_in_stock_is_found_first(book: Book) -> None:
    """Then what was sold, then what is gone; the newest of each first."""
    for key, status in (("A", Status.GONE), ("B", Status.SOLD), ("C", Status.STOCK), ("D", Status.STOCK)):
        put(book, unit(key, 1, status=status, sold_on=TODAY))
    found = book.find(device(1).imeis[0].digits, count_max=3)
    assert [one.unit.key for one in found] == ["D", "C", "B"]


def test_says_what_stands_and_what_changed_last(book: Book, desk: Desk) -> None:
    """By practice and phone; a change that was taken back is none."""
    phone = device(1).imeis[0].key
    cell = {"practice": True, "phone": phone, "carrier": "au", "mark": "caution", "raw": "△", "asked_at": 5_000}
    alert = {
        "kind": "freed", "unit": "A", "store": "", "person": "", "practice": True, "imei": phone + "0", "phone": phone,
        "before": "caution", "after": "clear", "between_from": 0, "between_to": 60_000, "expected": True,
        "at": 70_000, "handled_by": "", "note": "",
    }  # fmt: skip
    with desk.writing() as db:
        db.execute(insert(CELLS).values(**cell, since=None, vanished=False, log_index=1))
        db.execute(insert(ALERTS).values(**alert, seq=1, carrier="au", log_index=2))
        later = alert | {"between_to": 90_000, "retracted_at": 99_000}
        db.execute(insert(ALERTS).values(**later, seq=2, carrier="docomo", log_index=3))
    stands = book.stands([phone])
    assert list(stands) == [(True, phone, CarrierId.AU)]
    assert stands[True, phone, CarrierId.AU].mark is Mark.CAUTION
    assert book.last_changes([phone])[True, phone].carrier is CarrierId.AU


def test_remembers_what_was_said_of_columns(book: Book) -> None:
    """By headings; a later word stands, and other headings know nothing."""
    said = Said({Field.KEY: ("番号",), Field.STORE: ()}, {"委託": Status.STOCK})
    book.say("a\nb", Said({Field.KEY: ("x",)}), at=NOW)
    book.say("a\nb", said, at=LATER)
    assert book.said("a\nb") == said
    assert book.said("a") == Said()


def test_remembers_which_files_were_taken(book: Book) -> None:
    """By content, and the last of each name."""
    first, second = Taken("d1", "x.csv", "", NOW), Taken("d2", "x.csv", "table-empty", LATER)
    assert book.taken(digest="d1", name="x.csv") == (None, None)
    book.take(first)
    book.take(second)
    assert book.taken(digest="d1", name="x.csv") == (first, second)
    assert book.taken(digest="d2", name="y.csv") == (second, None)
