"""Every device number in any text: screens, mails, HTML, spreadsheet cells, scanner output, what people type.

Reading goes in four steps, a file each in `domain/numbers/`: make the text plain without moving a character (`plain`),
cut it into tokens (`token`) and hear what stands before each (`label`), say what each number is (`kind`), and which
of them are one phone (`pair`). Nothing is guessed: what might have been meant is a suggestion for the person.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from operator import attrgetter

from shirorom.domain.errors import NumberError, RequestError
from shirorom.domain.imei import IMEIS_MAX, Device, Imei
from shirorom.domain.numbers.found import FOREIGN, Found, Kind, Parsed
from shirorom.domain.numbers.pair import devices
from shirorom.domain.numbers.scan import scan

__all__ = ["FOREIGN", "TEXT_CHARS_MAX", "Found", "Kind", "Parsed", "parse", "read_device", "read_imei", "read_imeis"]

TEXT_CHARS_MAX = 1_048_576
"""Longest text that is read, in code points. Reading takes time in proportion to the length."""


_START = attrgetter("start")


def parse(text: str) -> Parsed:
    """Find every device number in a text.

    Raises:
        RequestError: `body-too-large`, the text is longer than `TEXT_CHARS_MAX`.
    """
    _check_size(text)
    found, items = scan(text, asked=False)
    return Parsed(tuple(sorted(found, key=_START)), devices(found, items))


def read_imei(text: str) -> Imei:
    """Read the one IMEI that a person gave, in whatever spelling.

    Raises:
        NumberError: Why it is none, with what was likely meant in `suggestion`; `device-too-many` when the text holds
            several.
        RequestError: `body-too-large`.
    """
    imeis = read_imeis(text)
    if len(imeis) > 1:
        raise NumberError("device-too-many", count=len(imeis), count_max=1)
    return imeis[0]


def read_device(texts: Sequence[str]) -> Device:
    """Read the numbers of one phone, each text holding one or several of them (the screen of *#06# as a whole).

    Raises:
        NumberError: A text holds no IMEI or a bad one; `device-too-many` beyond four numbers; `device-repeated` when
            two texts give the same one.
        RequestError: `body-too-large`.
    """
    if len(texts) > IMEIS_MAX:
        raise NumberError("device-too-many", count=len(texts), count_max=IMEIS_MAX)
    return Device(tuple(imei for text in texts for imei in read_imeis(text)))


def _check_size(text: str) -> None:
    if len(text) > TEXT_CHARS_MAX:
        raise RequestError("body-too-large", chars=len(text), chars_max=TEXT_CHARS_MAX)


def read_imeis(text: str) -> list[Imei]:
    """The different IMEIs of a text that was given as a device number: at least one, and none of them bad.

    Raises:
        NumberError: as `read_imei`.
        RequestError: `body-too-large`.
    """
    _check_size(text)
    found, _ = scan(text, asked=False)
    if not found:  # nothing that speaks for itself, but the person meant something as a number
        found, _ = scan(text, asked=True)
    bad = next((one for one in found if one.bad), None)
    if bad is not None:
        raise _error(bad)
    imeis = list(dict.fromkeys(one.imei for one in found if one.imei is not None))
    if not imeis:
        raise _error(found[0]) if found else NumberError("imei-not-found")
    return imeis


def _error(found: Found) -> NumberError:
    code = found.error or "imei-not-found"
    details: dict[str, str | int] = {}
    if code == "imei-length":
        details["length"] = len(re.findall(r"\d", found.text))
    if code == "imei-check-digit":
        details["position"] = 15
    if code == "imei-characters":
        wrong = next((place for place, one in enumerate(found.text, 1) if one.isalpha()), None)
        details |= {} if wrong is None else {"position": wrong}
    return NumberError(code, suggestion=found.suggestion, **details)
