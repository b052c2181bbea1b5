"""What the warranty is expected to cost for the whole book: chance × remedy, unit by unit, and what is left out.

Pure. A unit's time begins with its newest answer, not today: what happened since is not known. × now is no chance any
more: it is due as soon as the buyer comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import exp, log1p

from shirorom.domain.desk.gamma import Gamma
from shirorom.domain.desk.risk import Believed, Chance, Sample, Yen, tails
from shirorom.domain.desk.stock import Unit
from shirorom.domain.desk.warranty import Coverage, Covered, Remedy, add_months, months_between
from shirorom.domain.mark import Mark


class Group(StrEnum):
    """Where a covered unit stands, by its newest answers, however old they are."""

    DUE = "due"  # × at some carrier
    CAUTION = "caution"
    CLEAR = "clear"
    NO_RECORD = "no-record"  # － everywhere: counted with the rate of ○
    UNKNOWN = "unknown"  # never answered: counted with the rate of △


RATE_OF = {
    Group.CAUTION: Mark.CAUTION,
    Group.UNKNOWN: Mark.CAUTION,
    Group.CLEAR: Mark.CLEAR,
    Group.NO_RECORD: Mark.CLEAR,
}
"""By which rate each group is counted. Doubt never rounds down."""


class LeftOut(StrEnum):
    """Why a sold unit is not in the sum."""

    NO_PRICE = "no-price"
    NO_DATE = "no-date"
    COVER_UNKNOWN = "cover-unknown"
    NO_TERMS = "no-terms"  # covered by the POS's word, but nothing says what is owed
    OVER = "over"  # not covered (any more)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a unit stands: the worst mark, at how many carriers, and the day of the oldest of those answers."""

    group: Group
    carriers: int = 1
    since: date | None = None


_WORST = (
    (Mark.RESTRICTED, Group.DUE),
    (Mark.CAUTION, Group.CAUTION),
    (Mark.CLEAR, Group.CLEAR),
    (Mark.NO_RECORD, Group.NO_RECORD),
)


