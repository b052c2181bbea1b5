"""A feed's lines by the ten thousand (the extra `files`): what is plainly sound, column by column; the rest row by row.

`log/feed_rows.py` is the oracle: a chunk in which anything is wrong or unusual is read again by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from shirorom.domain.notice import NoticeKind
from shirorom.log.feed import DECLARES, GROUNDS, ROW_BYTES
from shirorom.log.feed_rows import DECODER, ENCODER, YEARS, FeedRow, RowReader
from shirorom.register.fold import RECORD

_DECLARES = {kind.value: place for place, kind in enumerate(DECLARES)}
_GROUND = {None if ground is None else ground.value: place for place, ground in enumerate(GROUNDS)}
_GROUNDED = (DECLARES.index(NoticeKind.RESTRICTED), DECLARES.index(NoticeKind.LIFTED))
_POWERS = 10 ** np.arange(13, -1, -1, dtype=np.uint64)
_DOUBLED = np.array([0, 2, 4, 6, 8, 1, 3, 5, 7, 9], dtype=np.uint8)
_DIGITS = 15


@dataclass(slots=True)
class NumpyRowReader(RowReader):
    """Gives the same records and faults as `RowReader`."""

    _parts: list[Any] = field(default_factory=list)

    def take(self, chunk: bytes, first_line: int) -> None:
        """Read whole lines; see `RowReader.take`."""
        try:
            rows = DECODER.decode_lines(chunk)
        except (msgspec.MsgspecError, RecursionError):
            rows = []
        part = self._sound(rows, first_line) if rows and ENCODER.encode_lines(rows) == chunk else None
        if part is None:
            RowReader.take(self, chunk, first_line)
            return
        self._parts.append(part)
        self.lines = first_line + len(rows) - 1

    def finish(self) -> None:
        """Put the records in order; see `RowReader.finish`."""
        if self._parts:
            whole = np.concatenate(self._parts).astype(RECORD)  # it comes out in the machine's own byte order
            order = np.lexsort((whole["row"], whole["key"]))
            content = whole[order].tobytes()
            self._parts = []
            self.records += [content[at : at + ROW_BYTES] for at in range(0, len(content), ROW_BYTES)]
        RowReader.finish(self)

    def _sound(self, rows: list[FeedRow], first_line: int) -> Any:
        """The records of a chunk in which nothing is wrong; None: it takes a look at each row."""
        count = len(rows)
        text = "".join([row.imei for row in rows])
        if len(text) != count * _DIGITS or not text.isascii() or not text.isdigit():
            return None
        if any(len(row.imei) != _DIGITS for row in rows):
            return None
        digits = np.frombuffer(text.encode(), dtype=np.uint8).reshape(count, _DIGITS) - ord("0")
        keys = digits[:, :14] @ _POWERS
        sums = digits[:, 0:14:2].sum(axis=1) + _DOUBLED[digits[:, 1:14:2]].sum(axis=1)
        same = (digits[:, :14] == digits[:, :1]).all(axis=1)
        zeros = not self.practice and bool((keys < 10**12).any())
        if zeros or same.any() or not np.array_equal((10 - sums % 10) % 10, digits[:, 14]):
            return None
        numbers = np.array([row.row for row in rows], dtype=object)
        if not all(0 < number <= self.count for number in numbers):
            return None
        made = np.empty(count, dtype=RECORD)
        made["key"], made["row"], made["check"] = keys, numbers.astype(np.uint32), digits[:, 14]
        made["declares"] = [_DECLARES[row.declares] for row in rows]
        made["ground"] = [_GROUND[row.ground] for row in rows]
        if ((made["ground"] > 0) & ~np.isin(made["declares"], _GROUNDED)).any():
            return None
        days = {row.effective_on for row in rows} | {row.purchased_on for row in rows}
        if any(day is not None and day.year not in YEARS for day in days):
            return None
        ordinal = {day: 0 if day is None else day.toordinal() for day in days}
        made["effective_on"] = [ordinal[row.effective_on] for row in rows]
        made["purchased_on"] = [ordinal[row.purchased_on] for row in rows]
        return made if self._number(made["row"].astype(np.int64), first_line) else None

    def _number(self, numbers: Any, first_line: int) -> bool:
        """Note where each number stands, unless one of them was used before."""
        seen = np.frombuffer(self._line_of, dtype=np.uint32)
        if seen[numbers].any():
            return False
        lines = np.arange(first_line, first_line + len(numbers), dtype=np.uint32)
        seen[numbers] = lines
        if np.array_equal(seen[numbers], lines):
            return True
        seen[numbers] = 0
        return False
