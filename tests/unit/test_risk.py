"""Rates, chances and costs: right against simulated histories of a known rate, never bare, never 0, never falling."""

from __future__ import annotations

import importlib
import math
import random
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shirorom.adapters.watch_toml import WatchFiles
from shirorom.domain.desk.backtest import Followed, back_test, log_score
from shirorom.domain.desk.exposure import AtRisk, Group, LeftOut, at_risk, chance_of, cost_at, cost_of, standing
from shirorom.domain.desk.gamma import Gamma, gamma_cdf
from shirorom.domain.desk.risk import BaseRates, Believed, Chance, Origin, Sample, Yen, believe
from shirorom.domain.desk.warranty import Duration, Period, Remedy, coverage
from shirorom.domain.mark import Mark
from tests.claim_kit import BY_TIME, SOLD_ON, TODAY, shop_terms, unit

YEAR = 365.25
shapes = st.floats(0.1, 500)


@pytest.fixture(scope="module")
def rates(tmp_path_factory: pytest.TempPathFactory) -> BaseRates:
    """The packaged ones."""
    return WatchFiles(tmp_path_factory.mktemp("rates")).rates()


def believed(rates: BaseRates, events: int, days: float, mark: Mark = Mark.CAUTION) -> Believed:
    """Of one mark, after so many events in so many days."""
    sample = Sample(max(events, 1), events, days)
    return believe(rates, {mark: sample}, TODAY)[mark]


# -- the distribution ------------------------------------------------------------------------------------------------


@given(shape=shapes, ratio=st.floats(0.001, 20))
def test_gamma_agrees_with_scipy(shape: float, ratio: float) -> None:
    """Our incomplete gamma function against scipy's."""
    special = importlib.import_module("scipy.special")
    assert gamma_cdf(shape, shape * ratio) == pytest.approx(float(special.gammainc(shape, shape * ratio)), abs=1e-11)


@given(shape=shapes, days=st.floats(1, 1e7), p=st.floats(0.01, 0.99))
@settings(max_examples=50)
def test_quantile_undoes_the_distribution(shape: float, days: float, p: float) -> None:
    """The rate at a quantile is not exceeded with just that probability."""
    rate = Gamma(shape, days).quantile(p)
    assert gamma_cdf(shape, rate * days) == pytest.approx(p, abs=1e-9)


@given(shape=st.floats(0.5, 40), days=st.floats(100, 1e5), ahead=st.floats(10, 1e5), p=st.floats(0.02, 0.98))
@settings(max_examples=50)
def test_counts_agree_with_scipy(shape: float, days: float, ahead: float, p: float) -> None:
    """The count to come is negative binomial."""
    stats = importlib.import_module("scipy.stats")
    expected = int(stats.nbinom.ppf(p, shape, days / (days + ahead)))
    assert abs(Gamma(shape, days).count_quantile(ahead, p) - expected) <= 1


# -- chances ---------------------------------------------------------------------------------------------------------


