"""What the file of the plan says (`data/watch/plan.toml`, the shop's own copy): sets of rules, the day, the effort.

Pure. The file is the shop's to edit; a value checks itself at birth, so that a slip is told with its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.plan import Rule

CELLS_MAX = 100_000
_HOURS = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


class RuleSet(StrEnum):
    """The sets that a shop can choose from. `own` is empty until the shop writes it."""

    GENTLE = "gentle"
    USUAL = "usual"
    CLOSE = "close"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Day:
    """What a day holds.

    Attributes:
        hours: When carriers are asked (JST), `HH:MM-HH:MM`, half-open, within one day.
        cells: Cells a day that people ask at one carrier.
        spread_percent: By how much of its interval a cell may be asked early.
        unknown_yen: What a unit without a price counts as.
    """

    hours: str
    cells: int
    spread_percent: int
    unknown_yen: int
    docomo: int | None = None
    au: int | None = None
    softbank: int | None = None
    rakuten: int | None = None

    def __post_init__(self) -> None:
        first, last = self.minutes
        if first >= last or last > 24 * 60:
            raise ValueError("hours end before they begin")
        for cells in (self.cells, self.docomo, self.au, self.softbank, self.rakuten):
            if cells is not None and not 0 <= cells <= CELLS_MAX:
                raise ValueError(f"cells a day are 0 to {CELLS_MAX}")
        if not 0 <= self.spread_percent <= 90:
            raise ValueError("spread_percent is 0 to 90")
        if not 0 <= self.unknown_yen <= 10_000_000:
            raise ValueError("unknown_yen is 0 to 10,000,000")

    @property
    def minutes(self) -> tuple[int, int]:
        """The hours as minutes of the day, from and until."""
        found = _HOURS.fullmatch(self.hours)
        if found is None:
            raise ValueError("hours are written HH:MM-HH:MM")
        a, b, c, d = map(int, found.groups())
        return a * 60 + b, c * 60 + d

    def limit(self, carrier: CarrierId) -> int | None:
        """Cells a day at a carrier where the file names one."""
        limit: int | None = getattr(self, carrier.value)
        return limit


@dataclass(frozen=True, slots=True)
class Effort:
    """Seconds of a person for one cell. Assumptions, not facts: each shop times its own."""

    hand_s: float
    extension_s: float

    def __post_init__(self) -> None:
        for seconds in (self.hand_s, self.extension_s):
            if not 0 < seconds <= 600:
                raise ValueError("seconds are more than 0 and at most 600")


@dataclass(frozen=True, slots=True)
class PlanRules:
    """The whole file. `rules`: the set in force."""

    rules: RuleSet
    day: Day
    effort: Effort
    gentle: tuple[Rule, ...]
    usual: tuple[Rule, ...]
    close: tuple[Rule, ...]
    own: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        if not self.sets.get(self.rules):
            raise ValueError(f"the set {self.rules.value} has no rule")

    @property
    def sets(self) -> Mapping[RuleSet, tuple[Rule, ...]]:
        """Those that have rules."""
        return {name: rules for name in RuleSet if (rules := getattr(self, name.value))}

    @property
    def in_force(self) -> tuple[Rule, ...]:
        """The rules of the chosen set."""
        return self.sets[self.rules]
