"""What a person gave at the counter, under the key that makes it happen exactly once (Idempotency-Key)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shirorom.domain.desk.queue import Outcome, Place
from shirorom.domain.errors import RequestError

_KEY = re.compile(r"[0-9A-Za-z_.:\-]{8,64}")


class Turn(StrEnum):
    """What an attempt has to do."""

    FIRST = "first"  # nobody has tried: record it
    AGAIN = "again"  # an attempt was cut off: look in the record first
    DONE = "done"  # it is recorded: answer as before


@dataclass(frozen=True, slots=True)
class Given:
    """One thing that a person gave at a place: an answer they read (`glyph`), or that there was none (`outcome`).

    Attributes:
        print: Digest of the body that came with the key, to notice another one.
        log_size: How many entries the log held before: the answer's own can only come after.
        index: The log's entry, once it is durable; None for an outcome, which is no answer and not in the log.
    """

    key: str
    print: str
    item: str
    place: Place
    person: int
    by: str
    at: datetime
    outcome: Outcome | None = None
    glyph: str = ""
    asked_at: datetime | None = None
    practice: bool = False
    log_size: int = 0
    index: int | None = None
    done: bool = False
    taken_back: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt: its turn, and what stands under the key (the first attempt's words, not this one's)."""

    turn: Turn
    given: Given


def key_of(header: str | None) -> str:
    """The key in an `Idempotency-Key` header: a quoted string as the draft has it, or bare as most programs send it.

    Raises:
        RequestError: `idempotency-key-missing`: there is none, or it is none.

    Source: draft-ietf-httpapi-idempotency-key-header-07 §2.1
    """
    text = (header or "").strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    if not _KEY.fullmatch(text):
        raise RequestError("idempotency-key-missing")
    return text
