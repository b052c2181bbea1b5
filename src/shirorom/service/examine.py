"""The steps of `fsck` over one log: streams of stored rows beside what follows from the entries themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any

from shirorom.domain.errors import StorageError
from shirorom.domain.feed import Feed
from shirorom.domain.reading import Reading
from shirorom.log.checkpoint import Checkpoint
from shirorom.log.entry import NO_LEAF, EntryBody, MalformedError, Opening, commitment, decode_entry
from shirorom.log.feed import ROW_BYTES, encode_manifest, leaves_of, root_of
from shirorom.log.feed_rows import notice_of
from shirorom.log.note import Note, NoteError, VerifierKey, decode_signatures
from shirorom.log.statement import decode_feed, decode_statement, kind_of, publisher_key
from shirorom.log.tree import Frontier, grow, leaf_hash
from shirorom.ports.blobs import Blobs
from shirorom.ports.feeds import Segments
from shirorom.ports.log import LogRows

FINDINGS_MAX = 100
"""Findings that are kept; the rest are counted."""
CHUNK = 1_000
"""Entries between two reports of progress."""

Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Damage:
    """One difference between what is stored and what follows from it.

    Attributes:
        part: "file", "entry", "tree", "opening", "statement", "signature", "segment", "chain", "device", "blob",
            "checkpoint", "register".
        what: "missing", "extra", "malformed", "differs", "backwards", "ahead", "unreadable", or the engine's words;
            of a register the code of what is wrong with it.
        index: The entry concerned; None where it is no single one.
    """

    part: str
    what: str
    index: int | None = None


@dataclass(slots=True)
class Examination:
    """One pass over one log. `run` fills the rest."""

    rows: LogRows
    blobs: Blobs | None
    segments: Segments | None
    kept_since: datetime | None
    on_progress: Callable[[int, int], None]
    found: list[Damage] = field(default_factory=list)
    omitted: int = 0
    checkpoint: Checkpoint | None = None
    origin: str = ""
    frontier: Frontier = field(default_factory=Frontier)
    readable: bool = False

    def run(self) -> None:
        """Every step; one that breaks off is itself a finding, and the others go on."""
        self._guarded("checkpoint", self._checkpoint)
        if not self.rows.exists():
            if self.checkpoint is not None:
                self._add("file", "missing")
            return
        self._guarded("file", self._file)
        if self.origin:
            self._guarded("entry", self._entries)
            self._guarded("chain", self._devices)

    def _add(self, part: str, what: str, index: int | None = None) -> None:
        if len(self.found) < FINDINGS_MAX:
            self.found.append(Damage(part, what, index))
        else:
            self.omitted += 1

    def _guarded(self, part: str, step: Callable[[], None]) -> None:
        try:
            step()
        except StorageError as error:
            if error.code != "log-corrupt":
                raise  # the disk, a newer version: then nothing can be said
            self._add(str(error.details.get("part", part)), "unreadable")
        except (TypeError, ValueError):  # a value of a type that no row of ours has
            self._add(part, "malformed")

    def _checkpoint(self) -> None:
        self.checkpoint = self.rows.checkpoint()

    def _file(self) -> None:
        self.origin = self.rows.origin()
        for fault in self.rows.faults():
            self._add("file", fault)

    def _entries(self) -> None:
        """Entries, leaves, tree, openings, statements and evidence, in one pass by index; then the checkpoint."""
        total, then, last_at = self.rows.size(), Frontier(), None
        for index, stored, opening in merged(self.rows.entries(), self.rows.openings()):
            if stored is None:
                self._add("opening", "extra", index)
                continue
            if index != self.frontier.size:
                self._add("entry", "missing", self.frontier.size)
                return  # no tree goes on from here
            self._leaf(index, stored)
            body = self._entry(index, stored, last_at)
            if body is not None:
                last_at = body.at
                self._opening(index, body, opening)
            if self.checkpoint is not None and self.frontier.size == self.checkpoint.size:
                then = self.frontier
            if not self.frontier.size % CHUNK:
                self.on_progress(self.frontier.size, total)
        self.readable = True
        self._compare_checkpoint(then)
        self.on_progress(self.frontier.size, total)

    def _leaf(self, index: int, stored: Row) -> None:
        """The tree goes on from the entry as it is; what is stored of the tree must be that."""
        _, entry, hashes = stored
        leaf = leaf_hash(entry)
        self.frontier, (completed,) = grow(self.frontier, [leaf])
        if not hashes.startswith(leaf):
            self._add("entry", "differs", index)
        elif hashes != completed:
            self._add("tree", "differs", index)

    def _entry(self, index: int, stored: Row, last_at: datetime | None) -> EntryBody | None:
        try:
            body = decode_entry(stored[1])
        except MalformedError:
            self._add("entry", "malformed", index)
            return None
        if last_at is not None and body.at < last_at:
            self._add("entry", "backwards", index)
        return body

    def _opening(self, index: int, body: EntryBody, row: Row | None) -> None:
        if row is None:
            self._add("opening", "missing", index)
            return
        try:
            _, key, counter, previous, salt, statement = row
            opening = Opening(f"{key:014d}", counter, previous, salt, statement)
            if commitment(self.origin, opening) != body.commitment:
                self._add("opening", "differs", index)
                return
        except (TypeError, ValueError, OverflowError):
            self._add("opening", "malformed", index)
            return
        self._statement(index, body, opening)

    def _statement(self, index: int, body: EntryBody, opening: Opening) -> None:
        if body.kind == "feed":
            self._feed(index, opening)
            return
        try:
            statement = decode_statement(opening.statement)
        except MalformedError:
            self._add("statement", "malformed", index)
            return
        if kind_of(statement) != body.kind or statement.imei.key != opening.key:
            self._add("statement", "differs", index)
        if isinstance(statement, Reading):
            if statement.practice is not self.rows.practice:
                self._add("statement", "differs", index)
            for digest in (statement.page, statement.screenshot):
                if digest is not None:
                    self._blob(index, digest, statement.asked_at)

    def _feed(self, index: int, opening: Opening) -> None:
        """An accepted feed: its signature still holds, and its segment is what was committed, row by row."""
        try:
            feed = decode_feed(opening.statement)
        except MalformedError:
            self._add("statement", "malformed", index)
            return
        if opening.key != publisher_key(feed.carrier) or feed.manifest.practice is not self.rows.practice:
            self._add("statement", "differs", index)
        if not _signature_holds(feed):
            self._add("signature", "differs", index)
        if self.segments is None:
            return
        try:
            seed, records = self.segments.seed(feed.segment), []
            for block in self.segments.blocks(feed.segment):
                records += [block[at : at + ROW_BYTES] for at in range(0, len(block), ROW_BYTES)]
            for record in records:
                notice_of(record, feed.carrier, feed.manifest.sequence, practice=feed.manifest.practice)
        except (StorageError, MalformedError) as error:
            if isinstance(error, StorageError) and error.code != "segment-corrupt":
                raise
            self._add("segment", "differs", index)
            return
        in_order = all(one < other for one, other in pairwise(records))
        numbered = all(_row_of(one) <= feed.manifest.count for one in records)
        whole = in_order and numbered and len(records) == feed.count
        if not whole or root_of(leaves_of(records, seed, row_max=feed.manifest.count)) != feed.root:
            self._add("segment", "differs", index)

    def _blob(self, index: int, digest: str, asked_at: datetime) -> None:
        if self.blobs is None:
            return
        try:
            content = self.blobs.get(digest)
        except StorageError as error:
            if error.code != "blob-corrupt":
                raise
            self._add("blob", "differs", index)
            return
        if content is None and (self.kept_since is None or asked_at >= self.kept_since):
            self._add("blob", "missing", index)

    def _compare_checkpoint(self, then: Frontier) -> None:
        """The log must be at it or ahead of it, and must have had its root."""
        checkpoint = self.checkpoint
        if checkpoint is None:
            if self.frontier.size and not any(one.part == "checkpoint" for one in self.found):
                self._add("checkpoint", "missing")
        elif checkpoint.size > self.frontier.size:
            self._add("checkpoint", "ahead", self.frontier.size)
        elif (checkpoint.origin, checkpoint.size, checkpoint.root) != (self.origin, then.size, then.root):
            self._add("checkpoint", "differs", checkpoint.size)

    def _devices(self) -> None:
        for _, chain, device in merged(self._chains(), self.rows.devices()):
            if chain is None or device is None or tuple(chain) != tuple(device):
                row = chain or device
                self._add("device", "differs" if chain and device else "missing", row[2] if row else None)

    def _chains(self) -> Iterator[Row]:
        """What each device's row must say (key, count, last index), from its openings."""
        for key, chain in groupby(self.rows.chains(), key=lambda row: row[0]):
            count, last, leaf = 0, -1, NO_LEAF
            for _, counter, index, previous, entry in chain:
                if counter != count or previous != leaf or index <= last:
                    self._add("chain", "differs", index)
                count, last, leaf = counter + 1, index, leaf_hash(entry or b"")
            yield key, count, last


def _signature_holds(feed: Feed) -> bool:
    if feed.key is None or feed.signature is None:
        return feed.manifest.practice
    try:
        lines = decode_signatures(f"{feed.signature}\n".encode())
        Note(encode_manifest(feed.manifest), lines).verified_by([VerifierKey.parse(feed.key)])
    except (MalformedError, NoteError):
        return False
    return True


def _row_of(record: bytes) -> int:
    return int.from_bytes(record[8:12], "big")


def merged(left: Iterable[Row], right: Iterable[Row]) -> Iterator[tuple[int, Row | None, Row | None]]:
    """Two streams, each ordered by its rows' first value, side by side: (that value, left row, right row)."""
    ours, theirs = iter(left), iter(right)
    one, other = next(ours, None), next(theirs, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            assert one is not None
            yield one[0], one, None
            one = next(ours, None)
        elif one is None or other[0] < one[0]:
            yield other[0], None, other
            other = next(theirs, None)
        else:
            yield one[0], one, other
            one, other = next(ours, None), next(theirs, None)
