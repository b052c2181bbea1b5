"""A plain piece of a text table as it lies: where its rows end, and what its number columns hold (ports.tables.Batch).

Plain is what no two readers would read otherwise: no quote, nothing that is no UTF-8, no row of too many cells. The
compiled kernel (`_rows`, extra `native`) and numpy give the same; what neither reads, the parser does.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

from shirorom.adapters.tables.frames import Frame, frame_of_piece, frame_of_rows, unquoted
from shirorom.adapters.tables.numbers import numbers_of, plain_numbers
from shirorom.adapters.tables.text import Piece
from shirorom.ports.tables import Numbers, RawRow, Spelling

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

WIDTH_MAX = 1_000
"""Cells of a row that the kernel takes."""
_AT_ONCE = 1 << 19
"""Bytes that numpy looks at together: what it makes of more is given back to the system and asked for again."""
_OTHERS_MIN = 16
"""Fewer unread cells, a heading say, are left to the parser: polars need not be loaded for them."""
_MARK = b"\xef\xbb\xbf"


def load() -> ModuleType | None:
    """The compiled kernel, None where it was not built."""
    if sys.byteorder != "little":  # it takes digits as they lie
        return None
    try:
        return import_module("shirorom.adapters.tables._rows")
    except ImportError:
        return None


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows, as UTF-8.

    Attributes:
        content: Their bytes, and before `start` those of rows that were skipped.
        ends: Where each row ends in it (its line feed).
        fields: How many cells each has; the others, up to `width`, are blank.
    """

    content: bytes
    start: int
    first_line: int
    delimiter: str
    width: int
    ends: NDArray[np.uint32]
    fields: NDArray[np.uint16]
    numbers: Numbers
    damage: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def lines(self) -> range:
        """Where each row stands."""
        return range(self.first_line, self.first_line + len(self))

    def row(self, place: int) -> tuple[str, ...]:
        """The cells of one row."""
        begin = int(self.ends[place - 1]) + 1 if place else self.start
        cells = self.content[begin : int(self.ends[place])].decode().split(self.delimiter)
        return (*cells, *[""] * (self.width - len(cells)))

    def plain_numbers(self, column: int) -> list[str | None]:
        """The numbers of a column, as texts."""
        return self.frame().plain_numbers(column)

    def frame(self) -> Frame:
        """The same rows as a frame."""
        lines = self.lines
        frame = frame_of_piece(self.content[self.start :], lines, self.delimiter, self.width, len(self.content))
        return frame or frame_of_rows([RawRow(line, self.row(n)) for n, line in enumerate(lines)], self.width)

    def without(self, count: int) -> Block:
        """All but the first rows."""
        numbers = Numbers(self.numbers.keys[:, count:], self.numbers.spelled[:, count:])
        start, line = int(self.ends[count - 1]) + 1, self.first_line + count
        ends, fields = self.ends[count:], self.fields[count:]
        return Block(self.content, start, line, self.delimiter, self.width, ends, fields, numbers)


def block_of_piece(
    piece: Piece, delimiter: str, width: int, columns: Sequence[int], cell_chars: int, native: ModuleType | None
) -> Block | None:
    """A piece of text that is plain; None: it is not."""
    import numpy as np

    content = piece.plain(native)
    if content is not None and b'"' in content:
        content = unquoted(content, delimiter)
    if not content or content.startswith(_MARK) or width > WIDTH_MAX or not _is_utf_8(content):
        return None
    wanted, rows = np.array(columns, np.int64), len(piece.lines)
    if native is not None:
        ends, fields = np.empty(rows, np.uint32), np.empty(rows, np.uint16)
        keys, spelled = np.empty((len(wanted), rows), np.uint64), np.empty((len(wanted), rows), np.uint8)
        if not native.scan(content, ord(delimiter), width, wanted, cell_chars, ends, fields, keys, spelled):
            return None
        numbers = Numbers(keys, spelled)
    else:
        found = _scanned(content, delimiter, width, wanted, cell_chars)
        if found is None or len(found[0]) != rows:
            return None
        ends, fields, numbers = found
    block = Block(content, 0, piece.first_line, delimiter, width, ends, fields, numbers)
    for n, column in enumerate(columns):
        _read_others(block, n, column)
    return block


def _is_utf_8(content: bytes) -> bool:
    if content.isascii():
        return True
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _scanned(
    content: bytes, delimiter: str, width: int, columns: Array, cell_max: int
) -> tuple[Array, Array, Numbers] | None:
    """As the kernel's `scan`, some of the rows at a time: small arrays are made again in the same memory."""
    import numpy as np

    parts, start = [], 0
    while start < len(content):
        end = content.rfind(b"\n", start, start + _AT_ONCE) + 1 or content.find(b"\n", start) + 1 or len(content)
        part = _scanned_part(content[start:end], delimiter, width, columns, cell_max)
        if part is None:
            return None
        parts.append((part[0] + np.uint32(start), *part[1:]))
        start = end
    ends, fields, keys, spelled = (np.concatenate(some, axis=-1) for some in zip(*parts, strict=True))
    return ends, fields, Numbers(keys, spelled)


def _scanned_part(
    content: bytes, delimiter: str, width: int, columns: Array, cell_max: int
) -> tuple[Array, Array, Array, Array] | None:
    import numpy as np

    text = np.frombuffer(content, np.uint8)
    marks = np.flatnonzero((text == ord(delimiter)) | (text == ord("\n")))
    if not content.endswith(b"\n"):
        marks = np.append(marks, len(content))
    is_end = text.take(marks, mode="clip") == ord("\n")
    is_end[-1] = True
    enders = np.flatnonzero(is_end)
    fields = np.diff(enders, prepend=-1)
    begins = np.zeros_like(marks)
    np.add(marks[:-1], 1, out=begins[1:])
    sizes = marks - begins
    if int(fields.max()) > width or int(sizes.max()) > cell_max:
        return None
    keys, spelled = np.zeros((len(columns), len(enders)), np.uint64), np.zeros((len(columns), len(enders)), np.uint8)
    for n, column in enumerate(columns.tolist()):
        there, cells = fields > column, enders - fields + (1 + column)
        if there.all():
            keys[n], spelled[n] = numbers_of(text, begins[cells], sizes[cells])
        else:
            keys[n, there], spelled[n, there] = numbers_of(text, begins[cells[there]], sizes[cells[there]])
    return marks[enders].astype(np.uint32), fields.astype(np.uint16), keys, spelled


def _read_others(block: Block, n: int, column: int) -> None:
    """Cells that take more than a look, full-width ones say, as far as `plain_numbers` reads them."""
    import numpy as np

    places = np.flatnonzero(block.numbers.spelled[n] == Spelling.UNREAD)
    if places.size < _OTHERS_MIN:
        return
    import polars as pl

    cells = pl.Series([block.row(place)[column] for place in places.tolist()], dtype=pl.String)
    for place, number in zip(places.tolist(), plain_numbers(cells), strict=True):
        if number is not None:
            block.numbers.spelled[n, place] = Spelling.PLAIN if number else Spelling.BLANK
            block.numbers.keys[n, place] = int(number[:14]) if number else 0
