"""Entries and cells for the tests of the rules: builders, and hypothesis strategies on test numbers only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from shirorom.domain.carrier import CarrierId
from shirorom.domain.fold import Recorded, State, Statement, fold
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.domain.notice import Ground, Notice, NoticeKind
from shirorom.domain.reading import Channel, Correction, Reading, Withdrawal
from shirorom.domain.verdict import Cell

PHONE = Imei("001001010000013")
SECOND = Imei("001001010000021")
DOCOMO = CarrierId.DOCOMO
START = datetime(2026, 11, 1, tzinfo=UTC)
END = START + timedelta(days=60)
MARU, SANKAKU, BATSU, BOU = Mark.CLEAR, Mark.CAUTION, Mark.RESTRICTED, Mark.NO_RECORD


def hours(count: float) -> datetime:
    return START + timedelta(hours=count)


def read(
    mark: Mark | None, at: float, *, channel: Channel = Channel.HAND, carrier: CarrierId = DOCOMO, imei: Imei = PHONE
) -> Reading:
    """A reading asked `at` hours after START; None: a symbol that we do not know."""
    return Reading(
        imei=imei, carrier=carrier, mark=mark, glyph=mark.symbol if mark else "◇", sentence="", asked_at=hours(at),
        channel=channel, by="tester", practice=True, error=None if mark else "glyph-unknown",
    )  # fmt: skip


def withdraw(index: int, at: float, *, carrier: CarrierId = DOCOMO) -> Withdrawal:
    return Withdrawal(imei=PHONE, carrier=carrier, index=index, reason="打ち間違い", at=hours(at), by="tester")


def correct(at: float, *, carrier: CarrierId = DOCOMO) -> Correction:
    return Correction(imei=PHONE, carrier=carrier, reason="窓口で誤登録と確認", at=hours(at), by="tester")


def notice(
    kind: NoticeKind, sequence: int, *, ground: Ground | None = None, on: date | None = None, imei: Imei = PHONE
) -> Notice:
    return Notice(
        kind=kind, imei=imei, carrier=DOCOMO, ground=ground, effective_on=on, purchased_on=None, sequence=sequence,
        practice=True,
    )  # fmt: skip


def log(*statements: Statement, at: Sequence[float] | None = None) -> list[Recorded]:
    """Entries in this order, each learned when it was said (or `at` so many hours after START)."""
    return [
        Recorded(index, hours(at[index]) if at else _said_at(statement, index), statement)
        for index, statement in enumerate(statements)
    ]


def _said_at(statement: Statement, index: int) -> datetime:
    match statement:
        case Reading():
            return statement.asked_at
        case Withdrawal() | Correction():
            return statement.at
        case Notice():
            return hours(index)


def state(entries: Sequence[Recorded], *, as_of: datetime = END, enrolled: bool = False) -> State:
    return fold(entries, carrier=DOCOMO, imei=PHONE, as_of=as_of, enrolled=enrolled)


def cell(mark: Mark | None, *, stale: bool = False, error: str = "carrier-timeout", n: int = 0) -> Cell:
    """A cell; a failed one where `mark` is None."""
    carrier = list(CarrierId)[n % 4]
    if mark is None:
        return Cell(PHONE if n < 4 else SECOND, carrier, None, error=error)
    return Cell(PHONE if n < 4 else SECOND, carrier, mark, raw=mark.symbol, asked_at=START, stale=stale)


marks = st.sampled_from(Mark)
moments = st.integers(min_value=0, max_value=24 * 40)
readings = st.builds(
    lambda mark, at, channel: read(mark, at, channel=channel),
    st.none() | marks, moments, st.sampled_from([Channel.SITE, Channel.HAND]),
)  # fmt: skip
days = st.none() | st.integers(0, 80).map(lambda n: START.date() + timedelta(days=n - 10))


@st.composite
def notices(draw: st.DrawFn, sequence: int = 0) -> Notice:
    kind = draw(st.sampled_from(NoticeKind))
    ground = draw(st.none() | st.sampled_from(Ground)) if kind in (NoticeKind.RESTRICTED, NoticeKind.LIFTED) else None
    return notice(kind, sequence, ground=ground, on=draw(days))


@st.composite
def histories(draw: st.DrawFn, *, with_notices: bool = True, max_size: int = 8) -> list[Recorded]:
    """What may stand in a log about one number at one carrier: any statements, learned in the log's order."""
    said: list[Statement] = []
    for index in range(draw(st.integers(0, max_size))):
        kind = draw(st.sampled_from(["reading"] * 4 + ["withdrawal", "correction"] + ["notice"] * (2 * with_notices)))
        if kind == "reading":
            said.append(draw(readings))
        elif kind == "withdrawal":
            said.append(withdraw(draw(st.integers(0, max_size)), draw(moments)))
        elif kind == "correction":
            said.append(correct(draw(moments)))
        else:
            said.append(draw(notices(sequence=index)))
    learned = sorted(draw(st.lists(moments, min_size=len(said), max_size=len(said))))
    return log(*said, at=learned)
