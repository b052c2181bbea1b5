"""The phone of a row: what the cells of its number columns say together."""

from __future__ import annotations

from collections.abc import Sequence

from shirorom.domain.errors import NumberError
from shirorom.domain.imei import Device, Imei
from shirorom.domain.parse import FOREIGN, read_imeis

_NOTHING = frozenset({"0"})
"""What a spreadsheet shows of a reference to an empty cell."""
_FOREIGN = frozenset(FOREIGN.values())


def device_of(cells: Sequence[str]) -> Device:
    """The phone whose numbers these cells hold, each none, one or several.

    A cell without a digit ("-", なし) says nothing. A serial number beside an IMEI is passed over. One bad number is
    enough to refuse the row: the others alone could look clean.

    Raises:
        NumberError: why there is none, as `parse.read_imei` says it; `imei-not-found` where the cells say nothing.
        RequestError: `body-too-large`.
    """
    imeis: dict[Imei, None] = {}
    other: NumberError | None = None
    for cell in cells:
        if says_nothing(cell):
            continue
        try:
            imeis |= dict.fromkeys(read_imeis(cell))
        except NumberError as error:
            if error.code not in _FOREIGN:
                raise
            other = other or error
    if not imeis:
        raise other or NumberError("imei-not-found")
    return Device(tuple(imeis))


def says_nothing(cell: str) -> bool:
    """Whether a cell of a number column is as good as blank."""
    return not any(map(str.isdigit, cell)) or cell.strip() in _NOTHING
