"""What an IMEI is: its digits, its key, its check digit, its ranges (3GPP TS 23.003 §6.2 and Annex B; GSMA TS.06)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from shirorom.domain.errors import NumberError

IMEIS_MAX = 4
"""Numbers one device may have in a check (dual SIM is two; four leaves room)."""

_TEST_RANGE = re.compile(r"0010(?:0[1-9]|1[0-7])|0044|0086")  # GSMA TS.06 v28.1


def _luhn_sum(tens: int, ones: int) -> int:
    """What two digits add, the second of them doubled."""
    return tens + (ones * 2 - 9 if ones > 4 else ones * 2)


_LUHN_SUMS = {f"{pair:02d}": _luhn_sum(*divmod(pair, 10)) for pair in range(100)}


def luhn_digit(key: str) -> str:
    """The check digit over the first 14 digits (TS 23.003 Annex B), two at a time.

    Raises:
        NumberError: `imei-length` or `imei-characters`, these are not 14 ASCII digits.
    """
    s = _LUHN_SUMS
    try:
        total = (
            s[key[:2]] + s[key[2:4]] + s[key[4:6]] + s[key[6:8]] + s[key[8:10]] + s[key[10:12]] + s[key[12:]]
        )  # fmt: skip
    except KeyError:
        code = "imei-length" if len(key) != 14 else "imei-characters"
        raise NumberError(code, length=len(key)) from None
    return "0987654321"[total % 10]


@dataclass(frozen=True, slots=True, order=True)
class Imei:
    """A 15-digit handset identity whose check digit holds."""

    digits: str

    def __post_init__(self) -> None:
        digits = self.digits
        if len(digits) != 15 or not (digits.isascii() and digits.isdigit()):
            raise NumberError("imei-length", length=len(digits))
        key = digits[:14]
        if key == key[0] * 14:
            raise NumberError("imei-repeated")
        if luhn_digit(key) != digits[14]:
            raise NumberError("imei-check-digit", position=15)

    @classmethod
    def of_key(cls, key: str) -> Self:
        """Complete the 14 digits that networks and Android's own barcode give."""
        return cls(key + luhn_digit(key))

    @property
    def key(self) -> str:
        """The first 14 digits: what identifies the phone (the 15th is for people, networks send 0)."""
        return self.digits[:14]

    @property
    def tac(self) -> str:
        """Type Allocation Code: the model, never the carrier that sold it."""
        return self.digits[:8]

    @property
    def is_test(self) -> bool:
        """Whether it lies in a GSMA test range; such a number never goes to a real carrier."""
        return _TEST_RANGE.match(self.digits) is not None

    @property
    def grouped(self) -> str:
        """As people read it: AA-BBBBBB-CCCCCC-D."""
        d = self.digits
        return f"{d[:2]}-{d[2:8]}-{d[8:14]}-{d[14]}"

    @property
    def masked(self) -> str:
        """Safe to show to bystanders: only the last four digits."""
        return f"\u2026{self.digits[-4:]}"


@dataclass(frozen=True, slots=True)
class Device:
    """One phone: one to four numbers, in the order given, no two of them the same."""

    imeis: tuple[Imei, ...]

    def __post_init__(self) -> None:
        if not self.imeis:
            raise NumberError("imei-not-found")
        if len(self.imeis) > IMEIS_MAX:
            raise NumberError("device-too-many", count=len(self.imeis), count_max=IMEIS_MAX)
        if len({imei.key for imei in self.imeis}) != len(self.imeis):
            raise NumberError("device-repeated")

    @property
    def tac(self) -> str:
        """The model code of the first number."""
        return self.imeis[0].tac

    @property
    def is_test(self) -> bool:
        """Whether any of its numbers is a test number."""
        return any(imei.is_test for imei in self.imeis)
