"""Plain cp932 made UTF-8 by the compiled kernel; whatever is doubtful is left to `text.py`, which names it."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from types import ModuleType
from typing import Any

LEADS, TRAILS = (*range(0x81, 0xA0), *range(0xE0, 0xFD)), range(0x40, 0xFD)


def utf_8_of(content: bytes, native: ModuleType) -> bytes | None:
    """The same text; None: not every byte is plainly cp932."""
    room = bytearray(3 * len(content))
    size = native.utf_8_of(content, _codes(), room)
    return None if size < 0 else bytes(memoryview(room)[:size])


@cache
def _codes() -> Any:
    """For each pair of bytes its character, 0 where there is none."""
    import numpy as np

    codes = np.zeros((256, 256), np.uint16)
    for lead in LEADS:
        for trail in TRAILS:
            with suppress(UnicodeDecodeError):
                codes[lead, trail] = ord(bytes((lead, trail)).decode("cp932"))
    return codes.ravel()
