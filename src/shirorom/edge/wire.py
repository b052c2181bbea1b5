"""The one JSON form (DESIGN §5): what CLI, API and web send, built from domain values. Nothing else writes JSON."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import assert_never

import msgspec

from shirorom.domain.assessment import Assessment
from shirorom.domain.carrier import Source
from shirorom.domain.errors import NumberError, RowsError, ShiroromError
from shirorom.domain.fold import Recorded
from shirorom.domain.mark import symbol_of
from shirorom.domain.notice import Notice
from shirorom.domain.numbers.found import Parsed
from shirorom.domain.reading import Channel, Correction, Reading, Withdrawal
from shirorom.domain.verdict import Cell
from shirorom.edge.words import Words, advice_text, reason_text
from shirorom.ports.log import Head
from shirorom.service.history import PhoneHistory


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


class HistoryEntryWire(msgspec.Struct, frozen=True, kw_only=True):
    """One entry about a phone."""

    index: int
    kind: str
    carrier: str
    mark: str | None = None
    raw: str | None = None
    sentence: str | None = None
    asked_at: str | None = None
    recorded_at: str
    channel: str | None = None
    ground: str | None = None
    error: str | None = None
    by: str | None = None


class ChangeWire(msgspec.Struct, frozen=True, kw_only=True):
    """Between which two moments a carrier's mark changed, and whether such a change is to be expected."""

    carrier: str
    from_: str = msgspec.field(name="from")
    to: str
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


ROWS_TOLD_MAX = 100
"""Lines of a refused file that a problem names; its `detail` has their count."""


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
        errors=_rows_of(error, words)
        if isinstance(error, RowsError)
        else (ProblemError(pointer or "", error.code, text, suggestion),)
        if pointer is not None or suggestion
        else (),
    )


def _rows_of(error: RowsError, words: Words) -> tuple[ProblemError, ...]:
    """What is wrong with which line (`pointer`: "/3" is the third), as many as a person would read."""
    return tuple(
        ProblemError(f"/{line}", code, words.t(f"code.{code}.title"), None) for line, code in error.rows[:ROWS_TOLD_MAX]
    )


def check_of(assessment: Assessment, words: Words) -> CheckWire:
    """The whole answer about one device, worded in one language."""
    verdict = assessment.verdict
    return CheckWire(
        verdict=verdict.kind.value,
        symbol=verdict.kind.symbol,
        so_far=verdict.so_far.value if verdict.so_far else None,
        complete=verdict.complete,
        as_of=at(assessment.as_of),
        practice=assessment.practice,
        device=DeviceWire(
            imeis=tuple(imei.digits for imei in assessment.device.imeis), tac=assessment.device.tac, model=None
        ),
        cells=tuple(cell_of(cell) for cell in assessment.cells),
        reasons=reasons_of(assessment, words),
        advice=advice_of(assessment, words),
        policy=assessment.policy.id,
    )


def reasons_of(assessment: Assessment, words: Words) -> tuple[ReasonWire, ...]:
    """Why the verdict is as it is, the worst first."""
    return tuple(
        ReasonWire(reason.code, reason_text(reason, assessment, words), _source_of(reason.source))
        for reason in assessment.reasons
    )


def advice_of(assessment: Assessment, words: Words) -> tuple[AdviceWire, ...]:
    """What to do next, by role, the most important first."""
    return tuple(
        AdviceWire(advice.code.value, advice_text(advice, words), advice.role.value, _source_of(advice.source))
        for advice in assessment.advice
    )


def _source_of(source: Source | None) -> SourceWire | None:
    return SourceWire(source.url, source.title, source.read_on) if source is not None else None


def history_of(history: PhoneHistory) -> HistoryWire:
    """Every entry about a phone, and what changed."""
    return HistoryWire(
        imei=history.imei.digits,
        practice=history.practice,
        entries=tuple(_entry_of(recorded) for recorded in history.entries),
        changes=tuple(
            ChangeWire(
                carrier=change.carrier.value,
                from_=change.from_.value,
                to=change.to.value,
                between=(at(change.between[0]), at(change.between[1])),
                expected=change.expected,
            )
            for change in history.changes
        ),
    )


def _entry_of(recorded: Recorded) -> HistoryEntryWire:
    """Withdrawals and corrections tell their reason as `sentence`; a withdrawal names the entry in `raw`."""
    index, recorded_at = recorded.index, at(recorded.recorded_at)
    match recorded.statement:
        case Reading() as reading:
            return HistoryEntryWire(
                index=index,
                recorded_at=recorded_at,
                kind="reading",
                carrier=reading.carrier.value,
                mark=reading.mark.value if reading.mark else None,
                raw=reading.glyph,
                sentence=reading.sentence,
                asked_at=at(reading.asked_at),
                channel=reading.channel.value,
                error=reading.error,
                by=reading.by,
            )
        case Withdrawal() as withdrawal:
            return HistoryEntryWire(
                index=index,
                recorded_at=recorded_at,
                kind="withdrawal",
                carrier=withdrawal.carrier.value,
                raw=f"#{withdrawal.index}",
                sentence=withdrawal.reason,
                asked_at=at(withdrawal.at),
                by=withdrawal.by,
            )
        case Correction() as correction:
            return HistoryEntryWire(
                index=index,
                recorded_at=recorded_at,
                kind="correction",
                carrier=correction.carrier.value,
                sentence=correction.reason,
                asked_at=at(correction.at),
                by=correction.by,
            )
        case Notice() as notice:
            return HistoryEntryWire(
                index=index,
                recorded_at=recorded_at,
                kind="notice",
                carrier=notice.carrier.value,
                raw=notice.kind.value,
                channel=Channel.NOTICE.value,
                ground=notice.ground.value if notice.ground else None,
            )
        case unreachable:
            assert_never(unreachable)


def parse_of(parsed: Parsed) -> ParseWire:
    """Every device number in a text."""
    return ParseWire(
        found=tuple(
            FoundWire(
                kind=found.kind.value,
                text=found.text,
                start=found.start,
                end=found.end,
                imei=found.imei.digits if found.imei else None,
                valid=found.valid,
                error=found.error,
                suggestion=found.suggestion,
            )
            for found in parsed.found
        ),
        devices=tuple(tuple(imei.digits for imei in device) for device in parsed.devices),
    )


def cell_of(cell: Cell) -> CellWire:
    """A cell as it is sent."""
    return CellWire(
        imei=cell.imei.digits,
        carrier=cell.carrier.value,
        mark=cell.mark.value if cell.mark else None,
        symbol=symbol_of(cell.mark),
        raw=cell.raw,
        sentence=cell.sentence,
        asked_at=at(cell.asked_at) if cell.asked_at else None,
        channel=cell.channel.value if cell.channel else None,
        stale=cell.stale,
        error=cell.error,
        last=LastWire(cell.last.mark.value, at(cell.last.asked_at)) if cell.last else None,
        index=cell.index,
    )


def record_of(recorded: Recorded, cell: Cell, head: Head, *, practice: bool) -> RecordWire:
    """The receipt of an entry that is durable; `head` is the log's after it."""
    return RecordWire(
        recorded=True, index=recorded.index, size=head.size, root=head.root.hex(), practice=practice, cell=cell_of(cell)
    )


def at(moment: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SSZ`."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def encode(wire: msgspec.Struct) -> bytes:
    """UTF-8 JSON, keys in the order of the contract."""
    return msgspec.json.encode(wire)
