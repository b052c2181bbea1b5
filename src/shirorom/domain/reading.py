"""What people and programs record of a phone: a reading (照会), its withdrawal (取消), a correction (訂正の確認)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark

GLYPH_CHARS_MAX = 16
SENTENCE_CHARS_MAX = 2_000
REASON_CHARS_MAX = 500
BY_CHARS_MAX = 64


_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Channel(StrEnum):
    """How an answer reached us."""

    SITE = "site"  # read by the program on the carrier's page
    HAND = "hand"  # read by a person on the carrier's page
    NOTICE = "notice"  # declared by the carrier itself


def _aware(at: datetime) -> None:
    if at.utcoffset() != timedelta(0):
        raise ValueError("times inside are aware UTC")


def showable(text: str) -> str:
    """A text as the log takes it: what no terminal and no page can show becomes U+FFFD."""
    return _UNSHOWABLE.sub("\ufffd", text)


def _within(text: str, chars_max: int, *, empty: bool = True) -> None:
    """Text of bounded length that a terminal or a page can show: no control characters, no lone surrogates."""
    if len(text) > chars_max or not (empty or text.strip()):
        raise ValueError(f"text of {len(text)} characters, limit {chars_max}")
    if _UNSHOWABLE.search(text):
        raise ValueError("a control character in a text")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one carrier's own answer said about one IMEI at one moment: a fact about the answer, not about the phone.

    `mark` is None only with `error` "glyph-unknown": a symbol stood in the answer's place and we do not know it.
    `page` and `screenshot` are SHA-256 digests (hex) of the saved evidence.
    """

    imei: Imei
    carrier: CarrierId
    mark: Mark | None
    glyph: str
    sentence: str
    asked_at: datetime
    channel: Channel
    by: str
    practice: bool
    page: str | None = None
    screenshot: str | None = None
    error: str | None = None

    def __post_init__(self) -> None:
        _aware(self.asked_at)
        _within(self.glyph, GLYPH_CHARS_MAX)
        _within(self.sentence, SENTENCE_CHARS_MAX)
        _within(self.by, BY_CHARS_MAX, empty=False)
        if self.error not in (None, "glyph-unknown") or (self.mark is None) != (self.error is not None):
            raise ValueError("a reading has a mark, or a symbol that we do not know")
        if self.channel is Channel.NOTICE or not self.glyph.strip():
            raise ValueError("a reading was read on a page, and has a symbol")
        if any(digest is not None and not _DIGEST.fullmatch(digest) for digest in (self.page, self.screenshot)):
            raise ValueError("evidence is named by its SHA-256 digest")
        if self.imei.is_test and not self.practice:
            raise ValueError("a reading of a test number is practice")


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Takes back a mistyped hand reading; both stay visible."""

    imei: Imei
    carrier: CarrierId
    index: int
    reason: str
    at: datetime
    by: str

    def __post_init__(self) -> None:
        _aware(self.at)
        _within(self.reason, REASON_CHARS_MAX, empty=False)
        _within(self.by, BY_CHARS_MAX, empty=False)


@dataclass(frozen=True, slots=True)
class Correction:
    """A person explains why a × of this carrier vanished, so that later answers count again (accept-correction)."""

    imei: Imei
    carrier: CarrierId
    reason: str
    at: datetime
    by: str

    def __post_init__(self) -> None:
        _aware(self.at)
        _within(self.reason, REASON_CHARS_MAX, empty=False)
        _within(self.by, BY_CHARS_MAX, empty=False)
