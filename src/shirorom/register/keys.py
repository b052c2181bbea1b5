"""Keys of phones, the first 14 digits as a number: type allocation code (8 digits) and serial (6)."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Keys: TypeAlias = NDArray[np.uint64]
Indices: TypeAlias = NDArray[np.int64]
Bytes: TypeAlias = NDArray[np.uint8]

SERIALS = 1_000_000
"""Serials of one TAC."""
TACS = 100_000_000
KEYS = SERIALS * TACS

BLOCK = 256
"""Serials of one block: what a low byte tells apart."""
BLOCKS = -(-SERIALS // BLOCK)
WIDE = 65_536
"""Serials of one wide block: what two low bytes tell apart."""
WIDES = -(-SERIALS // WIDE)

PAGE_BITS = 7
PAGE = 1 << PAGE_BITS


def checked(keys: Keys) -> Keys:
    """The keys, one behind the other in memory. Raises ValueError where one has more than 14 digits."""
    keys = np.ascontiguousarray(keys, np.uint64)
    if keys.size and int(keys.max()) >= KEYS:
        raise ValueError("a key has at most 14 digits")
    return keys


def distinct(keys: Keys) -> Keys:
    """Each once, ascending. As np.unique, whose first call loads numpy.ma: a twentieth of a second of a start."""
    ordered = np.sort(keys)
    first = np.ones(len(ordered), np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]


def split(keys: Keys) -> tuple[Indices, Indices]:
    """TACs and serials."""
    tacs = keys // np.uint64(SERIALS)
    return tacs.view(np.int64), (keys - tacs * np.uint64(SERIALS)).view(np.int64)


class Directory:
    """Where each TAC stands in a register: two gathers instead of a search. Made when a register is opened."""

    def __init__(self, tacs: NDArray[np.uint32]) -> None:
        """`tacs`: ascending, none twice. Takes 3.1 MB and at most 512 B a TAC. Raises ValueError: they are not so."""
        if not bool((tacs[1:] > tacs[:-1]).all()) or (tacs.size and int(tacs[-1]) >= TACS):
            raise ValueError("TACs are ascending and have 8 digits")
        pages = distinct((tacs >> PAGE_BITS).astype(np.uint64)).astype(np.int64)
        self.page_of = np.zeros(TACS >> PAGE_BITS, np.int32)  # page 0 is empty
        self.page_of[pages] = np.arange(1, len(pages) + 1, dtype=np.int32)
        self.slots = np.full((len(pages) + 1) * PAGE, -1, np.int32)
        self.slots[self._places(tacs.astype(np.int64))] = np.arange(len(tacs), dtype=np.int32)
        self._page_of, self._slots = self.page_of.data, self.slots.data

    def find(self, tacs: Indices) -> NDArray[np.int32]:
        """The slot of each TAC, -1 where the register has none of its phones."""
        return self.slots.take(self._places(tacs))

    def find_one(self, tac: int) -> int:
        """The same of one."""
        slot: int = self._slots[self._page_of[tac >> PAGE_BITS] << PAGE_BITS | tac & PAGE - 1]
        return slot

    def _places(self, tacs: Indices) -> Indices:
        pages = self.page_of.take(tacs >> PAGE_BITS).astype(np.int64)
        return (pages << PAGE_BITS) | (tacs & (PAGE - 1))


def lower_bound(lows: NDArray[np.unsignedinteger], first: Indices, last: Indices, wanted: Indices) -> Indices:
    """For each query the place of `wanted` in the ascending `lows[first:last]`, -1 where it is not there."""
    places = np.full(len(first), -1, np.int64)
    open_ = np.flatnonzero(last > first)
    low, left, want = first[open_], (last - first)[open_], wanted[open_].astype(lows.dtype)
    longest = int(left.max()) if open_.size else 0
    while longest > 1:  # halve the range without a branch: all queries end in the same number of steps
        half = left >> 1
        low += half * (lows.take(low + half - 1) < want)
        left -= half
        longest -= longest >> 1
    there = lows.take(low) == want
    places[open_[there]] = low[there]
    return places
