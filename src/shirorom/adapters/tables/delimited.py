"""Rows of a csv or tsv file: what parts the cells, quoted cells that hold line ends, a limit on every one."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator

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


class Lines(Iterator[str]):
    """The lines of pieces, one after the other, and at the very end `_END`. `damage`: of those given so far."""

    def __init__(self, pieces: Iterator[Piece]) -> None:
        self._pieces = pieces
        self._text, self._place = "", 0
        self._over = False
        self.line = 0
        """The number of the line given last."""
        self.damage: dict[int, str] = {}

    @property
    def between(self) -> bool:
        """Whether every line of the pieces taken so far was given."""
        return self._place >= len(self._text)

    def take(self, piece: Piece) -> None:
        """Go on with a piece that somebody took from the same pieces."""
        self._text, self._place, self.line = piece.text, 0, piece.first_line - 1
        self.damage |= piece.damage

    def __next__(self) -> str:
        while self.between:
            if self._over:
                raise StopIteration
            piece = next(self._pieces, None)
            if piece is None:
                self._over = True
                return f"{_END}\n"
            self.take(piece)
        end = self._text.find("\n", self._place)
        line = self._text[self._place : end + 1] if end >= 0 else f"{self._text[self._place :]}\n"
        self._place += len(line)
        self.line += 1
        return line


def rows_of(lines: Lines, delimiter: str, limits: Limits) -> Iterator[RawRow]:
    """Every row, an empty line as a row without cells.

    Raises:
        RequestError: `table-columns-too-many`, `table-cell-too-long`; `table-quote-open`: a quoted cell has no end
            (`line`: where its row begins).
    """
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        before = reader.line_num
        try:
            cells = next(reader)
        except csv.Error as error:  # a cell beyond the module's own limit
            taken = reader.line_num - before
            raise (too_large("cell", limits.cell_chars) if taken < 2 else _open(lines.line - taken + 1)) from error
        except StopIteration:
            return
        first = lines.line - (reader.line_num - before) + 1
        if cells == [_END]:
            return
        if cells and cells[-1].endswith(f"{_END}\n"):
            raise _open(first + 1)  # `_END` was taken, and is no line
        _refuse_beyond(cells, limits)
        yield RawRow(first, tuple(cells), _damage(lines))


def _open(line: int) -> RequestError:
    return RequestError("table-quote-open", line=line)


def _damage(lines: Lines) -> tuple[str, ...]:
    """What is wrong with the lines given since the last row; told once."""
    if not lines.damage:
        return ()
    return tuple(dict.fromkeys(lines.damage.pop(n) for n in sorted(lines.damage) if n <= lines.line))


def _refuse_beyond(cells: list[str], limits: Limits) -> None:
    if len(cells) > limits.columns:
        raise too_large("columns", limits.columns)
    if any(len(cell) > limits.cell_chars for cell in cells):
        raise too_large("cell", limits.cell_chars)
