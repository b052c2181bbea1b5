"""An export's columns and rows: what each is, what is wrong with it, and never an exception."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shirorom.domain.desk.export_check import check_rows
from shirorom.domain.desk.export_columns import Why, fingerprint, layout_of
from shirorom.domain.desk.export_diff import diff
from shirorom.domain.desk.export_row import ReadRow, RowReader, read_yen
from shirorom.domain.desk.export_words import Field
from shirorom.domain.desk.stock import Status
from shirorom.domain.errors import CODES, ShiroromError
from shirorom.domain.imei import Imei
from shirorom.domain.tables.shape import shape_of
from tests.book_kit import HEADINGS, TODAY, number, row

OTHER = Imei.of_key("00100207654321").digits
"""Of another model, and no twin of the others."""


def guessed(headings: Sequence[str], *rows: Sequence[str], **said: Mapping[Field, Sequence[str]]) -> dict[str, str]:
    """Heading → field, as the columns are taken."""
    shape = shape_of([headings, *rows])
    layout = layout_of(shape.names, rows, numbers=shape.number_columns, **said)
    return {guess.heading: guess.field.value for guess in layout.guesses}


def read(rows: Sequence[Sequence[str]], **statuses: Status) -> list[ReadRow]:
    """Every row, read and held against the others; the first stands on line 2."""
    shape = shape_of([HEADINGS, row("X", 1)])
    layout = layout_of(shape.names, rows, numbers=shape.number_columns)
    reader = RowReader(shape.names, layout, statuses=statuses, today=TODAY)
    made = [reader(line, cells) for line, cells in enumerate(rows, 2)]
    check_rows(made)
    return made


def wrong(rows: Sequence[Sequence[str]], **statuses: Status) -> list[tuple[int, str]]:
    """Errors by line."""
    return [(one.line, one.code) for made in read(rows, **statuses) for one in made.errors]


# Columns


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("管理番号", "key"), ("在庫番号", "key"), ("商品コード", "key"), ("SKU", "key"), ("Stock ID", "key"),
        ("状態", "status"), ("ステータス", "status"), ("区分", "status"), ("在庫区分（現在）", "status"),
        ("店舗", "store"), ("店舗名", "store"), ("担当", "person"), ("機種", "model"), ("商品名", "model"),
        ("販売価格", "price"), ("売価", "price"), ("販売価格(税込)", "price"), ("価格 / 販売", "price"),
        ("販売 / 価格", "price"), ("仕入価格", "cost"), ("原価", "cost"), ("買取価格", "cost"), ("仕入日", "bought_on"),
        ("買取日", "bought_on"), ("販売日", "sold_on"), ("売上日", "sold_on"), ("保証期限", "covered_until"),
        ("赤ロム保証", "covered_until"), ("保証", "warranty"), ("レシート番号", "receipt"), ("伝票番号", "receipt"),
        ("税抜価格", None), ("販売価格(税抜)", None), ("備考", None), ("商品ランク", None),
    ],
)  # fmt: skip
def test_usual_headings_are_known(heading: str, field: str | None) -> None:
    """Beside a number, and a key unless it is one; a price without tax, a grade and a remark are nothing of ours."""
    cell = "在庫" if field == "status" else "x"
    key = [] if field == "key" else ["管理番号"]
    fields = guessed([*key, "IMEI", heading], [*key, number(1), cell])
    assert fields.get(heading) == field


def test_numbers_in_two_columns_are_one_phone() -> None:
    """IMEI and IMEI2, in their order."""
    (made,) = read([row("A", 1, IMEI2=number(2))])
    assert made.device is not None
    assert [imei.digits for imei in made.device.imeis] == [number(1), number(2)]


def test_a_makers_serial_is_no_number() -> None:
    """製造番号 beside IMEI is something else; alone and with IMEIs below it, it is the number."""
    beside = guessed(["管理番号", "IMEI", "製造番号"], ["A", number(1), "F2LXX0"])
    assert ("製造番号" in beside, beside["IMEI"]) == (False, "imei")
    assert guessed(["管理番号", "製造番号"], ["A", number(1)])["製造番号"] == "imei"


def test_of_two_columns_the_one_with_usual_words_is_the_status() -> None:
    """状態 is often the condition of the phone."""
    fields = guessed(
        ["管理番号", "IMEI", "状態", "区分"], ["A", number(1), "美品", "在庫"], ["B", number(2), "並品", "販売済"]
    )
    assert (fields.get("状態"), fields["区分"]) == (None, "status")


def test_a_status_is_found_by_what_stands_below() -> None:
    """Whatever its heading says."""
    assert guessed(["管理番号", "IMEI", "いま"], ["A", number(1), "在庫"])["いま"] == "status"


def test_a_persons_word_stands_above_the_guess() -> None:
    """Given now, else remembered; and a column can be said to be none."""
    headings, cells = ["管理番号", "社内番号", "IMEI", "店舗"], ["A", "X", number(1), "新宿"]
    given = guessed(
        headings, cells, given={Field.KEY: ["社内番号"], Field.STORE: []}, remembered={Field.KEY: ["管理番号"]}
    )
    assert given == {"社内番号": "key", "IMEI": "imei"}
    assert guessed(headings, cells, remembered={Field.KEY: ["社内番号"]})["社内番号"] == "key"


@pytest.mark.parametrize(
    ("headings", "given", "code"),
    [
        (["管理番号", "IMEI"], {Field.STORE: ["店"]}, "import-column-unknown"),
        (["品番", "IMEI"], {}, "import-column-missing"), (["管理番号", "色"], {}, "import-column-missing"),
    ],
)  # fmt: skip
def test_what_cannot_do_without_is_asked_for(headings: list[str], given: dict[Field, list[str]], code: str) -> None:
    """No key, no number, a column that is not there: the whole file is refused with the way to say it."""
    with pytest.raises(ShiroromError) as raised:
        guessed(headings, ["赤", "黒"], given=given)
    assert raised.value.code == code


def test_a_merged_heading_is_read_by_both_rows() -> None:
    """Top and bottom make one name."""
    rows = [
        ["管理番号", "番号", "", "価格", ""],
        ["", "IMEI", "IMEI2", "販売", "仕入"],
        ["A", number(1), number(2), "1", "2"],
    ]
    shape = shape_of(rows)
    layout = layout_of(shape.names, rows[2:], numbers=shape.number_columns)
    assert layout.imeis == (1, 2)
    assert [layout.column(field) for field in (Field.KEY, Field.PRICE, Field.COST)] == [0, 3, 4]


def test_every_guess_says_why() -> None:
    """Heading, part of it, content."""
    headings = ["管理番号", "IMEI", "販売価格(税込)", "いま"]
    cells = ["A", number(1), "1", "在庫"]
    layout = layout_of(headings, [cells], numbers=(1,))
    assert [guess.why for guess in layout.guesses] == [Why.HEADING, Why.HEADING, Why.PART, Why.CONTENT]


def test_our_own_columns_change_no_set_of_headings() -> None:
    """What was said of a file is known for the file that we gave back."""
    assert fingerprint(["IMEI", "管理番号"]) == fingerprint(["管理番号", "IMEI", "shirorom_imei"])


# Rows


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("在庫", "stock"), ("在庫中", "stock"), ("販売中", "stock"), ("出品中", "stock"), ("販売済", "sold"),
        ("売却済", "sold"), ("売上", "sold"), ("廃棄", "gone"), ("返品", "gone"), ("返送", "gone"), ("取消", "gone"),
        (" 在庫 ", "stock"), ("ＳＯＬＤ", "sold"), ("In Stock", "stock"),
    ],
)  # fmt: skip
def test_usual_statuses(word: str, status: str) -> None:
    """In any width and case."""
    assert read([row("A", 1, word, 販売日="2026-11-01")])[0].status == Status(status)


def test_an_unknown_status_is_asked_for() -> None:
    """And the shop's own word is taken once it is said, also for an empty cell."""
    rows = [row("A", 1, "店頭委託"), row("B", 2, "")]
    assert wrong(rows) == [(2, "row-status-unknown"), (3, "row-status-missing")]
    assert wrong(rows, 店頭委託=Status.STOCK) == [(3, "row-status-missing")]
    assert [one.status for one in read(rows, **{"店頭委託": Status.STOCK, "": Status.GONE})] == [
        Status.STOCK,
        Status.GONE,
    ]


