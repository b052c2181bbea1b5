"""The file of a list: what people's spreadsheets save, read row by row, and written back with the answers beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import RequestError, ShiroromError
from shirorom.domain.imei import Device
from shirorom.domain.tables.number import device_of
from shirorom.domain.tables.shape import PREFIX, Shape, is_total, shape_of
from shirorom.edge.cli.journal import RowAnswer
from shirorom.ports.tables import RawRow, TableKind, Tables

ROWS_MAX = 50_000
COLUMNS = ("imei", *(carrier.value for carrier in CarrierId), "verdict", "error")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the input. `line` is 1-based as a spreadsheet counts it; `device` or `error` is None, or both."""

    line: int
    cells: tuple[str, ...]
    device: Device | None
    error: ShiroromError | None

    @property
    def key(self) -> str:
        """What its answer is kept by: its numbers."""
        return " ".join(imei.digits for imei in self.device.imeis) if self.device is not None else ""


@dataclass(frozen=True, slots=True)
class Table:
    """A file: its heading (None when the first row is already a phone) and its rows."""

    heading: tuple[str, ...] | None
    rows: tuple[Row, ...]


def read_table(tables: Tables, path: Path) -> Table:
    """Read a table (csv, tsv, xlsx, parquet) or one number a line.

    Raises:
        RequestError: `table-…`, no table can be made of it, or it is too large to ask about.
    """
    with tables.open(path) as table:
        raw = list(islice((row for row in table.rows() if any(map(str.strip, row.cells))), ROWS_MAX + 1))
    if len(raw) > ROWS_MAX:
        raise RequestError("table-rows-too-many", limit=ROWS_MAX)
    shape = shape_of([row.cells for row in raw])
    if not shape.number_columns:
        raise RequestError("table-no-numbers")
    data = [row for row in raw[shape.first :] if not is_total(row.cells, shape)]
    heading = tuple(shape.names[n] for n in shape.own_columns) if shape.heading else None
    return Table(heading, tuple(_row(row, shape) for row in data))


def write_table(tables: Tables, path: Path, table: Table, answers: Mapping[str, RowAnswer]) -> None:
    """Replace the output as a whole: UTF-8 with BOM, as Excel needs it. Raises StorageError; the old one stands."""
    width = max((len(row.cells) for row in table.rows), default=0)
    own = table.heading if table.heading is not None else tuple(f"column_{n + 1}" for n in range(width))
    columns = [*own, *(PREFIX + name for name in COLUMNS)]
    rows = (
        [*row.cells, *[""] * (len(own) - len(row.cells)), *_answer_cells(row, answers.get(row.key))]
        for row in table.rows
    )
    tables.write(path, columns, rows, kind=TableKind.CSV, escape=False)


def _row(raw: RawRow, shape: Shape) -> Row:
    own = tuple(_cell(raw, n) for n in shape.own_columns)
    try:
        device = device_of([_cell(raw, n) for n in shape.number_columns])
    except ShiroromError as error:
        return Row(raw.line, own, None, RequestError(raw.damage[0]) if raw.damage else error)
    if len(raw.cells) > len(shape.names) and any(raw.cells[len(shape.names) :]):
        return Row(raw.line, own, None, RequestError("table-row-long"))
    if "table-row-characters" in raw.damage:
        return Row(raw.line, own, None, RequestError("table-row-characters"))
    return Row(raw.line, own, device, None)


def _cell(raw: RawRow, place: int) -> str:
    return raw.cells[place] if place < len(raw.cells) else ""


def _answer_cells(row: Row, answer: RowAnswer | None) -> list[str]:
    if row.error is not None:
        return [""] * (len(COLUMNS) - 1) + [row.error.code]
    if answer is None:
        return [""] * len(COLUMNS)
    marks = [answer.marks.get(carrier.value, "") for carrier in CarrierId]
    return [answer.imeis, *marks, answer.verdict, answer.error]
