"""Rows, stamps and registers for tests; the oracle is a plain dictionary."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
from hypothesis import strategies as st

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.mark import Mark
from shirorom.log.checkpoint import Checkpoint
from shirorom.register.build import build
from shirorom.register.format import Enrolled, Layout, Stamp
from shirorom.register.lookup import Register, open_register
from shirorom.register.rows import Row, Rows
from shirorom.register.values import CAUTION, CODES, NO_RECORD, UNDETERMINED

ORIGIN = "shirorom/practice/" + "0" * 32
AS_OF = datetime(2026, 11, 20, 3, 0, 0, tzinfo=UTC)
DAY = date(2026, 11, 20)
"""Of the stamp, in Japan."""
ENROLLED = (CarrierId.DOCOMO, CarrierId.SOFTBANK, CarrierId.RAKUTEN)  # au is not
TACS = (0, 1, 128, 100_100, 101_799, 35_000_000, 99_999_999)
SERIALS = (0, 1, 63, 64, 255, 256, 65_535, 65_536, 999_679, 999_680, 999_935, 999_936, 999_999)


def stamp(*, size: int = 7, days: int = 0, enrolled: tuple[CarrierId, ...] = ENROLLED, practice: bool = True) -> Stamp:
    """What a register of tests was made from, some days later."""
    at = AS_OF + timedelta(days=days)
    log = Checkpoint(ORIGIN, size, bytes([size % 256]) * 32)
    return Stamp(log, tuple(Enrolled(carrier, at) for carrier in enrolled), practice)


def register(rows: list[Row], layout: Layout = Layout.FAST, **stamped: int) -> Register:
    """An opened register of some rows."""
    return open_register(build(Rows.of(rows), stamp(**stamped), layout))  # type: ignore[arg-type]


def keys_of(numbers: list[int]) -> np.ndarray:
    """A column of keys."""
    return np.array(numbers, np.uint64)


class Oracle:
    """The same answers by a dictionary of rows."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows: dict[tuple[int, CarrierId], Row] = {(row[0], row[1]): row for row in rows}

    def answer(self, key: int, on: date) -> tuple[int, ...]:
        """Codes by carrier."""
        return tuple(self._code(key, carrier, on) if carrier in ENROLLED else UNDETERMINED for carrier in CARRIERS)

    def _code(self, key: int, carrier: CarrierId, on: date) -> int:
        row = self.rows.get((key, carrier))
        if row is None:
            return NO_RECORD
        day = row[3] if len(row) > 3 else None
        return CODES[row[2]] if day is None or day <= on else CAUTION


def keys() -> st.SearchStrategy[int]:
    """Keys at every boundary, and between."""
    serials = st.one_of(st.sampled_from(SERIALS), st.integers(0, 999_999), st.integers(0, 600))
    return st.builds(lambda tac, serial: tac * 1_000_000 + serial, st.sampled_from(TACS), serials)


@st.composite
def rows(draw: st.DrawFn, *, absent: bool = False, size: int = 40) -> list[Row]:
    """Rows of enrolled carriers, one for each phone and carrier; some restrictions lie ahead."""
    marks = st.sampled_from([mark for mark in Mark if absent or mark is not Mark.NO_RECORD])
    days = st.none() | st.integers(-3, 6).map(lambda n: DAY + timedelta(days=n))
    pairs = draw(st.lists(st.tuples(keys(), st.sampled_from(ENROLLED)), unique=True, max_size=size))
    made: list[Row] = []
    for key, carrier in pairs:
        mark = draw(marks)
        made.append((key, carrier, mark, draw(days)) if mark is Mark.RESTRICTED else (key, carrier, mark))
    return made
