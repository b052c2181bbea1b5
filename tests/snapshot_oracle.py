"""Reads the payload of a snapshot bit by bit and phone by phone, as docs/reference/snapshot-format.md has it.

It shares nothing with the reader that works on columns, and is what that one is held against.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

SCALE = 1 << 14
GROUP = 1 << 20
Row = tuple[int, int]
Ahead = tuple[int, int, int]


def read(content: bytes, count: int) -> tuple[list[Row], list[Ahead]]:
    """Keys with their values, and the restrictions that lie ahead: key, carrier, day."""
    pending, *lengths = struct.unpack_from("<8I", content)
    parts, place = [], 32
    for length in lengths:
        parts.append(content[place : place + length])
        place += length
    table, sizes, groups, shares, states, words, ahead = parts
    keys = list(_keys(list(_varints(table)), list(_varints(sizes)), groups))
    assert len(keys) == count
    rows = list(zip(keys, _values(shares, states, words, count), strict=True))
    numbers, found, rank = list(_varints(ahead)), [], 0
    for n in range(pending):
        gap, position, day = numbers[3 * n : 3 * n + 3]
        rank += gap
        found.append((keys[rank], position, day))
    return rows, found


def _varints(content: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in content:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield number
            number = shift = 0


def _bit(content: bytes, place: int) -> int:
    return content[place >> 3] >> (place & 7) & 1


def _keys(table: list[int], sizes: list[int], groups: bytes) -> Iterator[int]:
    tacs, tac = [], -1
    for gap, packed in zip(table[::2], table[1::2], strict=True):
        tac += gap + 1
        tacs.append((tac, packed // 20 + 1, packed % 20))
    place, start, first = 0, 0, 0
    for size in sizes:
        last = first
        while last < len(tacs) and start // GROUP == _start(tacs, first) // GROUP:
            start += tacs[last][1]
            last += 1
        unary, place = groups[place : place + size], place + size
        yield from _group(tacs[first:last], unary, groups, place)
        for k in range(20):
            phones = sum(count for _, count, own in tacs[first:last] if own == k)
            place += k * (-(-phones // 8))
        first = last


def _start(tacs: list[tuple[int, int, int]], n: int) -> int:
    return sum(count for _, count, _ in tacs[:n])


def _group(tacs: list[tuple[int, int, int]], unary: bytes, groups: bytes, place: int) -> Iterator[int]:
    phones = {k: sum(count for _, count, own in tacs if own == k) for k in range(20)}
    begins = {}
    for k in range(20):
        begins[k] = place
        place += k * (-(-phones[k] // 8))
    seen, bit = dict.fromkeys(range(20), 0), 0
    for tac, count, k in tacs:
        serial = -1
        for _ in range(count):
            high = 0
            while not _bit(unary, bit):
                high, bit = high + 1, bit + 1
            bit += 1
            gap = high << k
            for j in range(k):
                plane = begins[k] + j * (-(-phones[k] // 8))
                gap |= _bit(groups, 8 * plane + seen[k]) << j
            seen[k] += 1
            serial += gap + 1
            yield tac * 1_000_000 + serial


def _values(shares: bytes, states: bytes, words: bytes, count: int) -> Iterator[int]:
    slots: list[tuple[int, int, int]] = []
    for n in range(0, len(shares), 3):
        symbol, share = shares[n], int.from_bytes(shares[n + 1 : n + 3], "little") + 1
        slots += [(symbol, share, within) for within in range(share)]
    lanes = list(struct.unpack(f"<{len(states) // 4}I", states))
    left = iter(struct.unpack(f"<{len(words) // 2}H", words))
    for n in range(count):
        lane = n % len(lanes)
        symbol, share, within = slots[lanes[lane] % SCALE]
        lanes[lane] = share * (lanes[lane] // SCALE) + within
        if lanes[lane] < 1 << 16:
            lanes[lane] = lanes[lane] << 16 | next(left)
        yield symbol
    assert lanes == [1 << 16] * len(lanes)
    assert next(left, None) is None
