"""The shape of a table that a person's program saved: title lines, a heading of one row or two, columns, a total row.

Decided from the first rows alone, by what stands there and never by the file's name. A column holds device numbers
when its heading says so; where headings say nothing, or name what phones may also carry (製造番号), its cells decide.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from shirorom.domain.numbers.scan import scan

ROWS_LOOKED_AT = 64
"""Rows that a shape is decided by; more are not looked at."""
HEADING_WITHIN = 20
"""A heading stands among the first rows: title lines are few."""
HEADING_CHARS_MAX = 60
SHARE_MIN = 0.5
"""Of the filled cells of a column, how many must hold an IMEI where its heading does not say so."""
LIST_DIGITS_MIN = 10
"""A table of one column is a list of numbers, good or bad, when it holds one of so many digits."""
PREFIX = "shirorom_"
"""Columns that we wrote ourselves: no input."""

_NAMES_IMEI = re.compile(
    r"(?:(?:端末|携帯|本体|製造番号|識別番号|MEID)?[\s/・:()]*)IMEI(?:SV)?[\s/_-]*[1-4①-④]?\s*"
    r"(?:番号|コード|no\.?|number|\(.{0,12}\))?[\s/_-]*[1-4①-④]?",
    re.IGNORECASE,
)
_NAMES_NUMBER = re.compile(r"製造番号|識別番号|(?<![A-Za-z])IMEI", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"[0-9](?:[ -]?[0-9]){9}")
_TOTAL = re.compile(
    r"(?:総?合計|総計|小計|計|(?:grand |sub)?total|(?:合計)?(?:件数|台数|点数))\s*"
    r"(?:\(.{0,8}\))?\s*[:=]?\s*[0-9,]*\s*[件台点円]?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Shape:
    """What the first rows say of the table.

    Attributes:
        heading: Which of the rows given are the heading; empty where there is none. What stands above it are titles.
        names: One for each column, none twice: as shown, the two rows of a merged heading joined by " / ".
        number_columns: Places of the columns that hold device numbers, from 0, in their order.
    """

    heading: range
    names: tuple[str, ...]
    number_columns: tuple[int, ...]

    @property
    def first(self) -> int:
        """The place of the first row of data among the rows given."""
        return self.heading.stop

    @property
    def own_columns(self) -> tuple[int, ...]:
        """Places of the columns that are the shop's, not ours of an earlier run."""
        return tuple(n for n, name in enumerate(self.names) if not is_ours(name))


def shape_of(rows: Sequence[Sequence[str]]) -> Shape:
    """The shape of a table, from its first rows (`ROWS_LOOKED_AT` of them at most), each its cells as text."""
    looked = rows[:ROWS_LOOKED_AT]
    heading = _heading(looked)
    below = looked[heading.stop :]
    width = _width([looked[n] for n in heading], below)
    names = _unique(_names([looked[n] for n in heading], width))
    return Shape(heading, names, _number_columns(names, below))


def is_total(cells: Sequence[str], shape: Shape) -> bool:
    """Whether a row sums up the others: a cell says so, and no device number stands in it."""
    if any(_cell(cells, n) and _digits(_cell(cells, n)) >= 8 for n in shape.number_columns):
        return False
    return any(_TOTAL.fullmatch(_plain(cell)) for cell in cells if cell and len(cell) <= HEADING_CHARS_MAX)


def is_ours(name: str) -> bool:
    """Whether a column is one that we added to a file."""
    return name.strip().lower().startswith(PREFIX)


def column_named(shape: Shape, name: str) -> int | None:
    """The column that a person named: as shown, or the lower part of a merged heading; None: there is none."""
    wanted = _plain(name).casefold()
    for whole in (True, False):
        for place, known in enumerate(shape.names):
            plain = _plain(known).casefold()
            if wanted == (plain if whole else plain.rpartition(" / ")[2]):
                return place
    return None


# The heading


def _heading(rows: Sequence[Sequence[str]]) -> range:
    """The heading's rows. A row that names a number column is one; else what stands above the first number."""
    data = next((place for place, row in enumerate(rows) if _has_number(row)), len(rows))
    above = range(min(data, HEADING_WITHIN))
    for names in (_says_imei, _hints_number):
        for place in above:
            if any(names(cell) for cell in rows[place]) and (
                _filled(rows[place]) > 1
                or not _more_filled(rows, place)
                or (place and _completes(rows[place - 1], rows[place]))
            ):
                return _merged(rows, place)
    if data < len(rows):
        return _above(rows, data)
    first = next((place for place in above if _filled(rows[place])), None)
    return range(0) if first is None else _merged(rows, _past_titles(rows, first))


def _above(rows: Sequence[Sequence[str]], data: int) -> range:
    """The heading over the first row of data, if there is one."""
    filled = [n for n in range(data) if _filled(rows[n])]
    if not filled:
        return range(data, data)
    bottom = filled[-1]
    alone = _filled(rows[bottom]) == 1 and _filled(rows[data]) > 1
    return range(data, data) if alone else range(_merged(rows, bottom).start, data)


