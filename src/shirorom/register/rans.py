"""The values of a snapshot: range asymmetric numeral systems (rANS), many lanes beside each other.

Phone i is coded by lane i mod `lanes_of(count)`, so that one step of numpy codes one phone of each lane. What a value
costs is log2 of its share, to within 0.1 %. Form: docs/reference/snapshot-format.md.

Source: J. Duda, arXiv:1311.2540; interleaving: F. Giesen, arXiv:1402.3392.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shirorom.register.keys import Bytes

SCALE_BITS = 14
SCALE = 1 << SCALE_BITS
"""The shares of all values add up to this."""
WORD_BITS = 16
LOWEST = 1 << WORD_BITS
"""Where each lane begins when it is written, and so ends when it is read."""
LANES_MAX = 8_192
LANE_PHONES = 256
"""Phones of a lane, where there are fewer than would fill all lanes."""


class CodeError(ValueError):
    """Bytes that no coder writes. `part` says where."""

    def __init__(self, part: str) -> None:
        super().__init__(f"not a sound code: {part}")
        self.part = part


@dataclass(frozen=True, slots=True)
class Coded:
    """Values as they are written: which there are and their shares (of `SCALE`), where lanes begin, and their words."""

    symbols: Bytes
    shares: NDArray[np.uint32]
    states: NDArray[np.uint32]
    words: NDArray[np.uint16]


def lanes_of(count: int) -> int:
    """Lanes of so many phones."""
    return min(LANES_MAX, max(1, count // LANE_PHONES))


def encode(values: Bytes) -> Coded:
    """Code values, one byte each."""
    symbols, shares = shares_of(values)
    count, lanes = len(values), lanes_of(len(values))
    share_of, below_of = np.zeros(256, np.uint64), np.zeros(256, np.uint64)
    share_of[symbols] = shares
    below_of[symbols] = np.cumsum(shares) - shares
    states, words = np.full(lanes, LOWEST, np.uint64), []
    for first in range((count - 1) // lanes * lanes if count else -1, -1, -lanes):  # what is read first comes last
        some = values[first : first + lanes]
        mine, share = states[: len(some)], share_of[some]
        full = np.flatnonzero(mine >= share << np.uint64(32 - SCALE_BITS))
        words.append(mine[full].astype(np.uint16))
        mine[full] >>= np.uint64(WORD_BITS)
        times = mine // share
        mine += times * (np.uint64(SCALE) - share) + below_of[some]
    joined = np.concatenate(words[::-1]) if words else np.zeros(0, np.uint16)
    return Coded(symbols, shares, states.astype(np.uint32), joined)


def decode(coded: Coded, count: int) -> Bytes:
    """The values of `count` phones. Raises CodeError: `shares`, `states`, `words`."""
    lanes, words = lanes_of(count), coded.words
    if len(coded.states) != lanes or bool((coded.states < LOWEST).any()):
        raise CodeError("states")
    if len(words) > count:  # a phone takes one word at most
        raise CodeError("words")
    symbol_at, share_at, place_at = _tables(coded, count)
    values, states, read = np.empty(count, np.uint8), coded.states.copy(), 0
    for first in range(0, count, lanes):
        mine = states[: count - first]
        slots = mine & np.uint32(SCALE - 1)
        values[first : first + lanes] = symbol_at.take(slots)
        mine >>= np.uint32(SCALE_BITS)
        mine *= share_at.take(slots)
        mine += place_at.take(slots)
        low = np.flatnonzero(mine < LOWEST)
        some = words[read : read + len(low)]
        if len(some) != len(low):
            raise CodeError("words")
        mine[low] = mine[low] << np.uint32(WORD_BITS) | some
        read += len(low)
    if read != len(words) or bool((states != LOWEST).any()):
        raise CodeError("words")
    return values


def shares_of(values: Bytes) -> tuple[Bytes, NDArray[np.uint32]]:
    """The different values, ascending, and the share of each; 1 at least."""
    counts = np.bincount(values, minlength=256)
    symbols = np.flatnonzero(counts)
    shares = np.maximum(1, counts[symbols] * SCALE // max(1, len(values)))
    while symbols.size and (over := int(shares.sum()) - SCALE):
        shares[shares.argmax()] -= 1 if over > 0 else over
    return symbols.astype(np.uint8), shares.astype(np.uint32)


def _tables(coded: Coded, count: int) -> tuple[Bytes, NDArray[np.uint32], NDArray[np.uint32]]:
    """For each of `SCALE` slots its value, that value's share, and the slot's place in it."""
    symbols, shares = coded.symbols, coded.shares
    if not count:
        if symbols.size or shares.size:
            raise CodeError("shares")
        return np.zeros(0, np.uint8), np.zeros(0, np.uint32), np.zeros(0, np.uint32)
    rising = bool((symbols[1:] > symbols[:-1]).all())
    if len(symbols) != len(shares) or not rising or int(shares.sum()) != SCALE or not bool((shares > 0).all()):
        raise CodeError("shares")
    below = np.cumsum(shares) - shares
    places = np.arange(SCALE, dtype=np.uint32) - np.repeat(below, shares).astype(np.uint32)
    return np.repeat(symbols, shares), np.repeat(shares, shares), places
