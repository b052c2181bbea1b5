"""How large a table may be, each limit by name; a test lowers them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec

from shirorom.domain.errors import RequestError


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one reader. Bytes, but where the name says otherwise."""

    file_bytes: int = 1_000_000_000
    rows: int = 20_000_000
    columns: int = 1_000
    line_chars: int = 1_000_000
    cell_chars: int = 100_000
    unpacked_bytes: int = 200_000_000
    unpacked_ratio: int = 100
    """How many bytes of a workbook one packed byte may become (a bomb of 292 kB became 300 MB)."""
    members: int = 10_000
    piece_bytes: int = 2 << 20
    """How much of a text is read at once; no limit on what it may hold."""


_CODES = {
    "file": "table-too-large",
    "unpacked": "table-too-large",
    "rows": "table-rows-too-many",
    "columns": "table-columns-too-many",
    "line": "table-cell-too-long",
    "cell": "table-cell-too-long",
}


def too_large(what: str, limit: int) -> RequestError:
    """A table beyond a limit. `what`: "file", "unpacked" (bytes), "rows", "columns", "line", "cell" (characters)."""
    return RequestError(_CODES[what], limit=limit // 1_000_000 if what in ("file", "unpacked") else limit)


def unreadable(part: str) -> RequestError:
    """No table can be made of it. `part`: what failed, for whoever looks into it."""
    return RequestError("table-unreadable", part=part)


def broken() -> RequestError:
    """It begins as a table, and breaks off or cannot be unpacked."""
    return RequestError("table-broken")


def engine() -> None:
    """Look whether what columns are read and written by is there. Raises RequestError: `table-reader-missing`.

    polars is not loaded yet: that takes longer than a million rows, and the compiled kernel may do without it.
    """
    with needs("polars"):
        import numpy  # noqa: F401

        if find_spec("polars") is None:
            raise ImportError("polars")


@contextmanager
def needs(part: str) -> Iterator[None]:
    """Around an import that the extra `files` brings."""
    try:
        yield
    except ImportError as error:
        raise RequestError("table-reader-missing", part=part) from error
