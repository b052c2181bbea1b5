"""Days in three calendars: what says one day is that day, and whatever could be two is refused."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shirorom.domain.desk.days import DayError, read_day

DAY = date(2026, 11, 5)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-05", "2026/11/05", "2026/11/5", "2026.11.5", "2026年11月5日", "２０２６年１１月５日",
        "西暦2026年11月5日",
        "2026年 11月 5日", "20261105", "2026/11/05 10:23", "2026-11-05T10:23:45Z",
        "2026-11-05 10:23:45.123+09:00", "2026/11/05(木)", "2026年11月5日（木） 10時23分",
        "令和8年11月5日", "令和８年１１月５日", "R8.11.5", "r08/11/05",
        "R8-11-05", "㋿8年11月5日", "46331", "46331.75", " 2026-11-05 ", "'2026-11-05",
    ],
)  # fmt: skip
def test_usual_spellings_are_one_day(text: str) -> None:
    """西暦, 和暦 and the serial number of a spreadsheet, in any width, with or without a time."""
    assert read_day(text) == DAY


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("令和元年5月1日", date(2019, 5, 1)), ("平成31年4月30日", date(2019, 4, 30)), ("H元.1.8", date(1989, 1, 8)),
        ("昭和64年1月7日", date(1989, 1, 7)), ("43586", date(2019, 5, 1)), ("2024-02-29", date(2024, 2, 29)),
    ],
)  # fmt: skip
def test_eras_begin_and_end_on_their_days(text: str, day: date) -> None:
    """The first and the last day of each."""
    assert read_day(text) == day


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("26/11/05", "row-day-year"), ("26年11月5日", "row-day-year"), ("'26.11.5", "row-day-year"),
        ("11/05/2026", "row-day-order"), ("5-11-2026", "row-day-order"),
        ("2026-02-29", "row-day-none"), ("2026/13/01", "row-day-none"), ("2026年11月31日", "row-day-none"),
        ("0026-11-05", "row-day-none"), ("平成31年5月1日", "row-day-none"), ("令和元年4月30日", "row-day-none"),
        ("令和0年1月1日", "row-day-none"), ("平成38年11月5日", "row-day-none"),
        ("261105", "row-day"), ("1", "row-day"), ("99999", "row-day"), ("先月", "row-day"), ("2026-11", "row-day"),
        ("2026-11-05頃", "row-day"), ("R8.11", "row-day"), ("2026-11-5-1", "row-day"), ("9" * 400, "row-day"),
    ],
)  # fmt: skip
def test_what_is_no_one_day_is_refused(text: str, code: str) -> None:
    """A year of two digits, an unknown order, a day of no calendar: never guessed."""
    with pytest.raises(DayError) as raised:
        read_day(text)
    assert raised.value.code == code


@pytest.mark.parametrize("text", ["", "  ", "-", "－", "なし"])
def test_empty_is_no_day(text: str) -> None:
    """And no error."""
    assert read_day(text) is None


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_all_spellings_agree(day: date) -> None:
    """What one spelling says the others say."""
    serial = str((day - date(1899, 12, 30)) // timedelta(days=1))
    texts = [day.isoformat(), f"{day:%Y%m%d}", f"{day.year}年{day.month}月{day.day}日", serial]
    texts += [f"令和{day.year - 2018}年{day.month}月{day.day}日"] if day >= date(2019, 5, 1) else []
    assert {read_day(text) for text in texts} == {day}


@given(st.text(st.characters(codec="utf-8"), max_size=30) | st.from_regex(r"[0-9R令和平成年月日/.: -]{0,20}"))
def test_reading_a_day_raises_nothing_else(text: str) -> None:
    """Whatever stands there."""
    with suppress(DayError):
        read_day(text)
