"""Feeds as files (ports.feeds.FeedSource): NDJSON with its envelope in the first line, CSV with it in a file beside.

Every form becomes lines of the one format, so that one reader checks them all (log/feed_rows.py).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec

from shirorom.domain.errors import ShiroromError
from shirorom.log.entry import MalformedError
from shirorom.log.feed import Envelope, decode_head

BYTES_MAX = 2_000_000_000
HEAD_BYTES_MAX = 64_000
CHUNK = 1 << 20
LINES_AT_ONCE = 8_192
CELL_CHARS_MAX = 200
COLUMNS = ("row", "imei", "declares", "ground", "effective_on", "purchased_on")
"""A CSV feed's header, in this order."""
BESIDE = ".head"
"""Ends the name of the file with a CSV feed's envelope."""


def _envelope(line: bytes) -> Envelope:
    try:
        return decode_head(line)
    except MalformedError as error:
        raise ShiroromError("feed-unreadable", part="head") from error


class NdjsonFeed:
    """A feed in one file or stream: the envelope in the first line, then a row in each."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._rest = b""

    def envelope(self) -> Envelope | None:
        """Read the first line."""
        block = self._file.read(HEAD_BYTES_MAX)
        line, found, self._rest = block.partition(b"\n")
        if not found:
            raise ShiroromError("feed-unreadable", part="head")
        return _envelope(line)

    def chunks(self) -> Iterator[tuple[int, bytes]]:
        """The lines after the first."""
        line, size, rest = 2, 0, self._rest
        while True:
            block = self._file.read(CHUNK)
            size += len(block)
            if size > BYTES_MAX:
                raise ShiroromError("feed-too-large")
            whole, found, tail = (rest + block).rpartition(b"\n")
            if not block and tail:
                raise ShiroromError("feed-unreadable", part="end")  # cut off: the last line has no end
            if len(tail) > CHUNK:
                raise ShiroromError("feed-unreadable", part="line")
            if found:
                chunk = whole + found
                yield line, chunk
                line += chunk.count(b"\n")
            if not block:
                return
            rest = tail


class CsvFeed:
    """A feed as CSV (UTF-8, the columns of `COLUMNS`), its envelope in a file beside it; without one it is unsigned."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def envelope(self) -> Envelope | None:
        """What the file beside it says."""
        beside = self._path.with_name(self._path.name + BESIDE)
        if not beside.exists():
            return None
        with beside.open("rb") as file:
            return _envelope(file.read(HEAD_BYTES_MAX).removesuffix(b"\n"))

    def chunks(self) -> Iterator[tuple[int, bytes]]:
        """The rows after the header, as lines of the format."""
        if self._path.stat().st_size > BYTES_MAX:
            raise ShiroromError("feed-too-large")
        with self._path.open(encoding="utf-8", newline="") as file:
            try:
                yield from _lines(csv.reader(_without_nul(file), strict=True))
            except (csv.Error, UnicodeDecodeError) as error:
                raise ShiroromError("feed-unreadable", part="csv") from error


def _without_nul(file: io.TextIOBase) -> Iterator[str]:
    for line in file:
        if "\x00" in line:
            raise ShiroromError("feed-unreadable", part="csv")
        yield line


def _lines(rows: Iterator[list[str]]) -> Iterator[tuple[int, bytes]]:
    if tuple(next(rows, ())) != COLUMNS:
        raise ShiroromError("feed-unreadable", part="columns")
    first, lines = 2, []
    for cells in rows:
        lines.append(_line(cells))
        if len(lines) == LINES_AT_ONCE:
            yield first, b"\n".join(lines) + b"\n"
            first += len(lines)
            lines = []
    if lines:
        yield first, b"\n".join(lines) + b"\n"


def _line(cells: list[str]) -> bytes:
    """A row's line; cells that make no row make a line that is none either, and is told as that."""
    if len(cells) != len(COLUMNS) or any(len(cell) > CELL_CHARS_MAX for cell in cells):
        return b"{}"
    number, imei, declares, ground, effective_on, purchased_on = cells
    plain = number.isascii() and number.isdigit() and str(int(number)) == number
    said = {"declares": declares, "effective_on": effective_on or None, "ground": ground or None, "imei": imei}
    return msgspec.json.encode(said | {"purchased_on": purchased_on or None, "row": int(number) if plain else number})
