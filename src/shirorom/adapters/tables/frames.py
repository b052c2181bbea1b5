"""Rows by the ten thousand, column by column (ports.tables.Batch)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shirorom.adapters.tables.numbers import plain_numbers
from shirorom.ports.tables import RawRow

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Places = NDArray[np.intp]

ROWS_AT_ONCE = 50_000
ROW_LONG = "table-row-long"


@dataclass(frozen=True, slots=True)
class Frame:
    """Some rows; `frame` has text columns named "0", "1", …; a blank cell is a null."""

    frame: pl.DataFrame
    lines: Sequence[int]
    damage: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.frame.height

    @property
    def numbers(self) -> None:
        """They are read as texts."""
        return None

    def row(self, place: int) -> tuple[str, ...]:
        """The cells of one row."""
        return tuple(cell or "" for cell in self.frame.row(place))

    def plain_numbers(self, column: int) -> list[str | None]:
        """The numbers of a column, where they are plain."""
        return plain_numbers(self.frame.get_column(str(column)).fill_null(""))

    def without(self, count: int) -> Frame:
        """All but the first rows."""
        damage = {place - count: codes for place, codes in self.damage.items() if place >= count}
        return Frame(self.frame.slice(count), self.lines[count:], damage)


def frame_of_piece(content: bytes | None, lines: range, delimiter: str, width: int, cell_chars: int) -> Frame | None:
    """A piece of text (`Piece.plain`) whose cells are plainly apart; None: it has to be read row by row."""
    import polars as pl

    quoted = content is not None and b'"' in content
    if content is None or (quoted and not simply_quoted(content, delimiter)):
        return None
    names = [str(n) for n in range(width)]
    try:
        frame = pl.read_csv(
            content, has_header=False, separator=delimiter, quote_char='"' if quoted else None,
            schema=dict.fromkeys(names, pl.String), raise_if_empty=False,
        )  # fmt: skip
    except pl.exceptions.PolarsError:
        return None
    if frame.height != len(lines) or _longest(frame) > cell_chars:
        return None
    return Frame(frame, lines)


def simply_quoted(content: bytes, delimiter: str) -> bool:
    """Whether each quoted cell is quoted as a whole, with no quote and no line end in it."""
    return _quoted_cells(content, delimiter) is not None


def unquoted(content: bytes, delimiter: str) -> bytes | None:
    """The same cells without their quotes; None: some need them, or are blank (which quotes tell from nothing)."""
    import numpy as np

    cells = _quoted_cells(content, delimiter)
    if cells is None or b'""' in content:
        return None
    delimiters = np.flatnonzero(np.frombuffer(content, np.uint8) == ord(delimiter))
    opening, closing = cells
    if (np.searchsorted(delimiters, opening) != np.searchsorted(delimiters, closing)).any():
        return None
    return content.replace(b'"', b"")


def _quoted_cells(content: bytes, delimiter: str) -> tuple[Places, Places] | None:
    """Where quoted cells begin and end; None: a quote may mean something else."""
    import numpy as np

    text = np.frombuffer(content, np.uint8)
    quotes = np.flatnonzero(text == ord('"'))
    if len(quotes) % 2:
        return None
    opening, closing = quotes[0::2], quotes[1::2]
    edges = np.zeros(256, np.bool_)
    edges[[ord(delimiter), ord("\n")]] = True
    before = text[np.maximum(opening, 1) - 1]
    behind = text[np.minimum(closing, len(text) - 2) + 1]
    if not (edges[before] | (opening == 0)).all() or not (edges[behind] | (closing == len(text) - 1)).all():
        return None
    ends = np.flatnonzero(text == ord("\n"))
    if (np.searchsorted(ends, opening) != np.searchsorted(ends, closing)).any():
        return None
    return opening, closing


def _longest(frame: pl.DataFrame) -> int:
    """Of all cells, in bytes."""
    import polars as pl

    lengths: tuple[int | None, ...] = frame.select(pl.all().str.len_bytes().max()).row(0)
    return max((length or 0 for length in lengths), default=0)


def frame_of_rows(rows: Sequence[RawRow], width: int) -> Frame:
    """Rows of any width, made one width: what is too long is joined in the last cell, and named."""
    import polars as pl

    damage = {place: row.damage for place, row in enumerate(rows) if row.damage}
    cells = []
    for place, row in enumerate(rows):
        here = row.cells
        if len(here) > width:
            here, long = _cut(here, width)
            damage |= {place: (*damage.get(place, ()), ROW_LONG)} if long else {}
        cells.append([*(cell or None for cell in here), *[None] * (width - len(here))])
    schema = dict.fromkeys((str(n) for n in range(width)), pl.String)
    return Frame(pl.DataFrame(cells, schema=schema, orient="row"), [row.line for row in rows], damage)


def _cut(cells: Sequence[str], width: int) -> tuple[tuple[str, ...], bool]:
    if not any(cells[width:]):
        return tuple(cells[:width]), False
    return (*cells[: width - 1], ",".join(cells[width - 1 :])), True


def frames_of_rows(rows: Iterable[RawRow], width: int) -> Iterator[Frame]:
    """Rows gathered into frames."""
    some: list[RawRow] = []
    for row in rows:
        some.append(row)
        if len(some) == ROWS_AT_ONCE:
            yield frame_of_rows(some, width)
            some = []
    if some:
        yield frame_of_rows(some, width)
