"""A POS's export into the book: what it takes, what it refuses, and that what it gives back changes nothing."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import insert

from shirorom.adapters.desk_sql.watch_tables import ALERTS
from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.export_words import Field
from shirorom.domain.desk.stock import Status, Unit
from shirorom.domain.errors import ShiroromError
from shirorom.edge.practice import book as practice
from shirorom.ports.book import Said
from shirorom.ports.stock import Put
from shirorom.ports.tables import TableKind
from shirorom.service.watch_import import Wish
from tests.book_kit import HEADINGS, NOW, TODAY, BookShop, book_shop, books, codes, csv_of, number, row

KINDS = [TableKind.CSV, TableKind.XLSX, TableKind.TSV, TableKind.PARQUET]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[BookShop]:
    with book_shop(tmp_path) as made:
        yield made


def test_an_export_goes_in(shop: BookShop) -> None:
    """Each row with all that it says; practice numbers are practice."""
    done = shop.take([row("A-1", 1, 店舗="新宿", 販売価格="¥12,800", 仕入日="令和8年11月1日", IMEI2=number(2))])
    assert (done.applied, done.new, done.practice, done.errors) == (True, 1, 1, ())
    unit = shop.units()["A-1"]
    assert (unit.store, unit.price_yen, str(unit.bought_on)) == ("新宿", 12_800, "2026-11-01")
    assert [imei.digits for imei in unit.device.imeis] == [number(1), number(2)]


def test_only_what_changed_is_taken(shop: BookShop) -> None:
    """The same export again changes nothing, not even the book's version; a new price changes one field."""
    rows = [row("A", 1, 販売価格="100"), row("B", 2, 販売価格="100")]
    shop.take(rows)
    version = shop.watch.book.book.version()
    again = shop.take(rows)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 2)
    assert shop.watch.book.book.version() == version
    third = shop.take([rows[0], row("B", 2, 販売価格="90")])
    assert (third.changed, third.unchanged, dict(third.fields)) == (1, 1, {"price_yen": 1})


def test_a_dry_run_writes_nothing(shop: BookShop) -> None:
    """And says what it would."""
    dry = shop.take([row("A", 1), row("B", "3.58E+14")], dry_run=True)
    assert (dry.applied, dry.new, codes(dry), shop.units()) == (False, 1, [(3, "imei-spreadsheet")], {})


def test_good_rows_go_in_and_bad_ones_change_nothing(shop: BookShop) -> None:
    """Also where the unit of a bad row is known already."""
    shop.take([row("A", 1, 販売価格="100")])
    done = shop.take([row("A", 1, 販売価格="高い"), row("B", 2)])
    assert (codes(done), done.new, done.refused) == ([(2, "row-money")], 1, 1)
    assert shop.units()["A"].price_yen == 100
    assert shop.take([row("A", 1, 販売価格="高い")]).missing == 1  # it is there, but for its error


def test_strict_takes_all_or_nothing(shop: BookShop) -> None:
    """One bad row keeps everything out."""
    done = shop.take([row("A", 1), row("B", "")], strict=True)
    assert (done.applied, shop.units()) == (False, {})


def test_a_complete_export_ends_what_it_does_not_hold(shop: BookShop) -> None:
    """Otherwise that is only told; a row with an error still holds its unit."""
    shop.take([row("A", 1), row("B", 2), row("C", 3)])
    assert shop.take([row("A", 1)]).missing == 2
    assert {unit.status for unit in shop.units().values()} == {Status.STOCK}
    done = shop.take([row("A", 1), row("B", "")], complete=True)
    assert (done.missing, done.gone) == (1, 1)
    assert {key: unit.status.value for key, unit in shop.units().items()} == {"A": "stock", "B": "stock", "C": "gone"}
    assert shop.take([row("A", 1), row("B", 2)], complete=True).missing == 0


def test_a_file_that_may_not_be_complete_ends_nothing(shop: BookShop) -> None:
    """A row without its key may be the unit that seems to be missing; an export cut short misses most."""
    shop.take([row(f"K{n}", n) for n in range(1, 51)])
    keyless = shop.take([row("", 1), *(row(f"K{n}", n) for n in range(2, 51))], complete=True)
    assert (keyless.missing, keyless.gone, keyless.doubt) == (1, 0, "import-keys-missing")
    short = [row("K1", 1, 店舗="新宿")]
    cut = shop.take(short, complete=True)
    assert (cut.changed, cut.gone, cut.doubt) == (1, 0, "import-most-missing")
    assert {unit.status for unit in shop.units().values()} == {Status.STOCK}
    assert shop.take(short, complete=True, even_most=True).gone == 49


