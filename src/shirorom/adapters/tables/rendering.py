"""Rows of a plain block with the columns added to it: written by the compiled kernel, or for polars to write."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from shirorom.adapters.tables.blocks import Block
from shirorom.ports.tables import Coded, Part

if TYPE_CHECKING:
    import polars as pl

END = "\r\n"


class Renderer:
    """Writes rows by the kernel, one block after the other into the same memory."""

    def __init__(self, native: ModuleType, separator: str) -> None:
        self._native, self._separator = native, separator
        self._room = bytearray()

    def __call__(self, part: Part) -> memoryview | None:
        """The rows, to be used before the next call; None: this part is for polars."""
        import numpy as np

        block, added = part.batch, part.added
        if not isinstance(block, Block) or not isinstance(added, Coded):
            return None
        texts = [(joined(cells, self._separator) + END).encode() for cells in added.texts]
        places = np.zeros(len(texts) + 1, np.int64)
        np.cumsum([len(text) for text in texts], out=places[1:])
        room = len(block.content) + len(block) * (3 * len(part.keep) + block.width + 1 + 16 * len(added.keys))
        room += int(np.diff(places).take(added.ids).sum())
        if len(self._room) < room:
            self._room = bytearray(room)
        size = self._native.render(
            self._room, block.content, block.start, block.ends, block.fields, block.width, ord(block.delimiter),
            ord(self._separator), np.array(part.keep, np.int64), added.keys, added.ids, b"".join(texts), places,
            *_groups(),
        )  # fmt: skip
        return memoryview(self._room)[:size]


def joined(cells: Sequence[str], separator: str) -> str:
    """Cells as polars writes them: between quotes where they would be read otherwise."""
    signs = ('"', separator, "\r", "\n")
    odd = [any(sign in cell for sign in signs) for cell in cells]
    quoted = (cell if not one else '"' + cell.replace('"', '""') + '"' for cell, one in zip(cells, odd, strict=True))
    return separator.join(quoted)


def lines_of(part: Part, separator: str) -> pl.DataFrame | None:
    """The rows as few columns, each already as it is written; None: a row does not go out as it came in."""
    import polars as pl

    block, added = part.batch, part.added
    if not isinstance(block, Block) or not isinstance(added, Coded) or block.delimiter != separator:
        return None
    if tuple(part.keep) != tuple(range(block.width)) or (block.fields != block.width).any():
        return None
    try:
        lines = pl.read_csv(
            block.content[block.start :], has_header=False, separator="\0", quote_char=None, schema={"": pl.String}
        )
    except pl.exceptions.PolarsError:
        return None
    if lines.height != len(block):
        return None
    first = len(added.keys) and 1
    columns = columns_of(Coded(added.keys, added.ids, [cells[:1] for cells in added.texts])) if first else []
    if rest := [joined(cells[first:], separator) for cells in added.texts if cells[first:]]:
        columns.append(pl.Series(rest, dtype=pl.String).gather(added.ids))
    return pl.DataFrame([column.alias(str(n)) for n, column in enumerate([lines.to_series(), *columns])])


@cache
def _groups() -> tuple[Any, Any]:
    """Of each group of four digits its text, and what it adds to the sum of the check digit."""
    import numpy as np

    groups = np.arange(10_000)
    digits = np.stack([groups // 1_000, groups // 100 % 10, groups // 10 % 10, groups % 10], axis=1)
    doubled = np.array([0, 2, 4, 6, 8, 1, 3, 5, 7, 9])
    sums = digits[:, 0] + doubled[digits[:, 1]] + digits[:, 2] + doubled[digits[:, 3]]
    return (digits + ord("0")).astype(np.uint8).ravel(), sums.astype(np.uint8)


def columns_of(added: Coded) -> list[pl.Series]:
    """The same columns as polars has them; a blank is a null."""
    import polars as pl

    texts = zip(*added.texts, strict=True)
    columns = [pl.Series([cell or None for cell in cells], dtype=pl.String).gather(added.ids) for cells in texts]
    if len(added.keys):
        numbers = _numbers(added)
        columns[0] = pl.select(pl.coalesce(numbers, columns[0])).to_series()
    return columns


def _numbers(added: Coded) -> pl.Series:
    """Of each row its numbers, apart by a blank; a null where it has none."""
    import polars as pl

    shown = [pl.Series(_whole(keys)).cast(pl.String).str.zfill(15) for keys in added.keys]
    there = [pl.Series(keys != 0) for keys in added.keys]
    each = [pl.when(one).then(number) for one, number in zip(there, shown, strict=True)]
    if len(each) == 1:
        return pl.select(each[0]).to_series()
    joined = pl.concat_str(each, separator=" ", ignore_nulls=True)
    return pl.select(pl.when(pl.any_horizontal(there)).then(joined)).to_series()


def _whole(keys: Any) -> Any:
    """Fifteen digits as a number."""
    import numpy as np

    _, sums = _groups()
    high = (keys // np.uint64(1_000_000)).astype(np.uint32)
    low = (keys - high * np.uint64(1_000_000)).astype(np.uint32)
    first, third = high // np.uint32(10_000), low // np.uint32(100)
    second, fourth = high - first * np.uint32(10_000), (low - third * np.uint32(100)) * np.uint32(100)
    total = sum(sums.take(group) for group in (first, second, third, fourth))  # at most 126
    return keys * np.uint64(10) + (-np.arange(127) % 10).astype(np.uint64).take(total)
