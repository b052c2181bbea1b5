"""The optional compiled kernel (`_native`, extra `native`): the same answers as numpy, faster for many phones.

Where it was not built, numpy answers. `scripts/native.py` builds it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

from shirorom.register.compact import CompactIndex
from shirorom.register.keys import Bytes, Keys

if TYPE_CHECKING:
    from shirorom.register.fast import FastIndex


class Kernel(Protocol):
    """One index, compiled."""

    def __call__(self, keys: Keys, values: Bytes) -> None:
        """Put the byte of each phone that is there in its place in `values`, and leave the others."""

    def value_of(self, key: int) -> int:
        """The byte of one phone, -1 where it is not there."""


def _load() -> ModuleType | None:
    if sys.byteorder != "little":  # sections are read as they lie
        return None
    try:
        return import_module("shirorom.register._native")
    except ImportError:
        return None


NATIVE = _load()
"""The module, None where it was not built."""


def kernel_of(index: FastIndex | CompactIndex, native: ModuleType | None = NATIVE) -> Kernel | None:
    """The kernel for one index, None where there is none."""
    if native is None:
        return None
    d = index.directory
    if isinstance(index, CompactIndex):
        kernel: Kernel = native.Compact(
            d.page_of, d.slots, index.kinds, index.wides, index.ranks, index.lows16, index.lows8, index.bits,
            index.palette, index.codes, index.nibbles, index.rows, index.bit_rows, index.shifts,
        )  # fmt: skip
        return kernel
    kernel = native.Fast(d.page_of, d.slots, index.offsets, index.lows, index.values)
    return kernel
