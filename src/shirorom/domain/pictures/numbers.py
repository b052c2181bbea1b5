"""The device numbers of a picture, read by the one parser, and how sure each of them is.

A check digit is no proof: one misread in ten keeps it. So a number is *certain* only when a barcode and the print say
the same; by one of them alone it is offered, and a person confirms it. Print alone has to show all 15 digits: where
text recognition lost or doubled one, 14 or 16 are left, and completing them would make another phone's number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from shirorom.domain.imei import Imei
from shirorom.domain.numbers.found import FOREIGN, Found, Kind
from shirorom.domain.numbers.kind import SERIAL_CHARS
from shirorom.domain.parse import parse
from shirorom.domain.pictures.layout import ARTICLES, Piece, Sheet, sheets
from shirorom.domain.pictures.seen import Box, PictureRead, SeenCode

BY_BARCODE, BY_PRINT = "barcode", "print"
JAN = "jan"
"""An article number (JAN, EAN, UPC): a kind that only barcodes have; thirteen digits of a text say nothing."""
NEAR_DIGITS = 2
"""Print that differs from its barcode by so few digits is that number, misread."""

_ALIKE = str.maketrans("OoQDIl|SsBZz", "000011155822")


@dataclass(frozen=True, slots=True)
class PictureNumber:
    """One number of a picture.

    Attributes:
        kind: A kind of `domain/parse`, or "jan".
        text: As it was read.
        imei: The number that can be asked for; None when there is none.
        by: Who read it: "barcode", "print", or both.
        certain: Whether barcode and print agree on all of it. What is not certain is offered, and a person confirms it.
        box: Where it stands.
        error: Why it cannot be asked for; None when it can.
        suggestion: The 15 digits that were likely meant. Shown to the person, never taken.
    """

    kind: str
    text: str
    imei: Imei | None
    by: tuple[str, ...]
    certain: bool
    box: Box
    error: str | None = None
    suggestion: str | None = None

    @property
    def valid(self) -> bool:
        """Whether it can be asked for."""
        return self.imei is not None


@dataclass(frozen=True, slots=True)
class PictureNumbers:
    """All numbers of a picture, each once, and the phones that they make (as `Parsed.devices`)."""

    found: tuple[PictureNumber, ...]
    devices: tuple[tuple[Imei, ...], ...]


@dataclass(frozen=True, slots=True)
class _Sighting:
    """One number at one place, by one reader."""

    found: Found
    printed: bool
    box: Box


def numbers_in(read: PictureRead) -> PictureNumbers:
    """Every device number of a picture; other numbers of a phone are named as what they are."""
    coded = _coded(read.codes)
    seen: list[_Sighting] = []
    devices: list[tuple[Imei, ...]] = []
    for sheet in sheets(read):
        sheet = sheet.without(_misread(sheet, coded))
        parsed = parse(sheet.text)
        seen += [_sighting(sheet, found) for found in parsed.found]
        devices += parsed.devices
    numbers = [*_merged(seen, read.codes), *_other_codes(read.codes, seen)]
    askable = {number.imei for number in numbers if number.imei is not None}
    return PictureNumbers(tuple(numbers), tuple(_whole(devices, askable)))


def _coded(codes: Iterable[SeenCode]) -> list[str]:
    """The digits of barcodes that may be IMEIs."""
    return [digits for code in codes if len(digits := _digits(code.text)) in (14, 15)]


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _misread(sheet: Sheet, coded: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Print that cannot be a number, under a barcode that says almost the same: the barcode says it better."""
    for found in parse(sheet.text).found:
        if found.bad and _printed(sheet.pieces(found.start, found.end)):
            digits = _digits(found.text.translate(_ALIKE))
            if any(_near(digits, code) for code in coded):
                yield found.start, found.end


def _near(digits: str, code: str) -> bool:
    if len(digits) == len(code):
        return sum(one != other for one, other in zip(digits, code, strict=True)) <= NEAR_DIGITS
    if abs(len(digits) - len(code)) != 1:
        return False
    short, long = sorted((digits, code), key=len)
    return any(long[:place] + long[place + 1 :] == short for place in range(len(long)))


def _printed(pieces: Sequence[Piece]) -> bool:
    return any(piece.printed for piece in pieces)


