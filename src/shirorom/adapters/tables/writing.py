"""Writes a table beside its place and puts it there once it is whole and durable."""

from __future__ import annotations

import csv
import io
import os
import secrets
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from shirorom.adapters.durable import TEMPORARY_SUFFIX, create_private, sync_directory
from shirorom.adapters.storage_errors import storage_errors
from shirorom.adapters.tables.limits import too_large
from shirorom.domain.tables.escape import escaped
from shirorom.ports.tables import TableKind

SHEET_ROWS_MAX = 1_048_576
SHEET_CHARS_MAX = 32_767
"""What a workbook can hold."""
ROWS_AT_ONCE = 20_000

Rows = Iterable[Sequence[str]]


def write(path: Path, columns: Sequence[str], rows: Rows, *, kind: TableKind, escape: bool) -> None:
    """Write a whole file (ports/tables.py)."""
    with replacing(path) as file:
        match kind:
            case TableKind.CSV | TableKind.TSV:
                _delimited(file, columns, rows, "\t" if kind is TableKind.TSV else ",", escape=escape)
            case TableKind.XLSX:
                _workbook(file, path, columns, rows)
            case TableKind.PARQUET:
                _parquet(file, columns, rows)


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


def _delimited(file: IO[bytes], columns: Sequence[str], rows: Rows, delimiter: str, *, escape: bool) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
    try:
        writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
        for row in _after(columns, rows):
            writer.writerow([escaped(cell) for cell in row] if escape else row)
    finally:
        text.flush()
        text.detach()


def _after(columns: Sequence[str], rows: Rows) -> Iterator[Sequence[str]]:
    yield columns
    yield from rows


def _workbook(file: IO[bytes], path: Path, columns: Sequence[str], rows: Rows) -> None:
    """Text cells only: nothing in them is ever calculated, so nothing needs escaping."""
    import xlsxwriter  # type: ignore[import-untyped]  # it has no types
    from xlsxwriter.exceptions import FileCreateError  # type: ignore[import-untyped]  # nor here

    with tempfile.TemporaryDirectory(prefix=".shirorom-", dir=path.parent) as room:
        book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": room, "strings_to_formulas": False})
        sheet = book.add_worksheet()
        for number, row in enumerate(_after(columns, rows)):
            if number >= SHEET_ROWS_MAX:
                raise too_large("rows", SHEET_ROWS_MAX - 1)
            for place, cell in enumerate(row):
                if cell:
                    if len(cell) > SHEET_CHARS_MAX:
                        raise too_large("cell", SHEET_CHARS_MAX)
                    sheet.write_string(number, place, cell)
        try:
            book.close()
        except FileCreateError as error:
            raise (error.args[0] if error.args and isinstance(error.args[0], OSError) else OSError()) from error


def _parquet(file: IO[bytes], columns: Sequence[str], rows: Rows) -> None:
    import polars as pl

    schema = dict.fromkeys(columns, pl.String)

    def frames(*_: object) -> Iterator[pl.DataFrame]:
        some: list[Sequence[str]] = []
        for row in rows:
            some.append(row)
            if len(some) == ROWS_AT_ONCE:
                yield pl.DataFrame(some, schema=schema, orient="row")
                some = []
        if some:
            yield pl.DataFrame(some, schema=schema, orient="row")

    from polars.io.plugins import register_io_source

    register_io_source(frames, schema=schema).sink_parquet(file)
