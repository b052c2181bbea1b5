"""Says what one number is, from its digits, its grouping and what has been said of it; never from its middle."""

from __future__ import annotations

import re
from typing import NamedTuple

from shirorom.domain.errors import NumberError
from shirorom.domain.imei import Imei, luhn_digit
from shirorom.domain.numbers.found import FOREIGN, Kind
from shirorom.domain.numbers.label import Labels, Names
from shirorom.domain.numbers.token import STRONG_SHAPES, Number

LABELLED_DIGITS_MIN = 10
"""Behind an IMEI label this many digits were meant as one, even if the length is wrong; fewer are a count or a part."""

NUMBER_DIGITS_MAX = 64
"""Longer ones (an EID, the longest, has 32) are no attempt at a device number, unless nothing else was given."""

SERIAL_CHARS = range(8, 21)
"""How long the serial numbers of phones are: Apple 10–12, Samsung 11, others up to 20."""

_WEAK_SHAPES = frozenset(
    ((3, 3, 3, 3, 3), (5, 5, 5), (4, 4, 4, 3), (14, 1), (7, 8), (8, 7), (2, 6, 7), (8, 1, 6), (1,) * 15)
)
"""Groupings that people choose when they copy 15 digits; telephone and card numbers have others."""

_CARD_SHAPE = (4, 4, 4, 4)
_AMEX_SHAPE = (4, 6, 5)
_MOMENT = re.compile(
    r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]"
)
_SLIPS = str.maketrans("OoIlSsB", "0011558")
_SLIPS_MAX = 6
_MEID = re.compile(r"(?:[A-F][0-9A-F]|99)[0-9A-F]{12}", re.IGNORECASE)
_HEX = re.compile(r"[0-9A-F]{14,15}", re.IGNORECASE)
_GS1 = re.compile(r"(?:01(?P<gtin>[0-9]{14}))?(?P<first>804[01][0-9]{15})(?P<second>8041[0-9]{15})?")


class Judgement(NamedTuple):
    """What one number is; `imei` is set when it can be asked for, `error` when it cannot."""

    kind: Kind
    imei: Imei | None = None
    error: str | None = None
    suggestion: str | None = None


def _bad(error: str, kind: Kind = Kind.IMEI, suggestion: str | None = None) -> Judgement:
    return Judgement(kind, None, error, suggestion)


def _foreign(kind: Kind) -> Judgement:
    return Judgement(kind, None, FOREIGN[kind])


_LENGTH = _bad("imei-length", Kind.UNKNOWN)
SPOILT = _bad("imei-characters", Kind.UNKNOWN)
"""Digits with letters among them, where IMEIs stand."""


def imei_of(digits: str) -> Judgement:
    """Fifteen digits from a person: the check digit must hold."""
    try:
        return Judgement(Kind.IMEI, Imei(digits))
    except NumberError as error:
        spare = digits[14] == "0" and error.code == "imei-check-digit"  # as networks write it: the digit is a filler
        return _bad(error.code, suggestion=digits[:14] + luhn_digit(digits[:14]) if spare else None)


def of_key(digits: str, kind: Kind) -> Judgement:
    """Fourteen digits without a check digit: completed."""
    try:
        return Judgement(kind, Imei.of_key(digits))
    except NumberError as error:
        return _bad(error.code, kind)


