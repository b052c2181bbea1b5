"""The quick road for numbers gives what the parser gives, for every cell, or leaves the cell to it."""

from __future__ import annotations

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shirorom.adapters.tables.numbers import plain_numbers
from shirorom.domain.errors import ShiroromError
from shirorom.domain.imei import Imei
from shirorom.domain.tables.number import device_of

_WIDE = str.maketrans("0123456789-", "０１２３４５６７８９－")


LOST_ZERO = "-".join(("15", "979670", "841582")) + " 5"
"""Groups parted in two ways are two numbers to the parser, the first of which lost its zero."""


@st.composite
def cells(draw: st.DrawFn) -> str:
    """What stands in number columns: sound numbers, damaged ones, grouped, full-width, labelled; and anything."""
    digits = draw(st.text("0123456789", min_size=12, max_size=17))
    if draw(st.booleans()) and len(digits) >= 14 and len(set(digits[:14])) > 1:
        digits = Imei.of_key(digits[:14]).digits + digits[15:]
    if draw(st.booleans()):
        by = [draw(st.sampled_from(["", "-", " "])) for _ in range(3)]
        digits = f"{digits[:2]}{by[0]}{digits[2:8]}{by[1]}{digits[8:14]}{by[2]}{digits[14:]}"
    if draw(st.booleans()):
        digits = digits.translate(_WIDE)
    around = st.sampled_from(["", " ", "\u3000", "'", '"', "IMEI:", "\u200b", "¹", "."])
    return draw(around) + digits + draw(around)


def parsed(cell: str) -> str | None:
    try:
        return " ".join(one.digits for one in device_of([cell]).imeis)
    except ShiroromError:
        return None


@settings(max_examples=150)
@given(st.lists(cells() | st.text(max_size=20), min_size=1, max_size=40))
@example([LOST_ZERO, "0" * 15, "1" * 14, " ", "\u3000"])
def test_quick_and_slow_agree(column: list[str]) -> None:
    """A number is never read otherwise, an error never read as a number, and blank is blank."""
    for cell, quick in zip(column, plain_numbers(pl.Series(column, dtype=pl.String)), strict=True):
        if quick == "":
            assert not cell.strip()
        elif quick is not None:
            assert quick == parsed(cell)


def test_plain_spellings_take_the_quick_road() -> None:
    """A clean file never meets the parser: that is what makes a million rows a second."""
    number = Imei.of_key("00100101234567").digits
    grouped = f"{number[:2]}-{number[2:8]}-{number[8:14]}-{number[14]}"
    column = [number, grouped, number.translate(_WIDE), grouped.replace("-", " "), number[:14], f" {number} ", ""]
    assert plain_numbers(pl.Series(column)) == [number] * 6 + [""]
