"""Chances, costs and the back-test as JSON and in words: one form for CLI, API and page. No figure without interval."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec

from shirorom.edge.words import Words

if TYPE_CHECKING:  # only named here: whoever asks for figures loads it
    from shirorom.domain.desk.backtest import BackTest, Compared
    from shirorom.domain.desk.risk import Between, Chance, Origin, Sample
    from shirorom.service.watch_risk import RiskReport


class SampleWire(msgspec.Struct, frozen=True):
    """n: phones at a carrier with two answers or more, × among them, days under watch; `once` are not counted."""

    subjects: int
    events: int
    days: float
    once: int


class OriginWire(msgspec.Struct, frozen=True):
    """Where a figure comes from; `url` is null for the shop's own record up to `as_of`."""

    url: str | None
    title: str | None
    as_of: date
    confidence: str | None


class FigureWire(msgspec.Struct, frozen=True):
    """A figure with its interval, its n and its sources."""

    value: float
    low: float
    high: float
    level: float
    sample: SampleWire
    sources: tuple[OriginWire, ...]


class HorizonWire(msgspec.Struct, frozen=True):
    """The chance of a mark to become × within so many months."""

    mark: str
    months: int
    published: FigureWire
    own: FigureWire | None
    both: FigureWire
    enough: bool


class CostWire(msgspec.Struct, frozen=True):
    """Covered units of one group, and what they are expected to cost in yen."""

    group: str
    units: int
    yen: FigureWire


class ComparedWire(msgspec.Struct, frozen=True):
    """Forecast against what happened."""

    mark: str | None
    subjects: int
    days: float
    predicted: float
    low: int
    high: int
    happened: int
    inside: bool


class BackTestWire(msgspec.Struct, frozen=True):
    """The back-test. Scores: log probability of what happened, higher is better."""

    split: date
    level: float
    whole: ComparedWire
    bins: tuple[ComparedWire, ...]
    score: float
    score_base: float


class RiskWire(msgspec.Struct, frozen=True):
    """The whole report. `own_analysed` is false without the extra `analytics`; `test` where it was asked for."""

    day: date
    practice: bool
    units: int
    sold: int
    elsewhere: int
    own_analysed: bool
    horizons: tuple[HorizonWire, ...]
    costs: tuple[CostWire, ...]
    total_yen: FigureWire | None
    left_out: dict[str, int]
    test: BackTestWire | None = None


def risk_of(report: RiskReport, test: BackTest | None = None) -> RiskWire:
    """A report as JSON. Where no terms are written there is no cost to tell."""
    cost = report.cost
    return RiskWire(
        day=report.day,
        practice=report.practice,
        units=report.units,
        sold=report.sold,
        elsewhere=report.elsewhere,
        own_analysed=report.available,
        horizons=tuple(
            HorizonWire(
                one.mark.value, one.months, figure_of(one.published), figure_of(one.own) if one.own else None,
                figure_of(one.both), report.believed[one.mark].enough,
            )
            for one in report.horizons
        ),
        costs=tuple(CostWire(one.group.value, one.units, figure_of(one.yen)) for one in cost.lines)
        if report.terms_written
        else (),
        total_yen=figure_of(cost.total) if report.terms_written else None,
        left_out={reason.value: count for reason, count in cost.left_out},
        test=back_test_of(test) if test else None,
    )  # fmt: skip


def back_test_of(test: BackTest) -> BackTestWire:
    """A back-test as JSON."""
    return BackTestWire(
        test.split, test.level, _compared(test.whole), tuple(_compared(one) for one in test.bins), test.score,
        test.score_base,
    )  # fmt: skip


def _compared(one: Compared) -> ComparedWire:
    return ComparedWire(
        one.mark.value if one.mark else None, one.subjects, one.days, one.predicted, one.low, one.high, one.happened,
        one.inside,
    )  # fmt: skip


def figure_of(one: Between) -> FigureWire:
    """A figure with everything that belongs to it."""
    return FigureWire(one.value, one.low, one.high, one.level, sample_of(one.sample), tuple(map(_origin, one.origins)))


def sample_of(one: Sample) -> SampleWire:
    """The n behind a figure."""
    return SampleWire(one.subjects, one.events, one.days, one.once)