def test_a_figure_cannot_be_bare() -> None:
    """No interval around it, no source, or a level that is none: it cannot be built."""
    none = Sample(0, 0, 0.0)
    here = (Origin(TODAY),)
    assert Chance(0.1, 0.05, 0.2, 0.9, none, here)
    for wrong in (
        (0.1, 0.2, 0.3, 0.9, none, here),
        (0.1, 0.0, 0.05, 0.9, none, here),
        (0.1, 0.0, 0.2, 0.9, none, ()),
        (0.1, 0.0, 0.2, 1.0, none, here),
        (0.5, 0.1, 1.2, 0.9, none, here),
    ):
        with pytest.raises(ValueError):
            Chance(*wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        Yen(1, 2, 3, 0.9, none, here)


@given(days=st.floats(0, 5e6), ahead=st.floats(1, 4_000))
@settings(max_examples=60)
def test_no_event_is_a_small_chance_and_never_none(rates: BaseRates, days: float, ahead: float) -> None:
    """Zero events give at most what was published, above zero, with an interval around it."""
    chance = believed(rates, 0, days).chance(ahead)
    published = rates.of(Mark.CAUTION).prior.chance(ahead)
    assert 0 < chance.low < chance.value <= published * (1 + 1e-12)
    assert chance.value < chance.high < 1


@given(events=st.integers(0, 300), days=st.floats(1, 1e7), ahead=st.floats(1, 4_000))
@settings(max_examples=60)
def test_more_events_never_lower_the_estimate(rates: BaseRates, events: int, days: float, ahead: float) -> None:
    """Value and both bounds rise with each event, and fall with more days without one."""
    one, more, longer = (
        believed(rates, e, d).chance(ahead) for e, d in ((events, days), (events + 1, days), (events, days * 2))
    )
    assert (more.low, more.value, more.high) >= (one.low, one.value, one.high)
    assert more.value >= one.value >= longer.value


def test_the_published_share_is_what_comes_out_without_own_data(rates: BaseRates) -> None:
    """Over the months that it is taken for, the prior gives the published share back (within a per cent of it)."""
    for rate in rates.rates:
        assert rate.prior.chance(rate.months * YEAR / 12) == pytest.approx(rate.share, rel=0.01)


def test_little_data_says_so_and_stands_apart(rates: BaseRates) -> None:
    """Fewer events than the shop wants: not enough; prior and own are told apart; without any time own is nothing."""
    few, many = believed(rates, 4, 1e5), believed(rates, 5, 1e5)
    assert (few.enough, many.enough) == (False, True)
    own = few.chance_own(YEAR)
    assert own is not None
    assert own.origins == (Origin(TODAY),)
    assert few.chance_published(YEAR).sample == Sample(0, 0, 0.0)
    assert believe(rates, None, TODAY)[Mark.CAUTION].chance_own(YEAR) is None
    assert len(few.origins) == 2


def test_a_shop_far_above_what_is_published_is_not_talked_down(rates: BaseRates) -> None:
    """24 × in 400 phone-years: the published 0.15 % is of other shops; own histories stand alone, and it is said."""
    one = believed(rates, 24, 400 * YEAR)
    assert one.above
    assert one.origins == (Origin(TODAY),)
    assert one.chance(YEAR) == one.chance_own(YEAR)
    assert not believed(rates, 0, 400 * YEAR).above


RUNS, PHONES = 300, 400


def test_the_interval_holds_what_it_promises(rates: BaseRates) -> None:
    """Of 300 simulated shops, rates drawn from the prior itself, 90 % hold the truth in their 90 % interval (± 5 %)."""
    random_ = random.Random(20261123)
    prior = rates.of(Mark.CAUTION).prior
    held = 0
    for _ in range(RUNS):
        truth = random_.gammavariate(prior.shape, 1 / prior.days) * 20  # more events than really, so that they weigh
        sample = simulated(random_, truth)
        rate = Gamma(prior.shape, prior.days / 20).after(sample.events, sample.days)
        held += rate.quantile(0.05) <= truth <= rate.quantile(0.95)
    assert 0.85 <= held / RUNS <= 0.95


def test_own_interval_holds_at_one_known_rate() -> None:
    """At a fixed rate (8 % a year) own histories alone hold it in about 90 of 100 shops, whatever any prior says."""
    random_ = random.Random(7)
    truth, held = 0.08 / YEAR, 0
    for _ in range(RUNS):
        sample = simulated(random_, truth)
        rate = Gamma(0.5 + sample.events, sample.days)
        held += rate.quantile(0.05) <= truth <= rate.quantile(0.95)
    assert 0.85 <= held / RUNS <= 0.95


def simulated(random_: random.Random, rate: float) -> Sample:
    """Phones watched for up to two years at a constant rate."""
    events, days = 0, 0.0
    for _ in range(PHONES):
        watched = random_.uniform(30, 730)
        until = random_.expovariate(rate) if rate > 0 else math.inf
        events += until < watched
        days += min(until, watched)
    return Sample(PHONES, events, days)


# -- costs -----------------------------------------------------------------------------------------------------------


def part(day: date = TODAY, **changes: object) -> AtRisk | LeftOut:
    """One unit's part in the sum, its newest answer △ of today."""
    terms = shop_terms(**changes.pop("terms", {}))  # type: ignore[arg-type]
    one = unit(**changes)
    return at_risk(one, coverage(one, terms, day), standing([(Mark.CAUTION, day)]), day, 24)


def test_a_cost_by_hand(rates: BaseRates) -> None:
    """One unit, one year left, 50,000 yen: price × (1 − exp(−rate·days))."""
    one = part(sold_on=TODAY, terms={"duration": Duration(Period.YEARS, 1)})
    assert isinstance(one, AtRisk)
    assert cost_at(one, 0.001) == pytest.approx(50_000 * (1 - math.exp(-0.365)))
    chance = chance_of(one, believe(rates, None, TODAY))
    assert chance is not None
    assert cost_of([one], believe(rates, None, TODAY)).total.value == pytest.approx(50_000 * chance.value)


def test_a_refund_by_time_costs_its_share_at_that_time() -> None:
    """Sold today: 100 % for six months, 70 % for six, 50 % for a year, nothing after it."""
    one = part(sold_on=TODAY, terms={"remedies": (Remedy.REFUND_BY_TIME,), "shares": BY_TIME})
    assert isinstance(one, AtRisk)
    assert [stretch.yen for stretch in one.stretches] == [50_000, 35_000, 25_000]
    assert one.stretches[0].end == one.stretches[1].begin
    assert one.days == (date(2028, 11, 23) - TODAY).days


def test_what_may_have_happened_since_is_counted() -> None:
    """A newest answer of 100 days ago adds those days to the days ahead; none at all counts from the sale."""
    one, terms = unit(sold_on=SOLD_ON), shop_terms(duration=Duration(Period.YEARS, 1))
    covered = coverage(one, terms, TODAY)
    old = at_risk(one, covered, standing([(Mark.CLEAR, TODAY - timedelta(days=100))]), TODAY, 24)
    never = at_risk(one, covered, standing([]), TODAY, 24)
    assert isinstance(old, AtRisk)
    assert isinstance(never, AtRisk)
    assert old.days == (date(2027, 3, 1) - TODAY).days + 100
    assert (never.group, never.days) == (Group.UNKNOWN, 365)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"price_yen": None}, LeftOut.NO_PRICE),
        ({"sold_on": None}, LeftOut.NO_DATE),
        ({"warranty": "gold"}, LeftOut.COVER_UNKNOWN),
        ({"warranty": "gold", "covered_until": date(2027, 1, 1)}, LeftOut.NO_TERMS),
        ({"covered_until": date(2026, 1, 1)}, LeftOut.OVER),
    ],
)
def test_what_is_left_out_says_why(changes: dict[str, object], why: LeftOut) -> None:
    """Nothing that cannot be counted is counted as 0 in silence."""
    assert part(**changes) is why


