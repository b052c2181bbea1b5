"""Own histories: spells of the log, survival analysis with lifelines as oracle, the report, the page, the back-test."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar.testing import TestClient

from shirorom.adapters.survival import LifelinesSurvival
from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.exposure import Group
from shirorom.domain.desk.spells import Answered, Spell, spells
from shirorom.domain.desk.stock import Status
from shirorom.domain.mark import Mark
from shirorom.domain.reading import Correction, Withdrawal
from shirorom.service.watch_histories import Histories
from shirorom.service.watch_risk import RiskDesk
from tests.claim_kit import answers, book, days_ago, unit, write_terms
from tests.counter_kit import device
from tests.logs import START, SetClock, imei
from tests.unit.cli_house import Shop, shop  # noqa: F401  (a fixture)
from tests.web_kit import BASE, Kit, settings_of

OK, CA, NG, NO = Mark.CLEAR, Mark.CAUTION, Mark.RESTRICTED, Mark.NO_RECORD
DOCOMO, AU = CarrierId.DOCOMO, CarrierId.AU
LEVEL = 0.9


def run(*said: tuple[float, Mark | None], number: str = "1") -> list[Answered]:
    """Answers so many days before now; None: a correction."""
    return [Answered(days_ago(days), number, mark) for days, mark in said]


# -- spells ----------------------------------------------------------------------------------------------------------


def test_a_spell_ends_in_restriction_or_unharmed() -> None:
    """△ △ ×: an event between the last △ and the ×. △ ○: it ended unharmed at its last answer."""
    (harmed, _), (paid, clear) = spells(run((90, CA), (60, CA), (30, NG))), spells(run((90, CA), (60, CA), (30, OK)))
    assert (harmed.event, harmed.bounds, harmed.days) == (True, (30.0, 60.0), 60.0)
    assert (paid.event, paid.bounds, paid.days) == (False, (30.0, None), 30.0)
    assert (clear.mark, clear.days, clear.next_at) == (OK, 0.0, None)


def test_restriction_stands_until_it_is_explained() -> None:
    """What is shown after × counts for nothing; after a person's correction a new spell begins."""
    assert [spell.mark for spell in spells(run((90, CA), (60, NG), (30, OK), (10, CA)))] == [CA, NG]
    assert [spell.mark for spell in spells(run((90, CA), (60, NG), (50, None), (30, OK)))] == [CA, NG, OK]


def test_the_worst_of_several_numbers_counts() -> None:
    """A phone is △ while any of its numbers is, and never flickers between them."""
    both = [*run((90, CA), (60, CA), (30, OK)), *run((90, NO), (60, NO), (30, NO), number="2")]
    assert [spell.mark for spell in spells(both)][-1] is OK
    assert [spell.mark for spell in spells(both) if spell.mark is CA] == [CA]


@given(st.lists(st.tuples(st.integers(1, 900), st.sampled_from([OK, CA, NG, NO])), max_size=20))
@settings(max_examples=100)
def test_spells_follow_each_other(said: list[tuple[int, Mark]]) -> None:
    """They lie one after the other, each ends where the next begins, and no time is counted twice."""
    found = spells(run(*said))
    for before, after in pairwise(found):
        assert before.first_at <= before.last_at <= after.first_at
        assert (before.next_at, before.next_mark) == (after.first_at, after.mark)
    assert all(spell.days >= 0 for spell in found)
    assert sum(spell.event for spell in found) <= 1


# -- survival analysis -----------------------------------------------------------------------------------------------


def simulated(rate: float, *, every: float, count: int, seed: int = 5) -> list[Spell]:
    """Phones asked every so many days for up to two years; × comes at a constant rate, seen at the next answer."""
    random_, made = random.Random(seed), []
    for _ in range(count):
        until, watched = random_.expovariate(rate), random_.randint(1, int(730 / every)) * every
        last = min(int(until / every) * every, watched)
        first = START - timedelta(days=900)
        event = last < watched
        made.append(
            Spell(
                CA, first, first + timedelta(days=last),
                first + timedelta(days=last + every) if event else None, NG if event else None,
            )
        )  # fmt: skip
    return made