def judge(number: Number, labels: Labels, *, alone: bool) -> Judgement | None:
    """What these digits are; None when they are nothing that a phone has (a telephone, a date, a price).

    Args:
        number: The digits and their grouping.
        labels: What has been said of them.
        alone: Whether nothing else stands on their line.
    """
    digits, shape = number.digits, number.shape
    if labels.refused or (len(digits) > NUMBER_DIGITS_MAX and not labels.asked):
        return None
    if number.unclear:
        return _LENGTH
    named = labels.names if labels.tight else None
    match len(digits):
        case 15:
            return _fifteen(digits, shape, labels, alone=alone)
        case 14 | 18 if named is Names.MEID:
            return _foreign(Kind.MEID)
        case 14:
            return _fourteen(digits, shape, labels, alone=alone)
        case 16:
            return _sixteen(digits, shape, labels, alone=alone)
        case 18 if labels.imei and _is_meid_decimal(digits):
            return _foreign(Kind.MEID)
        case 19 | 20 if digits.startswith("89"):
            return _foreign(Kind.ICCID)
        case 32 if digits.startswith("89") or named is Names.EID:
            return _foreign(Kind.EID)
    if named is Names.SERIAL and len(shape) == 1 and len(digits) in SERIAL_CHARS:
        return _foreign(Kind.SERIAL)
    if labels.imei_tight and named not in (Names.SERIAL, Names.MEID, Names.EID, Names.ICCID):
        meant = len(digits) >= LABELLED_DIGITS_MIN or (labels.asked and alone)
        return _wrong_length(digits) if meant else None
    return None


def _wrong_length(digits: str) -> Judgement:
    suggestion = "00" + digits
    try:
        if len(digits) == 13 and Imei(suggestion).is_test:  # practice numbers lose both their zeros to a spreadsheet
            return _bad("imei-lost-zero", suggestion=suggestion)
    except NumberError:
        pass
    return _LENGTH


def _fifteen(digits: str, shape: tuple[int, ...], labels: Labels, *, alone: bool) -> Judgement | None:
    if labels.names is Names.URN and digits[14] == "0":
        return of_key(digits[:14], Kind.IMEI14)
    if shape == _AMEX_SHAPE and not labels.named_imei:
        return None
    judgement = imei_of(digits)
    if judgement.imei is None and labels.tight and labels.names is Names.SERIAL:
        return _foreign(Kind.SERIAL)
    if shape in STRONG_SHAPES or labels.imei:
        return judgement
    if judgement.imei is None:
        return judgement if alone and shape in _WEAK_SHAPES else None
    return judgement if shape in _WEAK_SHAPES or alone else None


def _fourteen(digits: str, shape: tuple[int, ...], labels: Labels, *, alone: bool) -> Judgement | None:
    solid = shape == (14,)
    if not (labels.imei or (solid and alone) or (shape in STRONG_SHAPES and not solid)):
        return None
    if not labels.named_imei and _MOMENT.fullmatch(digits):
        return None
    if labels.count is not None and labels.spaced:
        with_count = f"{labels.count}{digits}"  # "IMEI 4 90154203237518": is the 4 a count, or the first digit?
        if luhn_digit(with_count[:14]) == with_count[14]:
            return _bad("imei-length", suggestion=with_count)
    if digits[0] == "1" and luhn_digit("0" + digits[:13]) == digits[13]:
        return _bad("imei-lost-zero", suggestion="0" + digits)
    return of_key(digits, Kind.IMEI14)


def _sixteen(digits: str, shape: tuple[int, ...], labels: Labels, *, alone: bool) -> Judgement | None:
    if shape not in STRONG_SHAPES and digits[0] in "12" and imei_of(digits[1:]).imei is not None:
        # No phone's number begins so: a digit slipped in before an IMEI.
        return _bad("imei-length", suggestion=digits[1:]) if labels.imei or (alone and shape == (16,)) else None
    if shape == _CARD_SHAPE and not labels.named_imei and _is_card(digits):
        return None
    if shape in STRONG_SHAPES or (shape == (16,) and alone) or (labels.imei and shape in ((16,), _CARD_SHAPE, (14, 2))):
        return of_key(digits[:14], Kind.IMEISV)
    return _LENGTH if labels.imei_tight else None


def _is_card(digits: str) -> bool:
    """Whether the check digit of a 16-digit payment card holds; it must not be sent to anybody."""
    doubled = sum(divmod(int(digits[0]) * 2, 10))
    return (doubled + int(digits[15]) - int(luhn_digit(digits[1:15]))) % 10 == 0


def _is_meid_decimal(digits: str) -> bool:
    return int(digits[:10]) <= 0xFFFF_FFFF and int(digits[10:]) <= 0xFF_FFFF


