"""The phones of a snapshot: a table of TACs, and for each TAC the gaps between its serials by Golomb–Rice codes.

A gap of a TAC with parameter k is gap >> k in unary and k bits below. Both lie apart: the unary parts of a group of
TACs behind each other, then for each k the low bits plane by plane, so that numpy reads whole planes. Form:
docs/reference/snapshot-format.md.

Source: R. F. Rice, JPL 79-22 (1979); S. W. Golomb, IEEE Trans. Inf. Theory 12 (1966).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shirorom.register.keys import SERIALS, TACS, Bytes, Indices, Keys
from shirorom.register.rans import CodeError

PARAMETERS = 20
"""k is less than this: 2^19 < 1,000,000."""
GROUP = 1 << 20
"""TACs whose first phone lies in the same so many phones are one group."""
UNARY_BITS_MAX = PARAMETERS + 1
"""Unary bits of a group, a phone: with the best parameters there are never more."""
VARINT_BYTES_MAX = 5


@dataclass(frozen=True, slots=True)
class Gaps:
    """Phones as they are written: `table` and `lengths` are varints, `groups` the bits of each group."""

    table: bytes
    lengths: bytes
    groups: bytes


def encode(keys: Keys) -> Gaps:
    """Code ascending keys, none twice."""
    if not keys.size:
        return Gaps(b"", b"", b"")
    tacs, serials = np.divmod(keys, np.uint64(SERIALS))
    starts = np.flatnonzero(np.concatenate(([True], tacs[1:] != tacs[:-1])))
    counts = np.diff(np.append(starts, len(keys)))
    low = serials.astype(np.uint32)
    gaps = np.empty_like(low)
    gaps[1:] = low[1:] - low[:-1] - 1
    gaps[starts] = low[starts]
    parameters = np.zeros(len(starts), np.int64)
    lengths, groups = [], []
    for mine, phones in _groups(counts):
        best = _best(gaps[phones], starts[mine] - phones.start, counts[mine])
        parameters[mine] = best
        unary, planes = _group(gaps[phones], np.repeat(best, counts[mine]))
        lengths.append(len(unary))
        groups += [unary, *planes]
    firsts = tacs[starts].astype(np.int64)
    columns = np.stack((np.diff(firsts, prepend=-1) - 1, (counts - 1) * PARAMETERS + parameters), axis=1)
    return Gaps(varints(columns.ravel()), varints(np.array(lengths, np.int64)), b"".join(groups))


def decode(coded: Gaps, count: int) -> Keys:
    """The keys of `count` phones. Raises CodeError: `table`, `lengths`, `groups`."""
    columns = read_varints(coded.table, "table")
    if len(columns) % 2:
        raise CodeError("table")
    tacs = np.cumsum(columns[::2] + 1) - 1
    counts, parameters = columns[1::2] // PARAMETERS + 1, columns[1::2] % PARAMETERS
    if (tacs.size and (int(tacs.max()) >= TACS or int(counts.max()) > SERIALS)) or int(counts.sum()) != count:
        raise CodeError("table")
    groups = list(_groups(counts))
    lengths = read_varints(coded.lengths, "lengths")
    if len(lengths) != len(groups):
        raise CodeError("lengths")
    keys, place = np.empty(count, np.uint64), 0
    bits = np.frombuffer(coded.groups, np.uint8)
    for (mine, phones), length in zip(groups, lengths.tolist(), strict=True):
        gaps, place = _gaps(bits, place, length, np.repeat(parameters[mine], counts[mine]))
        keys[phones] = _keys(gaps, tacs[mine], counts[mine])
    if place != len(bits):
        raise CodeError("groups")
    return keys


def _groups(counts: Indices) -> Iterator[tuple[slice, slice]]:
    """TACs and phones of each group."""
    ends = np.cumsum(counts)
    starts = ends - counts
    first = np.flatnonzero(np.diff(starts // GROUP, prepend=-1)) if counts.size else np.zeros(0, np.int64)
    last = np.append(first[1:], len(counts))
    for begin, end in zip(first.tolist(), last.tolist(), strict=True) if counts.size else ():
        yield slice(begin, end), slice(int(starts[begin]), int(ends[end - 1]))


def _best(gaps: NDArray[np.uint32], starts: Indices, counts: Indices) -> Indices:
    """The parameter of each TAC with the fewest bits, the first of equals."""
    costs = np.empty((PARAMETERS, len(starts)), np.int64)
    left = gaps.copy()
    for k in range(PARAMETERS):
        costs[k] = np.add.reduceat(left, starts) + counts * (k + 1)
        left >>= 1
    best: Indices = costs.argmin(axis=0)
    return best


def _group(gaps: NDArray[np.uint32], parameters: Indices) -> tuple[bytes, Sequence[bytes]]:
    ends = np.cumsum((gaps >> parameters.astype(np.uint32)).astype(np.int64) + 1)
    bits = np.zeros(int(ends[-1]), np.uint8)
    bits[ends - 1] = 1
    planes = []
    for k in np.unique(parameters).tolist():
        low = gaps[parameters == k]
        planes += [np.packbits((low >> j & 1).astype(np.uint8), bitorder="little").tobytes() for j in range(k)]
    return np.packbits(bits, bitorder="little").tobytes(), planes


def _gaps(bits: Bytes, place: int, length: int, parameters: Indices) -> tuple[Indices, int]:
    """The gaps of one group that begins at `place` with `length` bytes of unary, and where it ends."""
    if 8 * (length - 1) > UNARY_BITS_MAX * len(parameters):
        raise CodeError("groups")
    unary = bits[place : place + length]
    ends = np.flatnonzero(np.unpackbits(unary, bitorder="little"))
    if len(unary) != length or len(ends) != len(parameters) or length != int(ends[-1]) // 8 + 1:
        raise CodeError("groups")
    place += length
    gaps = np.diff(ends, prepend=-1) - 1
    if int(gaps.max()) >= SERIALS:
        raise CodeError("groups")
    gaps <<= parameters
    for k in np.unique(parameters).tolist():
        mine = np.flatnonzero(parameters == k)
        low, size = np.zeros(len(mine), np.int64), -(-len(mine) // 8)
        for j in range(k):
            plane = bits[place : place + size]
            if len(plane) != size or int(plane[-1]) >> ((len(mine) - 1) % 8 + 1):
                raise CodeError("groups")
            low |= np.unpackbits(plane, count=len(mine), bitorder="little").astype(np.int64) << j
            place += size
        gaps[mine] |= low
    if int(gaps.max()) >= SERIALS:
        raise CodeError("groups")
    return gaps, place


def _keys(gaps: Indices, tacs: Indices, counts: Indices) -> Keys:
    """Gaps of whole TACs as keys; each below `SERIALS`, so that their sum is far from the end of 64 bits."""
    sums = np.cumsum(gaps + 1)
    ends = np.cumsum(counts) - 1
    before = np.concatenate(([0], sums[ends[:-1]]))
    if int((sums[ends] - before).max()) > SERIALS:
        raise CodeError("groups")
    keys: Keys = (sums - 1 + np.repeat(tacs * SERIALS - before, counts)).astype(np.uint64)
    return keys


def varints(numbers: Indices) -> bytes:
    """Numbers from 0 on in groups of seven bits, low ones first; the last byte of each is below 128 (LEB128)."""
    sizes = np.ones(len(numbers), np.int64)
    for n in range(1, VARINT_BYTES_MAX):
        sizes += numbers >> 7 * n > 0
    owner = np.repeat(np.arange(len(numbers)), sizes)
    nth = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    found = numbers[owner] >> 7 * nth & 127 | np.where(nth < sizes[owner] - 1, 128, 0)
    return found.astype(np.uint8).tobytes()


def read_varints(content: bytes, part: str) -> Indices:
    """Numbers as `varints` writes them, below 2^35. Raises CodeError."""
    data = np.frombuffer(content, np.uint8)
    ends = np.flatnonzero(data < 128)
    if data.size and (not ends.size or int(ends[-1]) != len(data) - 1):
        raise CodeError(part)
    sizes = np.diff(ends, prepend=-1)
    if sizes.size and (int(sizes.max()) > VARINT_BYTES_MAX or bool(((data[ends] == 0) & (sizes > 1)).any())):
        raise CodeError(part)
    if not sizes.size:
        return np.zeros(0, np.int64)
    nth = np.arange(len(data)) - np.repeat(ends + 1 - sizes, sizes)
    return np.add.reduceat((data & 127).astype(np.int64) << 7 * nth, ends + 1 - sizes)
