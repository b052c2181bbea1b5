"""What a snapshot carries below its head: phones, values, and the restrictions that lie ahead, close to their entropy.

Every length is held against what is there before it is used, and only the bytes that `encode` writes are read: no bit
is spare. Form: docs/reference/snapshot-format.md.
"""

from __future__ import annotations

import struct

import numpy as np

from shirorom.register import rans, serials
from shirorom.register.keys import Bytes, Keys
from shirorom.register.rans import Coded, CodeError
from shirorom.register.rows import Packed, Pending
from shirorom.register.serials import Gaps, read_varints, varints
from shirorom.register.values import CAUTION

COUNT_MAX = 400_000_000
"""Phones of one snapshot."""
DAYS_MAX = 1 << 20
"""Days are counted from 1970-01-01 and lie before this."""

_FRONT = struct.Struct("<8I")
_SHARE_BYTES = 3


def encode(packed: Packed) -> bytes:
    """The payload of phones in ascending order."""
    gaps, coded = serials.encode(packed.keys), rans.encode(packed.values)
    shares = np.empty((len(coded.symbols), _SHARE_BYTES), np.uint8)
    shares[:, 0] = coded.symbols
    shares[:, 1:] = (coded.shares - 1).astype("<u2").view(np.uint8).reshape(-1, 2)
    parts = [
        gaps.table, gaps.lengths, gaps.groups, shares.tobytes(),
        coded.states.astype("<u4").tobytes(), coded.words.astype("<u2").tobytes(), _ahead(packed),
    ]  # fmt: skip
    return _FRONT.pack(len(packed.pending.keys), *map(len, parts)) + b"".join(parts)


def decode(content: bytes | memoryview, count: int, enrolled: int) -> Packed:
    """The phones of a payload: `count` of them, of `enrolled` carriers.

    Raises:
        CodeError: bytes that `encode` does not write.
    """
    if len(content) < _FRONT.size or not 0 <= count <= min(COUNT_MAX, 8 * len(content)):  # a phone takes a bit at least
        raise CodeError("length")
    pending, *lengths = _FRONT.unpack_from(content)
    if _FRONT.size + sum(lengths) != len(content):
        raise CodeError("length")
    parts, place = [], _FRONT.size
    for length in lengths:
        parts.append(bytes(content[place : place + length]))
        place += length
    table, sizes, groups, shares, states, words, ahead = parts
    if len(shares) % _SHARE_BYTES or len(states) % 4 or len(words) % 2:
        raise CodeError("length")
    keys = serials.decode(Gaps(table, sizes, groups), count)
    listed = np.frombuffer(shares, np.uint8).reshape(-1, _SHARE_BYTES)
    wide = listed[:, 1].astype(np.uint32) + (listed[:, 2].astype(np.uint32) << 8) + 1
    coded = Coded(
        listed[:, 0],
        wide,
        np.frombuffer(states, "<u4").astype(np.uint32),
        np.frombuffer(words, "<u2").astype(np.uint16),
    )
    values = rans.decode(coded, count)
    if values.size and int(values.max()) >> 2 * enrolled:
        raise CodeError("shares")
    return Packed(keys, values, _read_ahead(ahead, pending, keys, values, enrolled))


def same(one: Packed, other: Packed) -> bool:
    """Whether both say the same of the same phones."""
    a, b = one.pending, other.pending
    return (
        np.array_equal(one.keys, other.keys)
        and np.array_equal(one.values, other.values)
        and np.array_equal(a.keys, b.keys)
        and np.array_equal(a.positions, b.positions)
        and np.array_equal(a.days, b.days)
    )


def _ahead(packed: Packed) -> bytes:
    """For each restriction that lies ahead: phones since the one before, carrier, day."""
    pending = packed.pending
    ranks = np.searchsorted(packed.keys, pending.keys)
    columns = (np.diff(ranks, prepend=0), pending.positions.astype(np.int64), pending.days.astype(np.int64))
    return varints(np.stack(columns, axis=1).ravel())


def _read_ahead(content: bytes, count: int, keys: Keys, values: Bytes, enrolled: int) -> Pending:
    numbers = read_varints(content, "pending")
    if len(numbers) != 3 * count:
        raise CodeError("pending")
    ranks, positions, days = np.cumsum(numbers[::3]), numbers[1::3], numbers[2::3]
    if count and (int(ranks[-1]) >= len(keys) or int(positions.max()) >= enrolled or int(days.max()) >= DAYS_MAX):
        raise CodeError("pending")
    places = ranks * 4 + positions
    if not bool((places[1:] > places[:-1]).all()) or bool((values[ranks] >> 2 * positions & 3 != CAUTION).any()):
        raise CodeError("pending")  # none twice; until its day a phone is a caution
    return Pending(keys[ranks], positions.astype(np.uint8), days.astype(np.uint32))
