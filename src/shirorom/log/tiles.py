"""The tree as tiles (C2SP tlog-tiles): 256 hashes each, which never change once full; their names, and reading by them.

A tile of level L holds nodes of level 8·L of log/tree.py. Only what a checkpoint's size demands exists: full tiles, and
on each level at most one partial tile at the right edge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from shirorom.log.entry import MalformedError
from shirorom.log.tree import HASH_BYTES, NodeOf, node_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT
LEVEL_MAX = 7
"""Sizes are below 2**63: seven more levels stand above the first."""
ENTRY_BYTES_MAX = 0xFFFF
BUNDLE_BYTES_MAX = WIDTH * (ENTRY_BYTES_MAX + 2)
TILE_BYTES_MAX = WIDTH * HASH_BYTES
ENTRIES = "entries"

_PATH = re.compile(r"tile/([0-7]|entries)/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """A tile's place: its level, its index on that level, and how many hashes it holds (1–256)."""

    level: int
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        if not (0 <= self.level <= LEVEL_MAX and self.index >= 0 and 1 <= self.width <= WIDTH):
            raise MalformedError("tile")

    @property
    def path(self) -> str:
        """Below the log's address: `tile/0/x001/234.p/5`."""
        return self._path(str(self.level))

    @property
    def entries_path(self) -> str:
        """Of the entries that the hashes of a tile of level 0 are of."""
        return self._path(ENTRIES)

    @property
    def full(self) -> Self:
        """The tile that this one becomes."""
        return type(self)(self.level, self.index)

    @property
    def first(self) -> int:
        """The position, on its own level, of its first hash."""
        return self.index * WIDTH

    def _path(self, level: str) -> str:
        digits = f"{self.index:d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        parts = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        name = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
        return f"tile/{level}/{name}" + (f".p/{self.width}" if self.width < WIDTH else "")


def is_tile_path(path: str) -> bool:
    """Whether a path names a tile or a bundle of entries, in its one spelling."""
    match = _PATH.fullmatch(path)
    if match is None or (match[3] is not None and int(match[3]) >= WIDTH):
        return False
    index = int(match[2].replace("/", "").replace("x", ""))
    tile = Tile(0 if match[1] == ENTRIES else int(match[1]), index, int(match[3]) if match[3] else WIDTH)
    return path == (tile.entries_path if match[1] == ENTRIES else tile.path)


def tiles_between(old: int, new: int) -> Iterator[Tile]:
    """Every tile that a tree of size `new` has and one of size `old` had not, the lowest level first."""
    for level in range(LEVEL_MAX + 1):
        before, now = old >> HEIGHT * level, new >> HEIGHT * level
        if now == 0:
            return
        for index in range(before // WIDTH, now // WIDTH):
            yield Tile(level, index)
        if now % WIDTH and now != before:
            yield Tile(level, now // WIDTH, now % WIDTH)


def tile_at(level: int, index: int, size: int) -> Tile:
    """The tile as a tree of a size has it. Raises MalformedError where it has none."""
    return Tile(level, index, min(WIDTH, (size >> HEIGHT * level) - index * WIDTH))


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over hashes of one level, a power of two of them."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
    return row[0]


def split_tile(content: bytes, tile: Tile) -> list[bytes]:
    """The hashes of a tile. Raises MalformedError where it does not hold as many as its name says."""
    if len(content) != tile.width * HASH_BYTES:
        raise MalformedError("tile")
    return [content[i : i + HASH_BYTES] for i in range(0, len(content), HASH_BYTES)]


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Entries as one file: each behind its length in two bytes, big endian. Raises ValueError for one too long."""
    if any(len(entry) > ENTRY_BYTES_MAX for entry in entries):
        raise ValueError("an entry of a bundle has 65,535 bytes at most")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(content: bytes, count: int) -> list[bytes]:
    """The entries of a bundle. Raises MalformedError unless there are exactly `count` and nothing else."""
    entries, at = list[bytes](), 0
    while at < len(content) and len(entries) < count:
        length = int.from_bytes(content[at : at + 2], "big")
        entry = content[at + 2 : at + 2 + length]
        if at + 2 > len(content) or len(entry) != length:
            raise MalformedError("bundle")
        entries.append(entry)
        at += 2 + length
    if len(entries) != count or at != len(content):
        raise MalformedError("bundle")
    return entries


def nodes_by_tiles(size: int, hashes_of: Callable[[Tile], Sequence[bytes]]) -> NodeOf:
    """Full nodes of a tree of a size, from its tiles: for the proofs of log/tree.py. Each tile is asked for once."""
    known: dict[Tile, Sequence[bytes]] = {}

    def node_of(level: int, position: int) -> bytes:
        step, inner = divmod(level, HEIGHT)
        first = position << inner
        tile = tile_at(step, first // WIDTH, size)
        if tile not in known:
            known[tile] = hashes_of(tile)
        start = first % WIDTH
        return root_of(known[tile][start : start + (1 << inner)])

    return node_of
