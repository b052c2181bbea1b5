"""What changed at each carrier, and whether such a change is to be expected (DOMAIN: －→△/○, △→○, △→×, ○→×).

A carrier says something at each answer that was read (the moment it was asked), at each entry that brought its notices
(the moment it was recorded; what they then say together), and on each day that a notice named ahead, when it comes and
they say something else from then on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial, reduce
from itertools import pairwise, zip_longest

from shirorom.domain.carrier import CarrierId
from shirorom.domain.fold import JST, Book, Recorded, RecordedNotice, notices_of, readings_that_count, step
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark

EXPECTED_MOVES = frozenset(
    {
        (Mark.NO_RECORD, Mark.CAUTION),  # registered after the sale
        (Mark.NO_RECORD, Mark.CLEAR),
        (Mark.CAUTION, Mark.CLEAR),  # paid
        (Mark.CAUTION, Mark.RESTRICTED),  # not paid
        (Mark.CLEAR, Mark.RESTRICTED),  # fraud found later, a compensation claim
    }
)
"""Every other move is unexpected and kept as evidence: ×→anything, ○→△, ○/△→－, and －→× (not seen in any source)."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one carrier said differed; the mark changed somewhere between the two moments."""

    carrier: CarrierId
    from_: Mark
    to: Mark
    between: tuple[datetime, datetime]
    expected: bool


@dataclass(frozen=True, slots=True)
class LocatedChange:
    """A change with the entry that shows it, whose place in the log is the change's name for ever.

    `day`: of a change that no entry made but a day (JST) that came, which the notice of that entry had named.
    """

    change: Change
    index: int
    imei: Imei
    day: date | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    """What a carrier said at one moment."""

    at: datetime
    index: int
    mark: Mark
    imei: Imei
    day: date | None = None


def changes(entries: Sequence[Recorded], *, by: date | None = None) -> tuple[Change, ...]:
    """The changes in what carriers said about one IMEI, oldest first.

    They are of what was said, not of what stands: a × that vanished is a change ×→○, and unexpected. Withdrawn
    readings and unknown symbols say nothing. A restriction that is announced for a day ahead is a △, and a × from the
    beginning of that day (JST) on. `by`: the last day that has come; None: only what entries changed.
    """
    return tuple(located.change for located in located_changes(entries, by=by))


def located_changes(entries: Sequence[Recorded], *, by: date | None = None) -> tuple[LocatedChange, ...]:
    """The same changes, each with its entry."""
    found: list[LocatedChange] = []
    for carrier in CarrierId:
        mine = [entry for entry in entries if entry.statement.carrier is carrier]
        days = () if by is None else _come(mine, by)
        said = sorted((*_read(mine), *_declared(mine), *days), key=lambda one: (one.at, one.index))
        found += [_change(carrier, *pair) for pair in pairwise(said) if pair[0].mark is not pair[1].mark]
    return tuple(sorted(found, key=lambda one: (one.change.between[1], one.change.carrier.value)))


def _read(entries: Sequence[Recorded]) -> Iterator[_Said]:
    for one in readings_that_count(entries):
        if one.reading.mark is not None:
            yield _Said(one.reading.asked_at, one.index, one.reading.mark, one.reading.imei)


def _declared(entries: Sequence[Recorded]) -> Iterator[_Said]:
    """What one carrier's notices said together after each entry that brought some."""
    notices = notices_of(entries)
    newest_of = {one.index: one for one in notices}
    told = _in_turn(notices) if _settled(notices) else _anew(notices, newest_of)
    for index, mark in told:
        newest = newest_of[index]
        yield _Said(newest.recorded_at, index, mark, newest.notice.imei)


def _anew(notices: Sequence[RecordedNotice], newest_of: Mapping[int, RecordedNotice]) -> Iterator[tuple[int, Mark]]:
    """After each entry, everything that was known by then is folded."""
    for index, newest in newest_of.items():
        yield index, _mark([one for one in notices if one.index <= index], _day(newest))


def _in_turn(notices: Sequence[RecordedNotice]) -> Iterator[tuple[int, Mark]]:
    """The same in one pass: a carrier that sends its whole list every day names a phone hundreds of times."""
    book = Book()
    for one, following in zip_longest(notices, notices[1:]):
        book = step(book, one.notice, on=_day(one))
        if following is None or following.index != one.index:
            yield one.index, book.mark(_day(one))


def _settled(notices: Sequence[RecordedNotice]) -> bool:
    """Whether a later day changes nothing of what was said: in the log's order, and no word named a day ahead."""
    in_order = all(one.index <= other.index for one, other in pairwise(notices))
    return in_order and all(one.notice.effective_on is None or one.notice.effective_on <= _day(one) for one in notices)


def _come(entries: Sequence[Recorded], by: date) -> Iterator[_Said]:
    """What one carrier's notices say from a day on that they had named before it; nothing where it is the same."""
    notices = notices_of(entries)
    for day in sorted(
        {day for one in notices if (day := one.notice.effective_on) is not None and _day(one) < day <= by}
    ):
        known = [one for one in notices if _day(one) < day]
        mark = _mark(known, day)
        if mark is not _mark(known, day - timedelta(days=1)):
            named = max((one for one in known if one.notice.effective_on == day), key=lambda one: one.index)
            yield _Said(beginning_of(day), named.index, mark, named.notice.imei, day)


def beginning_of(day: date) -> datetime:
    """When a day begins in Japan (aware UTC)."""
    return datetime.combine(day, time.min, JST).astimezone(UTC)


def _mark(notices: Sequence[RecordedNotice], on: date) -> Mark:
    return reduce(partial(step, on=on), (one.notice for one in notices), Book()).mark(on)


def _day(recorded: RecordedNotice) -> date:
    return recorded.recorded_at.astimezone(JST).date()


def _change(carrier: CarrierId, before: _Said, after: _Said) -> LocatedChange:
    move = (before.mark, after.mark)
    change = Change(carrier, *move, (before.at, after.at), expected=move in EXPECTED_MOVES)
    return LocatedChange(change, after.index, after.imei, after.day)