def standing(newest: Sequence[tuple[Mark, date]]) -> Standing:
    """By the newest answer of each carrier."""
    for mark, group in _WORST:
        days = [day for one, day in newest if one is mark]
        if days:
            return Standing(group, len(days), min(days))
    return Standing(Group.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one day to another (counted from the unit's newest answer) × costs so many yen."""

    begin: float
    end: float
    yen: float


@dataclass(frozen=True, slots=True)
class AtRisk:
    """A covered unit in the sum. `times`: at how many carriers the mark stands, each with its own rate."""

    key: str
    group: Group
    times: int
    stretches: tuple[Stretch, ...]

    @property
    def days(self) -> float:
        """From its newest answer to the end of its warranty (or as far ahead as is counted)."""
        return self.stretches[-1].end if self.stretches else 0.0


def at_risk(unit: Unit, covered: Coverage, stands: Standing, day: date, ahead_months: int) -> AtRisk | LeftOut:
    """One sold unit's part in the sum, or why it has none."""
    if covered.state is Covered.NO:
        return LeftOut.OVER
    if covered.state is Covered.UNKNOWN:
        return LeftOut.NO_DATE if unit.sold_on is None else LeftOut.COVER_UNKNOWN
    if covered.terms is None or unit.sold_on is None:
        return LeftOut.NO_DATE if unit.sold_on is None else LeftOut.NO_TERMS
    if unit.price_yen is None:
        return LeftOut.NO_PRICE
    begin = min(day, max(stands.since or unit.sold_on, unit.sold_on))
    ahead = add_months(day, ahead_months)
    end = min(covered.until or ahead, ahead)
    months = sorted({0, *(share.months for share in covered.terms.shares)})
    edges = (
        [add_months(unit.sold_on, count) for count in months]
        if Remedy.REFUND_BY_TIME in covered.terms.remedies
        else [unit.sold_on]
    )
    stretches = []
    for n, since in enumerate(edges):
        until = min(end, edges[n + 1]) if n + 1 < len(edges) else end
        since = max(begin, since)
        if since < until:
            used = months_between(unit.sold_on, since)
            percent = max(covered.terms.percent(remedy, used) for remedy in covered.terms.remedies)
            stretches.append(Stretch((since - begin).days, (until - begin).days, unit.price_yen * percent / 100))
    return AtRisk(unit.key, stands.group, stands.carriers, tuple(stretches))


def cost_at(one: AtRisk, rate: float) -> float:
    """What a unit is expected to cost at a known rate per day, in yen."""
    rate *= one.times
    return sum(part.yen * (exp(-rate * part.begin) - exp(-rate * part.end)) for part in one.stretches)


def cost_under(one: AtRisk, rate: Gamma) -> float:
    """The same where the rate itself is only known as a distribution."""

    def spared(days: float) -> float:
        return exp(-rate.shape * log1p(days * one.times / rate.days))

    return sum(part.yen * (spared(part.begin) - spared(part.end)) for part in one.stretches)


@dataclass(frozen=True, slots=True)
class Line:
    """One group of covered units: how many, their prices, what they are expected to cost."""

    group: Group
    units: int
    yen: Yen


@dataclass(frozen=True, slots=True)
class Cost:
    """The whole book. `left_out`: sold units that are not in the sum, by reason."""

    lines: tuple[Line, ...]
    total: Yen
    left_out: tuple[tuple[LeftOut, int], ...]


def cost_of(units: Iterable[AtRisk | LeftOut], believed: Mapping[Mark, Believed]) -> Cost:
    """Sum over the book. Units of one group share one rate, so the bounds of a group are sums at the rate's bounds;
    those of the total are the sums of the groups', as if all rates were off in the same direction: rather too wide.
    """
    groups: dict[Group, list[AtRisk]] = {group: [] for group in Group}
    left: dict[LeftOut, int] = {}
    for one in units:
        if isinstance(one, LeftOut):
            left[one] = left.get(one, 0) + 1
        else:
            groups[one.group].append(one)
    lines = tuple(_line(group, some, believed) for group, some in groups.items())
    some = next(iter(believed.values()))
    origins = tuple(dict.fromkeys(origin for line in lines for origin in line.yen.origins))
    samples = [one.sample for one in believed.values()]
    sample = Sample(
        sum(s.subjects for s in samples), sum(s.events for s in samples), sum(s.days for s in samples),
        sum(s.once for s in samples),
    )  # fmt: skip
    total = Yen(
        sum(line.yen.value for line in lines),
        sum(line.yen.low for line in lines),
        sum(line.yen.high for line in lines),
        some.level, sample, origins,
    )  # fmt: skip
    return Cost(lines, total, tuple((reason, left[reason]) for reason in LeftOut if reason in left))


def _line(group: Group, units: Sequence[AtRisk], believed: Mapping[Mark, Believed]) -> Line:
    one = believed[RATE_OF.get(group, Mark.CAUTION)]
    if group is Group.DUE:
        due = sum(unit.stretches[0].yen for unit in units if unit.stretches)
        return Line(group, len(units), Yen(due, due, due, one.level, one.sample, one.origins))
    low, high = (one.both.quantile(p) for p in tails(one.level))
    value = sum(cost_under(unit, one.both) for unit in units)
    bounds = [sum(cost_at(unit, rate) for unit in units) for rate in (low, high)]
    yen = Yen(value, min(value, *bounds), max(value, *bounds), one.level, one.sample, one.origins)
    return Line(group, len(units), yen)


def chance_of(one: AtRisk, believed: Mapping[Mark, Believed]) -> Chance | None:
    """The chance that one covered unit becomes × within its remaining warranty; None: it is × already."""
    if one.group is Group.DUE:
        return None
    return believed[RATE_OF[one.group]].chance(one.days * one.times)
