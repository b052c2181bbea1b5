"""The chance that △ (or ○) becomes ×: published base rates as prior, own histories on top, never a bare number.

Pure. A rate is a gamma distribution (`gamma.py`); own histories add events and days to it. That supposes a rate that
does not change with age, and △→○ as an end that says nothing about ×: both are said wherever a figure is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from shirorom.domain.carrier import Source
from shirorom.domain.desk.gamma import Gamma, chance_at
from shirorom.domain.mark import Mark

HORIZONS_MONTHS = (3, 6, 12, 24)
MONTH_DAYS = 30.4375
JEFFREYS = 0.5
"""Half an event: what a rate is worth where nothing was known at all (Jeffreys' prior of a Poisson rate)."""
SOURCES_MAX = 8


@dataclass(frozen=True, slots=True)
class Sample:
    """What own histories hold: phones at a carrier that were asked at least twice, × among them, days under risk.

    `once`: those that were asked only once, and so say nothing about time.
    """

    subjects: int
    events: int
    days: float
    once: int = 0

    def __post_init__(self) -> None:
        if not (0 <= self.events <= self.subjects and self.days >= 0 and self.once >= 0):
            raise ValueError("no sample")
        if self.events and self.days <= 0:
            raise ValueError("events need time in which they happened")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a figure comes from: a published source, or (None) this shop's own record up to a day."""

    as_of: date
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Between:
    """A figure that cannot be without its interval, its n and its source.

    Attributes:
        level: With which probability the true value lies between `low` and `high`, as the model has it.
        sample: The own histories it rests on; all zero where it rests on published rates alone.
    """

    value: float
    low: float
    high: float
    level: float
    sample: Sample
    origins: tuple[Origin, ...]

    def __post_init__(self) -> None:
        if not (0 <= self.low <= self.value <= self.high):
            raise ValueError("a value lies in its interval")
        if not 0.5 <= self.level < 1:
            raise ValueError("a level from 0.5 up, below 1")
        if not 0 < len(self.origins) <= SOURCES_MAX:
            raise ValueError("a figure has a source")


@dataclass(frozen=True, slots=True)
class Chance(Between):
    """A probability."""

    def __post_init__(self) -> None:
        Between.__post_init__(self)
        if self.high > 1:
            raise ValueError("a probability is at most 1")


@dataclass(frozen=True, slots=True)
class Yen(Between):
    """An expected cost in yen; the interval is that of the expectation, not of one year's luck."""


@dataclass(frozen=True, slots=True)
class BaseRate:
    """A published share of units that became ×, and what the shop makes of it.

    Attributes:
        of: The mark that it is used for.
        share: The share, as published.
        months: Over how many months it is taken to have come about. A choice: the sources do not say.
        weight: How many events it counts for beside the shop's own. A choice: the sources give no n.
    """

    of: Mark
    share: float
    months: int
    weight: float
    note: str
    sources: tuple[Source, ...]

    def __post_init__(self) -> None:
        if self.of not in (Mark.CAUTION, Mark.CLEAR):
            raise ValueError("a base rate is of △ or of ○")
        if not (0 < self.share < 0.5 and 0 < self.months <= 120 and 0.1 <= self.weight <= 1_000):
            raise ValueError("a share below a half, 1 to 120 months, a weight from 0.1 to 1,000")
        if not self.sources:
            raise ValueError("a rate without a source")

    @property
    def prior(self) -> Gamma:
        """The published share as a rate per day, worth `weight` events."""
        return Gamma(self.weight, self.weight * self.months * MONTH_DAYS / self.share)


@dataclass(frozen=True, slots=True)
class BaseRates:
    """What the estimates begin with (`base-rates.toml`).

    Attributes:
        level: Of every interval.
        events_min: With fewer own events an estimate says that it is little data.
        ahead_months: How far ahead a warranty without end is counted.
    """

    level: float
    events_min: int
    ahead_months: int
    rates: tuple[BaseRate, ...]

    def __post_init__(self) -> None:
        if {rate.of for rate in self.rates} != {Mark.CAUTION, Mark.CLEAR} or len(self.rates) != 2:
            raise ValueError("one rate for △ and one for ○")
        if not (0.5 <= self.level < 1 and self.events_min >= 1 and 0 < self.ahead_months <= 120):
            raise ValueError("level from 0.5, at least one event, 1 to 120 months ahead")

    def of(self, mark: Mark) -> BaseRate:
        """The rate of a mark."""
        return next(rate for rate in self.rates if rate.of is mark)


@dataclass(frozen=True, slots=True)
class Believed:
    """What is believed about one mark: the prior, the shop's own, and both together.

    `own` is None where own histories could not be read (no survival library) or hold no time at all.
    """

    base: BaseRate
    level: float
    events_min: int
    as_of: date
    own: Sample | None = None

    @property
    def sample(self) -> Sample:
        """The own histories, or none."""
        return self.own or Sample(0, 0, 0.0)

    @property
    def enough(self) -> bool:
        """Whether there are as many own events as the shop wants to see before it relies on them."""
        return self.sample.events >= self.events_min

    @property
    def alone(self) -> Gamma | None:
        """The own histories without any published rate; None: they hold no time."""
        sample = self.sample
        return Gamma(JEFFREYS + sample.events, sample.days) if sample.days > 0 else None

    @property
    def above(self) -> bool:
        """Whether the own rate lies above anything that was published: its interval ends where the other's begins.

        Then what is published is of other shops, and mixing it in would only hide how bad it is here. Little data never
        says so.
        """
        low, high = tails(self.level)
        alone = self.alone if self.enough else None
        return alone is not None and alone.quantile(low) > self.base.prior.quantile(high)

    @property
    def both(self) -> Gamma:
        """Prior and own histories together; the own alone where they lie above the prior."""
        if self.alone is not None and self.above:
            return self.alone
        return self.base.prior.after(self.sample.events, self.sample.days)

    @property
    def origins(self) -> tuple[Origin, ...]:
        """What `both` rests on."""
        own = (Origin(self.as_of),) if self.sample.days > 0 else ()
        return own if self.above else (*self._published, *own)

    @property
    def _published(self) -> tuple[Origin, ...]:
        return tuple(Origin(source.read_on, source) for source in self.base.sources)

    def chance(self, days: float) -> Chance:
        """Within so many days, by prior and own histories together."""
        return self._chance(self.both, days, self.sample, self.origins)

    def chance_published(self, days: float) -> Chance:
        """The same by the published rate alone."""
        return self._chance(self.base.prior, days, Sample(0, 0, 0.0), self._published)

    def chance_own(self, days: float) -> Chance | None:
        """The same by the shop's own histories alone; None: they hold no time."""
        rate = self.alone
        return None if rate is None else self._chance(rate, days, self.sample, (Origin(self.as_of),))

    def _chance(self, rate: Gamma, days: float, sample: Sample, origins: tuple[Origin, ...]) -> Chance:
        low, high = tails(self.level)
        value = rate.chance(days)
        bounds = [chance_at(rate.quantile(p), days) for p in (low, high)]
        return Chance(value, min(bounds[0], value), max(bounds[1], value), self.level, sample, origins)


def tails(level: float) -> tuple[float, float]:
    """Where an interval of this level begins and ends."""
    return (1 - level) / 2, (1 + level) / 2


def believe(rates: BaseRates, own: Mapping[Mark, Sample] | None, as_of: date) -> dict[Mark, Believed]:
    """What is believed about △ and about ○. `own` is None where own histories could not be used."""
    return {
        rate.of: Believed(rate, rates.level, rates.events_min, as_of, (own or {}).get(rate.of)) for rate in rates.rates
    }
