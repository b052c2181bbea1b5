"""A feed's lines: from strict JSON to the records that are committed, each with the code of what is wrong with it.

A line that is no row gives no record, and with it the feed's root cannot be proved. A row that is one, and says what
cannot be (a wrong check digit), gives both its record and its fault: the publisher signed it, and we do not take it.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Literal

import msgspec

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import NumberError
from shirorom.domain.feed import sequence_of
from shirorom.domain.imei import Imei, luhn_digit
from shirorom.domain.notice import Ground, Notice, NoticeKind
from shirorom.log.entry import MalformedError
from shirorom.log.feed import DECLARES, GROUNDS, NO_CHECK_DIGIT, RECORD, ROW_BYTES, Row

YEARS = range(1970, 2200)
"""Years of a day that a notice may name."""

Declares = Literal["registered", "instalments-started", "instalments-paid", "restricted", "lifted"]
GroundWord = Literal["unpaid", "theft-or-fraud", "false-contract", "compensation", "other"]
_DECLARES = {kind.value: place for place, kind in enumerate(DECLARES)}
_GROUND = {None if ground is None else ground.value: place for place, ground in enumerate(GROUNDS)}
_GROUNDED = frozenset({DECLARES.index(NoticeKind.RESTRICTED), DECLARES.index(NoticeKind.LIFTED)})

_SAYS = slice(13, 15)
"""Where a record holds what it declares, and on which ground."""


class FeedRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One line. Fields in the order of their names, all present: what msgspec writes is the one form of it."""

    declares: Declares
    effective_on: date | None
    ground: GroundWord | None
    imei: str
    purchased_on: date | None
    row: int


DECODER = msgspec.json.Decoder(FeedRow)
ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with one line (counted from 1 in the file). `row`: its number, where it has one."""

    line: int
    row: int | None
    code: str


@dataclass(slots=True)
class RowReader:
    """Takes a feed's lines in chunks; afterwards it holds the records, and what was wrong.

    Attributes:
        count: Rows that there must be; their numbers are 1 to `count`, each once.
        practice: Whether test numbers may be named.
        records: Of every row that is one, in the order read.
        bad: Row numbers of those of them that are not to be taken.
        broken: Lines that are no row; a signature over all rows cannot be checked then.
    """

    count: int
    practice: bool
    records: list[bytes] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    bad: set[int] = field(default_factory=set)
    broken: int = 0
    lines: int = 0
    _line_of: array[int] = field(init=False)

    def __post_init__(self) -> None:
        self._line_of = array("I", bytes(4 * (self.count + 1)))

    def take(self, chunk: bytes, first_line: int) -> None:
        """Read whole lines, each with its newline; the first of them stands at `first_line` of the file."""
        try:
            rows = DECODER.decode_lines(chunk)
            if ENCODER.encode_lines(rows) != chunk:
                raise MalformedError("row")
        except (msgspec.MsgspecError, MalformedError, RecursionError):
            self._take_one_by_one(chunk, first_line)
            return
        for line, row in enumerate(rows, first_line):
            self._row(row, line)
        self.lines = first_line + len(rows) - 1

    def _take_one_by_one(self, chunk: bytes, first_line: int) -> None:
        line = first_line - 1
        for line, text in enumerate(chunk.split(b"\n")[:-1], first_line):
            try:
                row = DECODER.decode(text)
            except (msgspec.MsgspecError, RecursionError):
                self._broken(line, None, "notice-form")
                continue
            if ENCODER.encode(row) == text:
                self._row(row, line)
            else:
                self._broken(line, None, "notice-form")
        self.lines = line

    def _row(self, row: FeedRow, line: int) -> None:
        digits, number = row.imei, row.row
        key = digits[:14]
        try:
            check = luhn_digit(key)
        except NumberError as error:
            self._broken(line, number, error.code)
            return
        if not 0 < number <= self.count or self._line_of[number]:
            self._broken(line, number, "notice-row")
            return
        fault = None
        if len(digits) == 14:
            given = NO_CHECK_DIGIT
        elif len(digits) == 15 and digits[14] in "0123456789":
            given = int(digits[14])
            if digits[14] != check:
                fault = "imei-check-digit"
        else:
            self._broken(line, number, "imei-length")
            return
        self._line_of[number] = line
        if key == key[0] * 14:
            fault = "imei-repeated"
        elif not self.practice and key[:2] == "00" and Imei(key + check).is_test:
            fault = "notice-test-number"
        declares, ground = _DECLARES[row.declares], _GROUND[row.ground]
        if ground and declares not in _GROUNDED:
            fault = "notice-ground"
        days = row.effective_on, row.purchased_on
        if any(day is not None and day.year not in YEARS for day in days):
            fault = "notice-day"
        effective_on, purchased_on = (0 if day is None else day.toordinal() for day in days)
        self.records.append(RECORD.pack(int(key), number, given, declares, ground, effective_on, purchased_on))
        if fault is not None:
            self._bad(number, fault)

    def finish(self) -> None:
        """After the last line: put the records in order, and find what is said twice of one phone.

        The first row of a phone that says a thing is taken, a later one that says it again is not.
        """
        self.records.sort()
        said: set[bytes] = set()
        for one, other in pairwise(self.records):
            if one[:8] != other[:8]:
                said.clear()
                continue
            said.add(one[_SAYS])
            number = int.from_bytes(other[8:12], "big")
            if other[_SAYS] in said and number not in self.bad:
                self._bad(number, "notice-repeated")
        self.faults.sort(key=lambda fault: fault.line)

    @property
    def row_max(self) -> int:
        """The greatest row number; without a fault it is their count."""
        return max((int.from_bytes(one[8:12], "big") for one in self.records), default=0)

    def sound(self) -> Sequence[bytes]:
        """The records that may be taken, in order."""
        if not self.bad:
            return self.records
        return [one for one in self.records if int.from_bytes(one[8:12], "big") not in self.bad]

    def _bad(self, number: int, code: str) -> None:
        self.bad.add(number)
        self.faults.append(RowFault(self._line_of[number], number, code))

    def _broken(self, line: int, number: int | None, code: str) -> None:
        self.broken += 1
        self.faults.append(RowFault(line, number, code))


def notice_of(record: bytes, carrier: CarrierId, feed: int, *, practice: bool) -> Notice:
    """The notice that a record is. Raises MalformedError for a record that no accepted feed has."""
    if len(record) != ROW_BYTES:
        raise MalformedError("record")
    row = Row._make(RECORD.unpack(record))
    try:
        imei = Imei.of_key(f"{row.key:014d}")
        if row.row == 0 or row.check not in (int(imei.digits[14]), NO_CHECK_DIGIT):
            raise MalformedError("record")
        return Notice(
            kind=DECLARES[row.declares], imei=imei, carrier=carrier, ground=GROUNDS[row.ground],
            effective_on=_day(row.effective_on), purchased_on=_day(row.purchased_on),
            sequence=sequence_of(feed, row.row), practice=practice,
        )  # fmt: skip
    except (NumberError, ValueError, IndexError, OverflowError) as error:
        raise MalformedError("record") from error


def line_of(notice: Notice, row: int) -> bytes:
    """A notice as the line of a feed, without its newline."""
    ground: GroundWord | None = None if notice.ground is None else _ground_word(notice.ground)
    return ENCODER.encode(
        FeedRow(notice.kind.value, notice.effective_on, ground, notice.imei.digits, notice.purchased_on, row)
    )


def _ground_word(ground: Ground) -> GroundWord:
    return ground.value


def _day(ordinal: int) -> date | None:
    return date.fromordinal(ordinal) if ordinal else None