@pytest.mark.parametrize(
    ("text", "yen"),
    [
        ("¥12,800", 12_800), ("￥12,800", 12_800), ("12,800円", 12_800), ("12800", 12_800), ("１２，８００", 12_800),
        ("12,800円(税込)", 12_800), ("12800.00", 12_800), ("¥12,800-", 12_800), ("0", 0), ("", None), ("－", None),
    ],
)  # fmt: skip
def test_amounts(text: str, yen: int | None) -> None:
    """Whole yen in the usual spellings."""
    assert read_yen(text) == yen


@pytest.mark.parametrize("text", ["1.28万", "-100", "12,80", "12800.5", "$100", "要相談", "12,800円(税抜)", "9" * 12])
def test_what_is_no_amount_is_refused(text: str) -> None:
    """Never guessed."""
    with pytest.raises(ShiroromError, match="row-money"):
        read_yen(text)


@pytest.mark.parametrize(
    ("cell", "until", "warranty"),
    [
        ("2027-01-31", date(2027, 2, 1), ""), ("令和9年1月31日", date(2027, 2, 1), ""), ("無期限", None, "無期限"),
        ("永久", None, "永久"), ("9999/12/31", None, "無期限"), ("3年", None, "3年"), ("なし", None, "なし"),
        ("", None, ""),
    ],
)  # fmt: skip
def test_the_last_day_covered(cell: str, until: date | None, warranty: str) -> None:
    """The day after it is the first without cover; words are left to the terms."""
    (made,) = read([row("A", 1, 保証期限=cell)])
    assert (made.values["covered_until"], made.values["warranty"]) == (until, warranty)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (number(1)[:-1] + str((int(number(1)[-1]) + 1) % 10), "imei-check-digit"), ("3.58E+14", "imei-spreadsheet"),
        ("0" * 15, "imei-repeated"), ("12345", "imei-length"), ("", "row-number-missing"),
        ("不明", "row-number-missing"), ("-", "row-number-missing"),
        (f"{number(1)} {number(500_000)}", None),
        (f"{number(1)}\n\n{OTHER}", "row-numbers-differ"),
    ],
)  # fmt: skip
def test_numbers_of_a_cell(cell: str, code: str | None) -> None:
    """The code of what is wrong, as everywhere else; two numbers of one phone are one phone, and it is said."""
    (made,) = read([row("A", cell)])
    assert [one.code for one in made.errors] == ([code] if code else [])
    assert [one.code for one in made.notices] == ([] if code else ["row-two-numbers"])