def _origin(one: Origin) -> OriginWire:
    if one.source is None:
        return OriginWire(None, None, one.as_of, None)
    return OriginWire(one.source.url, one.source.title, one.as_of, one.source.confidence.value)


def chance_text(one: Chance | None, words: Words) -> str:
    """A chance with its interval, in percent; None: there is no own record."""
    if one is None:
        return words.t("risk.none")
    return words.t("risk.figure", value=percent(one.value), low=percent(one.low), high=percent(one.high))


def yen_text(one: Between, words: Words) -> str:
    """Yen with their interval, whole yen."""
    return words.t("risk.yen", value=f"{one.value:,.0f}", low=f"{one.low:,.0f}", high=f"{one.high:,.0f}")


def percent(share: float) -> str:
    """Two significant digits and no more, so that nothing looks surer than it is."""
    value = share * 100
    if value == 0:
        return "0%"
    if value < 0.001:
        return "<0.001%"
    digits = 0 if value >= 10 else 1 if value >= 1 else 2 if value >= 0.1 else 3
    return f"{value:.{digits}f}%"


def origin_text(one: Origin, words: Words) -> str:
    """A source in words."""
    if one.source is None:
        return words.t("risk.own_source", day=one.as_of.isoformat())
    read = words.t("risk.read", day=one.as_of.isoformat(), confidence=one.source.confidence.value)
    return f"{one.source.title} {one.source.url} ({read})"


def said_of(report: RiskReport, words: Words) -> list[str]:
    """What has to be said beside the figures: n, little data, what is supposed."""
    lines = [] if report.available else [words.t("risk.not_available")]
    for mark, one in report.believed.items():
        name = f"{mark.symbol} {words.t(f'mark.{mark.value}.word')}"
        sample = one.sample
        if report.available:
            lines.append(
                words.t(
                    "risk.sample", mark=name, subjects=sample.subjects, days=f"{sample.days:,.0f}",
                    events=sample.events, once=sample.once,
                )
            )  # fmt: skip
            key = "risk.enough" if one.enough else "risk.little"
            lines.append(words.t(key, mark=name, events=sample.events, events_min=one.events_min))
            lines += [words.t("risk.above", mark=name)] if one.above else []
        shape = report.fitted[mark].shape if mark in report.fitted else None
        if shape is not None:
            value, low, high = (f"{one:.2f}" for one in shape)
            lines.append(words.t("risk.shape", mark=name, value=value, low=low, high=high))
    rate = report.rates.rates[0]
    lines += [words.t("risk.assume_1"), words.t("risk.assume_2")]
    lines.append(words.t("risk.assume_3", months=rate.months, weight=f"{rate.weight:g}"))
    lines.append(words.t("risk.assume_4", months=report.rates.ahead_months))
    return lines


def back_test_lines(test: BackTest, words: Words) -> list[str]:
    """A back-test in words: the whole, each bin, the scores."""
    whole = test.whole
    lines = [
        words.t("risk.test_split", day=test.split.isoformat(), subjects=whole.subjects, days=f"{whole.days:,.0f}"),
        f"{_against(whole, words)} {inside_text(whole, words)}",
    ]
    lines += [f"{bin_text(one, words)}: {_against(one, words)} {inside_text(one, words)}" for one in test.bins]
    lines.append(words.t("risk.test_score", score=f"{test.score:.2f}", base=f"{test.score_base:.2f}"))
    lines.append(words.t("risk.test_better" if test.better else "risk.test_worse"))
    return lines


def bin_text(one: Compared, words: Words) -> str:
    """Which subjects a bin holds."""
    mark = f"{one.mark.symbol} {words.t(f'mark.{one.mark.value}.word')}" if one.mark else words.t("risk.cost_total")
    return words.t("risk.test_bin", mark=mark, subjects=one.subjects, days=f"{one.days:,.0f}")


def inside_text(one: Compared, words: Words) -> str:
    """Whether what happened lies in the interval."""
    return words.t("risk.test_inside" if one.inside else "risk.test_outside")


def _against(one: Compared, words: Words) -> str:
    return words.t(
        "risk.test_whole", predicted=f"{one.predicted:.1f}", low=one.low, high=one.high, happened=one.happened
    )
