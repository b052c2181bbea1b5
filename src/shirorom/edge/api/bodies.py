"""What callers send, and the answers that only the API gives; those that the command gives too are in `wire.py`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import msgspec

from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import IMEIS_MAX
from shirorom.domain.reading import GLYPH_CHARS_MAX, REASON_CHARS_MAX, SENTENCE_CHARS_MAX

TEXT_CHARS_MAX = 20_000
INDEX_MAX = 2**53 - 1
"""The largest whole number that every JSON reader keeps exact (RFC 8259 §6)."""

NumberText = Annotated[
    str,
    msgspec.Meta(
        max_length=200,
        description="One device number in any spelling: 14, 15 or 16 digits, full-width, hyphens, spaces, a label.",
        examples=["001001010000013"],
    ),
]


class CheckRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One device: all its numbers (a dual-SIM phone has two)."""

    imeis: Annotated[
        list[NumberText],
        msgspec.Meta(
            min_length=1, max_length=IMEIS_MAX, description="The numbers, in the order in which the answer lists them."
        ),
    ]
    only: Annotated[
        Annotated[list[CarrierId], msgspec.Meta(min_length=1, max_length=len(CarrierId))] | None,
        msgspec.Meta(description="Ask these carriers alone; the verdict then rests on fewer (`complete` is false)."),
    ] = None
    record: Annotated[
        bool | None,
        msgspec.Meta(description="Whether the answers are recorded. Default: yes; no on a public server."),
    ] = None


class ParseRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Any text: a screen of `*#06#`, a mail, a cell of a spreadsheet."""

    text: Annotated[str, msgspec.Meta(max_length=TEXT_CHARS_MAX, description="The text to search.")]


class ReadingRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person read on a carrier's own page."""

    imei: NumberText
    carrier: Annotated[CarrierId, msgspec.Meta(description="Whose page it was.")]
    glyph: Annotated[
        str,
        msgspec.Meta(
            min_length=1, max_length=GLYPH_CHARS_MAX, examples=["\u25cb"], description="The symbol, as it stood there."
        ),
    ]
    sentence: Annotated[
        str, msgspec.Meta(max_length=SENTENCE_CHARS_MAX, description="The sentence beside it, as it stood there.")
    ] = ""
    asked_at: Annotated[
        Annotated[datetime, msgspec.Meta(tz=True)] | None,
        msgspec.Meta(description="When it was read. Default: now."),
    ] = None


class WithdrawalRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Takes back a mistyped reading by hand."""

    index: Annotated[int, msgspec.Meta(ge=0, le=INDEX_MAX, description="The entry to take back.")]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=REASON_CHARS_MAX, description="Why.")]
    practice: Annotated[bool, msgspec.Meta(description="Which of the two logs the index belongs to.")] = False


class PairingRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person read on the page `/pair` and typed into the program."""

    code: Annotated[
        str, msgspec.Meta(min_length=1, max_length=32, description="The code; hyphens, spaces and case do not matter.")
    ]


class PairedWire(msgspec.Struct, frozen=True):
    """The program may work for `name` from now on: `Authorization: Bearer TOKEN`. The token is told this once."""

    token: str
    name: str
    origin: str


class WithdrawnWire(msgspec.Struct, frozen=True):
    """A withdrawal that is durable. `index` is its own entry; `withdrawn` the one taken back."""

    recorded: bool
    index: int
    withdrawn: int
    practice: bool


class FactSourceWire(msgspec.Struct, frozen=True):
    """Where a fact about a carrier was read. `confidence`: H, M, L, U."""

    url: str
    title: str
    read_on: date
    confidence: str


class CarrierWire(msgspec.Struct, frozen=True):
    """One carrier as this server asks it. What is not known is null."""

    id: str
    name: str
    name_en: str
    brands: tuple[str, ...]
    access: str
    practice: bool
    check_url: str
    explanation_url: str
    hours: str | None
    lag: str | None
    lag_en: str | None
    sources: tuple[FactSourceWire, ...]


class CarriersWire(msgspec.Struct, frozen=True):
    """All four, in the order of every answer."""

    carriers: tuple[CarrierWire, ...]


class HealthWire(msgspec.Struct, frozen=True):
    """The process answers."""

    status: str


class ReadyWire(msgspec.Struct, frozen=True):
    """Whether checks can be served: for each part `ok`, or the code that says why not."""

    ready: bool
    log: str
    asker: str
