"""What a record sheet (照会記録書) states, how its cells come from what was recorded, and how its examination ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.fold import Recorded, State, Statement, fold
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.domain.reading import Channel, Reading, Withdrawal
from shirorom.domain.verdict import Cell, is_stale

HOUR_S = 3_600


class StepCode(StrEnum):
    """The steps of an examination, in their order (docs/reference/sheet.md)."""

    FORM = "form"
    PRACTICE = "practice"
    SIGNATURE = "signature"
    TRUST = "trust"
    CHECKPOINT = "checkpoint"
    WITNESSES = "witnesses"
    INCLUSION = "inclusion"
    OPENINGS = "openings"
    CHAIN = "chain"
    CELLS = "cells"
    VERDICT = "verdict"
    TIME = "time"
    ATTACHMENTS = "attachments"


class Why(StrEnum):
    """Why a step does not hold."""

    NOT_EXAMINED = "not-examined"
    TOO_LARGE = "sheet-too-large"
    UNREADABLE = "sheet-unreadable"
    NAME_TWICE = "name-twice"
    OTHER_FORM = "other-form"
    PDF_UNREADABLE = "pdf-unreadable"
    PDF_ACTS = "pdf-acts"
    PDF_FILES = "pdf-files"
    PDF_UNSEALED = "pdf-unsealed"
    PDF_CHANGED = "pdf-changed"
    PDF_OTHER_KEY = "pdf-other-key"
    PRACTICE_SHEET = "practice-sheet"
    PRACTICE_MIXED = "practice-mixed"
    TEST_NUMBER = "test-number-as-real"
    KEY_UNREADABLE = "key-unreadable"
    ALGORITHM_UNKNOWN = "algorithm-unknown"
    KEY_TWICE = "key-twice"
    SIGNATURE_WRONG = "signature-wrong"
    LOG_KEY_MISSING = "log-key-missing"
    KEY_UNKNOWN = "key-unknown"
    KEY_NOT_YET = "key-not-yet"
    KEY_OVER = "key-over"
    KEY_REVOKED = "key-revoked"
    ALGORITHM_BROKEN = "algorithm-broken"
    CHECKPOINT_UNREADABLE = "checkpoint-unreadable"
    CHECKPOINT_UNSIGNED = "checkpoint-unsigned"
    ISSUED_TOO_EARLY = "issued-too-early"
    WITNESSES_FEW = "witnesses-few"
    NOT_IN_TREE = "entry-not-in-tree"
    OPENING_WRONG = "opening-wrong"
    STATEMENT_UNREADABLE = "statement-unreadable"
    OTHER_PHONE = "other-phone"
    CHAIN_GAP = "chain-gap"
    CELLS_DIFFER = "cells-differ"
    AS_OF_WRONG = "as-of-wrong"
    EVIDENCE_DIFFERS = "evidence-differs"
    TIE_DIFFERS = "tie-differs"
    VERDICT_DIFFERS = "verdict-differs"
    STAMP_MISSING_READER = "stamp-reader-missing"
    STAMP_UNREADABLE = "stamp-unreadable"
    STAMP_OTHER = "stamp-of-something-else"
    STAMP_WRONG = "stamp-wrong"
    STAMP_CHAIN = "stamp-chain"
    STAMP_REVOKED = "stamp-revoked"
    STAMP_ORDER = "stamp-order"
    AUTHORITY_UNKNOWN = "authority-unknown"
    ATTACHMENT_WRONG = "attachment-wrong"
    ATTACHMENT_UNNAMED = "attachment-unnamed"


NOT_GIVEN = frozenset({Why.KEY_UNKNOWN, Why.WITNESSES_FEW, Why.AUTHORITY_UNKNOWN})
"""What only the reader can supply: nothing is wrong with the sheet."""

IN_DOUBT = frozenset({Why.KEY_REVOKED, Why.ALGORITHM_BROKEN, Why.STAMP_MISSING_READER})
"""What once held and can no longer be told from a forgery, or cannot be examined here."""


class Note(StrEnum):
    """What a step that holds says besides."""

    CERTIFICATE_OVER = "certificate-over"  # valid when it stamped, run out since
    REVOKED_LATER = "revoked-later"  # the key was revoked after a stamp had shown the signature
    RENEWED = "renewed"  # broken since, and stamped before
    NAME_DIFFERS = "name-differs"  # the page that the key came from names another issuer
    NO_STAMP = "no-stamp"
    NO_WITNESS = "no-witness"
    VIEW = "view"  # the file is a PDF: what is proved is the bundle in it


class Outcome(StrEnum):
    """How an examination ends."""

    HOLDS = "holds"
    CONSISTENT = "consistent"  # issuer not confirmed
    UNDETERMINED = "undetermined"
    REFUSED = "refused"


class NotProved(StrEnum):
    """What no sheet proves, or this one does not."""

    CARRIER_SAID_SO = "carrier-said-so"
    NUMBER_OF_THIS_PHONE = "number-of-this-phone"
    FUTURE = "future"
    TAIL = "tail"
    CLOCK = "clock"
    ISSUER_IDENTITY = "issuer-identity"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an examination. `why` is None where it holds; `place` says where in the file, by index or name."""

    code: StepCode
    why: Why | None = None
    notes: tuple[Note, ...] = ()
    place: str | None = None

    @property
    def n(self) -> int:
        """Its number, from 1."""
        return list(StepCode).index(self.code) + 1

    @property
    def ok(self) -> bool:
        """Whether it holds."""
        return self.why is None


