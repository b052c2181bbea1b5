"""The one JSON form (DESIGN §5): what CLI, API and web send, built from domain values. Nothing else writes JSON."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Protocol

import msgspec

from shirorom.domain.errors import NumberError, ShiroromError


class SourceWire(msgspec.Struct, frozen=True):
    """Where a statement comes from."""

    url: str
    title: str
    read_on: date


class ReasonWire(msgspec.Struct, frozen=True):
    """Why the verdict is as it is."""

    code: str
    text: str
    source: SourceWire | None


class AdviceWire(msgspec.Struct, frozen=True):
    """What a person can do next."""

    code: str
    text: str
    role: str
    source: SourceWire | None


class LastWire(msgspec.Struct, frozen=True):
    """An older answer of the same carrier, where this call has none."""

    mark: str
    asked_at: str


class CellWire(msgspec.Struct, frozen=True):
    """One carrier's answer about one number."""

    imei: str
    carrier: str
    mark: str | None
    symbol: str
    raw: str | None
    sentence: str | None
    asked_at: str | None
    channel: str | None
    stale: bool
    error: str | None
    last: LastWire | None
    index: int | None


class DeviceWire(msgspec.Struct, frozen=True):
    """The phone that was asked about."""

    imeis: tuple[str, ...]
    tac: str
    model: str | None


class CheckWire(msgspec.Struct, frozen=True):
    """The answer of `check` and of POST /v1/checks."""

    verdict: str
    symbol: str
    so_far: str | None
    complete: bool
    as_of: str
    practice: bool
    device: DeviceWire
    cells: tuple[CellWire, ...]
    reasons: tuple[ReasonWire, ...]
    advice: tuple[AdviceWire, ...]
    policy: str


class RecordWire(msgspec.Struct, frozen=True):
    """The answer of `record`, given only once the entry is durable. `root` is hex."""

    recorded: bool
    index: int
    size: int
    root: str
    practice: bool
    cell: CellWire


class HistoryEntryWire(msgspec.Struct, frozen=True):
    """One entry about a phone."""

    index: int
    kind: str
    carrier: str
    mark: str | None
    raw: str | None
    sentence: str | None
    asked_at: str | None
    recorded_at: str
    channel: str | None
    ground: str | None
    error: str | None
    by: str | None


class ChangeWire(msgspec.Struct, frozen=True):
    """Between which two moments a carrier's mark changed, and whether such a change is to be expected."""

    carrier: str
    from_: str | None = msgspec.field(name="from")
    to: str | None
    between: tuple[str, str]
    expected: bool


class HistoryWire(msgspec.Struct, frozen=True):
    """The answer of `history`."""

    imei: str
    practice: bool
    entries: tuple[HistoryEntryWire, ...]
    changes: tuple[ChangeWire, ...]


class FoundWire(msgspec.Struct, frozen=True):
    """One number found in a text; offsets in code points."""

    kind: str
    text: str
    start: int
    end: int
    imei: str | None
    valid: bool
    error: str | None
    suggestion: str | None


class ParseWire(msgspec.Struct, frozen=True):
    """The answer of `parse`."""

    found: tuple[FoundWire, ...]
    devices: tuple[tuple[str, ...], ...]


class ProblemError(msgspec.Struct, frozen=True, omit_defaults=True):
    """One place of a request that was refused (RFC 6901 pointer). `suggestion` is for the caller only."""

    pointer: str
    code: str
    detail: str
    suggestion: str | None = None


class Problem(msgspec.Struct, frozen=True):
    """RFC 9457 problem details. `type` leads to a page for people about `code`; `fix` says what to do."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    fix: str
    errors: tuple[ProblemError, ...] = ()


class Words(Protocol):
    """The catalogue of one language (`adapters/texts_toml.py`)."""

    def t(self, key: str, **details: str | int) -> str:
        """The text of a key, its `{name}` places filled."""
        ...


def problem_of(error: ShiroromError, words: Words, *, pointer: str | None = None) -> Problem:
    """An error in words, the same for `--json` and HTTP. `pointer` is the place in the body that it speaks of."""
    text = words.t(f"code.{error.code}.text", **error.details)
    suggestion = error.suggestion if isinstance(error, NumberError) else None
    return Problem(
        type=f"/help/{error.code}",
        title=words.t(f"code.{error.code}.title"),
        status=error.http,
        detail=text,
        code=error.code,
        fix=words.t(f"code.{error.code}.fix", **error.details),
        errors=(ProblemError(pointer or "", error.code, text, suggestion),) if pointer is not None or suggestion else (),
    )


def at(moment: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SSZ`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def encode(wire: msgspec.Struct) -> bytes:
    """UTF-8 JSON, keys in the order of the contract."""
    return msgspec.json.encode(wire)
