"""Would the estimate have been right? Fitted on what was known before a past day, held against what came after.

Pure. Predicted and happened are counts over the same days under observation, so that who was asked more often later
neither flatters nor spoils the comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import lgamma, log

from shirorom.domain.desk.gamma import Gamma
from shirorom.domain.desk.risk import Believed, Sample, tails
from shirorom.domain.desk.spells import Spell
from shirorom.domain.mark import Mark


@dataclass(frozen=True, slots=True)
class Followed:
    """One subject at risk on the day of the split, and what came of it: days observed afterwards, and whether ×."""

    mark: Mark
    days: float
    event: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """A bin: subjects, days, × predicted with its interval, × happened."""

    mark: Mark | None
    subjects: int
    days: float
    predicted: float
    low: int
    high: int
    happened: int

    @property
    def inside(self) -> bool:
        """Whether what happened lies in the interval."""
        return self.low <= self.happened <= self.high


@dataclass(frozen=True, slots=True)
class BackTest:
    """The result. Scores: logarithm of the probability that was given to what happened (higher is better).

    Attributes:
        before: What the estimate was fitted on, for each mark.
        score_base: That of the published rates alone, on the same subjects.
    """

    split: date
    level: float
    before: tuple[tuple[Mark, Sample], ...]
    whole: Compared
    bins: tuple[Compared, ...]
    score: float
    score_base: float

    @property
    def better(self) -> bool:
        """Whether the shop's own histories made the prediction better than the published rates alone."""
        return self.score > self.score_base


def follow(before: Sequence[Spell], whole: Sequence[Spell]) -> Followed | None:
    """What came of a subject that was at risk (△ or ○, and its last answer) at the split.

    `before`: its spells by the answers up to the split; `whole`: by all. None: not at risk, or not asked again.
    """
    if not before or before[-1].mark not in (Mark.CAUTION, Mark.CLEAR):
        return None
    was = before[-1]
    now = next((spell for spell in whole if spell.first_at == was.first_at and spell.mark is was.mark), None)
    if now is None or now.days <= was.days:
        return None
    return Followed(was.mark, now.days - was.days, now.event)


def back_test(split: date, believed: Mapping[Mark, Believed], followed: Iterable[Followed]) -> BackTest:
    """Hold an estimate (fitted before the split) against what followed; bins by mark and by time observed."""
    subjects = list(followed)
    by_mark = {mark: [one for one in subjects if one.mark is mark] for mark in believed}
    level = next(iter(believed.values())).level
    bins = [
        _compare(mark, part, believed[mark].both, level)
        for mark, some in by_mark.items()
        for part in _halves(some)
        if part
    ]
    parts = [_compare(mark, some, believed[mark].both, level) for mark, some in by_mark.items()]
    whole = Compared(
        None, len(subjects), sum(part.days for part in parts), sum(part.predicted for part in parts),
        sum(part.low for part in parts), sum(part.high for part in parts), sum(part.happened for part in parts),
    )  # fmt: skip
    return BackTest(
        split=split,
        level=level,
        before=tuple((mark, one.sample) for mark, one in believed.items()),
        whole=whole,
        bins=tuple(bins),
        score=sum(log_score(one.both, *_counts(by_mark[mark])) for mark, one in believed.items()),
        score_base=sum(log_score(one.base.prior, *_counts(by_mark[mark])) for mark, one in believed.items()),
    )


def _halves(some: Sequence[Followed]) -> tuple[Sequence[Followed], Sequence[Followed]]:
    """Those observed for less than the middle one, and the others."""
    ranked = sorted(some, key=lambda one: one.days)
    return ranked[: len(ranked) // 2], ranked[len(ranked) // 2 :]


def _counts(some: Sequence[Followed]) -> tuple[int, float]:
    return sum(one.event for one in some), sum(one.days for one in some)


def _compare(mark: Mark, some: Sequence[Followed], rate: Gamma, level: float) -> Compared:
    happened, days = _counts(some)
    low, high = (rate.count_quantile(days, p) for p in tails(level))
    return Compared(mark, len(some), days, rate.mean * days, low, high, happened)


def log_score(rate: Gamma, events: int, days: float) -> float:
    """Log density of events at their very times over so many days, under a rate known as a distribution."""
    a, b = rate.shape, rate.days
    return lgamma(a + events) - lgamma(a) + a * log(b) - (a + events) * log(b + days)