def test_other_errors_of_a_row() -> None:
    """Each with its column; a row has all of them at once."""
    (made,) = read([row("", 1, "在庫", 販売価格="高い", 仕入日="2026-13-01", 販売日="2027-01-01", 店舗="長" * 201)])
    assert [(one.column, one.code) for one in made.errors] == [
        ("管理番号", "row-key-missing"), ("店舗", "row-text-long"), ("販売価格", "row-money"),
        ("仕入日", "row-day-none"), ("販売日", "row-day-future"),
    ]  # fmt: skip


def test_no_complaint_repeats_a_number() -> None:
    """A number that slipped into another column is not told."""
    (made,) = read([row("A", 1, number(2), 販売価格=number(3))])
    assert len(made.errors) == 2
    assert number(2) not in str(made.errors)
    assert number(3) not in str(made.errors)


# Rows against each other


def test_a_key_on_two_rows_refuses_both() -> None:
    """And each names the other's line."""
    made = read([row("A", 1), row("B", 2), row("A", 3)])
    assert [(r.line, dict(e.details)["lines"]) for r in made for e in r.errors] == [(2, "4"), (4, "2")]


def test_a_phone_in_stock_twice_refuses_both() -> None:
    """By any of its numbers."""
    made = read([row("A", 1, IMEI2=number(2)), row("B", 2), row("C", 3)])
    assert [(r.line, e.code, dict(e.details)["lines"]) for r in made for e in r.errors] == [
        (2, "row-number-repeated", "3"), (3, "row-number-repeated", "2")
    ]  # fmt: skip


