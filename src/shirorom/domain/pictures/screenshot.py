"""Whether a screenshot is of the phone and the carrier that were asked, and whether a one-time code stands in a photo.

A screenshot is evidence beside an answer. Of another phone it would be evidence for nothing, so it is refused; what
text recognition could not read is refused too, with another sentence.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Protocol

from shirorom.domain.carrier import CARRIERS, CarrierFacts, CarrierId
from shirorom.domain.errors import RequestError
from shirorom.domain.imei import Imei
from shirorom.domain.numbers.found import Kind
from shirorom.domain.parse import parse
from shirorom.domain.pictures.layout import sheets
from shirorom.domain.pictures.seen import PictureRead

CODE_CHARS_MIN = 4
"""A shorter code stands in any picture by chance."""

STATUS_BAR = 0.05
"""The top of a telephone's screen names the network that it is in, not the page below."""

_EXAMPLE = re.compile(r"例|サンプル|見本")
_LEAD_CHARS = 12
_JOINTS = re.compile(r"[\s\-\u2010-\u2015\u2212\u30fc\uff0d_.・]+")
_ALIKE = str.maketrans("OQDIL|SBZ", "000111582")


class FactsOf(Protocol):
    """Whoever knows the carriers (`ports.Facts` does)."""

    def carrier(self, carrier: CarrierId) -> CarrierFacts:
        """What is known of one carrier."""
        ...


def check_screenshot(read: PictureRead, *, asked: Imei, carrier: CarrierId, facts: FactsOf) -> None:
    """Refuse a screenshot that is not of this number at this carrier.

    Raises:
        RequestError: `screenshot-other-number`, another device number stands there; `screenshot-no-number`, the asked
            one does not, with all its 15 digits; `screenshot-other-carrier`, it names another carrier and not this one.
    """
    numbers = set(_whole_numbers(read))
    if numbers - {asked}:
        raise RequestError("screenshot-other-number")
    if not numbers:
        raise RequestError("screenshot-no-number")
    named = _named(read, facts)
    if named and carrier not in named:
        raise RequestError("screenshot-other-carrier")


def _whole_numbers(read: PictureRead) -> Iterator[Imei]:
    """Every IMEI that stands there with all its digits; an example in a form is none."""
    for sheet in sheets(read):
        for found in parse(sheet.text).found:
            example = _EXAMPLE.search(sheet.text[max(found.start - _LEAD_CHARS, 0) : found.start])
            if found.imei is not None and found.kind is Kind.IMEI and example is None:
                yield found.imei


def _named(read: PictureRead, facts: FactsOf) -> set[CarrierId]:
    """The carriers whose name, brand or host stands in the picture."""
    portrait = read.height > 1.4 * read.width
    lines = [line for line in read.lines if not (portrait and line.box.y + line.box.h < STATUS_BAR)]
    text = "\n".join(_plain(line.text) for line in lines)
    return {carrier for carrier in CARRIERS if any(_says(text, word) for word in _words(facts.carrier(carrier)))}


def _words(facts: CarrierFacts) -> Iterator[str]:
    yield from (facts.name, facts.name_en, *facts.brands)
    for host in facts.hosts:
        labels = host.split(".")
        yield ".".join(labels[-3:] if labels[-2] in ("co", "ne", "or") else labels[-2:])


def _plain(text: str) -> str:
    """Widths and cases folded; the long vowel mark has many look-alikes."""
    return re.sub(r"[\-\u2010-\u2015\u2212\uff0d一]", "ー", unicodedata.normalize("NFKC", text).casefold())


def _says(text: str, word: str) -> bool:
    word = _plain(word)
    if not word.isascii() and not re.search(r"[a-z]", word):
        return word in re.sub(r"[ \u3000]", "", text)
    pattern = r"\s?".join(re.escape(part) for part in word.split())
    return re.search(rf"(?<![a-z0-9]){pattern}(?![a-z0-9])", text) is not None


def one_time_code_in(read: PictureRead, code: str) -> bool:
    """Whether a one-time code stands in the picture, whole and by itself.

    Case, hyphens and blanks do not matter, nor letters that text recognition takes for digits (O for 0, I for 1): a
    code should hold neither. A code of less than four characters never holds.
    """
    wanted = _folded(code)
    if len(wanted) < CODE_CHARS_MIN:
        return False
    texts = [sheet.text for sheet in sheets(read)]
    words = r"[\s\-\u2010-\u2015\u2212\u30fc\uff0d_.・]*".join(re.escape(character) for character in wanted)
    pattern = re.compile(rf"(?<![0-9A-Z]){words}(?![0-9A-Z])")
    return any(pattern.search(_alike(line)) for text in texts for line in text.splitlines())


def _folded(text: str) -> str:
    return _JOINTS.sub("", _alike(text))


def _alike(text: str) -> str:
    return unicodedata.normalize("NFKC", text).upper().translate(_ALIKE)