@pytest.fixture(scope="module")
def survival() -> LifelinesSurvival:
    """The library; the extra is part of what tests install."""
    return LifelinesSurvival()


def test_closed_form_where_moments_are_known(survival: LifelinesSurvival) -> None:
    """With answers every day the likely rate is events ÷ days: lifelines and our own count agree within a per cent."""
    some = simulated(0.0005, every=1, count=3_000)
    fitted = survival.fit(some, level=LEVEL)
    assert fitted.events == sum(spell.event for spell in some) > 100
    assert fitted.days == pytest.approx(sum(spell.days for spell in some), rel=0.01)


@pytest.mark.parametrize("every", [30, 180])
def test_rare_answers_do_not_bend_the_rate(survival: LifelinesSurvival, every: float) -> None:
    """Asked only twice a year, the rate comes out as it is; counting × at the later answer would make it too low."""
    rate = 0.001
    fitted = survival.fit(simulated(rate, every=every, count=4_000), level=LEVEL)
    assert fitted.events / fitted.days == pytest.approx(rate, rel=0.08)


def test_curve_holds_the_truth(survival: LifelinesSurvival) -> None:
    """Share after 3 to 24 months: each with its interval around it, growing, and near 1 − exp(−rate·days)."""
    fitted = survival.fit(simulated(0.0005, every=15, count=4_000), level=LEVEL)
    assert len(fitted.curve) == 4 - 1  # nobody was watched for two full years
    assert [point.share for point in fitted.curve] == sorted(point.share for point in fitted.curve)
    for point in fitted.curve:
        assert point.low <= point.share <= point.high
        assert point.share == pytest.approx(1 - 2.718281828 ** (-0.0005 * point.days), rel=0.15)
    assert fitted.shape is not None
    assert fitted.shape[1] < 1.1 < fitted.shape[2] + 0.2  # a constant rate has shape 1


def test_nothing_and_no_event(survival: LifelinesSurvival) -> None:
    """No histories: no time. Histories without ×: days and no event, and no shape."""
    assert survival.fit([], level=LEVEL).days == 0
    quiet = survival.fit([Spell(CA, days_ago(100), START)] * 3, level=LEVEL)
    assert (quiet.events, quiet.days, quiet.shape) == (0, 300, None)
    assert all(point.low == point.share == 0 < point.high < 1 for point in quiet.curve)  # nothing seen is not nothing
    one = survival.fit([Spell(CA, days_ago(100), days_ago(50), START, NG)], level=LEVEL)
    assert one.events == 1
    assert 50 <= one.days <= 100


# -- the log ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    """A shop by hand with terms."""
    made = Kit(tmp_path, settings_of(), people=True, clock=SetClock())
    write_terms(tmp_path)
    yield made
    made.close()


def desk_of(kit: Kit) -> RiskDesk:
    """The service."""
    found: RiskDesk = kit.composition.watch.risk
    return found


def record(kit: Kit, n: int, carrier: CarrierId, *said: tuple[float, Mark]) -> list[int]:
    """Answers so many days ago, recorded in this order."""
    recorder = kit.composition.room(True).recorder
    return [one.index for one in recorder.record(answers(n, carrier, [(days_ago(d), mark) for d, mark in said]))]


