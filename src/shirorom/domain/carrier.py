"""Who the four carriers are, and what is known of their check pages: dated facts with sources (`data/carriers`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from shirorom.domain.errors import ConfigError
from shirorom.domain.mark import Mark


class CarrierId(StrEnum):
    """The four carriers, in the order in which every answer lists them."""

    DOCOMO = "docomo"
    AU = "au"
    SOFTBANK = "softbank"
    RAKUTEN = "rakuten"


CARRIERS = tuple(CarrierId)
"""All four: walking over a tuple costs a tenth of walking over the enumeration."""


class Confidence(StrEnum):
    """How sure a fact is: official or several sources, one good source, one weak source, not found."""

    HIGH = "H"
    MEDIUM = "M"
    LOW = "L"
    UNKNOWN = "U"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact was read, and when. `what`: which of the facts beside it come from there."""

    url: str
    title: str
    read_on: date
    confidence: Confidence
    what: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Where a carrier's check page keeps its parts. Selectors are CSS; purely declarative (the extension reads it too).

    Attributes:
        path: Path of the page with the form, below the carrier's origin.
        result_paths: Path prefixes on which an answer may stand (empty: the same page).
        field: The field for the number.
        submit: The button that asks.
        answer: The element that holds the answer and nothing else; all other text of the page is not an answer.
        answer_nth: Which match of `answer` it is, 1-based (docomo: the second result panel).
        answer_heading: Where given, the place is the value beside this heading inside `answer` (au: 状態).
        answer_large: Where given, the glyph's type is at least this many times the page's text size (SoftBank).
        glyph: How the glyph stands in the place: "alone" (its own text), "first-character" (before a colon).
        echo: Where the page repeats the number that was asked.
        echo_labels: Words that stand before a repeated number.
        encoding: What the page declares itself to be.
        captcha: Selectors that mean a person has to prove to be one.
        captcha_words: Words that mean the same.
        consent: Selectors of a consent that a person has to give.
        consent_words: Words that mean the same.
        maintenance_words: Words of a closed page.
    """

    path: str
    result_paths: tuple[str, ...]
    field: str
    submit: str
    answer: str
    answer_nth: int
    answer_heading: str | None
    answer_large: float | None
    glyph: str
    echo: str
    echo_labels: tuple[str, ...]
    encoding: str
    captcha: tuple[str, ...]
    captcha_words: tuple[str, ...]
    consent: tuple[str, ...]
    consent_words: tuple[str, ...]
    maintenance_words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CarrierFacts:
    """Everything that the product says about one carrier, as data."""

    id: CarrierId
    name: str
    name_en: str
    brands: tuple[str, ...]
    origin: str
    hosts: frozenset[str]
    explanation_url: str
    check_url: str
    hours: str | None
    lag: str | None
    lag_en: str | None
    page: Page
    wording: Mapping[Mark, tuple[str, ...]]
    sources: tuple[Source, ...]

    def is_real(self, url: str) -> bool:
        """Whether an address is the carrier's own (True) or a practice one (False).

        Raises:
            ConfigError: `config-carrier-host`, the address is neither.
        """
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        if host in self.hosts and parts.scheme in ("http", "https"):
            return True
        if is_practice_host(host) and parts.scheme in ("http", "https"):
            return False
        raise ConfigError("config-carrier-host", carrier=self.id.value, host=host or "?")


def is_practice_host(host: str) -> bool:
    """Loopback addresses, `*.localhost` and `*.test` (RFC 6761) can only be practice."""
    if host == "localhost" or host.endswith((".localhost", ".test")):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
