"""Reads device numbers that are plain IMEIs by the column: many of them in the time of a few. Needs numpy.

What is not fifteen ASCII digits whose check digit holds is left to the reader of any spelling; what is, that one would
read the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

DIGITS = 15
_NONE = "\0" * DIGITS
_POWERS = np.array([10**place for place in range(13, -1, -1)], np.uint64)
_DOUBLED = np.array([digit * 2 - 9 if digit > 4 else digit * 2 for digit in range(10)], np.uint8)


def keys_of(texts: Sequence[Any]) -> tuple[NDArray[np.bool_], NDArray[np.uint64]]:
    """Which of them are plain IMEIs, and the first 14 digits of each of those as a number, in their order."""
    plain = texts
    if set(map(type, texts)) != {str} or set(map(len, texts)) != {DIGITS}:
        plain = [text if isinstance(text, str) and len(text) == DIGITS else _NONE for text in texts]
    letters = np.frombuffer("".join(plain).encode("ascii", "replace"), np.uint8)  # one byte each: they stay in line
    digits = letters.reshape(len(plain), DIGITS) - np.uint8(48)
    sound: NDArray[np.bool_] = np.less_equal(digits, 9).all(axis=1)
    if not sound.all():
        digits = np.where(sound[:, None], digits, np.uint8(0))
    doubled = _DOUBLED.take(digits[:, 1::2])
    sound &= (digits[:, 0::2].sum(axis=1, dtype=np.uint16) + doubled.sum(axis=1, dtype=np.uint16)) % 10 == 0
    sound &= np.not_equal(digits[:, 1:14], digits[:, :1]).any(axis=1)
    keys: NDArray[np.uint64] = digits[sound, :14].astype(np.uint64) @ _POWERS
    return sound, keys


def are_test(keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which lie in a GSMA test range, as `Imei.is_test` says it."""
    six, four = keys // np.uint64(10**8), keys // np.uint64(10**10)
    among: NDArray[np.bool_] = ((six >= 1001) & (six <= 1017)) | (four == 44) | (four == 86)
    return among
