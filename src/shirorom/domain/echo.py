"""The number that a page repeats must be the one that was asked: else an answer about another phone would be ours."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shirorom.domain.errors import CellError
from shirorom.domain.imei import Imei, luhn_digit


@dataclass(frozen=True, slots=True)
class Number:
    """A visible line (or read-only field) that holds at least 14 digits. `before` is what stands before it."""

    text: str
    before: str
    kind: str


_SEPARATOR = r"[\-\u2010-\u2015\u2212\u30fc\uff0d./\u00b7]"
_RUN = re.compile(rf"(?<![0-9])[0-9]+(?:(?:{_SEPARATOR}|[ \u00a0\u3000]){{1,2}}[0-9]+)*(?![0-9])")
_EXAMPLE = re.compile(r"例|サンプル|見本")
_OTHER_NUMBER = re.compile(
    r"(?:受付|照会|お客様|お客さま|電話|注文|問い?合わ?せ|管理|整理|契約|会員)(?:用)?(?:番号|ID|No)|EID|ICCID|日時|時刻"
)
_LABEL_REACH = 40
"""A label stands at most so many characters before its number."""


def check_echo(numbers: Sequence[Number], asked: Imei, labels: Sequence[str]) -> None:
    """The asked number must stand on the page, and no other device number.

    Any grouping will do, but all 15 digits: a shortened number may be another phone's.

    Raises:
        CellError: `echo-mismatch`, another device number stands there; `page-changed` (`why` "no-echo"), none does:
            the answer may be about anything, left over or part of an error page.
    """
    found = False
    for number in numbers:
        for digits, lead in _runs(number):
            if digits == asked.digits:
                found = True
            elif _is_device_number(digits, lead, labels):
                raise CellError("echo-mismatch")
    if not found:
        raise CellError("page-changed", why="no-echo")


def _runs(number: Number) -> Iterator[tuple[str, str]]:
    """Each run of digits as one number, with the text before it. Groups belong together until a run is too long."""
    text = unicodedata.normalize("NFKC", number.text)
    before = unicodedata.normalize("NFKC", number.before)
    for match in _RUN.finditer(text):
        lead = (before + "\n" + text[: match.start()])[-_LABEL_REACH:]
        parts = [re.sub(r"[^0-9]", "", part) for part in re.split(r"[ \u00a0\u3000]+", match[0])]
        whole = "".join(parts)
        if len(whole) <= 16 and max(map(len, parts)) < 14:
            yield whole, lead
        else:  # several numbers in one row
            yield from ((part, lead) for part in parts)


def _is_device_number(digits: str, lead: str, labels: Sequence[str]) -> bool:
    """Labelled as one, or 15 digits whose check digit holds; but not an example and not a number of another kind."""
    if not 14 <= len(digits) <= 16 or _EXAMPLE.search(lead[-12:]):
        return False
    at = max((lead.upper().rfind(unicodedata.normalize("NFKC", label).upper()) for label in labels), default=-1)
    other = max((match.start() for match in _OTHER_NUMBER.finditer(lead)), default=-1)
    if at > other:
        return True
    return other < 0 and len(digits) == 15 and luhn_digit(digits[:14]) == digits[14]
