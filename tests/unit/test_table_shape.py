"""The shape of a table: which rows are its heading, which columns hold numbers, which row is a total."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shirorom.domain.errors import ShiroromError
from shirorom.domain.tables.escape import escaped, unescaped
from shirorom.domain.tables.number import device_of
from shirorom.domain.tables.shape import column_named, is_total, shape_of
from tests.logs import imei

A, B = imei(1).digits, imei(2).digits

SHAPES = {
    "plain": ([["管理番号", "IMEI", "状態"], ["A1", A, "在庫"]], range(1), (1,), "IMEI"),
    "title": ([["在庫一覧 2026年11月"], [], ["No", "IMEI"], ["1", A]], range(2, 3), (1,), "IMEI"),
    "title-of-two-cells": ([["IMEI一覧", "2026/11/25"], ["No", "IMEI 1"], ["1", A]], range(1, 2), (1,), "IMEI 1"),
    "merged": (
        [["管理番号", "端末情報", "", "状態"], ["", "IMEI1", "IMEI2", ""], ["A1", A, B, "在庫"]],
        range(2), (1, 2), "端末情報 / IMEI1",
    ),
    "merged-one": ([["管理番号", "端末", "状態"], ["", "IMEI", ""], ["1", A, "x"]], range(2), (1,), "端末 / IMEI"),
    "merged-counts": ([["No", "IMEI", "", "色"], ["", "1", "2", ""], ["1", A, B, "黒"]], range(2), (1, 2), "IMEI / 1"),
    "no-heading": ([[A], [B]], range(0), (0,), "column_1"),
    "no-heading-wide": ([["A1", A, "黒"], ["A2", B, "白"]], range(0), (1,), "column_2"),
    "by-content": ([["品名", "端末番号"], ["iPhone", A]], range(1), (1,), "端末番号"),
    "serial-beside": (
        [["IMEI照会日", "製造番号", "IMEI"], ["2026/1/1", "F2LXK12ABCDE", A]], range(1), (2,), "IMEI",
    ),
    "serial-column-with-imeis": ([["商品", "製造番号"], ["iPhone", A]], range(1), (1,), "製造番号"),
    "both": ([["製造番号", "IMEI"], [A, A]], range(1), (0, 1), "製造番号"),
    "ours-left-out": ([["shirorom_imei", "製造番号"], [A, A]], range(1), (1,), "製造番号"),
    "first-number-damaged": ([["No", "IMEI", "色"], ["1", "3.58E+14", "黒"], ["2", "", "白"]], range(1), (1,), "IMEI"),
    "full-width": ([["Ｎｏ", "ＩＭＥＩ１"], ["1", A]], range(1), (1,), "ＩＭＥＩ１"),
    "named": ([["番号", "端末識別番号(IMEI)"], ["1", A]], range(1), (1,), "端末識別番号(IMEI)"),
    "two-rows-of-data-are-no-heading": (
        [["管理番号", "IMEI", "状態"], ["A1", "", "在庫"], ["A2", A, "在庫"]], range(1), (1,), "IMEI",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SHAPES.values(), ids=SHAPES.keys())
def test_shape(case: tuple[list[list[str]], range, tuple[int, ...], str]) -> None:
    """The heading's rows, the number columns, and the name of the first of them."""
    rows, heading, columns, name = case
    shape = shape_of(rows)
    assert (shape.heading, shape.number_columns) == (heading, columns)
    assert shape.names[columns[0]] == name


@pytest.mark.parametrize("rows", [[], [[]], [["", ""]], [["品名", "価格"], ["iPhone", "30000"]]])
def test_a_table_without_numbers_has_no_number_column(rows: list[list[str]]) -> None:
    """Nothing is taken for a device number that is none."""
    assert shape_of(rows).number_columns == ()


def test_names_are_given_once() -> None:
    """Blank and repeated headings get names of their own, so that every column can be asked for."""
    assert shape_of([["IMEI", "", "備考", "備考"], [A]]).names == ("IMEI", "column_2", "備考", "備考 (2)")


def test_a_column_is_found_by_its_name_or_the_lower_part_of_it() -> None:
    """As a person would say it; a name that is not there is not guessed at."""
    shape = shape_of([["No", "端末", "色"], ["", "IMEI", ""], ["1", A, "黒"]])
    assert [column_named(shape, name) for name in ("端末 / imei", "ＩＭＥＩ", "色", "型番")] == [1, 1, 2, None]


@pytest.mark.parametrize("cells", [("合計", "", "3"), ("", "", "計 120台"), ("Total", "", "3"), ("件数：", "3", "")])
def test_a_total_row_is_known(cells: tuple[str, ...]) -> None:
    """A row that sums up the others is no phone without a number."""
    assert is_total(cells, shape_of([["管理番号", "IMEI", "状態"], ["A1", A, "在庫"]]))


@pytest.mark.parametrize("cells", [("合計", A, ""), ("A1", "", "在庫"), ("小計算機", "", ""), ("", "", "")])
def test_a_row_of_a_phone_is_no_total(cells: tuple[str, ...]) -> None:
    """Neither a row with a number, nor one that only looks unfinished."""
    assert not is_total(cells, shape_of([["管理番号", "IMEI", "状態"], ["A1", A, "在庫"]]))


@given(st.lists(st.lists(st.text(max_size=8), max_size=5), max_size=8))
def test_any_rows_have_a_shape(rows: list[list[str]]) -> None:
    """Every column has one name, and the heading is among the rows."""
    shape = shape_of(rows)
    assert len({name.casefold() for name in shape.names}) == len(shape.names)
    assert 0 <= shape.heading.start <= shape.heading.stop <= len(rows)
    assert all(n < len(shape.names) for n in shape.number_columns)


@given(st.text(alphabet="'=+-@\t\r\n＝＋－＠−a1,. ", max_size=6))
def test_what_is_escaped_is_read_back(cell: str) -> None:
    """`unescaped` undoes `escaped`, whatever stood there; and nothing escaped begins a formula."""
    assert unescaped(escaped(cell)) == cell
    assert escaped(cell)[:1] not in "=@\t\r\n＝＋－＠−" or not cell


DEVICES = {
    "two-columns": ((A, B), [A, B]),
    "two-in-one-cell": ((f"IMEI1: {A}\nIMEI2: {B}",), [A, B]),
    "the-same-twice": ((A, A), [A]),
    "none-in-the-second": ((A, "-"), [A]),
    "a-zero-in-the-second": ((A, "0"), [A]),
    "a-serial-beside": (("F2LXK12ABCDE", A), [A]),
    "bad-beside-good": ((A, B[:-1] + "0"), "imei-check-digit"),
    "spreadsheet": (("3.58E+14",), "imei-spreadsheet"),
    "serial-alone": (("F2LXK12ABCDE",), "number-is-serial"),
    "nothing": (("", "なし"), "imei-not-found"),
    "too-many": ((" ".join(imei(n).digits for n in range(1, 6)),), "device-too-many"),
}


@pytest.mark.parametrize("case", DEVICES.values(), ids=DEVICES.keys())
def test_the_phone_of_a_row(case: tuple[tuple[str, ...], list[str] | str]) -> None:
    """The number columns of a row are one phone; one bad number is enough to refuse it."""
    cells, expected = case
    found: list[str] | str
    try:
        found = [one.digits for one in device_of(cells).imeis]
    except ShiroromError as error:
        found = error.code
    assert found == expected