def test_a_phone_that_came_back_is_no_error() -> None:
    """Sold once and in stock again under another key, or gone."""
    assert wrong([row("A", 1, "販売済"), row("B", 1), row("C", 1, "返品")]) == []


@pytest.mark.parametrize(
    ("first", "bought", "second", "codes"),
    [
        ("2025-01-10", "2025-03-01", "2025-06-01", []), ("2025-01-10", "", "2025-06-01", []),
        ("2025-01-10", "2025-01-10", "2025-06-01", []),
        ("2025-01-10", "", "2025-01-10", ["row-sold-twice-at-once"] * 2),
        ("2025-01-10", "2024-12-01", "2025-06-01", ["row-sold-twice-at-once"] * 2),
    ],
)  # fmt: skip
def test_a_phone_sold_twice(first: str, bought: str, second: str, codes: list[str]) -> None:
    """Taken with a notice where it can have been bought back in between; else both are refused."""
    made = read([row("A", 1, "販売済", 販売日=first), row("B", 1, "販売済", 販売日=second, 仕入日=bought)])
    assert [e.code for r in made for e in r.errors] == codes
    assert [e.code for r in made for e in r.notices] == ([] if codes else ["row-sold-twice"] * 2)


CELLS = st.sampled_from([
    "", "在庫", "販売済", "返品", "2026-11-01", "26/1/1", "¥1,000", "無期限", "A", number(1), number(2), "3.58E+14",
    "合計",
]) | st.text(max_size=8)  # fmt: skip
ROWS = st.lists(st.lists(CELLS, max_size=len(HEADINGS) + 1), max_size=8)


@given(ROWS)
def test_reading_never_raises(rows: list[list[str]]) -> None:
    """Whatever stands there, every complaint has a code; a row without one has all that a unit needs."""
    made = read(rows)
    assert all(one.code in CODES for row in made for one in (*row.errors, *row.notices))
    found = diff(made, {}, ())
    assert len(found.new) + found.refused == len(made)


GOOD = st.lists(
    st.builds(
        row, st.sampled_from(["A", "B", "C", "D"]), st.integers(1, 3), st.sampled_from(["在庫", "販売済", "返品"]),
        仕入日=st.sampled_from(["", "2025-01-01", "2025-02-01"]), 販売日=st.sampled_from(["2025-01-15", "2025-02-15"]),
    ),
    max_size=6,
)  # fmt: skip


@given(GOOD, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(rows: list[list[str]], random: Random) -> None:
    """The same rows are taken and the same refused."""
    shuffled = random.sample(rows, k=len(rows))

    def told(some: list[list[str]]) -> tuple[object, ...]:
        found = diff(made := read(some), {}, ())
        units = sorted(one.unit.key for one in found.new)
        return units, sorted(e.code for r in made for e in r.errors), sorted(e.code for r in made for e in r.notices)

    assert told(rows) == told(shuffled)


@given(GOOD)
def test_a_second_import_of_the_same_changes_nothing(rows: list[list[str]]) -> None:
    """What the first took is unchanged, and the rest is refused again."""
    first = diff(read(rows), {}, ())
    known = {one.unit.key: one.unit for one in first.new}
    again = diff(read(rows), known, known)
    assert (again.new, again.changed, again.unchanged, again.refused) == ((), (), len(known), first.refused)
    assert again.missing == ()
