"""One row of a POS's export: its cells as what they mean, and whatever is wrong with it, each with its column.

Pure; never raises by what a row holds. A row with an error changes nothing. Cells that the shop leaves empty are empty
in the book; columns that the file does not have say nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from shirorom.domain.desk.cells import shown, unescaped
from shirorom.domain.desk.days import read_day
from shirorom.domain.desk.export_columns import Layout
from shirorom.domain.desk.export_words import FREE_WORDS, FREE_YEARS, Field, status_of, word
from shirorom.domain.desk.stock import KEY_CHARS_MAX, TEXT_CHARS_MAX, YEN_MAX, Status
from shirorom.domain.errors import ShiroromError
from shirorom.domain.imei import Device, Imei
from shirorom.domain.parse import FOREIGN, parse, read_device
from shirorom.domain.tables.number import says_nothing

_YEN = re.compile(r"[¥\\]?(\d{1,3}(?:,\d{3})+|\d+)(?:\.0+)?(?:円|-)?(?:\(?税込\)?)?")
_LASTS = re.compile(r"\d{1,3} ?(?:日|日間|週間|か月|ヶ月|ヵ月|ケ月|カ月|箇月|年|年間)(?:間|保証)*")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a row (or, as a notice, what was taken although it is odd).

    Attributes:
        line: Where a person finds it, as `ports.RawRow` counts. column: The heading; empty: of the whole row.
        code: One of `domain/errors.py`. details: For its sentence; never a number of a phone.
    """

    line: int
    column: str
    code: str
    details: tuple[tuple[str, str | int], ...] = ()


@dataclass(slots=True)
class ReadRow:
    """One row as it was read. `values` holds what the file says by attribute of `Unit`; key and device stand apart."""

    line: int
    key: str = ""
    device: Device | None = None
    values: dict[str, Any] = field(default_factory=dict)
    errors: list[Complaint] = field(default_factory=list)
    notices: list[Complaint] = field(default_factory=list)

    @property
    def status(self) -> Status | None:
        """Where the unit stands, as the file says."""
        status: Status | None = self.values.get("status")
        return status

    @property
    def bought_on(self) -> date | None:
        """As the file says."""
        day: date | None = self.values.get("bought_on")
        return day

    @property
    def sold_on(self) -> date | None:
        """As the file says."""
        day: date | None = self.values.get("sold_on")
        return day


class RowReader:
    """Reads the rows of one file. `statuses`: the shop's own words, plain; `today`: JST."""

    def __init__(self, headings: Sequence[str], layout: Layout, *, statuses: Mapping[str, Status], today: date) -> None:
        self._headings = headings
        self._layout = layout
        self._statuses = {word(said): status for said, status in statuses.items()}
        self._today = today
        self._imeis = layout.imeis
        readers: dict[Field, Callable[[str], Iterator[tuple[str, Any]]]] = {
            Field.STATUS: self._status,
            Field.STORE: _text("store"),
            Field.PERSON: _text("person"),
            Field.MODEL: _text("model"),
            Field.RECEIPT: _text("receipt"),
            Field.PRICE: _yen("price_yen"),
            Field.COST: _yen("cost_yen"),
            Field.BOUGHT_ON: self._past("bought_on"),
            Field.SOLD_ON: self._past("sold_on"),
            Field.COVERED_UNTIL: _last_day,
            Field.WARRANTY: _text("warranty"),  # last: its own column stands above what a last day's column holds
        }
        places = ((one, layout.column(one), read) for one, read in readers.items())
        self._columns = [(column, read) for _, column, read in places if column is not None]
        self._key = layout.column(Field.KEY)

    def __call__(self, line: int, cells: Sequence[str], damage: Sequence[str] = ()) -> ReadRow:
        """Read one row."""
        cells = [unescaped(cell) for cell in cells]
        row = ReadRow(line)
        row.errors.extend(Complaint(line, "", code) for code in damage)
        self._read_key(row, cells)
        self._read_device(row, cells)
        for column, read in self._columns:
            text = cells[column] if column < len(cells) else ""
            try:
                for name, value in read(text):
                    if value or name != "warranty" or "warranty" not in row.values:
                        row.values[name] = value
            except ShiroromError as error:
                row.errors.append(self._complaint(line, column, error))
        if "status" not in row.values and self._layout.column(Field.STATUS) is None and "sold_on" in row.values:
            row.values["status"] = Status.STOCK if row.sold_on is None else Status.SOLD
        return row

    def _read_key(self, row: ReadRow, cells: Sequence[str]) -> None:
        column = self._key if self._key is not None else 0
        key = cells[column] if column < len(cells) else ""
        if not key:
            row.errors.append(Complaint(row.line, self._headings[column], "row-key-missing"))
        elif len(key) > KEY_CHARS_MAX:
            row.errors.append(
                Complaint(row.line, self._headings[column], "row-text-long", (("chars_max", KEY_CHARS_MAX),))
            )
        else:
            row.key = key

    def _read_device(self, row: ReadRow, cells: Sequence[str]) -> None:
        imeis: dict[str, Imei] = {}
        foreign: ShiroromError | None = None
        for column in self._imeis:
            text = cells[column] if column < len(cells) else ""
            if says_nothing(text):
                continue
            try:
                found = numbers_of(text)
            except ShiroromError as error:
                if error.code not in FOREIGN.values():
                    row.errors.append(self._complaint(row.line, column, error))
                    return
                foreign = foreign or error  # a serial beside an IMEI is passed over
                continue
            if len(found) > 1:
                row.notices.append(Complaint(row.line, self._headings[column], "row-two-numbers"))
            for imei in found:
                imeis.setdefault(imei.key, imei)
        try:
            row.device = Device(tuple(imeis.values())) if imeis else None
            if row.device is None:
                raise foreign or ShiroromError("row-number-missing")
        except ShiroromError as error:
            row.errors.append(self._complaint(row.line, self._imeis[0], error))

    def _status(self, text: str) -> Iterator[tuple[str, Any]]:
        status = self._statuses.get(word(text)) or status_of(text)
        if status is None:
            if not text:
                raise ShiroromError("row-status-missing")
            raise ShiroromError("row-status-unknown", value=shown(text))
        yield "status", status

    def _past(self, name: str) -> Callable[[str], Iterator[tuple[str, Any]]]:
        def read(text: str) -> Iterator[tuple[str, Any]]:
            day = read_day(text)
            if day is not None and day > self._today:
                raise ShiroromError("row-day-future", value=shown(text))
            yield name, day

        return read

    def _complaint(self, line: int, column: int, error: ShiroromError) -> Complaint:
        return Complaint(line, self._headings[column], error.code, tuple(error.details.items()))


