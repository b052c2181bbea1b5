"""Others' tables as the rows of a feed (ports.feeds.FeedSource): columns that are named, DIRBS-Core's stolen list.

Nobody signed them, so they are practice. Rows are numbered as they come; a phone with two numbers makes two rows.

Source: DIRBS-Core (a80563c) stolen_list: `imei, reporting_date, status`, and in a delta `change_type`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice
from pathlib import Path

import msgspec

from shirorom.domain.errors import NumberError, RequestError
from shirorom.domain.notice import NoticeKind
from shirorom.domain.tables.number import device_of
from shirorom.domain.tables.shape import ROWS_LOOKED_AT, Shape, is_total, shape_of
from shirorom.log.feed import Envelope
from shirorom.ports.tables import RawRow, Tables

LINES_AT_ONCE = 8_192
FIELDS = ("imei", "declares", "ground", "effective_on", "purchased_on")
NO_ROW = b"{}"
"""Stands for a row that can be no notice; it is told by its line as any other."""

_DIRBS_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_DIRBS = ("imei", "reporting_date", "status")

Said = dict[str, str | None]
Reads = Callable[[Sequence[str]], Said | None]
"""What the cells of a row say, by field; None: nothing that a notice could say."""


@dataclass(frozen=True, slots=True)
class TableFeed:
    """`maps` says of a field in which column it is, or for `declares` what every row declares.

    With `dirbs` the columns are DIRBS-Core's.
    """

    tables: Tables
    path: Path
    maps: Mapping[str, str]
    dirbs: bool = False

    def envelope(self) -> Envelope | None:
        """Nobody signed it."""
        return None

    def chunks(self) -> Iterator[tuple[int, bytes]]:
        """Its rows as lines of the format. Raises RequestError `table-…`."""
        with self.tables.open(self.path) as table:
            rows = table.rows()
            looked = list(islice(rows, ROWS_LOOKED_AT))
            shape = shape_of([row.cells for row in looked])
            reads = _dirbs(shape.names) if self.dirbs else self._mapped(shape)
            number, first, lines = 0, 0, list[bytes]()
            for row in chain(looked[shape.first :], rows):
                made = list(_lines(row, shape, reads, number))
                number += len(made)
                if lines and (first + len(lines) != row.line or len(made) != 1 or len(lines) >= LINES_AT_ONCE):
                    yield first, b"\n".join(lines) + b"\n"
                    lines = []
                if len(made) == 1:
                    first = first if lines else row.line
                    lines += made
                    continue
                for line in made:  # both numbers of a phone stand in one line of the file
                    yield row.line, line + b"\n"
            if lines:
                yield first, b"\n".join(lines) + b"\n"

    def _mapped(self, shape: Shape) -> Reads:
        names, places = list(shape.names), dict[str, int]()
        declared = self.maps.get("declares")
        every = declared if declared in {kind.value for kind in NoticeKind} and declared not in names else None
        for field in FIELDS:
            heading = self.maps.get(field, field)
            if heading in names:
                places[field] = names.index(heading)
            elif field == "imei" and field not in self.maps and shape.number_columns:
                places[field] = shape.number_columns[0]
            elif field == "imei" or (field == "declares" and every is None) or (field in self.maps and every is None):
                raise RequestError("table-column-missing")
        return lambda cells: (
            {"declares": every} | {field: _cell(cells, place) or None for field, place in places.items()}
        )


def _dirbs(names: Sequence[str]) -> Reads:
    if any(name not in names for name in _DIRBS):
        raise RequestError("table-column-missing")
    imei, day, status = (names.index(name) for name in _DIRBS)
    change = names.index("change_type") if "change_type" in names else None

    def reads(cells: Sequence[str]) -> Said | None:
        """A case that is only pending is no restriction, and no word of ours says what it is."""
        if _cell(cells, status) != "blacklist":
            return None
        removed = change is not None and _cell(cells, change).lower() == "remove"
        match = _DIRBS_DAY.fullmatch(_cell(cells, day))
        return {
            "imei": _cell(cells, imei)[:15],
            "declares": "lifted" if removed else "restricted",
            "ground": "theft-or-fraud",
            "effective_on": None if removed or match is None else "-".join(match.groups()),
        }

    return reads


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""


def _lines(row: RawRow, shape: Shape, reads: Reads, number: int) -> Iterator[bytes]:
    """The lines of one row of the table, numbered from `number` on."""
    if not any(cell.strip() for cell in row.cells) or is_total(row.cells, shape):
        return
    said = None if row.damage else reads(row.cells)
    if said is None or not _is_day(said.get("effective_on")):
        yield NO_ROW
        return
    for more, digits in enumerate(_numbers(said["imei"] or ""), 1):
        whole = {field: said.get(field) for field in ("declares", "effective_on", "ground")}
        whole |= {"imei": digits, "purchased_on": said.get("purchased_on")}
        yield msgspec.json.encode(whole | {"row": number + more})


def _numbers(cell: str) -> list[str]:
    """The numbers of a cell in any spelling; one that is none as it stands, to be told what is wrong with it."""
    try:
        return [imei.digits for imei in device_of([cell]).imeis]
    except (NumberError, RequestError):
        return [cell[:20]]


def _is_day(text: str | None) -> bool:
    try:
        return text is None or date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