def test_histories_follow_the_log(kit: Kit) -> None:
    """What is new is read, a withdrawn answer is none, an unexplained × stands, a correction ends it."""
    histories = Histories(kit.composition.room, True)
    wrong, _ = record(kit, 1, DOCOMO, (90, NG), (60, CA))
    assert histories.follow() == 2
    recorder = kit.composition.room(True).recorder
    recorder.record([Withdrawal(imei(1), DOCOMO, wrong, "打ち間違い", START, "佐藤")])
    record(kit, 1, DOCOMO, (30, CA))
    record(kit, 1, AU, (30, NG))
    recorder.record([Correction(imei(1), AU, "会社に確かめた", days_ago(20), "店主")])
    assert histories.follow() == 6
    found = histories.spells(device(1))
    assert [(spell.mark, spell.days) for spell in found[DOCOMO]] == [(CA, 30.0)]
    assert [spell.mark for spell in found[AU]] == [NG]
    record(kit, 1, AU, (10, OK))
    histories.follow()
    assert [spell.mark for spell in histories.spells(device(1))[AU]] == [NG, OK]
    assert DOCOMO not in histories.spells(device(1), until=days_ago(70))


def test_histories_agree_with_the_fold(kit: Kit) -> None:
    """For random answers, the last spell's mark is what the fold says that stands."""
    random_ = random.Random(1)
    for n in range(1, 30):
        said = [(random_.uniform(1, 300), random_.choice([OK, CA, NG, NO])) for _ in range(random_.randint(1, 6))]
        record(kit, n, DOCOMO, *said)
    histories = Histories(kit.composition.room, True)
    histories.follow()
    for n in range(1, 30):
        state = kit.composition.room(True).state(imei(n), DOCOMO, as_of=START)
        assert histories.spells(device(n))[DOCOMO][-1].mark is state.mark


# -- the report ------------------------------------------------------------------------------------------------------


def stocked(kit: Kit) -> None:
    """Six sold units: ×, △, ○, －, never asked, without a price; one in stock whose history counts too."""
    assert kit.composition.desk is not None
    units = [unit(n) for n in range(1, 6)] + [unit(6, price_yen=None), unit(7, status=Status.STOCK)]
    book(kit.composition.desk, *units)
    for n, last in ((1, NG), (2, CA), (3, OK), (4, NO), (7, CA)):
        first = NO if last is NO else OK if last is OK else CA
        record(kit, n, DOCOMO, (200, first), (100, first), (1, last))


def test_report_groups_and_leaves_out(kit: Kit) -> None:
    """Each unit stands in one group or is left out by reason; own × is counted; everything is practice."""
    stocked(kit)
    report = desk_of(kit).report()
    assert {line.group: line.units for line in report.cost.lines} == {
        Group.DUE: 1, Group.CAUTION: 1, Group.CLEAR: 1, Group.NO_RECORD: 1, Group.UNKNOWN: 1,
    }  # fmt: skip
    assert [(reason.value, count) for reason, count in report.cost.left_out] == [("no-price", 1)]
    assert (report.practice, report.units, report.sold, report.elsewhere) == (True, 7, 6, 0)
    own = report.believed[CA].sample
    assert (own.subjects, own.events) == (3, 1)
    assert report.believed[OK].sample.events == 0
    assert report.cost.total.value > 50_000


def test_one_report_until_something_changes(kit: Kit) -> None:
    """The same object while book, log, terms and day are the same; another after any of them."""
    stocked(kit)
    desk = desk_of(kit)
    first = desk.report()
    assert desk.report() is first
    record(kit, 3, DOCOMO, (0, NG))
    second = desk.report()
    assert second is not first
    assert {line.group: line.units for line in second.cost.lines}[Group.DUE] == 2
    kit.composition.clock.at += timedelta(days=1)  # type: ignore[attr-defined]
    assert desk.report().day == second.day + timedelta(days=1)


def test_practice_and_real_never_mix(kit: Kit) -> None:
    """Where there are real units, practice ones and their answers are not in the report, and it says how many."""
    stocked(kit)
    assert kit.composition.desk is not None
    book(kit.composition.desk, unit(50), practice=False)
    report = desk_of(kit).report()
    assert (report.practice, report.units, report.elsewhere) == (False, 1, 7)
    assert report.believed[CA].sample.subjects == 0