def outcome_of(steps: Sequence[Step]) -> Outcome:
    """Holds only if every step does; never better than the worst reason."""
    whys = {step.why for step in steps if step.why is not None}
    if not whys:
        return Outcome.HOLDS
    if whys <= NOT_GIVEN:
        return Outcome.CONSISTENT
    return Outcome.UNDETERMINED if whys <= NOT_GIVEN | IN_DOUBT else Outcome.REFUSED


def not_proved(*, tied: bool, stamped: bool) -> tuple[NotProved, ...]:
    """What the reader must not take from a sheet. `tied`: a photo of the phone's own screen showed these numbers."""
    left = {NotProved.NUMBER_OF_THIS_PHONE: tied, NotProved.CLOCK: stamped}
    return tuple(code for code in NotProved if not left.get(code, False))


def cells_of(
    imeis: Sequence[Imei], entries: Mapping[Imei, Sequence[Recorded]], *, as_of: datetime, age_s_max: int
) -> tuple[Cell, ...]:
    """What was recorded of a device, four cells a number, at a moment. Everything recorded counts (docs/adr/0025)."""
    return tuple(
        _cell(imei, carrier, entries[imei], as_of=as_of, age_s_max=age_s_max) for imei in imeis for carrier in CARRIERS
    )


def _cell(imei: Imei, carrier: CarrierId, entries: Sequence[Recorded], *, as_of: datetime, age_s_max: int) -> Cell:
    state = fold(entries, carrier=carrier, imei=imei, as_of=as_of)
    stale = _Stale(as_of, age_s_max / HOUR_S)
    if _by_notice(state) and state.notice is not None:
        heard_at = state.notice.recorded_at
        return Cell(
            imei, carrier, state.mark, asked_at=heard_at, channel=Channel.NOTICE, index=state.notice.index,
            stale=stale(heard_at),
        )  # fmt: skip
    newest = _newest(entries, imei=imei, carrier=carrier, as_of=as_of)
    if newest is not None and newest[1].mark is None and state.mark is not Mark.RESTRICTED:
        index, unknown = newest
        return Cell(
            imei, carrier, None, raw=unknown.glyph, sentence=unknown.sentence, asked_at=unknown.asked_at,
            channel=unknown.channel, error=unknown.error, index=index,
        )  # fmt: skip
    if state.mark is None or state.reading is None:
        return Cell(imei, carrier, None, error="not-asked")
    reading = state.reading.reading
    return Cell(
        imei, carrier, state.mark, raw=reading.glyph, sentence=reading.sentence, asked_at=reading.asked_at,
        channel=reading.channel, stale=stale(reading.asked_at), vanished=state.vanished, index=state.reading.index,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Stale:
    as_of: datetime
    age_h_max: float

    def __call__(self, asked_at: datetime) -> bool:
        return is_stale(asked_at, self.as_of, self.age_h_max)


def _by_notice(state: State) -> bool:
    """Whether the carrier's own notices decide."""
    return state.book is not None and state.mark is state.book and not state.vanished


def _newest(
    entries: Sequence[Recorded], *, imei: Imei, carrier: CarrierId, as_of: datetime
) -> tuple[int, Reading] | None:
    """The newest answer that nobody took back, with or without a mark."""
    known = [e for e in entries if e.recorded_at <= as_of and _about(e.statement, imei, carrier)]
    taken_back = {
        e.statement.index for e in known if isinstance(e.statement, Withdrawal) and e.statement.index < e.index
    }
    answers = [
        (e.index, e.statement)
        for e in known
        if isinstance(e.statement, Reading) and not (e.statement.channel is Channel.HAND and e.index in taken_back)
    ]
    return max(answers, key=lambda answer: (answer[1].asked_at, answer[0]), default=None)


def _about(statement: Statement, imei: Imei, carrier: CarrierId) -> bool:
    return statement.carrier is carrier and statement.imei.key == imei.key


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something that was saved beside an answer: which entry names it, what it is, its SHA-256 (hex)."""

    index: int | None
    what: str
    digest: str


def evidence_of(entries: Sequence[Recorded]) -> tuple[Evidence, ...]:
    """What the readings among these entries name, by index."""
    return tuple(
        Evidence(entry.index, what, digest)
        for entry in sorted(entries, key=lambda entry: entry.index)
        if isinstance(entry.statement, Reading)
        for what, digest in (("page", entry.statement.page), ("screenshot", entry.statement.screenshot))
        if digest is not None
    )


@dataclass(frozen=True, slots=True)
class Tie:
    """What a photo of the phone's own screen showed beside a one-time code; `picture`: its SHA-256 (hex)."""

    code: str
    at: datetime
    picture: str
    numbers: tuple[Imei, ...]
    matches: bool


def matches(imeis: Sequence[Imei], seen: Sequence[Imei]) -> bool:
    """Whether a photo of a phone's own screen shows all the numbers of a sheet."""
    return {imei.key for imei in imeis} <= {imei.key for imei in seen}


def is_practice(statement: Statement) -> bool | None:
    """What a statement says of itself; None: it says nothing (a withdrawal, a correction)."""
    return getattr(statement, "practice", None)
