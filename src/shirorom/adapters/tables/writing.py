"""Writes a table beside its place and puts it there once it is whole and durable."""

from __future__ import annotations

import csv
import io
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from types import ModuleType
from typing import IO, TYPE_CHECKING, Any

from shirorom.adapters.durable import TEMPORARY_SUFFIX, create_private, sync_directory
from shirorom.adapters.storage_errors import storage_errors
from shirorom.adapters.tables.blocks import Block
from shirorom.adapters.tables.frames import Frame
from shirorom.adapters.tables.limits import engine, needs, too_large
from shirorom.adapters.tables.rendering import END, Renderer, columns_of, lines_of
from shirorom.domain.tables.escape import FORMULA, NUMBER, escaped
from shirorom.ports.tables import Coded, Part, TableKind

if TYPE_CHECKING:
    import polars as pl

SHEET_ROWS_MAX = 1_048_576
SHEET_CHARS_MAX = 32_767
"""What a workbook can hold."""
ROWS_AT_ONCE = 20_000
HURRY_BYTES = 16 << 20
_OS_ERROR = re.compile(r"\(os error ([0-9]+)\)")
SEPARATORS = {TableKind.CSV: ",", TableKind.TSV: "\t"}

Rows = Iterable[Sequence[str]]


def write(path: Path, columns: Sequence[str], rows: Rows, *, kind: TableKind, escape: bool) -> None:
    """Write a whole file (ports/tables.py)."""
    with replacing(path) as file:
        match kind:
            case TableKind.CSV | TableKind.TSV:
                _delimited(file, columns, rows, kind, escape=escape)
            case TableKind.XLSX:
                _workbook(file, path, columns, rows)
            case TableKind.PARQUET:
                engine()
                _parquet(file, columns, _gathered(columns, rows))


def write_parts(
    path: Path,
    columns: Sequence[str],
    parts: Iterable[Part],
    *,
    kind: TableKind,
    escape: bool,
    native: ModuleType | None,
) -> None:
    """Write a whole file, batch by batch (ports/tables.py)."""
    engine()
    with replacing(path) as file:
        match kind:
            case TableKind.CSV | TableKind.TSV:
                _delimited(file, columns, (), kind, escape=escape)
                _behind(_Text(file, columns, kind, native, escape=escape), parts)
            case TableKind.XLSX:
                _workbook(file, path, columns, (row for part in parts for row in _named(part, columns).iter_rows()))
            case TableKind.PARQUET:
                _parquet(file, columns, (_named(part, columns) for part in parts))


def _behind(write: Callable[[Part], None], parts: Iterable[Part]) -> None:
    """Write every part in another thread, while the next one is made; what fails there is raised here."""
    with ThreadPoolExecutor(1, thread_name_prefix="write") as writer:
        written: Future[None] | None = None
        for part in parts:
            if written is not None:
                written.result()
            written = writer.submit(write, part)
        if written is not None:
            written.result()


class _Text:
    """Writes parts to a csv or tsv file, by the kernel where it can."""

    def __init__(
        self, file: IO[bytes], columns: Sequence[str], kind: TableKind, native: ModuleType | None, *, escape: bool
    ) -> None:
        self._file, self._columns, self._separator, self._escape = file, columns, SEPARATORS[kind], escape
        self._render = None if native is None or escape else Renderer(native, self._separator)
        self._begun = 0

    def __call__(self, part: Part) -> None:
        rows = None if self._render is None else self._render(part)
        if rows is None:
            self._by_polars(part)
        else:
            self._file.write(rows)
        self._hurry()

    def _by_polars(self, part: Part) -> None:
        lines = None if self._escape else lines_of(part, self._separator)
        frame = _named(part, self._columns) if lines is None else lines
        frame = _escaped(frame) if self._escape else frame
        self._file.flush()  # polars writes past what waits here
        with _disk_errors():
            frame.write_csv(
                self._file, include_header=False, separator=self._separator, line_terminator=END,
                quote_style="necessary" if lines is None else "never",
            )  # fmt: skip

    def _hurry(self) -> None:
        """Have the disk begin with what was written while the next rows are made: the wait at the end is shorter."""
        if hasattr(os, "posix_fadvise"):
            written = os.lseek(self._file.fileno(), 0, os.SEEK_CUR)
            if written - self._begun >= HURRY_BYTES:
                os.posix_fadvise(self._file.fileno(), self._begun, 0, os.POSIX_FADV_DONTNEED)
                self._begun = written


