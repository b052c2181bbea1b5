"""What changed at each carrier, and whether such a change is to be expected (DOMAIN: －→△/○, △→○, △→×, ○→×).

A carrier says something at each answer that was read (the moment it was asked) and at each entry that brought its
notices (the moment it was recorded; what they then say together).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
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
    """A change with the entry that shows it, whose place in the log is the change's name for ever."""

    change: Change
    index: int
    imei: Imei


@dataclass(frozen=True, slots=True)
class _Said:
    """What a carrier said at one moment."""

    at: datetime
    index: int
    mark: Mark
    imei: Imei


def changes(entries: Sequence[Recorded]) -> tuple[Change, ...]:
    """The changes in what carriers said about one IMEI, oldest first.

    They are of what was said, not of what stands: a × that vanished is a change ×→○, and unexpected. Withdrawn
    readings and unknown symbols say nothing. A restriction that is announced for a day ahead is a △; that its day came
    is no entry, and so no change.
    """
    return tuple(located.change for located in located_changes(entries))


def located_changes(entries: Sequence[Recorded]) -> tuple[LocatedChange, ...]:
    """The same changes, each with its entry."""
    found: list[LocatedChange] = []
    for carrier in CarrierId:
        mine = [entry for entry in entries if entry.statement.carrier is carrier]
        said = sorted((*_read(mine), *_declared(mine)), key=lambda one: (one.at, one.index))
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
        by_then = (one.notice for one in notices if one.index <= index)
        on = _day(newest)
        yield index, reduce(partial(step, on=on), by_then, Book()).mark(on)


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


def _day(recorded: RecordedNotice) -> date:
    return recorded.recorded_at.astimezone(JST).date()


def _change(carrier: CarrierId, before: _Said, after: _Said) -> LocatedChange:
    move = (before.mark, after.mark)
    change = Change(carrier, *move, (before.at, after.at), expected=move in EXPECTED_MOVES)
    return LocatedChange(change, after.index, after.imei)