def numbers_of(text: str) -> tuple[Imei, ...]:
    """The numbers of a cell: one, or those of one phone (`domain/numbers/pair.py`).

    Raises:
        ShiroromError: why a number is none (`imei-…`, `number-is-…`); `row-numbers-differ`, they are several phones.
    """
    if len(text) == 15 and text.isascii() and text.isdigit():  # the usual case, a hundred times faster
        return (Imei(text),)
    imeis = read_device([text]).imeis
    if len(imeis) > 1:
        devices = parse(text).devices
        if len(devices) != 1 or len(devices[0]) != len(imeis):
            raise ShiroromError("row-numbers-differ")
    return imeis


def _text(name: str) -> Callable[[str], Iterator[tuple[str, Any]]]:
    def read(text: str) -> Iterator[tuple[str, Any]]:
        if len(text) > TEXT_CHARS_MAX:
            raise ShiroromError("row-text-long", chars_max=TEXT_CHARS_MAX)
        yield name, text

    return read


def _yen(name: str) -> Callable[[str], Iterator[tuple[str, Any]]]:
    def read(text: str) -> Iterator[tuple[str, Any]]:
        yield name, read_yen(text)

    return read


@lru_cache(maxsize=16_384)
def read_yen(text: str) -> int | None:
    """Whole yen, tax included; None: empty.

    Raises:
        ShiroromError: `row-money`.
    """
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    if not plain or plain in ("-", "―", "ー"):
        return None
    found = _YEN.fullmatch(plain.replace("，", ","))
    digits = found[1].replace(",", "") if found else ""
    if not digits or len(digits) > 12 or int(digits) > YEN_MAX:
        raise ShiroromError("row-money", value=shown(text))
    return int(digits)


def _last_day(text: str) -> Iterator[tuple[str, Any]]:
    """The last day covered becomes the first that is not; words are kept for the terms to say."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain.casefold() in FREE_WORDS or plain.startswith(FREE_YEARS):
        yield from (("covered_until", None), ("warranty", text if plain.casefold() in FREE_WORDS else "無期限"))
        return
    if plain and (not any(character.isdigit() for character in plain) or _LASTS.fullmatch(plain)):
        if len(text) > TEXT_CHARS_MAX:
            raise ShiroromError("row-text-long", chars_max=TEXT_CHARS_MAX)
        yield from (("covered_until", None), ("warranty", text))
        return
    last = read_day(text)
    yield from (("covered_until", None if last is None else last + timedelta(days=1)), ("warranty", ""))
