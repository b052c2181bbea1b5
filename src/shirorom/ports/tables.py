"""What the watch and the screening ask of files: tables in, as they are, and tables out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # numpy is only there where tables are read by columns
    import numpy as np
    from numpy.typing import NDArray


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


class Spelling(IntEnum):
    """What a cell of a number column holds."""

    BLANK = 0
    PLAIN = 1
    """An IMEI, in a spelling that nothing else has."""
    CHECK_DIGIT = 2
    """Digits and nothing else, which `domain.tables.number` refuses as `imei-check-digit`."""
    LENGTH = 3
    """As `imei-length`."""
    UNREAD = 4
    """It takes `domain.tables.number` to say."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the number columns of a batch hold, column by column and in each row by row.

    Attributes:
        keys: The first 14 digits of each number; 0 where none is plain (no phone has that one).
        spelled: A `Spelling` for each cell.
    """

    keys: NDArray[np.uint64]
    spelled: NDArray[np.uint8]


class Batch(Protocol):
    """Rows by the ten thousand, each of the same width: how a million rows pass through in a second."""

    def __len__(self) -> int:
        """How many rows."""
        ...

    @property
    def lines(self) -> Sequence[int]:
        """Where each row stands, as `RawRow.line`."""
        ...

    @property
    def damage(self) -> Mapping[int, tuple[str, ...]]:
        """By place in the batch: as `RawRow.damage`, and `table-row-long` (cells beyond the width)."""
        ...

    @property
    def numbers(self) -> Numbers | None:
        """The number columns that were asked for, read as a whole; None: they are read by `plain_numbers`."""
        ...

    def row(self, place: int) -> tuple[str, ...]:
        """The cells of one row."""
        ...

    def plain_numbers(self, column: int) -> Sequence[str | None]:
        """For each row the fifteen digits of an IMEI that this column holds in a plain spelling.

        "": the cell is blank. None: it takes `domain.tables.number` to say what it holds, if anything.
        """
        ...


@dataclass(frozen=True, slots=True)
class Coded:
    """Columns added to a batch of which most rows say one of a few things.

    Attributes:
        keys: Numbers that stand in the first column, apart by a blank, by their first 14 digits; several for each row
            (number by row), 0 for none. With no numbers at all the first column is as any other.
        ids: For each row its place in `texts`.
        texts: The cells added; the first is blank where the row has a key.
    """

    keys: NDArray[np.uint64]
    ids: NDArray[np.int64]
    texts: Sequence[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Part:
    """A batch as it is written: those of its columns that are kept, and columns added behind them.

    Attributes:
        batch: What was read.
        keep: Places of its columns, in the order in which they are written.
        added: One text for each row, column by column; or coded.
    """

    batch: Batch
    keep: Sequence[int]
    added: Sequence[Sequence[str]] | Coded


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

    def batches(self, *, width: int, skip: int, numbers: Sequence[int] = ()) -> Iterator[Batch]:
        """The rows behind the first `skip`, brought to `width` cells each: in what is short cells are blank.

        `numbers`: columns that hold device numbers, ascending; batches may have them read (`Batch.numbers`).

        Raises:
            RequestError: as `rows`; `table-reader-missing`, the extra `files` is not installed.
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

    def write_batches(
        self, path: Path, columns: Sequence[str], parts: Iterable[Part], *, kind: TableKind, escape: bool
    ) -> None:
        """As `write`, from batches that this same object read. `columns` names those kept and those added."""
        ...
