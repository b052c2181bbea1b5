"""What rows of one export say against each other: a key on two rows, a phone in stock twice, a phone sold twice.

Pure, and the same in whatever order the rows stand. Rows that have errors of their own count too: once they are mended
they would contradict the others just so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from shirorom.domain.desk.export_row import Complaint, ReadRow
from shirorom.domain.desk.stock import Status

LINES_SHOWN_MAX = 5


def check_rows(rows: Sequence[ReadRow]) -> None:
    """Add to every row what others say against it."""
    by_key: dict[str, list[ReadRow]] = defaultdict(list)
    by_phone: dict[str, list[ReadRow]] = defaultdict(list)
    for row in rows:
        if row.key:
            by_key[row.key].append(row)
        if row.device is not None and row.key:
            for imei in row.device.imeis:
                by_phone[imei.key].append(row)
    for same in by_key.values():
        if len(same) > 1:
            _refuse(same, "row-key-repeated")
    for same in by_phone.values():
        if len(same) > 1:
            _check_phone(same)


def _check_phone(rows: Sequence[ReadRow]) -> None:
    """One phone under several keys: in stock once at most, sold as often as it can have been bought back."""
    stock = [row for row in rows if row.status is Status.STOCK]
    if len({row.key for row in stock}) > 1:
        _refuse(stock, "row-number-repeated")
    sold = sorted((row for row in rows if row.status is Status.SOLD and row.sold_on is not None), key=_order)
    for before, after in pairwise(sold):
        if before.key == after.key:
            continue
        if possible(before, after):
            _notice(after, before)
            _notice(before, after)
        else:
            _refuse((before, after), "row-sold-twice-at-once")


def possible(before: ReadRow, after: ReadRow) -> bool:
    """Whether a phone can have come back between two sales: never on one day, and not where it was here all along."""
    if before.sold_on is None or after.sold_on is None or before.sold_on == after.sold_on:
        return False
    return after.bought_on is None or before.sold_on <= after.bought_on <= after.sold_on


def _order(row: ReadRow) -> tuple[str, str]:
    return (str(row.sold_on), row.key)


def _refuse(rows: Sequence[ReadRow], code: str) -> None:
    for row in rows:
        complaint = Complaint(row.line, "", code, (("lines", _lines(rows, row)),))
        if complaint not in row.errors:  # two numbers of one phone say the same
            row.errors.append(complaint)


def _notice(row: ReadRow, other: ReadRow) -> None:
    complaint = Complaint(row.line, "", "row-sold-twice", (("lines", _lines([other], row)),))
    if complaint not in row.notices:
        row.notices.append(complaint)


def _lines(rows: Sequence[ReadRow], mine: ReadRow) -> str:
    others = sorted({row.line for row in rows if row is not mine})
    more = " …" if len(others) > LINES_SHOWN_MAX else ""
    return " ".join(map(str, others[:LINES_SHOWN_MAX])) + more