def judge_odd(digits: str) -> Judgement | None:
    """A number that stands where IMEIs stand, in a list of nothing else, but has a wrong length.

    A telephone number, a JAN code, an 18-digit or other code that is recognisably something else is not one.
    """
    if not LABELLED_DIGITS_MIN <= len(digits) <= NUMBER_DIGITS_MAX or (digits[0] == "0" and len(digits) <= 11):
        return None
    if len(digits) == 13:
        lost = _wrong_length(digits)
        return None if lost is _LENGTH and is_ean(digits) else lost
    return None if len(digits) in (14, 16) else _LENGTH


def is_ean(digits: str) -> bool:
    """Whether the check digit of a GTIN holds (weights 3 and 1 from the right)."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return total % 10 == 0


def gs1_parts(digits: str) -> list[tuple[int, str]] | None:
    """Where IMEIs lie in the element string of a scanner: [(offset of the 15 digits, "8040" or "8041")].

    A GTIN may stand before them (its length is fixed, so no separator follows); it must hold, or the string is no GS1.
    """
    match = _GS1.fullmatch(digits)
    if match is None or (match["gtin"] and not is_ean(match["gtin"])):
        return None
    return [(match.start(name) + 4, match[name][:4]) for name in ("first", "second") if match[name] is not None]


def judge_word(word: str, labels: Labels) -> Judgement | None:
    """A word of letters and digits: a serial number, a MEID, a misread IMEI, or nothing of a phone."""
    if labels.refused:
        return None
    named = labels.names if labels.tight else None
    if named is Names.SERIAL and len(word) in SERIAL_CHARS and word.isalnum():
        return _foreign(Kind.SERIAL)
    if _MEID.fullmatch(word) or (named is Names.MEID and _HEX.fullmatch(word)):
        return _foreign(Kind.MEID) if _is_hex_number(word) or named is Names.MEID else None
    if named is Names.ICCID or (len(word) == 20 and word.upper().endswith("F") and word[:19].isdigit()):
        return _foreign(Kind.ICCID) if word[:2] == "89" else None
    digits = sum(character.isdigit() for character in word)
    if labels.asked and digits < LABELLED_DIGITS_MIN and len(word) in SERIAL_CHARS and word.isalnum():
        return _foreign(Kind.SERIAL)
    if labels.imei_tight and named in (None, Names.IMEI, Names.URN) and len(word) >= LABELLED_DIGITS_MIN:
        serial = (
            named is not Names.URN and digits < LABELLED_DIGITS_MIN and len(word) in SERIAL_CHARS and word.isalnum()
        )
        return _foreign(Kind.SERIAL) if serial else SPOILT
    return None


def is_spoilt(word: str) -> bool:
    """Whether so many digits are in a word that, in a list of IMEIs, it was one."""
    return sum(character.isdigit() for character in word) >= LABELLED_DIGITS_MIN


def _is_hex_number(word: str) -> bool:
    """Letters and at least four digits: `deadbeefcafe12` in a log is more likely something else, but harmless."""
    return sum(character.isdigit() for character in word) >= 4


def judge_slipped(word: str, labels: Labels) -> Judgement | None:
    """Letters where digits should be. Only a suggestion comes of it, and only one whose check digit holds."""
    letters = re.sub(r"[- /]", "", word)
    digits = letters.translate(_SLIPS)
    slips = sum(one != other for one, other in zip(letters, digits, strict=True))
    if labels.refused or not 1 <= slips <= _SLIPS_MAX:
        return None
    judgement = imei_of(digits)
    if judgement.imei is not None:
        return _bad("imei-looks-like", suggestion=digits)
    return _bad("imei-characters") if labels.imei_tight else None


def judge_scientific(text: str, labels: Labels) -> Judgement | None:
    """What a spreadsheet left of a number. Fifteen figures are all there; fewer are lost for good."""
    if labels.refused:
        return None
    mantissa, _, exponent = text.upper().partition("E")
    figures = re.sub(r"[.,]", "", mantissa)
    whole = len(figures) == 15 and exponent.endswith("14") and imei_of(figures).imei is not None
    return _bad("imei-spreadsheet", suggestion=figures if whole else None)
