"""When ○, △, × or － is said: a cell for each number and carrier, one verdict for all. Doubt never rounds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shirorom.domain.carrier import CarrierId
from shirorom.domain.feed import Enrolment
from shirorom.domain.fold import Recorded, State
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark, VerdictKind
from shirorom.domain.reading import Channel, Reading

AHEAD_MAX = timedelta(minutes=5)
"""How far an answer may lie in our future before its age is called unknown: clocks differ a little."""

_WORST_FIRST = (Mark.RESTRICTED, Mark.CAUTION, Mark.CLEAR, Mark.NO_RECORD)  # across carriers (DESIGN §3.2)
_AGEING = frozenset({Mark.CLEAR, Mark.NO_RECORD})


@dataclass(frozen=True, slots=True)
class Last:
    """An older answer that this call did not repeat: what stood then, and when it was asked."""

    mark: Mark
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Cell:
    """One carrier's answer about one number, as a check gives it.

    Attributes:
        mark: What stands; None: we could not find out, and `error` says why.
        raw: The symbol as it was shown; differs from `mark` only where a × stands (`vanished`) or it is unknown.
        stale: The answer is older than the limit; a stale ○ or － decides nothing.
        vanished: A × stands although the newest answer is better (`restriction-vanished`).
        error: Why there is no mark (a code of `errors.CODES`).
        last: Where there is no mark, the newest answer that is known.
        index: The entry of the log; None while nothing durable stands behind the cell (記録中), or nothing was asked.
    """

    imei: Imei
    carrier: CarrierId
    mark: Mark | None
    raw: str | None = None
    sentence: str | None = None
    asked_at: datetime | None = None
    channel: Channel | None = None
    stale: bool = False
    vanished: bool = False
    error: str | None = None
    last: Last | None = None
    index: int | None = None

    def __post_init__(self) -> None:
        if (self.mark is None) != (self.error is not None):
            raise ValueError("a cell has a mark or an error, never both, never neither")

    @property
    def decides(self) -> bool:
        """Whether the verdict may rest on it: it has a mark, and is not a ○ or － that has grown old."""
        return self.mark is not None and not (self.stale and self.mark in _AGEING)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of the device. `so_far`: the worst mark that decides; `complete`: no carrier was left out."""

    kind: VerdictKind
    so_far: Mark | None
    complete: bool


def decide(cells: Sequence[Cell]) -> Verdict:
    """The verdict over all numbers × carriers of a device (DESIGN §3.2, §3.5). No cells at all: undetermined."""
    known = {cell.mark for cell in cells if cell.decides}
    so_far = next((mark for mark in _WORST_FIRST if mark in known), None)
    open_ = not cells or any(not cell.decides for cell in cells)
    if so_far is None or (open_ and so_far is not Mark.RESTRICTED):
        kind = VerdictKind.UNDETERMINED
    else:
        kind = VerdictKind(so_far.value)
    return Verdict(kind, so_far, complete=bool(cells) and all(cell.error != "not-asked" for cell in cells))


def is_stale(asked_at: datetime | None, as_of: datetime, age_h_max: float) -> bool:
    """Whether an answer is too old to rest on. An unknown age (no time, or one in the future) counts as too old."""
    if asked_at is None or asked_at > as_of + AHEAD_MAX:
        return True
    return as_of - asked_at > timedelta(hours=age_h_max)


def cell_of(
    state: State,
    *,
    imei: Imei,
    carrier: CarrierId,
    as_of: datetime,
    age_h_max: float,
    enrolment: Enrolment | None = None,
) -> Cell:
    """What is known without asking: the carrier's own notices, or what a person read; else `not-asked`.

    `enrolment`: the carrier's whole book is here, so that absence says －, and all in it is as old as its newest feed.

    Where a person has read this carrier before, a newer answer read by the program is shown in its place: an old ○
    never covers a newer △.
    """
    if state.book is not None and state.mark is state.book and not state.vanished:
        heard_at, index = _heard(state, enrolment)
        return Cell(
            imei, carrier, state.book, asked_at=heard_at, channel=Channel.NOTICE, index=index,
            stale=is_stale(heard_at, as_of, age_h_max),
        )  # fmt: skip
    if state.mark is None or state.hand is None or state.reading is None:
        return Cell(imei, carrier, None, error="not-asked", last=last_of(state))
    reading = state.reading.reading
    return Cell(
        imei, carrier, state.mark, raw=reading.glyph, sentence=reading.sentence, asked_at=reading.asked_at,
        channel=reading.channel, stale=is_stale(reading.asked_at, as_of, age_h_max), vanished=state.vanished,
        index=state.reading.index,
    )  # fmt: skip


def _heard(state: State, enrolment: Enrolment | None) -> tuple[datetime, int]:
    """How old a carrier's own word is, and the entry behind it; where a state has a book there is one of both."""
    if state.notice is None:
        assert enrolment is not None
        return enrolment.heard_at, enrolment.index
    return state.notice.recorded_at if enrolment is None else enrolment.heard_at, state.notice.index


def cell_answered(recorded: Recorded, state: State, *, durable: bool) -> Cell:
    """This call's own answer. `state` is folded with it, so that a × of before still stands.

    A symbol that we do not know leaves the cell without mark (`glyph-unknown`) and is shown as it was.
    """
    reading = recorded.statement
    if not isinstance(reading, Reading):
        raise TypeError("only a reading is an answer")
    mark = reading.mark
    if mark is not None and state.mark is Mark.RESTRICTED:
        mark = Mark.RESTRICTED
    return Cell(
        reading.imei, reading.carrier, mark, raw=reading.glyph, sentence=reading.sentence,
        asked_at=reading.asked_at, channel=reading.channel, error=reading.error,
        vanished=mark is Mark.RESTRICTED and reading.mark is not Mark.RESTRICTED,
        last=last_of(state) if mark is None else None, index=recorded.index if durable else None,
    )  # fmt: skip


def cell_failed(imei: Imei, carrier: CarrierId, code: str, *, last: Cell | None) -> Cell:
    """No answer: no mark, the code, and beside it what was known before (`last`: that cell)."""
    before = None
    if last is not None:
        known = last.mark is not None and last.asked_at is not None
        before = Last(last.mark, last.asked_at) if known and last.mark and last.asked_at else last.last
    return Cell(imei, carrier, None, error=code, last=before)


def last_of(state: State) -> Last | None:
    """The newest answer that is known; where a × stands, that."""
    if state.reading is None or state.mark is None:
        return None
    return Last(state.mark, state.reading.reading.asked_at)
