"""What can be recorded of a phone by people and programs: a reading (照会), its withdrawal (取消), a correction (訂正の確認)."""

from __future__ import annotations

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


class Channel(StrEnum):
    """How an answer reached us."""

    SITE = "site"  # read by the program on the carrier's page
    HAND = "hand"  # read by a person on the carrier's page
    NOTICE = "notice"  # declared by the carrier itself


def _aware(at: datetime) -> None:
    if at.utcoffset() != timedelta(0):
        raise ValueError("times inside are aware UTC")


def _within(text: str, chars_max: int) -> None:
    if len(text) > chars_max:
        raise ValueError(f"text of {len(text)} characters, limit {chars_max}")


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
        _within(self.by, BY_CHARS_MAX)
        if (self.mark is None) != (self.error is not None):
            raise ValueError("a reading has a mark or an error, never both, never neither")
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
        _within(self.reason, REASON_CHARS_MAX)
        _within(self.by, BY_CHARS_MAX)


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
        _within(self.reason, REASON_CHARS_MAX)
        _within(self.by, BY_CHARS_MAX)
