"""The compact layout: for each TAC the smallest of three forms, values as nibbles of a palette (FEASIBILITY §1, c3).

- sparse: two low bytes a phone, within wide blocks of 65,536 serials.
- blocks: one low byte a phone, and for each block of 256 serials the rank of its first phone (2 B, in its wide block).
- bits: a bit a serial, and the same ranks.

A phone's rank among all finds its value. `wides` holds the rank of the first phone of each wide block of each TAC.
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from shirorom.register.format import Array, MalformedRegisterError, Sections
from shirorom.register.keys import (
    BLOCK,
    BLOCKS,
    SERIALS,
    WIDE,
    WIDES,
    Bytes,
    Directory,
    Indices,
    Keys,
    lower_bound,
    split,
)
from shirorom.register.rows import Packed

SPARSE, BLOCKED, BITS = range(3)
BITS_BYTES = BLOCKS * BLOCK // 8
"""Bytes of one TAC's bits: whole blocks."""
PALETTE_MAX = 16
"""With at most so many different values a phone takes half a byte of them."""

_RANKS_BYTES = 2 * BLOCKS
_WORDS = BLOCK // 64
_BLOCKS_OF_WIDE = WIDE // BLOCK
_TACS_AT_ONCE = 32
"""Whose ranks are checked together: what fits the cache takes half the time, and no memory to speak of."""


