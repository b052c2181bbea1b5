"""A day as Japanese tables write it: 西暦 in the usual spellings, 和暦, and the serial numbers of spreadsheets.

Pure. What could be two days is none: a year of two digits, a month and a day in unknown order, a day that no calendar
has. The first day that Excel counts is 1900-01-01, with a 29 February 1900 that never was; so from March 1900 on day
`n` is 1899-12-30 plus `n`.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from functools import lru_cache

from shirorom.domain.desk.cells import shown
from shirorom.domain.errors import ShiroromError

ERAS = {
    "令和": (date(2019, 5, 1), None), "平成": (date(1989, 1, 8), date(2019, 5, 1)),
    "昭和": (date(1926, 12, 25), date(1989, 1, 8)),
}  # fmt: skip
"""First day, and first day that no longer belongs to it."""
LETTERS = {"R": "令和", "H": "平成", "S": "昭和", "㋿": "令和", "㍻": "平成", "㍼": "昭和"}
YEAR_MIN, YEAR_MAX = 1950, 2199
SERIALS = range(20_000, 80_000)  # 1954 to 2119
SERIAL_DAY_0 = date(1899, 12, 30)
TEXT_CHARS_MAX = 40

_CLOCK = r"[T ]*\d{1,2}[:時]\d{1,2}(?:[:分]\d{0,2})?秒?(?:\.\d+)?(?: ?(?:Z|[+-]\d\d:?\d\d))?"
_TAIL = rf"(?:\([月火水木金土日][曜日]*\))?(?:{_CLOCK})?"
_WESTERN = re.compile(rf"(?:西暦)?(\d{{4}})(?:[-/.]|年)(\d{{1,2}})(?:[-/.]|月)(\d{{1,2}})日?{_TAIL}")
_PLAIN = re.compile(rf"(\d{{4}})(\d\d)(\d\d){_TAIL}")
_ERA = re.compile(rf"(令和|平成|昭和|[RHSrhs])(\d{{1,2}}|元)(?:[-/.]|年)(\d{{1,2}})(?:[-/.]|月)(\d{{1,2}})日?{_TAIL}")
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_TWO_DIGITS = re.compile(rf"'?\d\d(?:[-/.]|年)\d{{1,2}}(?:[-/.]|月)\d{{1,2}}日?{_TAIL}")
_ORDER = re.compile(rf"\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{4}}{_TAIL}")


class DayError(ShiroromError):
    """`row-day`, `row-day-year`, `row-day-order`, `row-day-none`: why a text is no one day."""


@lru_cache(maxsize=16_384)
def read_day(text: str) -> date | None:
    """The day that a cell says; None: it is empty.

    Raises:
        DayError: it is not empty, and says no one day.
    """
    plain = _plain(text)
    if not plain or plain in ("-", "―", "ー", "なし"):
        return None
    if len(plain) > TEXT_CHARS_MAX:
        raise DayError("row-day", value=shown(text))
    if (found := _WESTERN.fullmatch(plain) or _PLAIN.fullmatch(plain)) is not None:
        return _day(int(found[1]), int(found[2]), int(found[3]), text)
    if (found := _ERA.fullmatch(plain)) is not None:
        return _of_era(found[1], 1 if found[2] == "元" else int(found[2]), int(found[3]), int(found[4]), text)
    if (found := _SERIAL.fullmatch(plain)) is not None and int(found[1]) in SERIALS:
        return SERIAL_DAY_0 + timedelta(days=int(found[1]))
    if _TWO_DIGITS.fullmatch(plain) is not None:
        raise DayError("row-day-year", value=shown(text))
    if _ORDER.fullmatch(plain) is not None:
        raise DayError("row-day-order", value=shown(text))
    raise DayError("row-day", value=shown(text))


def _plain(text: str) -> str:
    for sign in ("㋿", "㍻", "㍼"):  # one character each; their compatibility form is the name
        text = text.replace(sign, LETTERS[sign])
    plain = unicodedata.normalize("NFKC", text).strip().removeprefix("'")
    return re.sub(r"(?<=[年月./-])\s+|\s+(?=[年月日./(-])", "", plain)


def _day(year: int, month: int, day: int, text: str) -> date:
    if not YEAR_MIN <= year <= YEAR_MAX:
        raise DayError("row-day-none", value=shown(text))
    try:
        return date(year, month, day)
    except ValueError:
        raise DayError("row-day-none", value=shown(text)) from None


def _of_era(sign: str, year: int, month: int, day: int, text: str) -> date:
    first, end = ERAS[LETTERS.get(sign.upper(), sign)]
    found = _day(first.year + year - 1, month, day, text)
    if found < first or (end is not None and found >= end):
        raise DayError("row-day-none", value=shown(text))  # 平成31年11月: that year was 令和 by then
    return found