def test_the_book_adds_up(rates: BaseRates) -> None:
    """Groups add up to the total, the interval holds the value, what was left out is told, × is due in full."""
    due = unit(9)
    parts = [
        part(),
        part(price_yen=None),
        at_risk(due, coverage(due, shop_terms(), TODAY), standing([(Mark.RESTRICTED, TODAY)]), TODAY, 24),
    ]
    cost = cost_of(parts, believe(rates, None, TODAY))
    by_group = {line.group: line for line in cost.lines}
    assert by_group[Group.DUE].yen.value == 50_000
    assert cost.total.value == pytest.approx(sum(line.yen.value for line in cost.lines))
    assert 50_000 < cost.total.low < cost.total.value < cost.total.high
    assert cost.left_out == ((LeftOut.NO_PRICE, 1),)


def test_worst_mark_decides_the_group() -> None:
    """One × beside three ○ is due; two △ count twice; nothing known is unknown."""
    assert standing([(Mark.CLEAR, TODAY), (Mark.RESTRICTED, TODAY)]).group is Group.DUE
    two = standing([(Mark.CAUTION, TODAY), (Mark.CAUTION, TODAY - timedelta(days=9)), (Mark.NO_RECORD, TODAY)])
    assert (two.group, two.carriers, two.since) == (Group.CAUTION, 2, TODAY - timedelta(days=9))
    assert standing([]).group is Group.UNKNOWN


# -- back-test -------------------------------------------------------------------------------------------------------


def followed(random_: random.Random, rate: float, count: int) -> list[Followed]:
    """What happened to so many after the split."""
    found = []
    for _ in range(count):
        watched, until = random_.uniform(30, 365), random_.expovariate(rate)
        found.append(Followed(Mark.CAUTION, min(watched, until), until < watched))
    return found


def test_a_right_rate_passes_and_a_wrong_one_is_found_out(rates: BaseRates) -> None:
    """Fitted on the true rate, what happened lies inside and own data win; at ten times the rate it lies outside."""
    random_ = random.Random(3)
    truth = 0.06 / YEAR
    known = believe(rates, {Mark.CAUTION: simulated(random_, truth)}, TODAY)
    right = back_test(TODAY, known, followed(random_, truth, 800))
    wrong = back_test(TODAY, known, followed(random_, truth * 10, 800))
    assert right.whole.inside
    assert right.better
    assert not wrong.whole.inside
    assert sum(one.subjects for one in right.bins) == 800


def test_the_forecast_interval_holds_what_it_promises(rates: BaseRates) -> None:
    """Over 200 shops, what happened lies in the 90 % interval at least 85 times of 100 (whole counts: rather more)."""
    random_ = random.Random(11)
    truth, inside = 0.06 / YEAR, 0
    for _ in range(200):
        known = believe(rates, {Mark.CAUTION: Sample(150, *_counts(followed(random_, truth, 150)))}, TODAY)
        known = {Mark.CAUTION: _own_prior(known[Mark.CAUTION], truth)}
        inside += back_test(TODAY, known, followed(random_, truth, 150)).whole.inside
    assert inside / 200 >= 0.85


def _counts(some: list[Followed]) -> tuple[int, float]:
    return sum(one.event for one in some), sum(one.days for one in some)


def _own_prior(one: Believed, truth: float) -> Believed:
    """With a prior that is of the world simulated, so that the model is right."""
    from dataclasses import replace

    base = replace(one.base, share=min(0.49, truth * 365), months=12)
    return replace(one, base=base)


@given(events=st.integers(0, 20), days=st.floats(10, 1e6))
def test_score_is_the_log_of_a_density(events: int, days: float) -> None:
    """With a rate that is known almost surely, the score is events·log(rate) − rate·days."""
    rate = Gamma(1e5, 1e5 / 1e-5)
    exact = events * math.log(1e-5) - 1e-5 * days
    assert log_score(rate, events, days) == pytest.approx(exact, rel=2e-3, abs=2e-3)
