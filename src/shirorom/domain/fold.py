"""How the entries about one phone at one carrier become a mark: pure, and blind to policy (docs/adr/0006).

The rules, in the order of DESIGN §2 and §3.6:

1. Only what had been recorded by `as_of` counts. A withdrawn hand reading does not count.
2. Readings order by (asked_at, log index), notices by the publisher's sequence. Order of arrival means nothing.
3. A × stands until a `lifted` notice that leaves no restriction, or a correction by a person, explains it. Either
   explains only what came before it.
4. A reading without mark (glyph-unknown) is kept and shown, and changes no mark.
5. Where a carrier publishes notices they are its own word: they outweigh readings asked before the newest of them.
   Of a later reading and the notices, the more doubtful stands. × of either stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, timezone
from functools import reduce
from typing import TypeAlias, assert_never

from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.domain.notice import Ground, Notice, NoticeKind
from shirorom.domain.reading import Channel, Correction, Reading, Withdrawal

JST = timezone(timedelta(hours=9), "JST")
"""Japan's time; it has had no summer time since 1951, so no time zone data is needed."""

Statement: TypeAlias = Reading | Withdrawal | Correction | Notice

DOUBT = (Mark.CLEAR, Mark.NO_RECORD, Mark.CAUTION, Mark.RESTRICTED)  # least doubtful first, within one carrier


@dataclass(frozen=True, slots=True)
class Recorded:
    """A statement as the log holds it: its place, and when we learned it (aware UTC)."""

    index: int
    recorded_at: datetime
    statement: Statement


@dataclass(frozen=True, slots=True)
class RecordedReading:
    """A reading with its place in the log."""

    index: int
    recorded_at: datetime
    reading: Reading


@dataclass(frozen=True, slots=True)
class RecordedNotice:
    """A notice with its place in the log."""

    index: int
    recorded_at: datetime
    notice: Notice


@dataclass(frozen=True, slots=True)
class State:
    """What stands for one IMEI at one carrier.

    Attributes:
        mark: What stands; None when nothing was ever answered.
        reading: The newest reading that has a mark and was not withdrawn; its mark is the answer as shown.
        hand: The newest of those that a person read.
        notice: The newest notice, by sequence.
        restriction: The notice of the restriction in force, where the carrier published one (it names the ground).
        book: What the notices alone say; None when there is none.
        vanished: A × stands although a newer reading is better (`restriction-vanished`).
    """

    imei: Imei
    carrier: CarrierId
    mark: Mark | None
    reading: RecordedReading | None
    hand: RecordedReading | None
    notice: RecordedNotice | None
    restriction: Notice | None
    book: Mark | None
    vanished: bool


def fold(
    entries: Iterable[Recorded], *, carrier: CarrierId, imei: Imei, as_of: datetime, enrolled: bool = False
) -> State:
    """Reduce what was recorded about one IMEI at one carrier to what stands at `as_of`.

    `enrolled` says that the carrier's full list was accepted: then a phone without notice is `no-record` in its book.

    Raises:
        ValueError: practice and real entries came together; no fold reads both.
    """
    known = [
        entry
        for entry in entries
        if entry.recorded_at <= as_of and entry.statement.carrier is carrier and entry.statement.imei.key == imei.key
    ]
    _one_world(known)
    on = as_of.astimezone(JST).date()
    readings, notices = readings_that_count(known), notices_of(known)
    book = reduce(lambda book, recorded: step(book, recorded.notice, on=on), notices, Book())
    said = book.mark(on) if notices or enrolled else None
    newest = readings[-1] if readings else None
    standing = _standing(readings, _corrections(known), _lifted_at(notices, book, on))
    mark = Mark.RESTRICTED if standing else _combine(newest, notices, said, on)
    in_force = [n for n in notices if n.notice in book.active and _reached(n.notice, on)]
    return State(
        imei=imei,
        carrier=carrier,
        mark=mark,
        reading=newest,
        hand=next((r for r in reversed(readings) if r.reading.channel is Channel.HAND), None),
        notice=notices[-1] if notices else None,
        restriction=in_force[-1].notice if in_force else None,
        book=said,
        vanished=newest is not None and _is_better(newest, standing, in_force),
    )


@dataclass(frozen=True, slots=True)
class Book:
    """One carrier's own word about one phone: the mark below any restriction, and the restrictions not lifted."""

    base: Mark = Mark.NO_RECORD
    active: frozenset[Notice] = frozenset()

    def mark(self, on: date) -> Mark:
        """The mark on a day (JST): a restriction that is announced and not yet in force is a caution."""
        if any(_reached(notice, on) for notice in self.active):
            return Mark.RESTRICTED
        return Mark.CAUTION if self.active else self.base


