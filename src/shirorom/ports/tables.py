"""What the watch and the screening ask of files: tables in, as they are, and tables out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class TableKind(StrEnum):
    """The kinds of file that are read and written."""

    CSV = "csv"
    TSV = "tsv"
    XLSX = "xlsx"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as it lies in the file.

    Attributes:
        line: Where a person finds it: the line in a text file (its first, where a cell holds line breaks), the row of
            the sheet; from 1.
        cells: Its cells as text, as shown: no number is rounded, no zero dropped that the file still holds.
        damage: Codes of what is wrong with the row itself (`table-row-encoding`, `table-row-characters`); its cells
            are what could be read.
    """

    line: int
    cells: tuple[str, ...]
    damage: tuple[str, ...] = ()


class Table(Protocol):
    """An open file. Rows come one after the other, in constant memory."""

    @property
    def kind(self) -> TableKind:
        """What the file is, by its content and not by its name."""
        ...

    @property
    def encoding(self) -> str | None:
        """Of a text file: `utf-8`, `cp932`, `utf-16-le` …; None for the others."""
        ...

    @property
    def rows_about(self) -> int | None:
        """About how many rows there are, for progress; None where that is not known without reading."""
        ...

    def rows(self) -> Iterator[RawRow]:
        """Every row from the first line on, headings and empty lines too. Each call begins anew.

        Rows may be of any width. A parquet file's names are its first row. A sheet's empty rows are left out where the
        file leaves them out; `line` tells.

        Raises:
            RequestError: `table-rows-too-many`, `table-columns-too-many`, `table-cell-too-long`, `table-too-large` (a
                workbook that unpacks to more than it may), `table-quote-open`, `table-broken`: what came before was
                sound.
        """
        ...


class Tables(Protocol):
    """Reads and writes tables. Limits on size, width and unpacked size are its own."""

    def open(self, path: Path, *, sheet: str | None = None) -> AbstractContextManager[Table]:
        """Open a file; `sheet`: of a workbook, else the first.

        Raises:
            RequestError: `table-missing` (no such file), `table-unreadable` (no table), `table-too-large`,
                `table-broken`, `table-empty`, `table-sheet-missing`.
        """
        ...

    def write(
        self, path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]], *, kind: TableKind, escape: bool
    ) -> None:
        """Write a whole file under its name at once, or nothing. UTF-8 with BOM (csv, tsv), text cells (xlsx).

        `escape`: what a spreadsheet would take for a formula gets an apostrophe before it (`domain/tables/escape.py`
        reads it back); in xlsx and parquet nothing needs one, and nothing gets one.

        Raises:
            StorageError: `storage-…`; what had the name before stands.
            RequestError: `table-rows-too-many`, `table-cell-too-long`: more than a sheet can hold.
        """
        ...