def test_columns_that_are_not_there_say_nothing(shop: BookShop) -> None:
    """A shorter export empties no price; an empty cell does."""
    shop.take([row("A", 1, 販売価格="100", 店舗="新宿")])
    short = shop.file(csv_of([["A", number(1), ""]], headings=["管理番号", "IMEI", "店舗"]))
    shop.watch.book.importing(short, Wish())
    assert (shop.units()["A"].price_yen, shop.units()["A"].store) == (100, "")


def test_sold_without_a_day_is_refused_unless_the_book_knows_it(shop: BookShop) -> None:
    """A warranty that nobody can count is no warranty."""
    assert codes(shop.take([row("A", 1, "販売済", 販売日="")])) == [(2, "row-sold-without-day")]
    shop.take([row("A", 1, "販売済")])
    short = shop.file(csv_of([["A", number(1), "売却済"]], headings=["管理番号", "IMEI", "状態"]))
    assert shop.watch.book.importing(short, Wish()).unchanged == 1


def test_without_a_status_the_day_of_sale_decides(shop: BookShop) -> None:
    """Where the file has such a column at all."""
    path = shop.file(csv_of([["A", number(1), ""], ["B", number(2), "2026-11-01"]], headings=["SKU", "IMEI", "販売日"]))
    shop.watch.book.importing(path, Wish())
    assert {key: unit.status.value for key, unit in shop.units().items()} == {"A": "stock", "B": "sold"}


def test_since_is_where_the_right_log_stands(shop: BookShop) -> None:
    """What was answered before the unit came is no news."""
    record = shop.composition.record
    for n in (1, 2):
        record(row_imei(n), CarrierId.AU, "○", by="local", asked_at=NOW)
    shop.take([row("A", 1)])
    (booked,) = shop.watch.book.book.units(after=0, count_max=9)
    assert (booked.practice, booked.since) == (True, 2)


def row_imei(n: int):
    from shirorom.domain.imei import Imei

    return Imei(number(n))


def test_total_rows_and_titles_are_no_units(shop: BookShop) -> None:
    """A line of title, a merged heading, a trailing total: read past, and told."""
    lines = [
        "在庫一覧,,,", "管理番号,番号,,価格", ",IMEI,IMEI2,販売", f"A,{number(1)},{number(2)},\"1,000\"",
        f"B,{number(3)},,500", "合計,,,\"1,500\"", "",
    ]  # fmt: skip
    done = shop.watch.book.importing(shop.file("\r\n".join(lines).encode("cp932")), Wish())
    assert (done.new, done.file.totals, done.file.encoding, done.errors) == (2, (6,), "cp932", ())


def test_damage_of_the_file_is_damage_of_its_row(shop: BookShop) -> None:
    """A row in another encoding is refused by its line; the others go in."""
    content = csv_of([row("A", 1, 店舗="新宿"), row("B", 2)]) + ",".join(row("C", 3, 店舗="渋谷")).encode("cp932")
    done = shop.watch.book.importing(shop.file(content), Wish())
    assert (done.new, codes(done)) == (2, [(4, "table-row-encoding")])


def test_what_a_person_says_is_remembered_for_the_same_headings(shop: BookShop) -> None:
    """Columns and words of statuses; a dry run remembers nothing."""
    content = csv_of([["A", "X", number(1), "委託"]], headings=["管理番号", "社内番号", "IMEI", "状態"])
    said = Said({Field.KEY: ("社内番号",)}, {"委託": Status.STOCK})
    path = shop.file(content)
    shop.watch.book.importing(path, Wish(said, dry_run=True))
    assert codes(shop.watch.book.importing(path, Wish(dry_run=True))) == [(2, "row-status-unknown")]
    shop.watch.book.importing(path, Wish(said))
    assert shop.watch.book.importing(path, Wish()).unchanged == 1
    assert list(shop.units()) == ["X"]