def _named(part: Part, columns: Sequence[str]) -> pl.DataFrame:
    import polars as pl

    batch = part.batch.frame() if part.keep and isinstance(part.batch, Block) else part.batch
    kept: list[pl.Series] = []
    if part.keep:
        if not isinstance(batch, Frame):
            raise TypeError("a batch of another reader")
        kept = [batch.frame.get_column(str(n)) for n in part.keep]
    added = columns_of(part.added) if isinstance(part.added, Coded) else [_series(one) for one in part.added]
    return pl.DataFrame([column.alias(name) for column, name in zip([*kept, *added], columns, strict=True)])


def _series(values: Sequence[str]) -> pl.Series:
    import polars as pl

    column = pl.Series(values, dtype=pl.String)
    return pl.select(pl.when(column != "").then(column)).to_series()


def _escaped(frame: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame([_escaped_column(column) for column in frame.get_columns()])


def _escaped_column(column: pl.Series) -> pl.Series:
    import polars as pl

    formula = column.str.contains(f"^{FORMULA}") & ~column.str.contains(f"^(?:{NUMBER})$")
    if not formula.any():
        return column
    return pl.select(pl.when(formula).then("'" + column).otherwise(column)).to_series().alias(column.name)


@contextmanager
def _disk_errors() -> Iterator[None]:
    """What the disk said, where the engine tells it in its own words."""
    import polars as pl

    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        number = _OS_ERROR.search(str(error))
        if number is None or (isinstance(error, OSError) and error.errno is not None):
            raise
        raise OSError(int(number[1]), "write") from error


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A new file that takes the place of `path` when all went well, and is gone when not.

    Raises:
        StorageError: `storage-full`, `storage-read-only`, `storage-failed`.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}{TEMPORARY_SUFFIX}")
    with storage_errors(path):
        descriptor = create_private(part)
        try:
            with os.fdopen(descriptor, "w+b") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        sync_directory(path.parent)


def _delimited(file: IO[bytes], columns: Sequence[str], rows: Rows, kind: TableKind, *, escape: bool) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
    try:
        writer = csv.writer(text, delimiter=SEPARATORS[kind], lineterminator="\r\n")
        for row in chain((columns,), rows):
            writer.writerow([escaped(cell) for cell in row] if escape else row)
    finally:
        text.detach()  # flushes; the file stays open


def _workbook(file: IO[bytes], path: Path, columns: Sequence[str], rows: Rows) -> None:
    """Text cells only: nothing in them is ever calculated, so nothing needs escaping."""
    with needs("xlsxwriter"):
        import xlsxwriter  # type: ignore[import-untyped]  # it has no types

    with tempfile.TemporaryDirectory(prefix=".shirorom-", dir=path.parent) as room:
        book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": room, "strings_to_formulas": False})
        sheet = book.add_worksheet()
        try:
            for number, row in enumerate(chain((columns,), rows)):
                _sheet_row(sheet, number, row)
            book.close()
        except xlsxwriter.exceptions.FileCreateError as error:  # it wraps what the disk said
            raise (error.args[0] if error.args and isinstance(error.args[0], OSError) else OSError()) from error
        finally:
            sheet.row_data_fh.close()


def _sheet_row(sheet: Any, number: int, row: Sequence[str]) -> None:
    if number >= SHEET_ROWS_MAX:
        raise too_large("rows", SHEET_ROWS_MAX - 1)
    for place, cell in enumerate(row):
        if cell:
            if len(cell) > SHEET_CHARS_MAX:
                raise too_large("cell", SHEET_CHARS_MAX)
            sheet.write_string(number, place, cell)


def _gathered(columns: Sequence[str], rows: Rows) -> Iterator[pl.DataFrame]:
    import polars as pl

    schema = dict.fromkeys(columns, pl.String)
    waiting = iter(rows)
    while some := list(islice(waiting, ROWS_AT_ONCE)):
        yield pl.DataFrame(some, schema=schema, orient="row")


def _parquet(file: IO[bytes], columns: Sequence[str], frames: Iterator[pl.DataFrame]) -> None:
    import polars as pl
    from polars.io.plugins import register_io_source

    failed: list[BaseException] = []

    def source(*_: object) -> Iterator[pl.DataFrame]:
        try:
            yield from frames
        except BaseException as error:
            failed.append(error)  # the engine would tell it in its own words
            raise

    try:
        with _disk_errors():
            register_io_source(source, schema=dict.fromkeys(columns, pl.String)).sink_parquet(file)
    except BaseException as error:
        if failed and failed[0] is not error:
            raise failed[0] from None
        raise