def _past_titles(rows: Sequence[Sequence[str]], first: int) -> int:
    """A line of one cell above a row of many is a title."""
    place = first
    while _filled(rows[place]) == 1 and _more_filled(rows, place):
        place += 1
    return place


def _more_filled(rows: Sequence[Sequence[str]], place: int) -> bool:
    return any(_filled(row) > 1 for row in rows[place + 1 : HEADING_WITHIN])


def _merged(rows: Sequence[Sequence[str]], place: int) -> range:
    """A heading row with the row above or below that belongs to it."""
    if place and _completes(rows[place - 1], rows[place]):
        return range(place - 1, place + 1)
    below = place + 1
    if below < len(rows) and not _has_number(rows[below]) and _completes(rows[place], rows[below]):
        return range(place, below + 1)
    return range(place, place + 1)


def _completes(top: Sequence[str], bottom: Sequence[str]) -> bool:
    """Whether two rows are one heading: each fills what the other leaves blank (cells merged across and down)."""
    width = max(len(top), len(bottom))
    if _filled(top) < 2 or _filled(bottom) == 0:
        return False
    named = any(_hints_number(cell) for cell in bottom)
    down = across = 0
    for n in range(width):
        above, below = _cell(top, n), _cell(bottom, n)
        if above and not below:
            down += 1
        elif below and not above:
            across += 1
        elif above and below and not named and _cell(top, n + 1):  # nothing merged: a row of data below its heading
            return False
    return down > 0 and (across > 0 or named)


def _width(heading: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> int:
    """As wide as the heading, or as most rows where they are wider; without a heading as the widest row."""
    widths = Counter(width for row in rows if (width := _last_filled(row)))
    if not heading:
        return max((len(row) for row in rows), default=0)
    return max(*map(len, heading), widths.most_common(1)[0][0] if widths else 0)


def _last_filled(row: Sequence[str]) -> int:
    return next((n for n in range(len(row), 0, -1) if row[n - 1].strip()), 0)


def _names(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    names, group = [], ""
    for n in range(width):
        parts = [" ".join(_cell(row, n).split()) for row in rows]
        if len(parts) == 2:
            group = parts[0] or group
            parts[0] = group if parts[1] else parts[0]
        names.append(" / ".join(part for part in parts if part))
    return names


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    """No two the same, none blank: column_3, 備考 (2)."""
    taken: set[str] = set()
    out = []
    for place, name in enumerate(names, start=1):
        wanted = known = name or f"column_{place}"
        count = 2
        while known.casefold() in taken:
            known, count = f"{wanted} ({count})", count + 1
        taken.add(known.casefold())
        out.append(known)
    return tuple(out)


# The columns


def _number_columns(names: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[int, ...]:
    own = [n for n, name in enumerate(names) if not is_ours(name)]
    said = [n for n in own if _says_imei(_last(names[n])) or _says_imei(names[n])]
    hinted = [n for n in own if n not in said and _hints_number(names[n])]
    held = [n for n in hinted if _share(rows, n) >= SHARE_MIN]
    found = sorted({*said, *held})
    if any(_share(rows, n) > 0 for n in found):
        return tuple(found)
    shares = {n: _share(rows, n) for n in own if n not in found}
    by_content = [n for n, share in shares.items() if share >= SHARE_MIN]
    if by_content or found or hinted:
        return tuple(by_content or found or hinted)
    if len(own) == 1 and any(_digits(_cell(row, own[0])) >= LIST_DIGITS_MIN for row in rows):
        return tuple(own)
    return tuple(n for n, share in shares.items() if share > 0)


def _share(rows: Sequence[Sequence[str]], column: int) -> float:
    """How many of the filled cells of a column hold an IMEI, good or bad."""
    cells = [cell for row in rows if (cell := _cell(row, column))]
    return sum(_holds_number(cell) for cell in cells) / len(cells) if cells else 0.0


def _says_imei(cell: str) -> bool:
    return 0 < len(cell) <= HEADING_CHARS_MAX and _NAMES_IMEI.fullmatch(_plain(cell)) is not None


def _hints_number(cell: str) -> bool:
    return 0 < len(cell) <= HEADING_CHARS_MAX and _NAMES_NUMBER.search(_plain(cell)) is not None


def _has_number(row: Sequence[str]) -> bool:
    return any(_LONG_NUMBER.search(unicodedata.normalize("NFKC", cell)) for cell in row if cell)


def _holds_number(cell: str) -> bool:
    if _digits(cell) < 14 or len(cell) > 1_000:
        return False
    found, _ = scan(cell, asked=False)
    return any(one.imei is not None for one in found)


# Cells


def _cell(row: Sequence[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""


def _filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())


def _digits(cell: str) -> int:
    return sum(character.isdigit() for character in cell)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _last(name: str) -> str:
    return _plain(name.rpartition(" / ")[2])
