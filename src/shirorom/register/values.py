"""What the register says of one phone: two bits for each enrolled carrier in one byte, and their codes.

Two bits: 0 no-record, 1 clear, 2 caution, 3 restricted; bits 2n and 2n+1 belong to the nth enrolled carrier. A look-up
answers with the same codes, and `UNDETERMINED` for a carrier that is not enrolled: never the same as no-record.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.mark import Mark

NO_RECORD, CLEAR, CAUTION, RESTRICTED = range(4)
UNDETERMINED = 255

MARKS: tuple[Mark, ...] = (Mark.NO_RECORD, Mark.CLEAR, Mark.CAUTION, Mark.RESTRICTED)
"""The mark of each code."""
CODES: dict[Mark, int] = {mark: code for code, mark in enumerate(MARKS)}
PLACES: dict[CarrierId, int] = {carrier: place for place, carrier in enumerate(CARRIERS)}
"""How columns of rows name a carrier: its place in `CARRIERS`."""

VALUES = 256


def mark_of(code: int) -> Mark | None:
    """The mark of a code, None for `UNDETERMINED`."""
    return None if code == UNDETERMINED else MARKS[code]


def code_in(value: int, position: int) -> int:
    """The code of the carrier that is enrolled at `position`."""
    return value >> 2 * position & 3


def decoding(enrolled: Sequence[CarrierId], asked: Sequence[CarrierId]) -> NDArray[np.uint8]:
    """Codes by value and carrier asked, `uint8[256, len(asked)]`."""
    table = np.full((VALUES, len(asked)), UNDETERMINED, np.uint8)
    values = np.arange(VALUES)
    for column, carrier in enumerate(asked):
        if carrier in enrolled:
            table[:, column] = values >> 2 * enrolled.index(carrier) & 3
    return table
