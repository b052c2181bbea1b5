"""The rows of a log in SQLite, for a view of it (adapters/log_stored.py)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache

from shirorom.adapters.log_stored import ROWS_AT_ONCE, Row, T, as_bytes, as_hash, no_row
from shirorom.log.tree import NodeOf, home_of

KEYS_MAX = 500
"""Values in one statement; SQLite takes 32,766 values at most."""

_HEAD = (
    "SELECT d.key, d.count, o.key, o.counter, e.bytes FROM device AS d"
    " LEFT JOIN opening AS o ON o.idx = d.last LEFT JOIN entry AS e ON e.idx = d.last"
)
_HASHES = "SELECT hashes FROM entry"
_OPENING = (
    "SELECT o.idx, o.key, o.counter, o.previous, o.salt, o.statement, e.bytes"
    " FROM opening AS o LEFT JOIN entry AS e ON e.idx = o.idx"
)
_RANGE = (
    "SELECT e.idx, e.bytes, o.key, o.counter, o.previous, o.salt, o.statement"
    " FROM entry AS e LEFT JOIN opening AS o ON o.idx = e.idx"
)


class SqliteStored:
    """One connection to the file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def version(self) -> object:
        """SQLite's own count of what other connections have committed."""
        return self._one("PRAGMA data_version")[0]

    def size(self) -> object:
        """Entries, by the highest index."""
        return self._one("SELECT coalesce(max(idx) + 1, 0) FROM entry")[0]

    def derived(self, derive: Callable[[NodeOf], T]) -> T:
        """Each node by a statement of its own: cheap, as one transaction takes the file's locks for all."""
        with self._moment():
            return derive(self._node)

    def hashes(self, indexes: Sequence[int]) -> Sequence[Row]:
        """The hashes at many indexes."""
        rows: list[Row] = []
        for first in range(0, len(indexes), KEYS_MAX):
            some = indexes[first : first + KEYS_MAX]
            rows += self._all(f"{_HASHES} WHERE idx IN ({_marks(len(some))}) ORDER BY idx", *some)
        return rows

    def leaves(self, first: int) -> Iterator[Sequence[Row]]:
        """(index, entry, hashes) from an index on."""
        sql = "SELECT idx, bytes, hashes FROM entry WHERE idx >= ? ORDER BY idx"
        cursor = self._connection.execute(sql, (first,))
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield rows

    def entries(self, first: int, until: int) -> Sequence[Row]:
        """(entry,) of a range."""
        return self._all("SELECT bytes FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx", first, until)

    def opening(self, index: int) -> Row:
        """One opening with its entry."""
        return self._one(f"{_OPENING} WHERE o.idx = ?", index)

    def history(self, key: int) -> tuple[Sequence[Row], Row | None]:
        """One device's openings with their entries, and its row."""
        with self._moment():
            rows = self._all(f"{_OPENING} WHERE o.key = ? ORDER BY o.counter", key)
            device = self._connection.execute("SELECT count, last FROM device WHERE key = ?", (key,)).fetchone()
        return rows, device

    def range(self, first: int, until: int) -> Sequence[Row]:
        """A range of entries with their openings."""
        return self._all(f"{_RANGE} WHERE e.idx >= ? AND e.idx < ? ORDER BY e.idx", first, until)

    def heads(self, keys: Sequence[int]) -> Iterator[Row]:
        """Where many devices stand."""
        for first in range(0, len(keys), KEYS_MAX):
            some = keys[first : first + KEYS_MAX]
            yield from self._all(f"{_HEAD} WHERE d.key IN ({_marks(len(some))})", *some)

    def keys(self, first: int) -> Sequence[Row]:
        """The phones of the entries from `first` on."""
        sql = "SELECT key FROM opening WHERE idx >= ?" if first > 0 else "SELECT key FROM device WHERE ? < 1"
        return self._all(sql, first)

    @contextmanager
    def _moment(self) -> Iterator[None]:
        """A transaction that only reads, where there is none."""
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.execute("ROLLBACK")

    def _node(self, level: int, position: int) -> bytes:
        index, place = home_of(level, position)
        return as_hash(as_bytes(self._one("SELECT hashes FROM entry WHERE idx = ?", index)[0])[place])

    def _one(self, sql: str, *values: object) -> Row:
        row: Row | None = self._connection.execute(sql, values).fetchone()
        if row is None:
            raise no_row()
        return row

    def _all(self, sql: str, *values: object) -> list[Row]:
        return self._connection.execute(sql, values).fetchall()


@cache
def _marks(count: int) -> str:
    return ",".join("?" * count)
