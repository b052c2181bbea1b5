"""Look-ups: a register, and a small delta before it. One phone or millions; for each carrier asked a code.

Codes are those of register/values.py. A carrier that is not enrolled is `UNDETERMINED` for every phone. Answers hold
for the register's own day or a later one: a restriction whose day has come by then is one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.register import native
from shirorom.register.compact import CompactIndex
from shirorom.register.fast import FastIndex
from shirorom.register.format import Layout, MalformedRegisterError, Opened, Stamp, unseal
from shirorom.register.keys import KEYS, Bytes, Keys, checked
from shirorom.register.rows import Packed, Pending, day_number, without_absent
from shirorom.register.values import CAUTION, NO_RECORD, RESTRICTED, decoding

CHUNK = 1 << 15
"""Phones looked up at once: what fits the cache."""

TABLES_MAX = 64
"""Choices of carriers whose table is kept."""
DAYS_MAX = 8
"""Days whose reached restrictions are kept."""

Index: TypeAlias = FastIndex | CompactIndex


class Part:
    """One file of a register, ready to be asked."""

    def __init__(self, opened: Opened) -> None:
        """Raises MalformedRegisterError: `shape`, its sections do not fit each other."""
        sections = opened.sections
        try:
            make: type[Index] = FastIndex if opened.layout is Layout.FAST else CompactIndex
            self.index = make(sections, opened.count)
            self.pending = Pending(
                sections["pending_keys"].astype(np.uint64), sections["pending_positions"], sections["pending_days"]
            )
        except (KeyError, IndexError, ValueError) as error:
            raise MalformedRegisterError("shape") from error
        lengths = {len(self.pending.keys), len(self.pending.positions), len(self.pending.days)}
        if len(lengths) != 1:
            raise MalformedRegisterError("shape")
        self.opened = opened
        self.kernel = native.kernel_of(self.index)
        self.value_of: Callable[[int], int] = self.index.value_of if self.kernel is None else self.kernel.value_of

    def values(self, keys: Keys, values: Bytes) -> None:
        """Put the byte of each phone that is here in its place in `values`; leave the others as they are."""
        if self.kernel is not None:
            self.kernel(keys, values)
            return
        for first in range(0, len(keys), CHUNK):
            places = self.index.find(keys[first : first + CHUNK])
            there = np.flatnonzero(places >= 0)
            values[first + there] = self.index.values_at(places[there])

    def packed(self) -> Packed:
        """All that is in it."""
        keys = self.index.keys()
        return Packed(keys, self.index.values_at(np.arange(len(keys))), self.pending)


def open_register(base: bytes | memoryview, delta: bytes | memoryview | None = None) -> Register:
    """Check the bytes of a register, and of its delta where it has one, and make them ready.

    Raises:
        MalformedRegisterError: damaged, or not of each other.
    """
    return Register(Part(unseal(base)), None if delta is None else Part(unseal(delta)))


class Register:
    """What enrolled carriers published, as one register or as one with a delta. Thread-safe: nothing in it changes."""

    def __init__(self, base: Part, delta: Part | None = None) -> None:
        """Raises MalformedRegisterError: `base`, the delta is of another one, or what should stand alone does not."""
        if base.opened.base is not None or (delta is not None and delta.opened.base != base.opened.digest):
            raise MalformedRegisterError("base")
        self.base, self.delta = base, delta
        self.stamp: Stamp = (delta or base).opened.stamp
        below = base.opened.stamp
        if (self.stamp.enrolled, self.stamp.practice) != (below.enrolled, below.practice):
            raise MalformedRegisterError("base")
        if self.stamp.purpose != below.purpose:
            raise MalformedRegisterError("base")
        self.pending = base.pending if delta is None else _laid_over(base, delta)
        self._enrolled = self.stamp.enrolled
        self._tuples: list[tuple[int, ...]] = list(map(tuple, decoding(self._enrolled, CARRIERS).tolist()))
        self._tuples.append(self._tuples[NO_RECORD])  # of -1, a phone that is not here
        self._has_caution = (decoding(self._enrolled, self._enrolled) == CAUTION).any(axis=1)
        self._tables = lru_cache(maxsize=TABLES_MAX)(lambda asked: decoding(self._enrolled, asked))
        self._reached = lru_cache(maxsize=DAYS_MAX)(lambda day: Reached.by(self.pending, day))
        self._day = self.stamp.day
        self._own = self._reached(day_number(self._day))

    def values(self, keys: Keys, *, on: date | None = None) -> Bytes:
        """The packed byte of each phone; arguments and errors as of `codes`."""
        reached, keys = self._on(on), checked(keys)
        values = np.zeros(len(keys), np.uint8)
        self.base.values(keys, values)
        if self.delta is not None:
            self.delta.values(keys, values)
        if reached.any:
            asked = np.flatnonzero(self._has_caution.take(values))
            places = np.searchsorted(reached.keys, keys[asked])
            there = reached.keys.take(places, mode="clip") == keys[asked]
            values[asked[there]] |= reached.masks[places[there]]
        return values

    def codes(self, keys: Keys, *, carriers: Sequence[CarrierId] = CARRIERS, on: date | None = None) -> Bytes:
        """Answers of many phones, `uint8[len(keys), len(carriers)]`.

        Args:
            keys: First 14 digits of each, as numbers; any order, repeats are welcome.
            carriers: Whose answers.
            on: The day (JST) for which they hold; None: the register's own.

        Raises:
            ValueError: a key of more than 14 digits; a day before the register's own.
        """
        values, table = self.values(keys, on=on), self._tables(tuple(carriers))
        if len(carriers) == 4:  # four codes move as one number
            return table.view(np.uint32).ravel().take(values).view(np.uint8).reshape(-1, 4)
        return table.take(values, axis=0)

    def answer(self, key: int, *, on: date | None = None) -> tuple[int, ...]:
        """One phone's codes, in the order of `CARRIERS`. Raises as `codes` does."""
        return self._tuples[self._value(key, on)]

    def value(self, key: int, *, on: date | None = None) -> int:
        """One phone's packed byte, as `values` has it. Raises as `codes` does."""
        return max(self._value(key, on), NO_RECORD)

    def _value(self, key: int, on: date | None) -> int:
        """-1: the phone is not here."""
        if not 0 <= key < KEYS:
            raise ValueError("a key has at most 14 digits")
        reached = self._own if on is None else self._on(on)
        value = -1 if self.delta is None else self.delta.value_of(key)
        if value < 0:
            value = self.base.value_of(key)
        if reached.any and value > NO_RECORD:
            value |= reached.mask_of(key)
        return value

    def packed(self) -> Packed:
        """All that is in it on its own day: the delta laid over the base, phones without record left out."""
        below, above = self.base.packed(), None if self.delta is None else self.delta.packed()
        if above is None:
            return below
        kept = ~_among(below.keys, above.keys)
        keys = np.concatenate((below.keys[kept], above.keys))
        order = np.argsort(keys, kind="stable")
        values = np.concatenate((below.values[kept], above.values))[order]
        return settled(Packed(keys[order], values, self.pending), self.stamp.day)

    def _on(self, on: date | None) -> Reached:
        if on is None:
            return self._own
        if on < self._day:
            raise ValueError("a register does not know the days before its own")
        return self._reached(day_number(on))


