"""Rows of a csv or tsv file: what parts the cells, quoted cells that hold line ends, a limit on every one."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator

from shirorom.adapters.tables.limits import Limits, too_large
from shirorom.adapters.tables.text import Piece
from shirorom.domain.errors import RequestError
from shirorom.ports.tables import RawRow

DELIMITERS = ",\t;|"
LINES_LOOKED_AT = 64
_END = "\0"
"""Stands behind the last line; no piece holds it. Where it lands in a cell, the quote of that cell was never closed."""


def delimiter_of(text: str) -> str:
    """What parts the cells: the character by which the most rows have the same number of several cells."""
    head = "\n".join(text.split("\n", LINES_LOOKED_AT)[:LINES_LOOKED_AT])
    return max(DELIMITERS, key=lambda one: _agreement(head, one))


def _agreement(head: str, delimiter: str) -> int:
    try:
        widths = [len(row) for row in csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)]
    except csv.Error:
        return 0
    usual = Counter(width for width in widths if width > 1).most_common(1)
    return usual[0][0] * usual[0][1] if usual else 0


def rows_of(source: Iterable[Piece], delimiter: str, limits: Limits) -> Iterator[RawRow]:
    """Every row, an empty line as a row without cells.

    Raises:
        RequestError: `table-columns-too-many`, `table-cell-too-long`; `table-quote-open`: a quoted cell has no end
            (`line`: where its row begins).
    """
    damage: dict[int, str] = {}
    reader = csv.reader(_lines(source, damage), delimiter=delimiter)
    line = 1
    while True:
        try:
            cells = next(reader)
        except csv.Error as error:  # a cell beyond the module's own limit
            if reader.line_num > line:
                raise RequestError("table-quote-open", line=line) from error
            raise too_large("cell", limits.cell_chars) from error
        if cells == [_END]:
            return
        if cells and cells[-1].endswith(f"{_END}\n"):
            raise RequestError("table-quote-open", line=line)
        _refuse_beyond(cells, limits)
        wrong = tuple(dict.fromkeys(damage.pop(n) for n in sorted(damage) if n <= reader.line_num)) if damage else ()
        yield RawRow(line, tuple(cells), wrong)
        line = reader.line_num + 1


def _refuse_beyond(cells: list[str], limits: Limits) -> None:
    if len(cells) > limits.columns:
        raise too_large("columns", limits.columns)
    if any(len(cell) > limits.cell_chars for cell in cells):
        raise too_large("cell", limits.cell_chars)


def _lines(source: Iterable[Piece], damage: dict[int, str]) -> Iterator[str]:
    """Line by line, as the reader of the rows takes them; `damage` is filled along. Last comes `_END`."""
    for piece in source:
        damage |= piece.damage
        text = piece.text
        start = 0
        while (end := text.find("\n", start)) >= 0:
            yield text[start : end + 1]
            start = end + 1
        if start < len(text):
            yield f"{text[start:]}\n"
    yield f"{_END}\n"
