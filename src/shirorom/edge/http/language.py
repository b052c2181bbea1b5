"""What a caller reads: Japanese, plain Japanese (やさしい日本語) or English; Japanese where nothing else is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Language = Literal["ja", "ja-easy", "en"]
LANGUAGES: tuple[Language, ...] = ("ja", "ja-easy", "en")
NAMES: Mapping[Language, str] = {"ja": "日本語", "ja-easy": "やさしい日本語", "en": "English"}
"""Each in its own words, as the switch shows it."""
COOKIE = "lang"
"""The only cookie of a visitor. It holds one of `LANGUAGES`, nothing of the visitor."""

ACCEPT_CHARS_MAX = 256


def known(text: str | None) -> Language | None:
    """The language of that name, if it is one of ours."""
    return next((language for language in LANGUAGES if language == text), None)


def tag_of(language: Language) -> str:
    """The tag that `lang` and `Content-Language` carry: plain Japanese is Japanese."""
    return "ja" if language == "ja-easy" else language


def choose(*, asked: str | None, remembered: str | None, accept: str | None) -> Language:
    """`?lang=` before the cookie before `Accept-Language` before Japanese."""
    return known(asked) or known(remembered) or preferred(accept or "") or "ja"


def preferred(accept: str) -> Language | None:
    """The first of our languages by the caller's own weights (RFC 9110 §12.5.4); None when neither is named."""
    best: tuple[float, Language] | None = None
    for item in accept[:ACCEPT_CHARS_MAX].split(","):
        tag, _, parameter = item.partition(";")
        language = known(tag.strip().lower().partition("-")[0])
        weight = _weight(parameter)
        if language and weight > 0 and (best is None or weight > best[0]):
            best = (weight, language)
    return best[1] if best else None


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def cookie_value(header: str | None) -> str | None:
    """The remembered language out of a `Cookie` header."""
    for pair in (header or "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE:
            return value
    return None
