"""What the columns added to a row say of its phone: a mark for each carrier, the verdict, and what is missing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.mark import VerdictKind
from shirorom.domain.verdict import Cell, decide


@dataclass(frozen=True, slots=True)
class RowWords:
    """Codes, as they stand in a file. `marks` in the order of `CARRIERS`, blank where nothing is known.

    `errors`: `carrier:code` for each answer that is missing or too old; a carrier left out by choice is not missed.
    """

    marks: tuple[str, ...]
    verdict: str
    errors: tuple[str, ...]


def row_words(cells: Sequence[Cell], wanted: Collection[CarrierId]) -> RowWords:
    """The columns of one row; over several numbers of a phone, a carrier's worst cell."""
    marks = []
    errors: dict[str, None] = {}
    for carrier in CARRIERS:
        mine = [cell for cell in cells if cell.carrier is carrier]
        kind = decide(mine).kind
        marks.append("" if kind is VerdictKind.UNDETERMINED else kind.value)
        if carrier in wanted:
            for cell in mine:
                if cell.error is not None or cell.stale:
                    errors[f"{carrier.value}:{cell.error or 'stale'}"] = None
    return RowWords(tuple(marks), decide(cells).kind.value, tuple(errors))
