"""The file of a list: what people's spreadsheets save, read row by row, and written back with the answers beside."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import NumberError, RequestError, ShiroromError
from shirorom.domain.imei import Device
from shirorom.domain.parse import parse, read_device
from shirorom.edge.cli.journal import RowAnswer
from shirorom.edge.cli.save import save
from shirorom.edge.cli.streams import decode

FILE_BYTES_MAX = 20_000_000
ROWS_MAX = 50_000
COLUMNS = ("imei", *(carrier.value for carrier in CarrierId), "verdict", "error")
PREFIX = "shirorom_"
_NUMBER_HEADING = re.compile(r"imei|製造番号|端末識別番号", re.IGNORECASE)


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


def read_table(path: Path) -> Table:
    """Read a table (comma, tab or semicolon) or one number a line.

    Raises:
        RequestError: `body-too-large`; `body-malformed`, no encoding or no table can be made of it.
    """
    raw = [row for row in _cells(_decode(path)) if any(cell.strip() for cell in row[1])]
    if len(raw) > ROWS_MAX:
        raise RequestError("body-too-large", limit=ROWS_MAX)
    heading = tuple(raw[0][1]) if raw and _is_heading(raw[0][1]) else None
    kept = [n for n, name in enumerate(heading or ()) if not name.strip().lower().startswith(PREFIX)]
    wanted = [n for n in kept if heading and _NUMBER_HEADING.search(heading[n])]
    rows = []
    for line, cells in raw[1:] if heading is not None else raw:
        device, error = _device([cells[n] for n in wanted if n < len(cells)] if wanted else cells)
        own = tuple(cells[n] if n < len(cells) else "" for n in kept) if heading is not None else tuple(cells)
        rows.append(Row(line, own, device, error))
    return Table(tuple(heading[n] for n in kept) if heading is not None else None, tuple(rows))


def write_table(path: Path, table: Table, answers: Mapping[str, RowAnswer]) -> None:
    """Replace the output as a whole: UTF-8 with BOM, as Excel needs it. Raises StorageError; the old one stands."""
    width = max((len(row.cells) for row in table.rows), default=0)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    own = table.heading if table.heading is not None else tuple(f"column_{n + 1}" for n in range(width))
    writer.writerow([*own, *(PREFIX + name for name in COLUMNS)])
    for row in table.rows:
        cells = [*row.cells, *[""] * (len(own) - len(row.cells))]
        writer.writerow([*cells, *_answer_cells(row, answers.get(row.key))])
    save(path, text.getvalue().encode("utf-8-sig"))


def _answer_cells(row: Row, answer: RowAnswer | None) -> list[str]:
    if row.error is not None:
        return [""] * (len(COLUMNS) - 1) + [row.error.code]
    if answer is None:
        return [""] * len(COLUMNS)
    marks = [answer.marks.get(carrier.value, "") for carrier in CarrierId]
    return [answer.imeis, *marks, answer.verdict, answer.error]


def _decode(path: Path) -> str:
    """The file as text, in whatever encoding spreadsheets here save."""
    if path.stat().st_size > FILE_BYTES_MAX:
        raise RequestError("body-too-large", limit=FILE_BYTES_MAX)
    text = decode(path.read_bytes())
    if text is None:
        raise RequestError("body-malformed")
    return text


def _cells(text: str) -> list[tuple[int, list[str]]]:
    """Rows with the line they begin on."""
    first = text.partition("\n")[0]
    delimiter = max("\t;,", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows, line = [], 1
    try:
        for row in reader:
            rows.append((line, row))
            line = reader.line_num + 1
    except csv.Error as error:
        raise RequestError("body-malformed") from error
    return rows


def _is_heading(cells: Sequence[str]) -> bool:
    """Whether a first row names columns: no number in it, or a name that says so."""
    return any(_NUMBER_HEADING.search(cell) for cell in cells) or not any(
        sum(character.isdigit() for character in cell) >= 8 for cell in cells
    )


def _device(cells: Sequence[str]) -> tuple[Device | None, ShiroromError | None]:
    """The phone of a row, or what is wrong with it. One bad number is enough: the others alone could look clean."""
    parsed = parse("\n".join(cells))
    imeis = tuple(dict.fromkeys(imei for device in parsed.devices for imei in device))
    try:
        if parsed.bad or not imeis:
            wrong = [*parsed.bad, *(found for found in parsed.found if not found.valid)]
            read_device([wrong[0].text if wrong else ""])  # raises what is wrong with it
            raise NumberError("imei-not-found")
        return Device(imeis), None
    except ShiroromError as error:
        return None, error
