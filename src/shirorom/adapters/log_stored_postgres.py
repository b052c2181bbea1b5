"""The rows of a log in PostgreSQL, for a view of it (adapters/log_stored.py): few statements, each asks for much."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from shirorom.adapters.log_stored import ROWS_AT_ONCE, Row, T, as_bytes, as_hash, no_row
from shirorom.adapters.postgres import Connection
from shirorom.domain.errors import StorageError
from shirorom.log.entry import NO_LEAF
from shirorom.log.tree import NodeOf, home_of

_STATEMENTS = {
    "size": "SELECT (SELECT size FROM {0}.head), (SELECT coalesce(max(idx) + 1, 0) FROM {0}.entry)",
    "hashes": "SELECT hashes FROM {0}.entry WHERE idx = ANY(%s::bigint[]) ORDER BY idx",
    "nodes": "SELECT idx, hashes FROM {0}.entry WHERE idx = ANY(%s::bigint[])",
    "leaves": "SELECT idx, bytes, hashes FROM {0}.entry WHERE idx >= %s ORDER BY idx LIMIT %s",
    "entries": "SELECT bytes FROM {0}.entry WHERE idx >= %s AND idx < %s ORDER BY idx",
    "opening": (
        "SELECT o.idx, o.key, o.counter, o.previous, o.salt, o.statement, e.bytes"
        " FROM {0}.opening AS o LEFT JOIN {0}.entry AS e ON e.idx = o.idx WHERE o.idx = %s"
    ),
    "history": (
        "SELECT d.count, d.last, o.idx, o.key, o.counter, o.previous, o.salt, o.statement, e.bytes"
        " FROM (VALUES (%s::bigint)) AS asked (key) LEFT JOIN {0}.device AS d ON d.key = asked.key"
        " LEFT JOIN {0}.opening AS o ON o.key = asked.key LEFT JOIN {0}.entry AS e ON e.idx = o.idx ORDER BY o.counter"
    ),
    "range": (
        "SELECT e.idx, e.bytes, o.key, o.counter, o.previous, o.salt, o.statement FROM {0}.entry AS e"
        " LEFT JOIN {0}.opening AS o ON o.idx = e.idx WHERE e.idx >= %s AND e.idx < %s ORDER BY e.idx"
    ),
    "heads": (
        "SELECT d.key, d.count, o.key, o.counter, e.bytes FROM {0}.device AS d"
        " LEFT JOIN {0}.opening AS o ON o.idx = d.last LEFT JOIN {0}.entry AS e ON e.idx = d.last"
        " WHERE d.key = ANY(%s::bigint[])"
    ),
    "keys": "SELECT key FROM {0}.opening WHERE idx >= %s",
    "devices": "SELECT key FROM {0}.device",
}


class PostgresStored:
    """One connection to one log's tables."""

    def __init__(self, connection: Connection, schema: str) -> None:
        self._connection = connection
        self._sql = {name: sql.format(schema) for name, sql in _STATEMENTS.items()}

    def version(self) -> object:
        """The size: nothing else ever changes."""
        return self.size()

    def size(self) -> object:
        """Entries, as two tables say. Raises `log-corrupt` where they differ."""
        said, counted = self._one("size")
        if said != counted:
            raise StorageError("log-corrupt", part="head")
        return said

    def derived(self, derive: Callable[[NodeOf], T]) -> T:
        """Every node by one statement: the first pass over `derive` only learns which."""
        wanted: set[int] = set()

        def note(level: int, position: int) -> bytes:
            wanted.add(home_of(level, position)[0])
            return NO_LEAF

        nothing_wanted = derive(note)
        if not wanted:
            return nothing_wanted
        found = {row[0]: row[1] for row in self._all("nodes", list(wanted))}

        def node_of(level: int, position: int) -> bytes:
            index, place = home_of(level, position)
            if index not in found:
                raise no_row()
            return as_hash(as_bytes(found[index])[place])

        return derive(node_of)

    def hashes(self, indexes: Sequence[int]) -> Sequence[Row]:
        """The hashes at many indexes."""
        return self._all("hashes", list(indexes))

    def leaves(self, first: int) -> Iterator[Sequence[Row]]:
        """(index, entry, hashes) from an index on."""
        while rows := self._all("leaves", first, ROWS_AT_ONCE):
            yield rows
            first = rows[-1][0] + 1

    def entries(self, first: int, until: int) -> Sequence[Row]:
        """(entry,) of a range."""
        return self._all("entries", first, until)

    def opening(self, index: int) -> Row:
        """One opening with its entry."""
        return self._one("opening", index)

    def history(self, key: int) -> tuple[Sequence[Row], Row | None]:
        """One device's openings with their entries, and its row, by one statement."""
        rows = self._all("history", key)
        device = None if rows[0][0] is None else rows[0][:2]
        return [row[2:] for row in rows if row[2] is not None], device

    def range(self, first: int, until: int) -> Sequence[Row]:
        """A range of entries with their openings."""
        return self._all("range", first, until)

    def heads(self, keys: Sequence[int]) -> Sequence[Row]:
        """Where many devices stand."""
        return self._all("heads", list(keys)) if keys else ()

    def keys(self, first: int) -> Sequence[Row]:
        """The phones of the entries from `first` on."""
        return self._all("keys", first) if first > 0 else self._all("devices")

    def _one(self, name: str, *values: object) -> Row:
        rows = self._all(name, *values)
        if len(rows) != 1:
            raise no_row()
        return rows[0]

    def _all(self, name: str, *values: object) -> list[Row]:
        return list(self._connection.execute(self._sql[name], values, binary=True).fetchall())
