"""The fast layout: for each TAC 3,907 blocks of 256 serials; a block's phones are the low bytes between two offsets.

4 B an offset for each block of each TAC, and 2 B a phone: FEASIBILITY §1, c2. For many phones a TAC.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from shirorom.register.format import Array, MalformedRegisterError, Sections
from shirorom.register.keys import (
    BLOCK,
    BLOCKS,
    SERIALS,
    Bytes,
    Directory,
    Indices,
    Keys,
    lower_bound,
    split,
)
from shirorom.register.rows import Packed


def lay(packed: Packed) -> dict[str, Array]:
    """The sections of some phones."""
    tacs, serials = split(packed.keys)
    first = np.flatnonzero(np.diff(tacs, prepend=-1))
    slots = np.repeat(np.arange(len(first)), np.diff(first, append=len(tacs)))
    held = np.bincount(slots * BLOCKS + serials // BLOCK, minlength=len(first) * BLOCKS)
    offsets = np.zeros(len(held) + 1, np.uint32)
    np.cumsum(held, out=offsets[1:], dtype=np.uint32)
    return {
        "tacs": tacs[first].astype(np.uint32),
        "offsets": offsets,
        "lows": (serials % BLOCK).astype(np.uint8),
        "values": packed.values,
    }


class FastIndex:
    """Phones of the fast layout upon a buffer."""

    def __init__(self, sections: Sections, count: int) -> None:
        """Raises MalformedRegisterError: `shape`, the sections do not fit each other."""
        tacs, self.offsets = sections["tacs"], sections["offsets"]
        self.lows, self.values = sections["lows"], sections["values"]
        sound = (
            len(self.offsets) == len(tacs) * BLOCKS + 1
            and len(self.lows) == len(self.values) == count
            and int(self.offsets[0]) == 0
            and int(self.offsets[-1]) == count
            and bool((self.offsets[1:] >= self.offsets[:-1]).all())
        )
        if not sound:
            raise MalformedRegisterError("shape")
        self.tacs = tacs
        self.directory = Directory(tacs.astype(np.uint32))
        self.value_of = self._asking_one()

    def find(self, keys: Keys) -> Indices:
        """The place of each phone among all, -1 where it is not here."""
        tacs, serials = split(keys)
        slots = self.directory.find(tacs)
        known = np.flatnonzero(slots >= 0)
        blocks = slots[known].astype(np.int64) * BLOCKS
        serials = serials[known]
        blocks += serials >> 8
        first, last = self.offsets.take(blocks), self.offsets.take(blocks + 1)
        places = np.full(len(keys), -1, np.int64)
        places[known] = lower_bound(self.lows, first.astype(np.int64), last.astype(np.int64), serials & 255)
        return places

    def values_at(self, places: Indices) -> Bytes:
        """The byte of each place that `find` gave (none is -1)."""
        return self.values.take(places)

    def _asking_one(self) -> Callable[[int], int]:
        """What gives the byte of one phone, -1 where it is not here: a closure is a third faster than attributes."""
        blocks_of = dict(zip(self.tacs.tolist(), range(0, len(self.tacs) * BLOCKS, BLOCKS), strict=True))
        offsets, lows, values = self.offsets.data, self.lows.data, self.values.data

        def value_of(key: int) -> int:
            tac, serial = divmod(key, SERIALS)
            block = blocks_of.get(tac)
            if block is None:
                return -1
            block += serial >> 8
            first = offsets[block]
            place = lows[first : offsets[block + 1]].tobytes().find(serial & 255)
            return values[first + place] if place >= 0 else -1

        return value_of

    def keys(self) -> Keys:
        """All phones, ascending."""
        offsets = self.offsets.astype(np.int64)
        held = offsets[1:] - offsets[:-1]
        blocks = np.repeat(np.arange(len(held)), held)
        tacs = self.tacs.astype(np.uint64)[blocks // BLOCKS]
        serials = (blocks % BLOCKS * BLOCK).astype(np.uint64) + self.lows
        return tacs * np.uint64(SERIALS) + serials
