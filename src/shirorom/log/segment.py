"""A segment: the rows of one accepted feed as one immutable file, sorted, in blocks that are each verified when read.

Head: magic, count, rows of a block, seed; then of each block its first key and its SHA-256; then the records, all of
one width, exactly the bytes that were committed. The head's SHA-256 is the segment's name, which the log's entry
commits to: whoever trusts the entry trusts the head, and by it each block. Absence is read in the head, so it is as
proved as presence.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from struct import Struct

from shirorom.log.entry import MalformedError
from shirorom.log.feed import ROW_BYTES, SEED_BYTES

MAGIC = b"shirorom/seg/v1\n"
BLOCK_ROWS = 1_024
_FIXED = Struct(f">16sQI{SEED_BYTES}s")
_BLOCK = Struct(">Q32s")
FIXED_BYTES = _FIXED.size


@dataclass(frozen=True, slots=True)
class SegmentHead:
    """All that is held in memory of a segment: where each block begins, and what it must be."""

    count: int
    seed: bytes
    firsts: Sequence[int]
    digests: Sequence[bytes]

    @property
    def size(self) -> int:
        """Bytes of the head, which are where the records begin."""
        return head_bytes(self.count)

    @property
    def file_size(self) -> int:
        """Bytes of the whole file."""
        return self.size + self.count * ROW_BYTES

    def place(self, block: int) -> tuple[int, int]:
        """Where a block lies: offset and bytes."""
        first = block * BLOCK_ROWS
        return self.size + first * ROW_BYTES, min(BLOCK_ROWS, self.count - first) * ROW_BYTES

    def blocks_of(self, key: int) -> range:
        """The blocks in which a phone's rows can be: mostly one, none where the phone comes before all."""
        return range(max(bisect_left(self.firsts, key) - 1, 0), bisect_right(self.firsts, key))


def head_bytes(count: int) -> int:
    """Bytes of the head of a segment of so many rows."""
    return FIXED_BYTES + _BLOCK.size * blocks_for(count)


def blocks_for(count: int) -> int:
    """Blocks of a segment of so many rows."""
    return -(-count // BLOCK_ROWS)


def encode_segment(records: Sequence[bytes], seed: bytes) -> tuple[str, bytes]:
    """The file of sorted records, and its name (64 hex)."""
    body = b"".join(records)
    head = [_FIXED.pack(MAGIC, len(records), BLOCK_ROWS, seed)]
    for first in range(0, len(body), BLOCK_ROWS * ROW_BYTES):
        block = body[first : first + BLOCK_ROWS * ROW_BYTES]
        head.append(_BLOCK.pack(int.from_bytes(block[:8], "big"), sha256(block).digest()))
    first_part = b"".join(head)
    return sha256(first_part).hexdigest(), first_part + body


def count_of(fixed: bytes) -> int:
    """The rows that a file's first bytes promise. Raises MalformedError."""
    if len(fixed) < FIXED_BYTES or not fixed.startswith(MAGIC):
        raise MalformedError("segment")
    return int.from_bytes(fixed[16:24], "big")


def decode_head(name: str, head: bytes) -> SegmentHead:
    """Read a head that must be the one of this name. Raises MalformedError."""
    if sha256(head).hexdigest() != name:
        raise MalformedError("segment")
    _, count, block_rows, seed = _FIXED.unpack_from(head)
    blocks = list(_BLOCK.iter_unpack(head[FIXED_BYTES:]))
    if block_rows != BLOCK_ROWS or len(blocks) != blocks_for(count):
        raise MalformedError("segment")
    return SegmentHead(count, seed, [first for first, _ in blocks], [digest for _, digest in blocks])


def rows_in(block: bytes, key: int) -> list[bytes]:
    """A phone's records in one block."""
    rows = range(len(block) // ROW_BYTES)

    def key_at(row: int) -> int:
        return int.from_bytes(block[row * ROW_BYTES : row * ROW_BYTES + 8], "big")

    found = []
    for row in rows[bisect_left(rows, key, key=key_at) :]:
        record = block[row * ROW_BYTES : (row + 1) * ROW_BYTES]
        if int.from_bytes(record[:8], "big") != key:
            break
        found.append(record)
    return found
