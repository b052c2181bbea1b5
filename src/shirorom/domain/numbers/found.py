"""What a text holds: the numbers found in it, and which of them are one phone. The form is that of DESIGN's `parse`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from shirorom.domain.imei import Imei


class Kind(StrEnum):
    """What sort of number stands there."""

    IMEI = "imei"  # 15 digits
    IMEI14 = "imei14"  # the key alone: networks, Android's own barcode
    IMEISV = "imeisv"  # 14 digits and two of the software version, no check digit
    MEID = "meid"
    EID = "eid"
    ICCID = "iccid"
    SERIAL = "serial"
    UNKNOWN = "unknown"  # given as a device number, and of no kind that we know


FOREIGN: dict[Kind, str] = {
    Kind.MEID: "number-is-meid",
    Kind.EID: "number-is-eid",
    Kind.ICCID: "number-is-iccid",
    Kind.SERIAL: "number-is-serial",
}
"""Numbers that stand near an IMEI and are none, and the code that says so to somebody who gave only them."""


class Found(NamedTuple):
    """One number of a text. (A tuple: a megabyte of text holds sixty thousand, and a tuple is made in no time.)

    Attributes:
        kind: What it is, or was meant to be.
        text: The slice of the given text, as it stands there.
        start: Where it begins, in code points of the given text.
        end: Where it ends (half-open): `text == given[start:end]`.
        imei: The number that can be asked for; None when there is none.
        valid: Whether it can be asked for. A number of another kind never can.
        error: Why it cannot, a code of `domain/errors.py`; None when it can.
        suggestion: The 15 digits that were likely meant. Shown to the person, never taken.
    """

    kind: Kind
    text: str
    start: int
    end: int
    imei: Imei | None
    valid: bool
    error: str | None
    suggestion: str | None

    @property
    def bad(self) -> bool:
        """Whether it was meant as an IMEI and cannot be used. An EID beside an IMEI is not bad, only something else."""
        return not self.valid and self.kind not in FOREIGN


@dataclass(frozen=True, slots=True)
class Parsed:
    """All device numbers of a text in order, and the phones that they make (each 1–4 numbers, all of them valid).

    A phone of which one number is bad is not offered: asking for the other alone could call it clean.
    """

    found: tuple[Found, ...]
    devices: tuple[tuple[Imei, ...], ...]

    @property
    def bad(self) -> tuple[Found, ...]:
        """What was meant as an IMEI and cannot be used; `shirorom parse` ends with 2 when there is any."""
        return tuple(found for found in self.found if found.bad)
