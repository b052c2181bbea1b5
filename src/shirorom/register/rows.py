"""What goes into a register: rows in columns, checked, sorted and packed to one byte a phone.

One row is one carrier's mark of one phone, and there is one row for each at most. A restriction that is announced for a
day ahead (`effective_on` after the register's own day) is a caution until then; the day is kept beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shirorom.domain.carrier import CarrierId
from shirorom.domain.mark import Mark
from shirorom.register.format import Stamp
from shirorom.register.keys import KEYS, Bytes, Keys
from shirorom.register.values import CAUTION, CODES, NO_RECORD, PLACES, RESTRICTED

EPOCH = date(1970, 1, 1)
AT_ONCE = 0
"""The day of a row that names none."""

Days: TypeAlias = NDArray[np.uint32]
Row: TypeAlias = tuple[int, CarrierId, Mark] | tuple[int, CarrierId, Mark, date | None]
"""Key (14 digits as a number), carrier, its mark, the day (JST) from which a restriction counts."""


class RowsError(ValueError):
    """Rows that no register can be made of; `reason` is one word. Never says a key."""

    def __init__(self, reason: str, count: int = 1) -> None:
        super().__init__(f"{reason}: {count} rows")
        self.reason, self.count = reason, count


def day_number(day: date) -> int:
    """Days since 1970-01-01; `AT_ONCE` for that day and what lies before it."""
    return max(AT_ONCE, (day - EPOCH).days)


def day_of(number: int) -> date:
    """The day of a number."""
    return EPOCH + timedelta(days=number)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows in columns of equal length: `carriers` by their place in `CARRIERS`, `marks` by their code."""

    keys: Keys
    carriers: Bytes
    marks: Bytes
    days: Days

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Rows:
        """Columns of single rows."""
        taken = [(row[0], PLACES[row[1]], CODES[row[2]], row[3] if len(row) > 3 else None) for row in rows]
        if any(not 0 <= row[0] < KEYS for row in taken):
            raise RowsError("key")
        days = [AT_ONCE if row[3] is None else day_number(row[3]) for row in taken]
        return cls(
            np.array([row[0] for row in taken], np.uint64),
            np.array([row[1] for row in taken], np.uint8),
            np.array([row[2] for row in taken], np.uint8),
            np.array(days, np.uint32),
        )


@dataclass(frozen=True, slots=True)
class Pending:
    """Restrictions that lie ahead, ascending by key and position: until its day the phone is a caution.

    `positions` are those of the enrolled carriers in the register, `days` count from 1970-01-01.
    """

    keys: Keys
    positions: Bytes
    days: Days

    def where(self, chosen: NDArray[np.bool_]) -> Pending:
        """Some of them."""
        return Pending(self.keys[chosen], self.positions[chosen], self.days[chosen])

    def joined(self, other: Pending) -> Pending:
        """Both, in order."""
        keys = np.concatenate((self.keys, other.keys))
        positions = np.concatenate((self.positions, other.positions))
        order = np.lexsort((positions, keys))
        return Pending(keys[order], positions[order], np.concatenate((self.days, other.days))[order])


@dataclass(frozen=True, slots=True)
class Packed:
    """Phones in ascending order with one byte each (register/values.py), and what lies ahead for some of them."""

    keys: Keys
    values: Bytes
    pending: Pending


def pack(rows: Rows, stamp: Stamp) -> Packed:
    """Sort and pack rows of enrolled carriers.

    Raises:
        RowsError: `key`, `mark`, `length` (columns differ), `carrier` (not enrolled), `day` (a day ahead at something
            that is no restriction), `repeated` (two rows of one carrier about one phone).
    """
    positions = _positions(rows, stamp)
    ahead = rows.days > day_number(stamp.day)
    if bool((ahead & (rows.marks != RESTRICTED)).any()):
        raise RowsError("day", int((ahead & (rows.marks != RESTRICTED)).sum()))
    marks = np.where(ahead, np.uint8(CAUTION), rows.marks)
    cells = (rows.keys << np.uint64(2)) | positions  # one number for phone and carrier, so that one sort orders both
    pending = _pending(cells[ahead], rows.days[ahead])
    cells = np.sort((cells << np.uint64(2)) | marks)
    marks = (cells & np.uint64(3)).astype(np.uint8)
    cells >>= np.uint64(2)
    repeated = int((cells[1:] == cells[:-1]).sum())
    if repeated:
        raise RowsError("repeated", repeated)
    marks <<= ((cells & np.uint64(3)) << np.uint64(1)).astype(np.uint8)
    cells >>= np.uint64(2)
    if not cells.size:
        return Packed(cells, marks, pending)
    first = np.flatnonzero(np.concatenate(([True], cells[1:] != cells[:-1])))
    return Packed(cells[first], np.bitwise_or.reduceat(marks, first), pending)


def without_absent(packed: Packed) -> Packed:
    """Leave out phones of which no carrier has a record: in a register that stands alone absence says it."""
    kept = packed.values != NO_RECORD
    return packed if bool(kept.all()) else Packed(packed.keys[kept], packed.values[kept], packed.pending)


def _positions(rows: Rows, stamp: Stamp) -> NDArray[np.uint64]:
    """Each row's carrier by its place in the register, after all columns were looked through."""
    if not len(rows.keys) == len(rows.carriers) == len(rows.marks) == len(rows.days):
        raise RowsError("length")
    if rows.keys.size and int(rows.keys.max()) >= KEYS:
        raise RowsError("key", int((rows.keys >= KEYS).sum()))
    if rows.marks.size and int(rows.marks.max()) > RESTRICTED:
        raise RowsError("mark", int((rows.marks > RESTRICTED).sum()))
    table = np.full(256, 255, np.uint8)
    for position, carrier in enumerate(stamp.enrolled):
        table[PLACES[carrier]] = position
    positions = table[rows.carriers]
    if bool((positions == 255).any()):
        raise RowsError("carrier", int((positions == 255).sum()))
    return positions.astype(np.uint64)


def _pending(cells: NDArray[np.uint64], days: Days) -> Pending:
    order = np.argsort(cells, kind="stable")
    cells = cells[order]
    return Pending(cells >> np.uint64(2), (cells & np.uint64(3)).astype(np.uint8), days[order])
