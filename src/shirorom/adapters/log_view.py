"""One connection to a log and what it has verified: nothing is believed because it is stored.

A view holds the frontier of the tree in memory and carries it forward only by hashing the entries themselves. So the
stored nodes are never trusted: they serve as a proof, and a proof that does not lead to the frontier's root is damage.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import cache
from typing import Any

from shirorom.adapters.lru import Lru
from shirorom.domain.errors import ShiroromError, StorageError
from shirorom.log.entry import (
    NO_DEVICE,
    NO_LEAF,
    DeviceHead,
    MalformedError,
    Opening,
    at_text,
    commitment,
    decode_entry,
)
from shirorom.log.tree import (
    Frontier,
    consistency_proof,
    frontier_at,
    grow,
    home_of,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from shirorom.ports import Entry, Head

VERIFIED_MAX = 16_384
"""Entries that a view remembers as verified."""
DEVICES_MAX = 4_096
"""Devices whose history a view remembers."""

ROWS_AT_ONCE = 1_000
KEYS_MAX = 500
"""Devices asked for in one statement; SQLite takes 32,766 values at most."""

_HEAD = (
    "SELECT d.key, d.count, o.key, o.counter, e.bytes FROM device AS d"
    " LEFT JOIN opening AS o ON o.idx = d.last LEFT JOIN entry AS e ON e.idx = d.last"
)
_NODES = "SELECT hashes FROM entry"
_OPENING = "SELECT idx, key, counter, previous, salt, statement FROM opening"
_RANGE = (
    "SELECT e.idx, e.bytes, o.key, o.counter, o.previous, o.salt, o.statement"
    " FROM entry AS e LEFT JOIN opening AS o ON o.idx = e.idx"
)


class LogView:
    """Verified reading of one log over one connection. Not thread-safe: its owner holds a lock around each call."""

    def __init__(self, connection: sqlite3.Connection, origin: str) -> None:
        self.connection = connection
        self._origin = origin
        self._frontier = Frontier()
        self._head: Head | None = None
        self._last_at: bytes | None = None
        self._version: int | None = None
        self._verified: Lru[int, Entry] = Lru(VERIFIED_MAX)
        self._devices: Lru[str, tuple[int | None, tuple[Entry, ...]]] = Lru(DEVICES_MAX)

    @property
    def frontier(self) -> Frontier:
        """The verified frontier, as of the last `refresh`."""
        return self._frontier

    def start_from(self, size: int, root: bytes) -> bool:
        """Take the stored tree of a size as verified, because another file vouches for its root."""
        frontier = frontier_at(size, self._node)
        if frontier.root != root:
            return False
        self._frontier, self._head, self._last_at = frontier, None, None
        return True

    def stored_size(self) -> int:
        """Entries, as the file has them; nothing is verified by it."""
        return _whole(self._one("SELECT coalesce(max(idx) + 1, 0) FROM entry")[0])

    def derived_root(self, size: int) -> bytes:
        """The root over the first entries as they are, computed anew: tells a damaged tree from another log."""
        rows = self.connection.execute("SELECT bytes FROM entry WHERE idx < ? ORDER BY idx", (size,))
        frontier = Frontier()
        while some := rows.fetchmany(ROWS_AT_ONCE):
            frontier, _ = grow(frontier, [leaf_hash(_bytes(row[0])) for row in some])
        return frontier.root

    def advance(self, frontier: Frontier, last_at: bytes) -> Head:
        """Go on from a frontier that the caller has derived from this one and committed."""
        self._frontier, self._head, self._last_at = frontier, Head(frontier.size, frontier.root), last_at
        return self._head

    def refresh(self) -> Head:
        """Learn what has been appended by anyone since the last call, and verify it."""
        version = self._one("PRAGMA data_version")[0]
        if version != self._version or self._head is None:
            self._catch_up()
            self._version = version
            self._head = Head(self._frontier.size, self._frontier.root)
        return self._head

    def root_at(self, size: int) -> bytes:
        """The root of an earlier size, by the nodes that stand there. Raises `entry-not-found`."""
        head = self.refresh()
        if not 0 <= size <= head.size:
            raise ShiroromError("entry-not-found", index=size)
        return head.root if size == head.size else frontier_at(size, self._node).root

    def last_at(self) -> bytes:
        """When the newest entry was recorded, as its bytes say; empty in an empty log."""
        if self._last_at is None:
            size = self._frontier.size
            self._last_at = at_text(self._entry_bytes(size - 1)) if size else b""
        return self._last_at

    def entry(self, index: int) -> Entry:
        """One entry, verified. Raises `entry-not-found`."""
        head = self.refresh()
        if not 0 <= index < head.size:
            raise ShiroromError("entry-not-found", index=index)
        known = self._verified.get(index)
        if known is None:
            row = self._one(f"{_OPENING} WHERE idx = ?", index)
            known = self._verify(index, _opening_of(row), head)
        return known

    def entries(self, first: int, until: int) -> list[Entry]:
        """A range of entries (`until` at most the size), verified together: one proof instead of one for each.

        The tree before them, grown by their bytes, must be one that the log's tree begins with.
        """
        head = self.refresh()
        rows = self._all(f"{_RANGE} WHERE e.idx >= ? AND e.idx < ? ORDER BY e.idx", first, until)
        if [row[0] for row in rows] != list(range(first, until)):
            raise StorageError("log-corrupt", index=first, part="entry")
        if not rows:
            return []
        frontier, _ = grow(frontier_at(first, self._node), [leaf_hash(_bytes(row[1])) for row in rows])
        proof = consistency_proof(until, head.size, self._node)
        if not verify_consistency(until, frontier.root, head.size, head.root, proof):
            raise StorageError("log-corrupt", index=first, part="tree")
        return [self._opened(row[0], row[1], _opening_of((row[0], *row[2:]))) for row in rows]

    def device(self, key: str) -> tuple[Entry, ...]:
        """Every entry about one device, verified one by one and as a chain."""
        self.refresh()
        known = self._devices.get(key)
        if known is not None and known[0] == self._version:
            return known[1]
        self.connection.execute("BEGIN")  # one snapshot for the device's row, its openings and the tree
        try:
            head = self.refresh()
            rows = self._all(f"{_OPENING} WHERE key = ? ORDER BY counter", int(key))
            entries = tuple(self._known_or_verified(row, head) for row in rows)
            self._check_chain(key, entries)
        finally:
            self.connection.execute("ROLLBACK")
        self._devices.put(key, (self._version, entries))
        return entries

    def device_heads(self, keys: Sequence[str]) -> list[DeviceHead]:
        """Where the chains of these devices stand; the row of each agrees with the opening that it names."""
        stored: dict[int, DeviceHead] = {}
        for first in range(0, len(keys), KEYS_MAX):
            some = [int(key) for key in keys[first : first + KEYS_MAX]]
            for key, count, *named, entry in self._all(f"{_HEAD} WHERE d.key IN ({_marks(len(some))})", *some):
                if named != [key, count - 1]:
                    raise StorageError("log-corrupt", part="device")
                stored[key] = DeviceHead(count, leaf_hash(_bytes(entry)))
        return [stored.get(int(key), NO_DEVICE) for key in keys]

    def keys(self, first: int) -> list[int]:
        """The phones of the entries from `first` on."""
        sql = "SELECT key FROM opening WHERE idx >= ?" if first > 0 else "SELECT key FROM device WHERE ? < 1"
        return [_whole(key) for (key,) in self._all(sql, first)]

    def proofs(self, indexes: Sequence[int], size: int) -> list[list[bytes]]:
        """Inclusion proofs in the tree of a size, from nodes that whoever verifies them need not trust."""
        if size > self.refresh().size:
            raise ValueError("the log has never had that size")
        node_of = cache(self._node)  # proofs of one tree have most of their nodes in common
        return [inclusion_proof(index, size, node_of) for index in indexes]

    def nodes(self, level: int, first: int, count: int) -> list[bytes]:
        """Full nodes of one level, as they are stored: whoever asks compares them with a root."""
        homes = [home_of(level, position) for position in range(first, first + count)]
        found = []
        for start in range(0, count, KEYS_MAX):
            some = homes[start : start + KEYS_MAX]
            rows = self._all(f"{_NODES} WHERE idx IN ({_marks(len(some))}) ORDER BY idx", *(index for index, _ in some))
            found += [_hash(_bytes(row[0])[place]) for row, (_, place) in zip(rows, some, strict=False)]
        if len(found) != count:
            raise StorageError("log-corrupt", part="row")
        return found

    def entries_bytes(self, first: int, count: int) -> list[bytes]:
        """Entries as they are stored, without their openings: whoever asks compares them with a root."""
        rows = self._all("SELECT bytes FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx", first, first + count)
        if len(rows) != count:
            raise StorageError("log-corrupt", part="row")
        return [_bytes(row[0]) for row in rows]

    def _catch_up(self) -> None:
        size = self.stored_size()
        if size < self._frontier.size:
            raise StorageError("log-rolled-back", size=size, size_known=self._frontier.size)
        if size == self._frontier.size:
            return
        sql = "SELECT idx, bytes, hashes FROM entry WHERE idx >= ? ORDER BY idx"
        cursor = self.connection.execute(sql, (self._frontier.size,))
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            first = self._frontier.size
            frontier, completed = grow(self._frontier, [leaf_hash(_bytes(row[1])) for row in rows])
            if [(row[0], row[2]) for row in rows] != list(enumerate(completed, first)):
                raise StorageError("log-corrupt", index=first, part="entry")
            self._frontier, self._last_at = frontier, None

    def _known_or_verified(self, row: Sequence[Any], head: Head) -> Entry:
        known = self._verified.get(_whole(row[0]))
        return known if known is not None else self._verify(row[0], _opening_of(row), head)

    def _verify(self, index: int, opening: Opening, head: Head) -> Entry:
        """Entry against leaf, leaf against root, opening against commitment."""
        if not 0 <= index < head.size:
            raise StorageError("log-corrupt", index=index, part="opening")
        entry = self._entry_bytes(index)
        leaf = leaf_hash(entry)
        if not verify_inclusion(leaf, index, head.size, inclusion_proof(index, head.size, self._node), head.root):
            raise StorageError("log-corrupt", index=index, part="tree")
        verified = self._opened(index, entry, opening)
        self._verified.put(index, verified)
        return verified

    def _opened(self, index: int, entry: bytes, opening: Opening) -> Entry:
        """An entry of the tree with the opening that it commits to."""
        try:
            if decode_entry(entry).commitment != commitment(self._origin, opening):
                raise StorageError("log-corrupt", index=index, part="opening")
        except (MalformedError, OverflowError) as error:
            raise StorageError("log-corrupt", index=index, part="entry") from error
        return Entry(index, entry, opening)

    def _check_chain(self, key: str, entries: Sequence[Entry]) -> None:
        """Counters without gap, each entry after the one it names, and the device's own row in agreement."""
        previous, before = NO_LEAF, -1
        for counter, entry in enumerate(entries):
            o = entry.opening
            chained = o is not None and (o.key, o.counter, o.previous) == (key, counter, previous)
            if not chained or entry.index <= before:
                raise StorageError("log-corrupt", index=entry.index, part="chain")
            previous, before = leaf_hash(entry.entry), entry.index
        row = self.connection.execute("SELECT count, last FROM device WHERE key = ?", (int(key),)).fetchone()
        if row != ((len(entries), before) if entries else None):
            raise StorageError("log-corrupt", part="device")

    def _entry_bytes(self, index: int) -> bytes:
        return _bytes(self._one("SELECT bytes FROM entry WHERE idx = ?", index)[0])

    def _node(self, level: int, position: int) -> bytes:
        index, place = home_of(level, position)
        return _hash(_bytes(self._one("SELECT hashes FROM entry WHERE idx = ?", index)[0])[place])

    def _one(self, sql: str, *values: object) -> Any:
        row = self.connection.execute(sql, values).fetchone()
        if row is None:
            raise StorageError("log-corrupt", part="row")
        return row

    def _all(self, sql: str, *values: object) -> list[Any]:
        return self.connection.execute(sql, values).fetchall()


@cache
def _marks(count: int) -> str:
    return ",".join("?" * count)


def _opening_of(row: Sequence[Any]) -> Opening:
    _, key, counter, previous, salt, statement = row
    try:
        return Opening(f"{_whole(key):014d}", _whole(counter), _bytes(previous), _bytes(salt), _bytes(statement))
    except ValueError as error:
        raise StorageError("log-corrupt", part="opening") from error


def _whole(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise StorageError("log-corrupt", part="number")
    return value


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise StorageError("log-corrupt", part="bytes")
    return value


def _hash(value: object) -> bytes:
    if not isinstance(value, bytes) or len(value) != len(NO_LEAF):
        raise StorageError("log-corrupt", part="hash")
    return value
