"""Which of many phones are among some others: exact, and most that are not are told by one look at a small table."""

from __future__ import annotations

import numpy as np

from shirorom.register.keys import Indices, Keys, distinct

_MULTIPLIER = 0x9E3779B97F4A7C15  # 2**64 by the golden ratio: spreads numbers that lie side by side
_WORD = 2**64 - 1
_BITS_MIN, _BITS_MAX = 10, 26
_ROOM = 16
"""Places of the table for each phone in it: one in so many that are not there is looked for in vain."""


class KeySet:
    """A set of phones by their keys. Nothing in it changes; a larger one is another (`with_more`)."""

    def __init__(self, keys: Keys) -> None:
        """`keys`: ascending, each once."""
        self.keys = keys
        bits = min(max((len(keys) * _ROOM).bit_length(), _BITS_MIN), _BITS_MAX)
        self._shift = np.uint64(64 - bits)
        self._table = np.zeros(1 << bits, np.bool_)
        self._table[self._places(keys)] = True
        self._flags, self._by = self._table.data, 64 - bits

    def __len__(self) -> int:
        return len(self.keys)

    def with_more(self, keys: Keys) -> KeySet:
        """This one and more, in any order."""
        return KeySet(distinct(np.concatenate((self.keys, keys)))) if len(keys) else self

    def among(self, keys: Keys) -> Indices:
        """The places of those keys that are here, ascending."""
        if not len(self.keys) or not len(keys):
            return np.zeros(0, np.int64)
        perhaps = np.flatnonzero(self._table.take(self._places(keys)))
        asked = keys[perhaps]
        there: Indices = perhaps[self.keys.take(np.searchsorted(self.keys, asked), mode="clip") == asked]
        return there

    def has(self, key: int) -> bool:
        """The same of one."""
        if not self._flags[(key * _MULTIPLIER & _WORD) >> self._by]:
            return False
        place = int(self.keys.searchsorted(np.uint64(key)))
        return place < len(self.keys) and int(self.keys[place]) == key

    def _places(self, keys: Keys) -> Indices:
        return ((keys * np.uint64(_MULTIPLIER)) >> self._shift).view(np.int64)


NONE = KeySet(np.zeros(0, np.uint64))
