"""What is verified of a log, whatever engine holds its rows: nothing is believed because it is stored.

A view holds the frontier of the tree in memory and carries it forward only by hashing the entries themselves. So the
stored nodes are never trusted: they serve as a proof, and a proof that does not lead to the frontier's root is damage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from shirorom.adapters.log_stored import Row, Stored, as_bytes, as_hash, as_whole
from shirorom.adapters.lru import Lru
from shirorom.domain.errors import LogConflictError, ShiroromError, StorageError
from shirorom.log.checkpoint import Checkpoint
from shirorom.log.entry import (
    NO_DEVICE,
    NO_LEAF,
    DeviceHead,
    MalformedError,
    Opening,
    Sealed,
    at_text,
    commitment,
    decode_entry,
)
from shirorom.log.tree import (
    Frontier,
    NodeOf,
    consistency_proof,
    frontier_at,
    grow,
    home_of,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from shirorom.ports.log import Entry, Head

VERIFIED_MAX = 16_384
"""Entries that a view remembers as verified."""
DEVICES_MAX = 4_096
"""Devices whose history a view remembers."""

_NEW = (NO_DEVICE.count, NO_DEVICE.leaf)


@dataclass(frozen=True, slots=True)
class Addition:
    """What an append adds to a log, beside its entries and their openings.

    Attributes:
        first: The index of the first new entry.
        frontier: The tree's, afterwards.
        completed: For each entry the hashes of the nodes that it makes full, its leaf first.
        devices: The devices' new rows: (key, count, last index).
    """

    first: int
    frontier: Frontier
    completed: Sequence[bytes]
    devices: Sequence[tuple[int, int, int]]


class LogView:
    """Verified reading of one log over one connection. Not thread-safe: its owner holds a lock around each call."""

    def __init__(self, stored: Stored, origin: str) -> None:
        self._stored = stored
        self._origin = origin
        self._frontier = Frontier()
        self._head: Head | None = None
        self._last_at: bytes | None = None
        self._version: object = None
        self._verified: Lru[int, Entry] = Lru(VERIFIED_MAX)
        self._devices: Lru[str, tuple[object, tuple[Entry, ...]]] = Lru(DEVICES_MAX)

    @property
    def verified(self) -> Head:
        """What the last call found the log to stand at."""
        return self._head or Head(self._frontier.size, self._frontier.root)

    def hold_to(self, last: Checkpoint | None) -> None:
        """Begin where another place vouches that the log stood: it must be there or ahead, and hold what that names.

        Raises:
            StorageError: `log-rolled-back`, `log-corrupt`.
        """
        if last is None:
            if self.refresh().size:
                raise StorageError("log-rolled-back", part="checkpoint")
        elif last.origin != self._origin or as_whole(self._stored.size()) < last.size:
            raise StorageError("log-rolled-back", size_known=last.size)
        elif not self._start_from(last.size, last.root):
            code = "log-corrupt" if self._derived_root(last.size) == last.root else "log-rolled-back"
            raise StorageError(code, part="tree", size_known=last.size)
        self.refresh()

    def addition(self, sealed: Sequence[Sealed], size_expected: int) -> Addition:
        """What these entries add. The caller holds the writer's lock, from before this until they are committed.

        Raises:
            LogConflictError: another writer was first.
            StorageError: `clock-backwards`.
            ValueError: an opening is not its device's next.
        """
        size = self.refresh().size
        if size != size_expected:
            raise LogConflictError
        if any(
            later < earlier for earlier, later in pairwise([self._newest_at(), *(at_text(s.entry) for s in sealed)])
        ):
            raise StorageError("clock-backwards")
        leaves = [leaf_hash(one.entry) for one in sealed]
        frontier, completed = grow(self._frontier, leaves)
        return Addition(size, frontier, completed, self._device_rows([one.opening for one in sealed], leaves))

    def advance(self, frontier: Frontier, last_at: bytes) -> Head:
        """Go on from a frontier that the caller has derived from this one and committed."""
        self._frontier, self._head, self._last_at = frontier, Head(frontier.size, frontier.root), last_at
        return self._head

    def refresh(self) -> Head:
        """Learn what has been appended by anyone since the last call, and verify it."""
        version = self._stored.version()
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
        return head.root if size == head.size else self._frontier_at(size).root

    def entry(self, index: int) -> Entry:
        """One entry, verified. Raises `entry-not-found`."""
        head = self.refresh()
        if not 0 <= index < head.size:
            raise ShiroromError("entry-not-found", index=index)
        known = self._verified.get(index)
        return known or self._verified_all([self._stored.opening(index)], head)[0]

    def entries(self, first: int, until: int) -> list[Entry]:
        """A range of entries (`until` at most the size), verified together: one proof instead of one for each.

        The tree before them, grown by their bytes, must be one that the log's tree begins with.
        """
        head = self.refresh()
        rows = self._stored.range(first, until)
        if [row[0] for row in rows] != list(range(first, until)):
            raise StorageError("log-corrupt", index=first, part="entry")
        if not rows:
            return []
        frontier, _ = grow(self._frontier_at(first), [leaf_hash(as_bytes(row[1])) for row in rows])
        proof = self._stored.derived(lambda node_of: consistency_proof(until, head.size, node_of))
        if not verify_consistency(until, frontier.root, head.size, head.root, proof):
            raise StorageError("log-corrupt", index=first, part="tree")
        return [self._opened(index, entry, _opening_of(opening)) for index, entry, *opening in rows]

    def device(self, key: str) -> tuple[Entry, ...]:
        """Every entry about one device, verified one by one and as a chain."""
        self.refresh()
        known = self._devices.get(key)
        if known is not None and known[0] == self._version:
            return known[1]
        version, head = self._version, self.verified
        rows, device = self._stored.history(int(key))
        if any(as_whole(row[0]) >= head.size for row in rows):  # somebody has appended meanwhile
            head = self.refresh()
        entries = self._verified_all(rows, head)
        self._check_chain(key, entries, device)
        self._devices.put(key, (version, entries))
        return entries

    def device_heads(self, keys: Sequence[str]) -> list[DeviceHead]:
        """Where the chains of these devices stand; the row of each agrees with the opening that it names."""
        stored: dict[int, DeviceHead] = {}
        for key, count, *named, entry in self._stored.heads([int(key) for key in keys]):
            if named != [key, count - 1]:
                raise StorageError("log-corrupt", part="device")
            stored[key] = DeviceHead(count, leaf_hash(as_bytes(entry)))
        return [stored.get(int(key), NO_DEVICE) for key in keys]

    def keys(self, first: int) -> list[int]:
        """The phones of the entries from `first` on."""
        return [as_whole(key) for (key,) in self._stored.keys(first)]

    def proofs(self, indexes: Sequence[int], size: int) -> list[list[bytes]]:
        """Inclusion proofs in the tree of a size, from nodes that whoever verifies them need not trust."""
        if size > self.refresh().size:
            raise ValueError("the log has never had that size")
        return self._proofs(indexes, size)

    def nodes(self, level: int, first: int, count: int) -> list[bytes]:
        """Full nodes of one level, as they are stored: whoever asks compares them with a root."""
        homes = [home_of(level, position) for position in range(first, first + count)]
        rows = self._stored.hashes([index for index, _ in homes])
        if len(rows) != count:
            raise StorageError("log-corrupt", part="row")
        return [as_hash(as_bytes(row[0])[place]) for row, (_, place) in zip(rows, homes, strict=True)]

    def entries_bytes(self, first: int, count: int) -> list[bytes]:
        """Entries as they are stored, without their openings: whoever asks compares them with a root."""
        rows = self._stored.entries(first, first + count)
        if len(rows) != count:
            raise StorageError("log-corrupt", part="row")
        return [as_bytes(row[0]) for row in rows]

    def _start_from(self, size: int, root: bytes) -> bool:
        """Take the stored tree of a size as verified, because another place vouches for its root."""
        frontier = self._frontier_at(size)
        if frontier.root != root:
            return False
        self._frontier, self._head, self._last_at = frontier, None, None
        return True

    def _derived_root(self, size: int) -> bytes:
        """The root over the first entries as they are, computed anew: tells a damaged tree from another log."""
        frontier = Frontier()
        for rows in self._stored.leaves(0):
            leaves = [leaf_hash(as_bytes(row[1])) for row in rows if row[0] < size]
            frontier, _ = grow(frontier, leaves)
            if len(leaves) < len(rows):
                break
        return frontier.root

    def _newest_at(self) -> bytes:
        """When the newest entry was recorded, as its bytes say; empty in an empty log."""
        if self._last_at is None:
            size = self._frontier.size
            rows = self._stored.entries(size - 1, size) if size else ()
            self._last_at = at_text(as_bytes(rows[0][0])) if rows else b""
        return self._last_at

    def _catch_up(self) -> None:
        size = as_whole(self._stored.size())
        if size < self._frontier.size:
            raise StorageError("log-rolled-back", size=size, size_known=self._frontier.size)
        if size == self._frontier.size:
            return
        for rows in self._stored.leaves(self._frontier.size):
            first = self._frontier.size
            frontier, completed = grow(self._frontier, [leaf_hash(as_bytes(row[1])) for row in rows])
            if [(row[0], row[2]) for row in rows] != list(enumerate(completed, first)):
                raise StorageError("log-corrupt", index=first, part="entry")
            self._frontier, self._last_at = frontier, None

    def _frontier_at(self, size: int) -> Frontier:
        return self._stored.derived(lambda node_of: frontier_at(size, node_of))

    def _proofs(self, indexes: Sequence[int], size: int) -> list[list[bytes]]:
        def derive(node_of: NodeOf) -> list[list[bytes]]:
            once = cache(node_of) if len(indexes) > 1 else node_of  # proofs of one tree have most nodes in common
            return [inclusion_proof(index, size, once) for index in indexes]

        return self._stored.derived(derive)

    def _verified_all(self, rows: Sequence[Row], head: Head) -> tuple[Entry, ...]:
        """Entry against leaf, leaf against root, opening against commitment."""
        known = {index: self._verified.get(index) for index in (as_whole(row[0]) for row in rows)}
        unknown = [index for index, entry in known.items() if entry is None]
        if any(index >= head.size for index in unknown):
            raise StorageError("log-corrupt", index=max(unknown), part="opening")
        proofs = dict(zip(unknown, self._proofs(unknown, head.size), strict=True))
        found = []
        for index, *opening, stored in rows:
            entry = known[index]
            if entry is None:
                content = as_bytes(stored)
                if not verify_inclusion(leaf_hash(content), index, head.size, proofs[index], head.root):
                    raise StorageError("log-corrupt", index=index, part="tree")
                entry = self._opened(index, content, _opening_of(opening))
                self._verified.put(index, entry)
            found.append(entry)
        return tuple(found)

    def _opened(self, index: int, entry: bytes, opening: Opening) -> Entry:
        """An entry of the tree with the opening that it commits to."""
        try:
            if decode_entry(entry).commitment != commitment(self._origin, opening):
                raise StorageError("log-corrupt", index=index, part="opening")
        except (MalformedError, OverflowError) as error:
            raise StorageError("log-corrupt", index=index, part="entry") from error
        return Entry(index, entry, opening)

    @staticmethod
    def _check_chain(key: str, entries: Sequence[Entry], device: Row | None) -> None:
        """Counters without gap, each entry after the one it names, and the device's own row in agreement."""
        previous, before = NO_LEAF, -1
        for counter, entry in enumerate(entries):
            o = entry.opening
            chained = o is not None and (o.key, o.counter, o.previous) == (key, counter, previous)
            if not chained or entry.index <= before:
                raise StorageError("log-corrupt", index=entry.index, part="chain")
            previous, before = leaf_hash(entry.entry), entry.index
        if device != ((len(entries), before) if entries else None):
            raise StorageError("log-corrupt", part="device")

    def _device_rows(self, openings: Sequence[Opening], leaves: Sequence[bytes]) -> list[tuple[int, int, int]]:
        """The devices' new rows. Raises ValueError where an opening is not its device's next."""
        known = [
            o.key for o in openings if o.counter
        ]  # a first opening that is not the first fails in the unique index
        heads = {key: (head.count, head.leaf) for key, head in zip(known, self.device_heads(known), strict=True)}
        rows = {}
        for index, (o, leaf) in enumerate(zip(openings, leaves, strict=True), self._frontier.size):
            if heads.get(o.key, _NEW) != (o.counter, o.previous):
                raise ValueError("an opening does not continue its device's chain")
            heads[o.key] = (o.counter + 1, leaf)
            rows[o.key] = (int(o.key), o.counter + 1, index)
        return sorted(rows.values())


def _opening_of(row: Row) -> Opening:
    key, counter, previous, salt, statement = row
    try:
        return Opening(
            f"{as_whole(key):014d}", as_whole(counter), as_bytes(previous), as_bytes(salt), as_bytes(statement)
        )
    except ValueError as error:
        raise StorageError("log-corrupt", part="opening") from error
