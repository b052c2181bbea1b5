"""Opens a table by what it holds, never by its name, and writes one as a whole (ports/tables.py)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import BinaryIO, TypeAlias, TypeVar

from shirorom.adapters.tables import blocks, delimited, frames, text
from shirorom.adapters.tables.limits import Limits, engine, too_large, unreadable
from shirorom.domain.errors import RequestError
from shirorom.ports.tables import Part, RawRow, Table, TableKind

_ZIP, _PARQUET = (b"PK\x03\x04", b"PK\x05\x06"), b"PAR1"
_OTHERS = (b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
"""Files that are no table of ours, old .xls among them, and that might pass for text."""

Lot: TypeAlias = frames.Frame | blocks.Block
L = TypeVar("L", frames.Frame, blocks.Block, Lot)


@dataclass(frozen=True, slots=True)
class FileTables:
    """Tables on this machine's disk.

    `native`: the compiled kernel, None to do without it.
    """

    limits: Limits = field(default_factory=Limits)
    native: ModuleType | None = field(default_factory=blocks.load)

    @contextmanager
    def open(self, path: Path, *, sheet: str | None = None) -> Iterator[Table]:
        """Open a file by its content."""
        try:
            file = open(path, "rb")  # noqa: SIM115 (closed below)
        except OSError as error:
            raise RequestError("table-missing") from error
        with file:
            size = os.fstat(file.fileno()).st_size
            if size > self.limits.file_bytes:
                raise too_large("file", self.limits.file_bytes)
            if size == 0:
                raise RequestError("table-empty")
            sample = file.read(text.SAMPLE_BYTES)
            if sample.startswith(_ZIP):
                yield from self._workbook(path, sheet)
            elif sheet is not None:
                raise RequestError("table-sheet-missing")
            elif sample.startswith(_PARQUET):
                yield self._parquet(path)
            elif sample.startswith(_OTHERS):
                raise unreadable("kind")
            else:
                yield TextTable.of(file, sample, size, self.limits, self.native)

    def _workbook(self, path: Path, sheet: str | None) -> Iterator[Table]:
        from shirorom.adapters.tables.workbook import Workbook

        book = Workbook(path, sheet, self.limits)
        try:
            yield RowTable(TableKind.XLSX, self.limits, book.rows)
        finally:
            book.close()

    def _parquet(self, path: Path) -> Table:
        from shirorom.adapters.tables.columnar import Columnar

        file = Columnar(path, self.limits)
        return RowTable(TableKind.PARQUET, self.limits, file.rows, rows_about=file.count + 1)

    def write(
        self, path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]], *, kind: TableKind, escape: bool
    ) -> None:
        """Write a whole file at once, or nothing."""
        from shirorom.adapters.tables.writing import write

        write(path, columns, rows, kind=kind, escape=escape)

    def write_batches(
        self, path: Path, columns: Sequence[str], parts: Iterable[Part], *, kind: TableKind, escape: bool
    ) -> None:
        """Write a whole file at once, or nothing, batch by batch."""
        from shirorom.adapters.tables.writing import write_parts

        write_parts(path, columns, parts, kind=kind, escape=escape, native=self.native)


@dataclass(frozen=True, slots=True)
class RowTable:
    """A table whose rows some reader gives."""

    kind: TableKind
    limits: Limits
    read: Callable[[], Iterator[RawRow]]
    rows_about: int | None = None
    encoding: str | None = None

    def rows(self) -> Iterator[RawRow]:
        """Every row, as many as are allowed."""
        return counted(self.read(), self.limits)

    def batches(self, *, width: int, skip: int, numbers: Sequence[int] = ()) -> Iterator[frames.Frame]:
        """The same rows; numbers are read as texts."""
        engine()
        return skipped(frames.frames_of_rows(self.rows(), width), skip)


@dataclass(frozen=True, slots=True)
class TextTable:
    """A csv or tsv file."""

    file: BinaryIO
    limits: Limits
    encoding: str
    mark: int
    delimiter: str
    rows_about: int | None
    native: ModuleType | None

    @classmethod
    def of(cls, file: BinaryIO, sample: bytes, size: int, limits: Limits, native: ModuleType | None) -> TextTable:
        """Look at the beginning of a file. Raises RequestError: `table-unreadable`, `table-empty`."""
        encoding, mark = text.encoding_of(sample, whole=size == len(sample))
        told = sample
        while told.isascii() and (more := file.read(text.SAMPLE_BYTES)):  # the beginning tells nothing: look on
            told = more
        if told is not sample and not told.isascii():
            encoding, _ = text.encoding_of(told, whole=False)
        head = sample[mark:].decode(encoding, errors="ignore").replace("\r\n", "\n").replace("\r", "\n")
        if not head.strip("\ufeff\0 \t\n"):
            raise RequestError("table-empty")
        if head.lstrip().startswith(("<", "{\\rtf")):
            raise unreadable("markup")
        about = head.count("\n") * size // len(sample) + 1
        return cls(file, limits, encoding, mark, delimited.delimiter_of(head), about, native)

    @property
    def kind(self) -> TableKind:
        """By what parts its cells."""
        return TableKind.TSV if self.delimiter == "\t" else TableKind.CSV

    def pieces(self) -> Iterator[text.Piece]:
        """Its text, from the beginning."""
        self.file.seek(self.mark)
        return text.pieces(self.file, self.encoding, self.limits)

    def rows(self) -> Iterator[RawRow]:
        """Every row, as many as are allowed."""
        return counted(delimited.rows_of(delimited.Lines(self.pieces()), self.delimiter, self.limits), self.limits)

    def batches(self, *, width: int, skip: int, numbers: Sequence[int] = ()) -> Iterator[Lot]:
        """The same rows; pieces whose cells are plainly apart are read as a whole."""
        engine()
        lots = skipped(limited(self._lots(width, numbers), self.limits), skip)
        return ahead(lots) if numbers else lots

    def _lots(self, width: int, numbers: Sequence[int]) -> Iterator[Lot]:
        pieces, cell_chars = self.pieces(), self.limits.cell_chars
        for piece in pieces:
            lot: Lot | None = None
            if numbers:
                lot = blocks.block_of_piece(piece, self.delimiter, width, numbers, cell_chars, self.native)
            if lot is None:
                lot = frames.frame_of_piece(piece.plain(), piece.lines, self.delimiter, width, cell_chars)
            if lot is not None:
                yield lot
                continue
            lines = delimited.Lines(pieces)  # a quoted cell may reach into the next pieces: they are taken along
            lines.take(piece)
            yield from frames.frames_of_rows(self._to_a_seam(lines), width)

    def _to_a_seam(self, lines: delimited.Lines) -> Iterator[RawRow]:
        for row in delimited.rows_of(lines, self.delimiter, self.limits):
            yield row
            if lines.between:
                return


def counted(rows: Iterable[RawRow], limits: Limits) -> Iterator[RawRow]:
    """The same rows. Raises RequestError: `table-rows-too-many`."""
    for count, row in enumerate(rows, start=1):
        if count > limits.rows:
            raise too_large("rows", limits.rows)
        yield row


def limited(batches: Iterable[L], limits: Limits) -> Iterator[L]:
    """The same batches. Raises RequestError: `table-rows-too-many`."""
    count = 0
    for batch in batches:
        count += len(batch)
        if count > limits.rows:
            raise too_large("rows", limits.rows)
        yield batch


def ahead(batches: Iterator[L]) -> Iterator[L]:
    """The same batches; while one is used, another thread reads the next."""
    with ThreadPoolExecutor(1, thread_name_prefix="table") as reader:
        coming = reader.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = reader.submit(next, batches, None)
            yield batch


def skipped(batches: Iterable[L], count: int) -> Iterator[L]:
    """Those batches behind their first `count` rows."""
    for batch in batches:
        if count >= len(batch):
            count -= len(batch)
            continue
        yield batch.without(count) if count else batch
        count = 0
