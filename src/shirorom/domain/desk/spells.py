"""What a phone's recorded answers at one carrier say about time: for how long △ (or ○) was seen, and how it ended.

Pure. A spell is an unbroken row of answers with one mark. It was under risk from its first answer to its last; what
happened between its last answer and the next is not known to the day:

- the next is × → the event, somewhere in between (`last_at` < event ≤ `next_at`)
- the next is another mark, or there is none (paid, gone from the book, nobody asked again) → it ended unharmed at
  `last_at`. That counts a little too few days without ×, so that a rate comes out too high rather than too low.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from shirorom.domain.carrier import CarrierId
from shirorom.domain.fold import Recorded, readings_that_count
from shirorom.domain.mark import Mark
from shirorom.domain.reading import Correction

_DOUBT = (Mark.NO_RECORD, Mark.CLEAR, Mark.CAUTION, Mark.RESTRICTED)
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer about one number of a phone; `mark` None: a person explained why a × vanished (accept-correction)."""

    at: datetime
    number: str
    mark: Mark | None


@dataclass(frozen=True, slots=True)
class Spell:
    """An unbroken row of answers with one mark about one phone at one carrier.

    Attributes:
        next_at: When the next answer came, and `next_mark` what it was; None: there is none yet.
    """

    mark: Mark
    first_at: datetime
    last_at: datetime
    next_at: datetime | None = None
    next_mark: Mark | None = None

    @property
    def event(self) -> bool:
        """Whether it ended in ×."""
        return self.next_mark is Mark.RESTRICTED

    @property
    def days(self) -> float:
        """How long it was seen under risk: to its last answer; of one that ended in ×, to the answer that said so."""
        end = self.next_at if self.event and self.next_at is not None else self.last_at
        return (end - self.first_at).total_seconds() / DAY_S

    @property
    def bounds(self) -> tuple[float, float | None]:
        """Between which days after its first answer × came; None: not while it was seen."""
        low = (self.last_at - self.first_at).total_seconds() / DAY_S
        return (low, self.days) if self.event else (low, None)


def answers_of(entries: Sequence[Recorded], carrier: CarrierId, number: str) -> Iterator[Answered]:
    """A number's answers at a carrier that count, oldest first, and the corrections among them."""
    mine = [entry for entry in entries if entry.statement.carrier is carrier]
    found = [Answered(one.reading.asked_at, number, one.reading.mark) for one in readings_that_count(mine)]
    found += [Answered(e.statement.at, number, None) for e in mine if isinstance(e.statement, Correction)]
    yield from sorted(found, key=lambda one: one.at)


def spells(answers: Iterable[Answered]) -> list[Spell]:
    """The spells of one phone at one carrier, oldest first; of several numbers the most doubtful counts.

    × stands: nothing is counted after it until a person explains it.
    """
    newest: dict[str, Mark] = {}
    found: list[Spell] = []
    current: Spell | None = None
    for one in sorted(answers, key=lambda one: one.at):
        if one.mark is None:
            current = None if current is not None and current.mark is Mark.RESTRICTED else current
            newest.pop(one.number, None)
            continue
        if current is not None and current.mark is Mark.RESTRICTED:
            continue
        newest[one.number] = one.mark
        mark = max(newest.values(), key=_DOUBT.index)
        if current is not None and current.mark is mark:
            current = found[-1] = Spell(mark, current.first_at, one.at)
            continue
        if current is not None:
            found[-1] = Spell(current.mark, current.first_at, current.last_at, one.at, mark)
        current = Spell(mark, one.at, one.at)
        found.append(current)
    return found