def _sighting(sheet: Sheet, found: Found) -> _Sighting:
    pieces = sheet.pieces(found.start, found.end)
    box = pieces[0].seen.box
    for piece in pieces[1:]:
        box = box.around(piece.seen.box)
    return _Sighting(found, _printed(pieces), box)


def _merged(seen: Sequence[_Sighting], codes: Sequence[SeenCode]) -> Iterator[PictureNumber]:
    """Each number once, with everybody who read it."""
    by_key: dict[tuple[str, str], list[_Sighting]] = {}
    for one in seen:
        imei = one.found.imei
        key = (Kind.IMEI.value, imei.key) if imei is not None else (one.found.kind.value, one.found.text)
        by_key.setdefault(key, []).append(one)
    printed = [one.found.text for one in seen if one.printed and one.found.valid]
    unsure = [code for code in _coded(codes) if not any(_digits(text).startswith(code) for text in printed)]
    for group in by_key.values():
        if group[0].found.imei is not None:
            yield _number(group, unsure)
        else:
            yield _other(group, coded=any(code.text == group[0].found.text for code in codes))


def _number(group: Sequence[_Sighting], unsure: Sequence[str]) -> PictureNumber:
    """One number. `unsure`: barcodes whose number was nowhere read in print, so that print near them may be theirs."""
    bars = [one for one in group if not one.printed]
    whole = [one for one in group if one.printed and one.found.kind is Kind.IMEI]
    short = [one for one in group if one.printed and one.found.kind is not Kind.IMEI]
    first = (bars or whole or short)[0]
    imei = first.found.imei
    assert imei is not None
    agreed = whole or [one for one in short if any(_digits(one.found.text) == _digits(bar.found.text) for bar in bars)]
    number = PictureNumber(
        kind=first.found.kind,
        text=first.found.text,
        imei=imei,
        by=((BY_BARCODE,) if bars else ()) + ((BY_PRINT,) if agreed or not bars else ()),
        certain=bool(bars and agreed),
        box=first.box,
    )
    if not bars and not whole:  # a digit may have been lost or doubled
        return replace(number, imei=None, error="imei-length")
    if not bars and any(_near(imei.digits[: len(code)], code) for code in unsure):
        return replace(number, imei=None, error="imei-looks-like", suggestion=imei.digits)
    return number


def _other(group: Sequence[_Sighting], *, coded: bool) -> PictureNumber:
    """A number that cannot be asked for. `coded`: some barcode says just this."""
    found = group[0].found
    printed = any(one.printed for one in group)
    bars = coded or any(not one.printed for one in group)
    return PictureNumber(
        kind=found.kind,
        text=found.text,
        imei=None,
        by=((BY_BARCODE,) if bars else ()) + ((BY_PRINT,) if printed else ()),
        certain=bars and printed and found.kind in FOREIGN,
        box=group[0].box,
        error=found.error,
        suggestion=found.suggestion,
    )


def _other_codes(codes: Iterable[SeenCode], seen: Sequence[_Sighting]) -> Iterator[PictureNumber]:
    """Barcodes that the parser has nothing to say of: article numbers, and serial numbers by their looks."""
    known = {one.found.text for one in seen}
    for code in {(code.text, code.format): code for code in codes}.values():
        if code.format in ARTICLES:
            yield PictureNumber(JAN, code.text, None, (BY_BARCODE,), False, code.box, "number-is-jan")
        elif code.text not in known and _is_serial(code.text):
            yield PictureNumber(Kind.SERIAL, code.text, None, (BY_BARCODE,), False, code.box, FOREIGN[Kind.SERIAL])


def _is_serial(text: str) -> bool:
    return len(text) in SERIAL_CHARS and text.isascii() and text.isalnum() and not text.isalpha() and not text.isdigit()


def _whole(devices: Iterable[tuple[Imei, ...]], askable: set[Imei]) -> Iterator[tuple[Imei, ...]]:
    """Phones whose every number can be asked for, each once; one that is part of another is that other."""
    whole = [device for device in dict.fromkeys(devices) if all(imei in askable for imei in device)]
    larger = {imei for device in whole if len(device) > 1 for imei in device}
    return (device for device in whole if len(device) > 1 or device[0] not in larger)