def lay(packed: Packed) -> dict[str, Array]:
    """The sections of some phones."""
    tacs, serials = split(packed.keys)
    first = np.flatnonzero(np.diff(tacs, prepend=-1))
    counts = np.diff(first, append=len(tacs))
    kinds = kinds_for(counts)
    slots = np.repeat(np.arange(len(first)), counts)
    held = np.bincount(slots * WIDES + serials // WIDE, minlength=len(first) * WIDES)
    wides = np.zeros(len(held) + 1, np.uint32)
    np.cumsum(held, out=wides[1:], dtype=np.uint32)
    of = kinds[slots]
    palette, codes = _codes(packed.values)
    return {
        "tacs": tacs[first].astype(np.uint32),
        "kinds": kinds,
        "wides": wides,
        "ranks": _ranks(slots, serials, kinds, wides),
        "lows16": (serials[of == SPARSE] % WIDE).astype(np.uint16),
        "lows8": (serials[of == BLOCKED] % BLOCK).astype(np.uint8),
        "bits": _bits(serials, first, counts, kinds),
        "palette": palette,
        "codes": codes,
    }


def kinds_for(counts: Indices) -> Bytes:
    """The smallest form for so many phones of one TAC."""
    sizes = np.stack([2 * counts, counts + _RANKS_BYTES, np.full(len(counts), BITS_BYTES + _RANKS_BYTES)])
    smallest: Indices = sizes.argmin(axis=0)
    return smallest.astype(np.uint8)


def _ranks(slots: Indices, serials: Indices, kinds: Bytes, wides: NDArray[np.uint32]) -> NDArray[np.uint16]:
    """Phones before each block in its wide block, for the TACs that have blocks, in their order."""
    rows = np.cumsum(kinds != SPARSE) - 1
    chosen = kinds[slots] != SPARSE
    number = int((kinds != SPARSE).sum())
    held = np.bincount(rows[slots[chosen]] * BLOCKS + serials[chosen] // BLOCK, minlength=number * BLOCKS)
    before = (np.cumsum(held) - held).reshape(number, BLOCKS)
    starts = before[:, ::_BLOCKS_OF_WIDE].repeat(_BLOCKS_OF_WIDE, axis=1)[:, :BLOCKS]
    return (before - starts).astype(np.uint16).ravel()


def _bits(serials: Indices, first: Indices, counts: Indices, kinds: Bytes) -> Array:
    words = [np.zeros(0, np.uint64)]
    for slot in np.flatnonzero(kinds == BITS):
        there = np.zeros(BITS_BYTES * 8, np.bool_)
        there[serials[first[slot] : first[slot] + counts[slot]]] = True
        words.append(np.packbits(there, bitorder="little").view("<u8"))
    return np.concatenate(words)


def _codes(values: Bytes) -> tuple[Array, Array]:
    """The different values, ascending, and each phone's place among them: two to a byte where they are few."""
    palette = np.flatnonzero(np.bincount(values, minlength=256)).astype(np.uint8)
    if len(palette) > PALETTE_MAX:
        return np.arange(256, dtype=np.uint8), values
    table = np.zeros(256, np.uint8)
    table[palette] = np.arange(len(palette))
    codes = table[values]
    codes = np.concatenate((codes, np.zeros(len(codes) % 2, np.uint8)))
    pairs: Bytes = codes[0::2] | codes[1::2] << np.uint8(4)
    return palette, pairs


class CompactIndex:
    """Phones of the compact layout upon a buffer."""

    def __init__(self, sections: Sections, count: int) -> None:
        """Raises MalformedRegisterError: `shape`, the sections do not fit each other."""
        s = sections
        self.tacs, self.kinds, self.wides, self.ranks = s["tacs"], s["kinds"], s["wides"], s["ranks"]
        self.lows16, self.lows8, self.bits = s["lows16"], s["lows8"], s["bits"]
        self.palette, self.codes = s["palette"], s["codes"]
        self.count = count
        self.nibbles = len(self.palette) <= PALETTE_MAX
        self._check()
        held = np.diff(self.wides[::WIDES].astype(np.int64))
        self.rows = np.where(self.kinds != SPARSE, np.cumsum(self.kinds != SPARSE) - 1, -1)
        self.bit_rows = np.where(self.kinds == BITS, np.cumsum(self.kinds == BITS) - 1, -1)
        self.shifts = np.zeros(len(self.tacs), np.int64)  # a phone's place in its own lows, less its rank
        for kind, lows in ((SPARSE, self.lows16), (BLOCKED, self.lows8)):
            mine = self.kinds == kind
            starts = np.cumsum(held[mine]) - held[mine]
            self.shifts[mine] = starts - self.wides[:-1:WIDES][mine]
            if int(held[mine].sum()) != len(lows):
                raise MalformedRegisterError("shape")
        self.directory = Directory(self.tacs.astype(np.uint32))
        self.palette = np.concatenate((self.palette, np.zeros(256 - len(self.palette), np.uint8)))
        self._views = [a.data for a in (self.wides, self.ranks, self.lows16, self.lows8, self.bits, self.codes)]
        self._tables = [a.tolist() for a in (self.kinds, self.rows, self.bit_rows, self.shifts, self.palette)]

    def _check(self) -> None:
        blocked, bits = int((self.kinds != SPARSE).sum()), int((self.kinds == BITS).sum())
        steps = self.wides[1:].astype(np.int64) - self.wides[:-1]
        highest = max(int((self.codes & 15).max(initial=0)), int(self.codes.max(initial=0)) >> 4)
        sound = (
            len(self.kinds) == len(self.tacs)
            and int(self.kinds.max(initial=0)) <= BITS
            and len(self.wides) == len(self.tacs) * WIDES + 1
            and int(self.wides[0]) == 0
            and int(self.wides[-1]) == self.count
            and len(self.ranks) == blocked * BLOCKS
            and len(self.bits) * 8 == bits * BITS_BYTES
            and len(self.palette) <= 256
            and (not self.nibbles or not self.count or highest < len(self.palette))
            and len(self.codes) == (-(-self.count // 2) if self.nibbles else self.count)
            and bool((steps >= 0).all() and (steps <= WIDE).all())
        )
        if not sound or not self._ranks_hold(steps):
            raise MalformedRegisterError("shape")

    def _ranks_hold(self, steps: Indices) -> bool:
        """Ranks grow within their wide block and stay below what it holds."""
        slots = np.flatnonzero(self.kinds != SPARSE)
        steps, ranks = steps.reshape(-1, WIDES)[slots], self.ranks.reshape(-1, BLOCKS)
        has_bits, bits = self.kinds[slots] == BITS, self.bits.reshape(-1, BLOCKS, _WORDS)
        taken = 0
        for first in range(0, len(slots), _TACS_AT_ONCE):
            some = slice(first, first + _TACS_AT_ONCE)
            mine = bits[taken : taken + int(has_bits[some].sum())]
            taken += len(mine)
            if not _rows_hold(ranks[some].astype(np.int32), steps[some].astype(np.int32), has_bits[some], mine):
                return False
        return True

    def find(self, keys: Keys) -> Indices:
        """The rank of each phone among all, -1 where it is not here."""
        tacs, serials = split(keys)
        slots = self.directory.find(tacs).astype(np.int64)
        places = np.full(len(keys), -1, np.int64)
        kinds = np.where(slots >= 0, self.kinds.take(np.maximum(slots, 0)), 255) if len(self.tacs) else slots
        for kind, find in ((SPARSE, self._find_sparse), (BLOCKED, self._find_blocked), (BITS, self._find_bits)):
            mine = np.flatnonzero(kinds == kind)
            if mine.size:
                places[mine] = find(slots[mine], serials[mine])
        return places

    def values_at(self, ranks: Indices) -> Bytes:
        """The byte of each rank that `find` gave (none is -1)."""
        if not self.nibbles:
            return self.palette.take(self.codes.take(ranks))
        pairs = self.codes.take(ranks >> 1)
        return self.palette.take(pairs >> ((ranks & 1) << 2).astype(np.uint8) & 15)

    def _find_sparse(self, slots: Indices, serials: Indices) -> Indices:
        wide = slots * WIDES + (serials >> 16)
        shift = self.shifts.take(slots)
        first, last = self.wides.take(wide) + shift, self.wides.take(wide + 1) + shift
        found = lower_bound(self.lows16, first, last, serials & (WIDE - 1))
        return np.where(found >= 0, found - shift, -1)

    def _find_blocked(self, slots: Indices, serials: Indices) -> Indices:
        first, last = self._block(slots, serials)
        shift = self.shifts.take(slots)
        found = lower_bound(self.lows8, first + shift, last + shift, serials & (BLOCK - 1))
        return np.where(found >= 0, found - shift, -1)

    def _find_bits(self, slots: Indices, serials: Indices) -> Indices:
        wide = slots * WIDES + (serials >> 16)
        block = self.rows.take(slots) * BLOCKS + (serials >> 8)
        rank = self.wides.take(wide).astype(np.int64) + self.ranks.take(block)
        word = (self.bit_rows.take(slots) * BLOCKS + (serials >> 8)) * _WORDS
        mine, bit = (serials >> 6) & (_WORDS - 1), np.uint64(1) << (serials & 63).astype(np.uint64)
        for n in range(_WORDS):
            held = self.bits.take(word + n)
            held = np.where(n < mine, held, np.where(n == mine, held & (bit - np.uint64(1)), np.uint64(0)))
            rank += np.bitwise_count(held)
        return np.where(self.bits.take(word + mine) & bit, rank, -1)

    def _block(self, slots: Indices, serials: Indices) -> tuple[Indices, Indices]:
        """Ranks of the first phone of a block and of the one behind its last."""
        wide, block = slots * WIDES + (serials >> 16), serials >> 8
        start, row = self.wides.take(wide).astype(np.int64), self.rows.take(slots) * BLOCKS
        is_last = ((block & (_BLOCKS_OF_WIDE - 1)) == _BLOCKS_OF_WIDE - 1) | (block == BLOCKS - 1)
        behind = start + self.ranks.take(row + np.minimum(block + 1, BLOCKS - 1))
        return start + self.ranks.take(row + block), np.where(is_last, self.wides.take(wide + 1), behind)

    def value_of(self, key: int) -> int:
        """The byte of one phone, -1 where it is not here."""
        tac, serial = divmod(key, SERIALS)
        slot = self.directory.find_one(tac)
        if slot < 0:
            return -1
        rank = self._rank_of(slot, serial)
        if rank < 0:
            return -1
        codes, palette = self._views[5], self._tables[4]
        value: int = palette[codes[rank >> 1] >> ((rank & 1) << 2) & 15 if self.nibbles else codes[rank]]
        return value

    def _rank_of(self, slot: int, serial: int) -> int:
        wides, ranks, lows16, lows8, bits, _ = self._views
        kinds, rows, bit_rows, shifts, _ = self._tables
        kind, wide, block = kinds[slot], slot * WIDES + (serial >> 16), serial >> 8
        start, shift = wides[wide], shifts[slot]
        if kind == SPARSE:
            low, end = serial & WIDE - 1, wides[wide + 1] + shift
            place: int = bisect_left(lows16, low, start + shift, end)
            return place - shift if place < end and lows16[place] == low else -1
        row = rows[slot] * BLOCKS
        first = start + ranks[row + block]
        if kind == BLOCKED:
            is_last = block & _BLOCKS_OF_WIDE - 1 == _BLOCKS_OF_WIDE - 1 or block == BLOCKS - 1
            last = wides[wide + 1] if is_last else start + ranks[row + block + 1]
            found = lows8[first + shift : last + shift].tobytes().find(serial & BLOCK - 1)
            return first + found if found >= 0 else -1
        word = (bit_rows[slot] * BLOCKS + block) * _WORDS
        mine, bit = word + (serial >> 6 & _WORDS - 1), 1 << (serial & 63)
        if not bits[mine] & bit:
            return -1
        counted: int = first + sum(bits[n].bit_count() for n in range(word, mine)) + (bits[mine] & bit - 1).bit_count()
        return counted

    def keys(self) -> Keys:
        """All phones, ascending."""
        wides = self.wides.astype(np.int64)
        counts = wides[WIDES::WIDES] - wides[:-1:WIDES]
        serials = np.zeros(self.count, np.int64)
        for slot, kind in enumerate(self.kinds.tolist()):
            first = int(wides[slot * WIDES])
            mine = slice(first, first + int(counts[slot]))
            start = first + int(self.shifts[slot])
            own = slice(start, start + int(counts[slot]))
            own_wides = wides[slot * WIDES : (slot + 1) * WIDES + 1]
            wide = own_wides[1:] - own_wides[:-1]
            match kind:
                case 0:  # sparse
                    serials[mine] = np.repeat(np.arange(WIDES) * WIDE, wide) + self.lows16[own]
                case 1:  # blocks
                    serials[mine] = np.repeat(np.arange(BLOCKS) * BLOCK, self._held(slot, wide)) + self.lows8[own]
                case _:  # bits
                    words = self.bits[int(self.bit_rows[slot]) * BLOCKS * _WORDS :][: BLOCKS * _WORDS]
                    serials[mine] = np.flatnonzero(np.unpackbits(words.view(np.uint8), bitorder="little"))
        return self.tacs.astype(np.uint64).repeat(counts) * np.uint64(SERIALS) + serials.astype(np.uint64)

    def _held(self, slot: int, wide: Indices) -> Indices:
        """Phones in each block of one TAC."""
        ranks = self.ranks[int(self.rows[slot]) * BLOCKS :][:BLOCKS].astype(np.int64)
        starts = np.repeat(np.cumsum(wide) - wide, _BLOCKS_OF_WIDE)[:BLOCKS] + ranks
        return np.append(starts[1:], int(wide.sum())) - starts


def _rows_hold(ranks: NDArray[np.int32], steps: NDArray[np.int32], has_bits: NDArray[np.bool_], bits: Array) -> bool:
    """Whether the ranks of some TACs hold: a row a TAC; `steps`: phones in its wide blocks; `bits`: of those with."""
    held = steps.repeat(_BLOCKS_OF_WIDE, axis=1)[:, :BLOCKS]
    ends = np.concatenate((ranks[:, 1:], held[:, -1:]), axis=1)
    ends[:, _BLOCKS_OF_WIDE - 1 :: _BLOCKS_OF_WIDE] = held[:, _BLOCKS_OF_WIDE - 1 :: _BLOCKS_OF_WIDE]
    if bool((np.bitwise_count(bits).sum(axis=2) != (ends - ranks)[has_bits]).any()):
        return False
    grows = np.diff(ranks, axis=1) >= 0
    grows[:, _BLOCKS_OF_WIDE - 1 :: _BLOCKS_OF_WIDE] = True  # a wide block begins anew
    return bool((ranks <= held).all() and grows.all() and not ranks[:, ::_BLOCKS_OF_WIDE].any())