def test_the_same_phone_under_another_key_of_the_book_is_told(shop: BookShop) -> None:
    """Both stay; with the complete export the old key ends, and nothing is odd."""
    shop.take([row("A", 1)])
    assert [one.code for one in shop.take([row("B", 1)]).notices] == ["row-number-in-book"]
    assert shop.take([row("B", 1)]).notices == ()
    assert shop.take([row("C", 1)], complete=True).notices == ()


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"\x00\x01\x02", "色,形\n赤,丸\n".encode(), b"PK\x03\x04xx"])
def test_what_is_no_export_is_refused_as_a_whole(shop: BookShop, content: bytes) -> None:
    """With a code that says what to do."""
    with pytest.raises(ShiroromError):
        shop.watch.book.importing(shop.file(content), Wish())


# Given back


def cells(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def test_the_file_comes_back_with_what_is_known(shop: BookShop) -> None:
    """Its own columns as they were, ours behind them; an error beside its row."""
    done = shop.take([row("A", 1), row("B", "12"), row("C", 3)])
    with shop.composition.desk.writing() as db:  # type: ignore[union-attr]
        db.execute(insert(ALERTS).values(
            seq=1, kind="freed", unit="A", store="", person="", practice=True, imei=number(1), phone=number(1)[:14],
            carrier="docomo", before="caution", after="clear", between_from=0, between_to=1_795_575_600_000,
            expected=True, log_index=0, at=0, handled_by="", note="",
        ))  # fmt: skip
    out = shop.data / "out.csv"
    shop.watch.book.give_back.file(done, out, kind=TableKind.CSV)
    got = cells(out)
    assert [line["管理番号"] for line in got] == ["A", "B", "C"]
    assert got[0]["shirorom_imei"] == number(1)
    assert got[0]["shirorom_changed"] == "2026-11-25 ドコモ △→○"
    assert (got[1]["shirorom_error"], got[1]["shirorom_imei"]) == ("imei-length", "")
    assert (got[2]["shirorom_verdict"], got[2]["shirorom_practice"]) == ("undetermined", "practice")
    assert (got[2]["shirorom_docomo"], got[2]["shirorom_error"].split()[0]) == ("", "docomo:not-asked")


@pytest.mark.parametrize("escape", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_given_back_changes_nothing(shop: BookShop, kind: TableKind, escape: bool) -> None:
    """Whatever the shop's cells hold, in every kind of file, also with formulas written as text; twice over."""
    rows = [row("=A1", 1, 店舗="'-x"), row("'=B", 2, 店舗="+1", 販売価格="¥1,000"), row("C", 3, "返品"), row("合計", 4)]
    done = shop.take([*rows, ["合計", *[""] * (len(HEADINGS) - 1)]])
    assert done.new == 4
    for _ in range(2):
        out = shop.data / f"out.{kind.value}"
        shop.watch.book.give_back.file(done, out, kind=kind, escape=escape)
        done = shop.watch.book.importing(out, Wish())
        assert (done.new, done.changed, done.unchanged, done.refused) == (0, 0, 4, 0)
        assert len(done.file.headings) == len(HEADINGS) + 9


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(units=books())
def test_every_book_is_exported_and_imported_without_change(units: list[Unit]) -> None:
    """Made-up books, every status and every empty cell."""
    with tempfile.TemporaryDirectory() as data, book_shop(Path(data)) as shop:
        shop.watch.book.book.apply([Put(unit, True, 0) for unit in units], at=NOW)
        for kind in (TableKind.CSV, TableKind.XLSX):
            out = shop.data / f"book.{kind.value}"
            assert shop.watch.book.give_back.export(out, kind=kind, escape=True) == len(units)
            if not units:
                continue
            done = shop.watch.book.importing(out, Wish(complete=True))
            assert (done.new, done.changed, done.unchanged, done.errors) == (0, 0, len(units), ())


def test_the_practice_export_is_one_that_a_shop_could_have(shop: BookShop) -> None:
    """No row is wrong, every number is a test number and stands once, and it is the same every time."""
    rows = list(practice.rows(TODAY, stock=80, sold=120))
    assert rows == list(practice.rows(TODAY, stock=80, sold=120))
    done = shop.watch.book.importing(shop.file(csv_of(rows, headings=practice.HEADINGS)), Wish())
    assert (done.new, done.practice, done.errors, done.notices) == (200, 200, (), ())
    statuses = [unit.status for unit in shop.units().values()]
    assert (statuses.count(Status.STOCK), statuses.count(Status.SOLD)) == (80, 120)
