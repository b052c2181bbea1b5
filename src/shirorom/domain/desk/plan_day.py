"""What the plan of re-checks tells: a day, the days ahead, what a choice costs, and what it leaves unasked.

Pure values. Everything counts cells, a number at a carrier; hours and minutes follow from the shop's own assumptions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.plan import Seen, Standing
from shirorom.domain.desk.plan_rules import Effort, RuleSet


@dataclass(frozen=True, slots=True)
class Unasked:
    """Cells that nobody asks, and what that risks. Counts, no probabilities: those are not known here.

    Attributes:
        units: How many units they belong to. yen: what these are worth together; `unpriced` of them have no price.
        caution_covered: Cells that last said △ and whose unit is under warranty.
        said: By what was last said, where that is not too old to rest on. A ○ or － that is counts in `stale` alone.
        chances: What the shop's own histories say, by mark, for the next 30 days; None: not known.
    """

    cells: int = 0
    units: int = 0
    yen: int = 0
    unpriced: int = 0
    caution_covered: int = 0
    said: Mapping[Seen, int] = field(default_factory=dict)
    stale: int = 0
    chances: Mapping[Seen, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CarrierDay:
    """One carrier's part of a day.

    Attributes:
        automatic: The program asks there, at its polite rate.
        stopped: Why it has stopped for today (`needs-person`, `carrier-paused`); people may ask. None: it has not.
    """

    carrier: CarrierId
    automatic: bool
    capacity: int
    planned: int
    left: int
    done: int
    stopped: str | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """One cell of the plan, in the order in which it is asked. `number`: the how-manieth of its unit."""

    unit: int
    key: str
    number: int
    carrier: CarrierId
    standing: Standing
    seen: Seen
    asked_on: date | None
    due_on: date
    yen: int | None
    every: int
    why: str
    why_en: str

    @property
    def correction(self) -> bool:
        """Whether it is asked only because a carrier may have corrected a ×."""
        return self.seen is Seen.RESTRICTED


@dataclass(frozen=True, slots=True)
class PlanOfDay:
    """A day (JST) as it stands. `total` of it are asked if all goes well, `done` of them are; `phones` are still open.

    Attributes:
        due: Cells that are due and not answered today: `open` of them fit into the day, `left` do not.
        never: Cells that no rule asks.
        practice: Whether any of the open cells is practice, and whether any is real.
    """

    day: date
    rules: RuleSet
    total: int
    done: int
    open: int
    phones: int
    due: int
    carriers: tuple[CarrierDay, ...]
    left: Unasked
    never: Unasked
    practice: bool
    real: bool


@dataclass(frozen=True, slots=True)
class DayCount:
    """A day ahead, if every answer stays as it is.

    Attributes:
        people: Cells that people ask. automatic: that the program asks. left: that wait.
        carriers: Cells asked at each carrier, in the order of `CARRIERS`.
    """

    day: date
    people: int
    automatic: int
    left: int
    carriers: tuple[int, ...]

    @property
    def planned(self) -> int:
        """Cells in all."""
        return self.people + self.automatic


@dataclass(frozen=True, slots=True)
class Load:
    """Cells a day over some days ahead."""

    mean: float
    peak: int
    people_mean: float
    automatic_mean: float

    @classmethod
    def of(cls, days: Sequence[DayCount]) -> Load:
        """Over these days; none at all: nothing."""
        n = len(days) or 1
        return cls(
            sum(day.planned for day in days) / n,
            max((day.planned for day in days), default=0),
            sum(day.people for day in days) / n,
            sum(day.automatic for day in days) / n,
        )


@dataclass(frozen=True, slots=True)
class ChoiceCost:
    """What a set of rules costs, before it is chosen.

    Attributes:
        today: Cells that it asks today, what is done already counted in.
        days: The 30 days from today on. `week`, `month`: means and peaks of 7 and 30 of them.
        automatic_h: Hours a day (mean of the month) that the longest automatic carrier takes, at its polite rate.
        left: What did not fit today. left_after: how many cells still wait after 30 days. never: what no rule asks.
    """

    rules: RuleSet
    in_force: bool
    today: int
    days: tuple[DayCount, ...]
    week: Load
    month: Load
    automatic_h: float
    effort: Effort
    left: Unasked
    left_after: int
    never: Unasked

    def hand_min(self, load: Load) -> float:
        """Minutes a day of a person who asks by hand."""
        return load.people_mean * self.effort.hand_s / 60

    def extension_min(self, load: Load) -> float:
        """Minutes a day of a person with the browser extension."""
        return load.people_mean * self.effort.extension_s / 60


@dataclass(frozen=True, slots=True)
class Filled:
    """What the counter's queue holds of today's plan now, in phones.

    Attributes:
        added: New ones. known: that were there already. gone: of an older plan, taken off.
        left: Those of today that are not in it: no room, or not wanted yet.
    """

    added: int
    known: int
    gone: int
    left: int
