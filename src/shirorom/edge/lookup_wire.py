"""What `POST /v1/lookups` says, as JSON. Much the same is said of many phones: that part is written once."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType

from shirorom.domain.carrier import CARRIERS
from shirorom.domain.reading import Channel
from shirorom.domain.verdict import Cell, is_stale
from shirorom.edge.wire import at
from shirorom.service.lookup_plain import AnySight
from shirorom.service.screen_answers import Said


class LookupCellWire(msgspec.Struct, frozen=True, omit_defaults=True):
    """One carrier's answer about one number. What is false or unknown is left out.

    `error`: why there is no mark. `asked_at`: when a recorded answer was read; without it the carrier's own book says
    it, which is as old as `books` says.
    """

    carrier: str
    mark: str | None
    stale: bool = False
    error: str | None = None
    asked_at: str | None = None


class LookupWire(msgspec.Struct, frozen=True):
    """What is known of one phone; of a device whose number could not be read `error` alone: the code that says why.

    `cells`: four for each of `imeis`, in their order: docomo au softbank rakuten.
    """

    imeis: tuple[str, ...] | UnsetType = UNSET
    verdict: str | UnsetType = UNSET
    so_far: str | UnsetType | None = UNSET
    complete: bool | UnsetType = UNSET
    practice: bool | UnsetType = UNSET
    cells: tuple[LookupCellWire, ...] | UnsetType = UNSET
    error: str | UnsetType = UNSET


class BookWire(msgspec.Struct, frozen=True):
    """The whole book of a carrier that publishes, and how old it is. A stale ○ or － decides nothing."""

    carrier: str
    as_of: str
    stale: bool


class LookedWire(msgspec.Struct, frozen=True):
    """The log that answers are of: as it stood at `size` entries. `root` is hex."""

    practice: bool
    size: int
    root: str
    books: tuple[BookWire, ...]


class LookupsWire(msgspec.Struct, frozen=True):
    """Answers in the order of the request. `logs`: the real one, the practice one, as far as phones were looked up."""

    as_of: str
    results: tuple[LookupWire, ...]
    logs: tuple[LookedWire, ...]


OPEN = '{"imeis":["'
"""How a phone's answer begins."""


def tail_of(said: Said) -> str:
    """The JSON of what is said of a phone, from the end of its numbers on."""
    verdict = said.verdict
    so_far = None if verdict.so_far is None else verdict.so_far.value
    cells = tuple(map(_cell, said.cells))
    wire = LookupWire((), verdict.kind.value, so_far, verdict.complete, said.practice, cells)
    return msgspec.json.encode(wire).decode()[len(OPEN) - 1 :]


def phone_of(imeis: str, tail: str) -> str:
    """A phone's answer; several numbers stand joined by `","`."""
    return f'{OPEN}{imeis}"{tail}'


def error_of(code: str) -> str:
    """The answer about a number that could not be read."""
    return msgspec.json.encode(LookupWire(error=code)).decode()


def looked_of(sight: AnySight, age_h_max: float) -> str:
    """The JSON of the log that a sight is of."""
    books = tuple(
        BookWire(carrier.value, at(sight.books[carrier]), is_stale(sight.books[carrier], sight.as_of, age_h_max))
        for carrier in CARRIERS
        if carrier in sight.books
    )
    return msgspec.json.encode(LookedWire(sight.practice, sight.head.size, sight.head.root.hex(), books)).decode()


def whole_of(as_of: str, results: Sequence[str], logs: Sequence[str]) -> bytes:
    """The whole answer."""
    return f'{{"as_of":"{as_of}","results":[{",".join(results)}],"logs":[{",".join(logs)}]}}'.encode()


def _cell(cell: Cell) -> LookupCellWire:
    read = cell.asked_at is not None and cell.channel is not Channel.NOTICE
    return LookupCellWire(
        cell.carrier.value,
        None if cell.mark is None else cell.mark.value,
        cell.stale,
        cell.error,
        at(cell.asked_at) if read and cell.asked_at is not None else None,
    )
