"""What changed at each carrier, and whether such a change is to be expected (DOMAIN: －→△/○, △→○, △→×, ○→×)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from shirorom.domain.carrier import CarrierId
from shirorom.domain.fold import Recorded, RecordedReading, readings_that_count
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
    """One carrier's answers differed; the mark changed somewhere between the two moments (both asked_at)."""

    carrier: CarrierId
    from_: Mark
    to: Mark
    between: tuple[datetime, datetime]
    expected: bool


@dataclass(frozen=True, slots=True)
class LocatedChange:
    """A change with the answers that show it: the later one's place in the log is the change's name for ever."""

    change: Change
    before: RecordedReading
    after: RecordedReading


def changes(entries: Sequence[Recorded]) -> tuple[Change, ...]:
    """The changes in what carriers answered about one IMEI, oldest first.

    They are of the answers as shown, not of what stands: a × that vanished is a change ×→○, and unexpected. Withdrawn
    readings and unknown symbols are no answers.
    """
    return tuple(located.change for located in located_changes(entries))


def located_changes(entries: Sequence[Recorded]) -> tuple[LocatedChange, ...]:
    """The same changes, each with its two answers."""
    found: list[LocatedChange] = []
    for carrier in CarrierId:
        readings = readings_that_count([e for e in entries if e.statement.carrier is carrier])
        found += [located for pair in pairwise(readings) if (located := _change(*pair))]
    return tuple(sorted(found, key=lambda one: (one.change.between[1], one.change.carrier.value)))


def _change(before: RecordedReading, after: RecordedReading) -> LocatedChange | None:
    was, now = before.reading.mark, after.reading.mark
    if was is None or now is None or was is now:
        return None
    between = (before.reading.asked_at, after.reading.asked_at)
    change = Change(after.reading.carrier, was, now, between, expected=(was, now) in EXPECTED_MOVES)
    return LocatedChange(change, before, after)