def step(book: Book, notice: Notice, *, on: date) -> Book:
    """Apply one notice. Good word counts from the day the carrier means it, bad word from the day it is known."""
    match notice.kind:
        case NoticeKind.REGISTERED | NoticeKind.INSTALMENTS_PAID:
            return replace(book, base=Mark.CLEAR) if _reached(notice, on) else book
        case NoticeKind.INSTALMENTS_STARTED:
            return replace(book, base=Mark.CAUTION)
        case NoticeKind.RESTRICTED:
            return replace(book, active=book.active | {notice})
        case NoticeKind.LIFTED:
            return _lift(book, notice.ground) if _reached(notice, on) else book
        case _:
            assert_never(notice.kind)


def _lift(book: Book, ground: Ground | None) -> Book:
    return replace(book, active=frozenset(notice for notice in book.active if notice.ground is not ground))


def _reached(notice: Notice, on: date) -> bool:
    return notice.effective_on is None or notice.effective_on <= on


def _one_world(known: Sequence[Recorded]) -> None:
    worlds = {e.statement.practice for e in known if isinstance(e.statement, Reading | Notice)}
    if len(worlds) > 1:
        raise ValueError("practice and real entries in one fold")


def readings_that_count(known: Sequence[Recorded]) -> list[RecordedReading]:
    """Readings with a mark that nobody took back, oldest answer first. Only a hand reading can be taken back."""
    withdrawn = {
        e.statement.index for e in known if isinstance(e.statement, Withdrawal) and e.statement.index < e.index
    }
    counted = [
        RecordedReading(e.index, e.recorded_at, e.statement)
        for e in known
        if isinstance(e.statement, Reading)
        and e.statement.mark is not None
        and not (e.statement.channel is Channel.HAND and e.index in withdrawn)
    ]
    return sorted(counted, key=lambda r: (r.reading.asked_at, r.index))


def notices_of(known: Sequence[Recorded]) -> list[RecordedNotice]:
    """Notices among entries, in the publisher's order."""
    notices = [RecordedNotice(e.index, e.recorded_at, e.statement) for e in known if isinstance(e.statement, Notice)]
    return sorted(notices, key=lambda n: (n.notice.sequence, n.index))


def _counts_from(recorded: RecordedNotice) -> datetime:
    """The moment of a notice: when it reached us, held within the day (JST) that the carrier names."""
    day = recorded.notice.effective_on
    if day is None:
        return recorded.recorded_at
    start = datetime.combine(day, time.min, JST)
    return min(max(recorded.recorded_at, start), start + timedelta(days=1))


def _corrections(known: Sequence[Recorded]) -> list[tuple[int, datetime]]:
    return [(e.index, e.statement.at) for e in known if isinstance(e.statement, Correction)]


def _lifted_at(notices: Sequence[RecordedNotice], book: Book, on: date) -> datetime | None:
    """When the carrier last lifted, if it left no restriction of its own; None: it did not."""
    lifted = [_counts_from(n) for n in notices if n.notice.kind is NoticeKind.LIFTED and _reached(n.notice, on)]
    return None if book.active else max(lifted, default=None)


def _standing(
    readings: Sequence[RecordedReading], corrections: Sequence[tuple[int, datetime]], lifted_at: datetime | None
) -> list[RecordedReading]:
    """The × answers that nobody accounted for afterwards.

    A lifting accounts for what was asked before it. A correction accounts for what was known and asked before it, but
    never for the newest answer: it explains why a × vanished, and this one has not.
    """

    def stands(restricted: RecordedReading) -> bool:
        asked_at = restricted.reading.asked_at
        if lifted_at is not None and asked_at < lifted_at:
            return False
        return restricted is readings[-1] or not any(
            restricted.index < index and asked_at <= at for index, at in corrections
        )

    return [r for r in readings if r.reading.mark is Mark.RESTRICTED and stands(r)]


def _combine(
    newest: RecordedReading | None, notices: Sequence[RecordedNotice], said: Mark | None, on: date
) -> Mark | None:
    """What stands when no × that was read does: the notices, the newest answer, or the more doubtful of both."""
    answered = newest.reading.mark if newest is not None else None
    if newest is None or answered is None or answered is Mark.RESTRICTED:  # a × that does not stand says nothing more
        return said
    if said is None:
        return answered
    heard_at = max((_counts_from(n) for n in notices if _reached(n.notice, on)), default=None)
    if heard_at is not None and newest.reading.asked_at < heard_at:
        return said
    return max(said, answered, key=DOUBT.index)


def _is_better(
    newest: RecordedReading, standing: Sequence[RecordedReading], in_force: Sequence[RecordedNotice]
) -> bool:
    """Whether the newest answer is no ×, though one stands that is older than it."""
    if newest.reading.mark is Mark.RESTRICTED:
        return False
    return bool(standing) or any(_counts_from(n) <= newest.reading.asked_at for n in in_force)
