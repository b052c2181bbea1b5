"""What the counter's callers send and what they are answered: the JSON of /v1/counter."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import IMEIS_MAX
from shirorom.domain.reading import GLYPH_CHARS_MAX, SENTENCE_CHARS_MAX
from shirorom.edge.api.bodies import NumberText
from shirorom.edge.wire import CellWire, FoundWire, ProblemError

TEXT_CHARS_MAX = 200_000
DEVICES_MAX = 500
HTML_CHARS_MAX = 2 * 1024 * 1024
PICTURE_CHARS_MAX = 9 * 1024 * 1024

ItemId = Annotated[str, msgspec.Meta(min_length=1, max_length=64, description="The phone's id in the queue.")]
PlaceName = Annotated[
    str,
    msgspec.Meta(
        max_length=16, examples=["1-docomo"], description="The phone's n-th number at a carrier, written `1-docomo`."
    ),
]
Tab = Annotated[
    str,
    msgspec.Meta(
        max_length=64, description="Which of the person's open pages calls (a random word). Empty: any of them."
    ),
]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class AddRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Phones that come in: any text, or their numbers. One of the two."""

    text: Annotated[
        Annotated[str, msgspec.Meta(max_length=TEXT_CHARS_MAX)] | None,
        msgspec.Meta(description="Any text: what a scanner sent, a pasted column."),
    ] = None
    devices: Annotated[
        Annotated[
            list[Annotated[list[NumberText], msgspec.Meta(min_length=1, max_length=IMEIS_MAX)]],
            msgspec.Meta(min_length=1, max_length=DEVICES_MAX),
        ]
        | None,
        msgspec.Meta(description="The numbers of each phone."),
    ] = None


class NextRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which place is wanted."""

    carrier: Annotated[CarrierId | None, msgspec.Meta(description="Only at this carrier.")] = None
    item: Annotated[ItemId | None, msgspec.Meta(description="Begin with this phone.")] = None
    after: Annotated[PlaceName | None, msgspec.Meta(description="A place that is passed: it comes last.")] = None
    only_item: Annotated[bool, msgspec.Meta(description="Nothing of another phone.")] = False
    tab: Tab = ""


class ClaimRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Take one place, go on holding it, or let go of it."""

    item: ItemId
    place: PlaceName
    release: Annotated[bool, msgspec.Meta(description="Let go of it.")] = False
    tab: Tab = ""


class AnswerRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person read there."""

    item: ItemId
    place: PlaceName
    glyph: Annotated[
        str,
        msgspec.Meta(
            max_length=GLYPH_CHARS_MAX, examples=["\u25cb"], description="The symbol as shown. Empty: no answer came."
        ),
    ]
    sentence: Annotated[
        str, msgspec.Meta(max_length=SENTENCE_CHARS_MAX, description="The sentence beside it, as it stood there.")
    ] = ""
    asked_at: Annotated[Moment | None, msgspec.Meta(description="When it was read. Default: now.")] = None
    screenshot: Annotated[Digest | None, msgspec.Meta(description="A picture kept before.")] = None
    person: Annotated[int | None, msgspec.Meta(description="Who read it. Somebody else's session is then refused.")] = (
        None
    )
    only_item: Annotated[bool, msgspec.Meta(description="`next` is of the same phone, or none.")] = False
    tab: Tab = ""


class PageRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A carrier's page, as the extension read it."""

    item: ItemId
    place: PlaceName
    seen: Annotated[dict[str, Any], msgspec.Meta(description="What the reader returned.")]
    html: Annotated[str, msgspec.Meta(max_length=HTML_CHARS_MAX, description="The page.")]
    picture: Annotated[
        Annotated[str, msgspec.Meta(max_length=PICTURE_CHARS_MAX)] | None,
        msgspec.Meta(description="Its picture, PNG in base64."),
    ] = None
    asked_at: Annotated[Moment | None, msgspec.Meta(description="When it was read. Default: now.")] = None
    commit: Annotated[bool, msgspec.Meta(description="false: only judge; nothing is recorded.")] = True
    tab: Tab = ""


class SkipRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place that is left out for this phone."""

    item: ItemId
    place: PlaceName


class ItemRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One phone."""

    item: ItemId


class RulesWire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The shop's choice. An answer says what was left out (`complete` is false)."""

    stop_at_restricted: Annotated[bool, msgspec.Meta(description="Ask nobody else once there is a ×.")]
    skip: Annotated[tuple[CarrierId, ...], msgspec.Meta(max_length=4, description="Carriers that are never asked.")]


class PersonWire(msgspec.Struct, frozen=True):
    """Who calls."""

    id: int
    name: str


class TaskWire(msgspec.Struct, frozen=True):
    """A place that is the caller's until `claim_until`."""

    item: str
    place: str
    imei: str
    carrier: str
    carrier_name: str
    url: str
    claim_until: str


class PlaceWire(msgspec.Struct, frozen=True):
    """One question. `state`: open, answered, no-answer, skipped, off. The mark is the record's, also when stale."""

    place: str
    carrier: str
    imei: str
    state: str
    why: str | None
    mark: str | None
    symbol: str
    raw: str | None
    sentence: str | None
    asked_at: str | None
    channel: str | None
    stale: bool
    index: int | None
    claimed_by: str | None


class ItemWire(msgspec.Struct, frozen=True):
    """One phone. `places` stand in the order in which they are asked; `summary` is the answer in one line.

    `planned`: the plan of re-checks put it there, and some of its places alone are asked.
    """

    id: str
    number: int
    imeis: tuple[str, ...]
    added_at: str
    by: str
    state: str
    claimed_by: str | None
    verdict: str
    symbol: str
    so_far: str | None
    complete: bool
    summary: str
    planned: bool
    places: tuple[PlaceWire, ...]


class CounterWire(msgspec.Struct, frozen=True):
    """The whole queue: what waits, and what was done today."""

    version: str
    now: str
    practice: bool
    person: PersonWire
    rules: RulesWire
    items: tuple[ItemWire, ...]


class AddedWire(msgspec.Struct, frozen=True):
    """`present`: phones that were there already. `refused`: numbers that are none, by their place in the body."""

    added: tuple[ItemWire, ...]
    present: tuple[str, ...]
    found: tuple[FoundWire, ...]
    refused: tuple[ProblemError, ...]


class NextWire(msgspec.Struct, frozen=True):
    """null: nothing is left that nobody else holds."""

    task: TaskWire | None


class AnsweredWire(msgspec.Struct, frozen=True):
    """`recorded` is false where no answer came: then there is no entry."""

    recorded: bool
    index: int | None
    cell: CellWire | None
    item: ItemWire
    next: TaskWire | None


class JudgedWire(msgspec.Struct, frozen=True):
    """What the page answers. Without `commit` only that."""

    glyph: str
    symbol: str
    mark: str
    sentence: str
    recorded: bool
    index: int | None
    cell: CellWire | None
    item: ItemWire
    next: TaskWire | None


class ScreenshotWire(msgspec.Struct, frozen=True):
    """A picture that is kept, because the number and the carrier on it are those asked."""

    screenshot: str
    checked: bool


class UndoneWire(msgspec.Struct, frozen=True):
    """What was taken back: its place, and the entry that was withdrawn, if there was one."""

    place: str
    withdrawn: int | None
    item: ItemWire


class DoneWire(msgspec.Struct, frozen=True):
    """It is done."""

    done: bool


COUNTER_WIRES: tuple[type[msgspec.Struct], ...] = (
    AddRequest, NextRequest, ClaimRequest, AnswerRequest, PageRequest, SkipRequest, ItemRequest,
    CounterWire, AddedWire, NextWire, AnsweredWire, JudgedWire, ScreenshotWire, UndoneWire, DoneWire,
)  # fmt: skip
