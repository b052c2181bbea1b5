"""What the tests of tables share: a file with this content, its rows, its batches as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from shirorom.adapters.tables.files import FileTables
from shirorom.adapters.tables.limits import Limits
from shirorom.domain.errors import ShiroromError
from shirorom.ports.tables import RawRow

Outcome = list[tuple[int, tuple[str, ...], tuple[str, ...]]] | str

SMALL = replace(Limits(), piece_bytes=16)
"""Pieces so short that everything meets a seam."""


def read(path: Path, tables: FileTables | None = None, *, sheet: str | None = None) -> list[RawRow]:
    """All rows of a file."""
    with (tables or FileTables()).open(path, sheet=sheet) as table:
        return list(table.rows())


def cells(path: Path) -> list[tuple[str, ...]]:
    return [row.cells for row in read(path)]


def code_of(path: Path, tables: FileTables | None = None, *, sheet: str | None = None) -> str | None:
    """What reading a file raises; None: nothing."""
    try:
        read(path, tables, sheet=sheet)
    except ShiroromError as error:
        return error.code
    return None


def by_rows(path: Path, width: int, tables: FileTables) -> Outcome:
    """(line, cells, damage) of each row, brought to a width as batches are."""
    try:
        return [(row.line, *_cut(row.cells, row.damage, width)) for row in read(path, tables)]
    except ShiroromError as error:
        return error.code


def by_batches(path: Path, width: int, tables: FileTables, skip: int = 0) -> Outcome:
    """The same from the batches."""
    out = []
    try:
        with tables.open(path) as table:
            for batch in table.batches(width=width, skip=skip):
                for n in range(len(batch)):
                    out.append((batch.lines[n], batch.row(n), tuple(batch.damage.get(n, ()))))
    except ShiroromError as error:
        return error.code
    return out


def _cut(row: Sequence[str], damage: tuple[str, ...], width: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not any(row[width:]):
        return (*row[:width], *[""] * (width - len(row))), damage
    return (*row[: width - 1], ",".join(row[width - 1 :])), (*damage, "table-row-long")