def test_a_phone_bought_back_is_one_history(kit: Kit) -> None:
    """Two units of one phone do not count its × twice."""
    stocked(kit)
    assert kit.composition.desk is not None
    book(kit.composition.desk, unit(1, key="K1b", receipt="R-1b"))
    assert desk_of(kit).report().believed[CA].sample.events == 1


def test_without_the_library_only_published_rates_stand(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said, with the remedy; own histories are not half-used; there is no back-test."""
    stocked(kit)
    monkeypatch.setattr(LifelinesSurvival, "available", property(lambda _self: False))
    report = desk_of(kit).report()
    assert not report.available
    assert all(one.own is None for one in report.believed.values())
    assert all(horizon.own is None and horizon.both == horizon.published for horizon in report.horizons)
    assert desk_of(kit).back_test() is None
    with TestClient(kit.app, base_url=BASE) as client:
        page = client.get("/stock/risk").text
    assert "shirorom[analytics]" in page


def test_back_test_over_the_log(kit: Kit) -> None:
    """Twenty △ known before the split, three of which became × after it: predicted and happened over the same days."""
    assert kit.composition.desk is not None
    book(kit.composition.desk, *(unit(n) for n in range(1, 21)))
    for n in range(1, 21):
        record(kit, n, DOCOMO, (300, CA), (200, CA), (90, CA), (5, NG if n < 4 else CA))
    test = desk_of(kit).back_test()
    assert test is not None
    assert dict(test.before)[CA].events == 0
    assert (test.whole.subjects, test.whole.happened) == (20, 3)
    assert test.whole.days == pytest.approx(20 * 195)
    assert test.whole.predicted < 1
    early = desk_of(kit).back_test(START.date())
    assert early is None


def test_unit_risk_by_key(kit: Kit) -> None:
    """For other pages: coverage, standing and chance of units by their stock key."""
    stocked(kit)
    found = desk_of(kit).of_units(["K1", "K2", "K6", "K99"])
    assert set(found) == {"K1", "K2", "K6"}
    assert (found["K1"].standing.group, found["K1"].chance) == (Group.DUE, None)
    chance = found["K2"].chance
    assert chance is not None
    assert 0 < chance.low < chance.value < chance.high < 1
    assert found["K6"].left_out is not None


def test_page_and_its_back_test(kit: Kit) -> None:
    """Every figure with its interval; sources; what is supposed; the curve and the back-test; no number of a phone."""
    stocked(kit)
    with TestClient(kit.app, base_url=BASE) as client:
        page = client.get("/stock/risk").text
        tested = client.get("/stock/risk", params={"test": "1"}).text
        english = client.get("/stock/risk", params={"lang": "en"}).text
    for said in ("練習の記録による", "iosys.co.jp", "この店だけの数はまだ頼れません", "<svg", "値段がない"):
        assert said in page
    assert "より前の記録だけで予測し" in tested
    assert "Expected cost" in english
    assert "0010010" not in page + tested


def test_page_without_terms_names_no_cost(tmp_path: Path) -> None:
    """No promise, no cost; chances are told all the same."""
    kit = Kit(tmp_path, settings_of(), people=True)
    with TestClient(kit.app, base_url=BASE) as client:
        page = client.get("/stock/risk").text
    kit.close()
    assert "保証の文を先に書いてください" in page
    assert "12か月以内" in page


def test_command(shop: Shop) -> None:  # noqa: F811
    """JSON with interval, n and sources around every figure; words at the terminal; a split day is read."""
    told: Any = shop.call("watch", "risk", "--json").json
    for horizon in told["horizons"]:
        for key in ("published", "both"):
            figure = horizon[key]
            assert figure["low"] <= figure["value"] <= figure["high"]
            assert figure["sources"]
            assert set(figure["sample"]) == {"subjects", "events", "days", "once"}
    assert told["total_yen"] is None
    assert "比べられる記録がまだありません" in shop.call("watch", "risk", "--back-test").out
    assert shop.call("watch", "risk", "--split", "2026-13-01").status == 2