@dataclass(frozen=True, slots=True)
class Reached:
    """Restrictions that lay ahead and whose day has come: phones, ascending, and the bits that make them restricted."""

    keys: Keys
    masks: Bytes
    any: bool

    @classmethod
    def by(cls, pending: Pending, day: int) -> Reached:
        """Those of one day (a number) and before."""
        come = pending.days <= day
        keys, cells = pending.keys[come], RESTRICTED << 2 * pending.positions[come]
        first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1]))) if keys.size else np.zeros(0, np.int64)
        masks = np.bitwise_or.reduceat(cells, first) if keys.size else cells
        return cls(keys[first], masks.astype(np.uint8), keys.size > 0)

    def mask_of(self, key: int) -> int:
        """The bits of one phone; 0: none lay ahead."""
        place = int(self.keys.searchsorted(np.uint64(key)))
        return int(self.masks[place]) if place < len(self.keys) and int(self.keys[place]) == key else 0


def settled(packed: Packed, day: date) -> Packed:
    """The same on a later day: what lay ahead and has come is a restriction, phones without record are left out."""
    number, values = day_number(day), packed.values.copy()
    come = Reached.by(packed.pending, number)
    values[np.searchsorted(packed.keys, come.keys)] |= come.masks
    return without_absent(Packed(packed.keys, values, packed.pending.where(packed.pending.days > number)))


def _laid_over(base: Part, delta: Part) -> Pending:
    """What lies ahead in both; of a phone in the delta only what the delta says."""
    phones = delta.index.keys()
    kept = base.pending.where(~_among(base.pending.keys, phones))
    return kept.joined(delta.pending)


def _among(keys: Keys, others: Keys) -> NDArray[np.bool_]:
    """Which keys are among others, which are ascending."""
    if not others.size:
        return np.zeros(len(keys), np.bool_)
    nearest: Keys = others.take(np.searchsorted(others, keys), mode="clip")
    same: NDArray[np.bool_] = nearest == keys
    return same
