"""The plan over a real book, a real record and the counter's real queue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shirorom.adapters.desk_sql.database import Desk
from shirorom.compose import Composition
from shirorom.domain.carrier import CARRIERS
from shirorom.domain.desk.plan import Seen
from shirorom.domain.desk.plan_rules import RuleSet
from shirorom.domain.desk.queue import Place, PlaceState, Why
from shirorom.domain.errors import RequestError
from shirorom.edge.cli.context import Options
from shirorom.service.counter import Counter
from shirorom.service.settings import Settings, WatchSettings
from shirorom.service.watch_glance import PlanGlance
from shirorom.service.watch_plan import WatchPlan
from tests.counter_kit import ANNA, device
from tests.logs import START, SetClock, imei
from tests.plan_kit import Row, answer, everywhere, put
from tests.web_kit import settings_of

DOCOMO, AU, SOFTBANK, RAKUTEN = CARRIERS


@dataclass
class Shop:
    """One installation with a clock that stands."""

    composition: Composition
    clock: SetClock
    desk: Desk
    plan: WatchPlan
    counter: Counter

    def open(self) -> list[tuple[str, int, str]]:
        return [(one.key, one.number, one.carrier.value) for one in self.plan.cells(self.clock.at)]

    def answered(self, n: int, *carriers: Any, mark: str = "clear") -> None:
        with self.desk.writing() as db:
            for carrier in carriers or CARRIERS:
                answer(db, n, carrier, mark, self.clock.at)


def open_shop(data: Path, settings: Settings | None = None) -> Shop:
    composition, clock = Composition(Options(data=data), settings=settings or settings_of()), SetClock()
    composition.clock = clock  # type: ignore[assignment]
    assert composition.desk is not None
    assert composition.counter is not None
    return Shop(composition, clock, composition.desk, composition.watch.plan, composition.counter)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    tmp_path.chmod(0o700)
    made = open_shop(tmp_path)
    yield made
    made.composition.close()


def mixed(n: int, seq: int = 1, **others: Any) -> Row:
    """△ at docomo, － elsewhere, nine days ago: only docomo is due."""
    answers = everywhere(n, "no-record", 9) | {(n, DOCOMO): ("caution", START - timedelta(days=9))}
    return Row(seq, (n,), answers, **others)


def test_a_caution_asks_its_own_carrier_alone(shop: Shop) -> None:
    """By cell, not by phone: docomo's △ is due, the － of the three others are not."""
    put(shop.desk, mixed(1))
    assert shop.open() == [("K1", 1, "docomo")]
    (cell,) = shop.plan.cells(shop.clock.at)
    assert (cell.seen, cell.every) == (Seen.CAUTION, 7)
    assert "△" in cell.why


def test_an_answer_leaves_the_plan_and_counts_as_done(shop: Shop) -> None:
    """For the chart: so many of today's are done; their sum stays."""
    put(shop.desk, mixed(1), mixed(2, 2))
    before = shop.plan.today(shop.clock.at)
    shop.answered(1, DOCOMO)
    after = shop.plan.today(shop.clock.at)
    assert (before.total, before.done, before.open) == (2, 0, 2)
    assert (after.total, after.done, after.open) == (2, 1, 1)


def test_a_page_need_not_wait(shop: Shop) -> None:
    """A glance stays as it was made last, and says that it is behind, until somebody makes it anew."""
    glance = PlanGlance(shop.plan, shop.clock)
    assert (glance.last, glance.behind()) == (None, True)
    put(shop.desk, mixed(1), mixed(2, 2))
    glance.refresh()
    assert glance.last is not None
    shop.answered(1, DOCOMO)
    assert (glance.last.today.done, glance.behind()) == (0, True)
    glance.refresh()
    assert (glance.last.today.done, glance.last.version, glance.behind()) == (1, 2, False)
    shop.plan.choose(RuleSet.CLOSE)
    assert glance.behind()


def test_practice_is_said(shop: Shop) -> None:
    """A plan of practice units says so."""
    put(shop.desk, mixed(1))
    day = shop.plan.today(shop.clock.at)
    assert (day.practice, day.real) == (True, False)


def test_a_real_carrier_hears_nothing_of_practice(tmp_path: Path) -> None:
    """With real carriers a practice phone has no cell at all."""
    tmp_path.chmod(0o700)
    shop = open_shop(tmp_path, settings_of(practice=False))
    put(shop.desk, Row(1, (1,)))
    day = shop.plan.today(shop.clock.at)
    assert (day.total, day.never.cells) == (0, 0)
    shop.composition.close()


def test_what_waits_is_told_with_its_value(shop: Shop, tmp_path: Path) -> None:
    """Beyond the day: how many cells, of how many units, worth what; △ under warranty by themselves."""
    text = shop.composition.watch.rule_book.text().replace("cells = 200", "cells = 1")
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    shop.composition.watch.rule_book.save(tmp_path / "mine.toml")
    sold = {"status": "sold", "sold_on": "2026-11-01"}
    caution = {(3, DOCOMO): ("caution", START - timedelta(days=40))}
    put(
        shop.desk, Row(1, (1,), everywhere(1, "clear", 40), price_yen=90_000),
        Row(3, (3,), caution, price_yen=50_000, **sold), Row(4, (4,), everywhere(4, "clear", 40), price_yen=None),
    )  # fmt: skip
    day = shop.plan.today(shop.clock.at)
    assert day.open == 4
    assert (day.left.units, day.left.yen, day.left.unpriced, day.left.caution_covered) == (2, 50_000, 1, 1)


def test_an_old_clear_is_never_counted_as_one(shop: Shop) -> None:
    """What is left unasked: a ○ of three days ago is `stale`, not ○; today's is ○."""
    rows = Row(1, (1,), everywhere(1, "clear", 3), status="sold", sold_on="2026-01-01", covered_until="2026-02-01")
    put(shop.desk, rows)
    never = shop.plan.today(shop.clock.at).never
    assert (never.cells, never.stale, never.said[Seen.CLEAR]) == (4, 4, 0)
    shop.answered(1, AU)
    never = shop.plan.today(shop.clock.at).never
    assert (never.stale, never.said[Seen.CLEAR]) == (3, 1)


def test_a_chance_is_unknown_until_somebody_knows_it(shop: Shop) -> None:
    """No number is made up; where the histories say one it is passed on."""
    assert set(shop.plan.today(shop.clock.at).left.chances.values()) == {None}
    put(shop.desk, mixed(1))
    shop.plan.chance = lambda mark, days: 0.0015
    assert set(shop.plan.today(shop.clock.at).left.chances.values()) == {0.0015}


def test_the_days_ahead_are_counted(shop: Shop) -> None:
    """The first is today; each cell is asked again when its interval is over."""
    put(shop.desk, *(mixed(n, n) for n in range(1, 5)))
    days = shop.plan.forecast(shop.clock.at, 15)
    assert days[0].planned == shop.plan.today(shop.clock.at).total == 4
    assert sum(day.planned for day in days[1:8]) == 4  # seven days at the latest
    with pytest.raises(RequestError):
        shop.plan.forecast(shop.clock.at, 0)


def test_costs_are_shown_before_one_chooses(shop: Shop) -> None:
    """Every set beside the one in force; closer rules ask more; minutes by the shop's own seconds."""
    put(shop.desk, *(mixed(n, n) for n in range(1, 30)))
    gentle, usual, close = shop.plan.costs(shop.clock.at)
    assert [one.in_force for one in (gentle, usual, close)] == [False, True, False]
    assert gentle.month.mean < usual.month.mean < close.month.mean
    assert usual.hand_min(usual.week) == pytest.approx(usual.week.mean * 20 / 60)
    assert usual.automatic_h == 0
    assert shop.plan.choose(RuleSet.CLOSE).rules is RuleSet.CLOSE
    assert [one.in_force for one in shop.plan.costs(shop.clock.at)] == [False, False, True]


def test_automatic_reading_costs_hours(tmp_path: Path) -> None:
    """Where the program asks, its cells cost hours at the polite rate and nobody's minutes."""
    tmp_path.chmod(0o700)
    settings = msgspec.structs.replace(settings_of(site=True), watch=WatchSettings(automatic=True))
    shop = open_shop(tmp_path, settings)
    put(shop.desk, *(Row(n, (n,)) for n in range(1, 11)))
    usual = shop.plan.costs(shop.clock.at)[1]
    assert (usual.week.people_mean, usual.days[0].automatic) == (0, 40)
    assert usual.automatic_h == pytest.approx(
        max(sum(day.carriers[n] for day in usual.days) for n in range(4)) / 30 * 3 / 3600
    )
    assert shop.plan.today(shop.clock.at).carriers[0].capacity == 10 * 3600 / 3
    shop.composition.close()


# Into the counter's queue


def test_the_queue_asks_the_due_places_alone(shop: Shop) -> None:
    """The other carriers are left out by the plan; the answer is not complete."""
    put(shop.desk, mixed(1))
    filled = shop.plan.fill_queue(shop.clock.at, by="Anna")
    assert (filled.added, filled.known, filled.left) == (1, 0, 0)
    (view,) = shop.counter.board().items
    states = {one.place.carrier: (one.state, one.why) for one in view.places}
    assert states.pop(DOCOMO) == (PlaceState.OPEN, None)
    assert set(states.values()) == {(PlaceState.SKIPPED, Why.PLAN)}
    assert not view.verdict.complete


def test_filling_twice_adds_nothing(shop: Shop) -> None:
    """The phone that waits is pointed at."""
    put(shop.desk, mixed(1))
    shop.plan.fill_queue(shop.clock.at, by="Anna")
    again = shop.plan.fill_queue(shop.clock.at, by="Anna")
    assert (again.added, again.known, len(shop.counter.board().items)) == (0, 1, 1)


def test_an_answer_of_yesterday_is_asked_anew(shop: Shop) -> None:
    """Within the age limit a reading of yesterday answers a clerk's phone, but not a place that the plan has due."""
    shop.composition.record(imei(1), DOCOMO, "△", by="x", asked_at=START - timedelta(hours=19))
    put(shop.desk, Row(1, (1,), {(1, DOCOMO): ("caution", START - timedelta(days=9))}))
    shop.plan.fill_queue(shop.clock.at, by="Anna")
    (view,) = shop.counter.board().items
    states = {one.place.carrier: one.state for one in view.places}
    assert states[DOCOMO] is PlaceState.OPEN
    shop.composition.record(imei(1), DOCOMO, "○", by="x", asked_at=START)
    (view,) = shop.counter.board().items
    assert next(one for one in view.places if one.place.carrier is DOCOMO).state is PlaceState.ANSWERED


def test_only_so_many_phones(shop: Shop) -> None:
    """As many as are wanted; the rest is told."""
    put(shop.desk, *(mixed(n, n) for n in range(1, 6)))
    filled = shop.plan.fill_queue(shop.clock.at, 2, by="Anna")
    assert (filled.added, filled.left) == (2, 3)


def test_so_many_more(shop: Shop) -> None:
    """The next call adds the next ones; what is there already does not count."""
    put(shop.desk, *(mixed(n, n) for n in range(1, 6)))
    shop.plan.fill_queue(shop.clock.at, 2, by="Anna")
    filled = shop.plan.fill_queue(shop.clock.at, 2, by="Anna")
    assert (filled.added, filled.known, filled.left) == (2, 2, 1)


def test_what_is_no_longer_wanted_leaves_the_queue(shop: Shop) -> None:
    """Answered elsewhere, or gone from the book: taken off, unless somebody is at it. A person's phone stays."""
    put(shop.desk, *(mixed(n, n) for n in range(1, 5)))
    shop.counter.add([device(9)], by="Ben")
    shop.plan.fill_queue(shop.clock.at, by="Anna")
    shop.answered(1, DOCOMO)
    with shop.desk.writing() as db:
        db.exec_driver_sql("UPDATE watch_units SET status = 'gone' WHERE seq IN (2, 3)")
        db.exec_driver_sql("UPDATE watch_state SET book_version = book_version + 1")
    held = next(view.item for view in shop.counter.board().items if view.item.device == device(3))
    shop.counter.claim(held.id, Place(1, DOCOMO), ANNA)
    filled = shop.plan.fill_queue(shop.clock.at, by="Anna")
    assert (filled.added, filled.known, filled.gone, filled.left) == (0, 1, 2, 0)
    assert {view.item.device for view in shop.counter.board().items} == {device(9), device(3), device(4)}


def test_people_always_find_room(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan leaves places in the queue for phones that people bring, and says how many of its own are left."""
    for name in ("shirorom.adapters.desk_sql.queue.OPEN_MAX", "shirorom.service.counter_plan.OPEN_MAX"):
        monkeypatch.setattr(name, 5)
    monkeypatch.setattr("shirorom.service.counter_plan.KEPT_FOR_PEOPLE", 2)
    put(shop.desk, *(mixed(n, n) for n in range(1, 6)))
    filled = shop.plan.fill_queue(shop.clock.at, by="Anna")
    assert (filled.added, filled.left) == (3, 2)
    assert len(shop.counter.add([device(91), device(92)], by="Ben")) == 2


def test_both_numbers_of_a_phone_come_as_one(shop: Shop) -> None:
    """One phone in the queue, with the due places of each of its numbers."""
    answers = everywhere(1, "no-record", 9) | everywhere(2, "no-record", 9)
    answers |= {(n, carrier): ("caution", START - timedelta(days=9)) for n, carrier in ((1, DOCOMO), (2, AU))}
    put(shop.desk, Row(1, (1, 2), answers))
    assert shop.plan.fill_queue(shop.clock.at, by="Anna").added == 1
    (item,) = shop.counter.queue.items(since=START - timedelta(days=1))
    assert item.wanted is not None
    assert item.wanted.places == {Place(1, DOCOMO), Place(2, AU)}


def test_what_the_program_asks_is_not_queued(tmp_path: Path) -> None:
    """Until it has stopped at a carrier for the day: then people may ask there."""
    tmp_path.chmod(0o700)
    settings = msgspec.structs.replace(settings_of(site=True), watch=WatchSettings(automatic=True))
    shop = open_shop(tmp_path, settings)
    put(shop.desk, mixed(1))
    assert shop.plan.fill_queue(shop.clock.at, by="Anna").added == 0
    shop.plan.stop(DOCOMO, shop.clock.at, "needs-person")
    assert shop.plan.today(shop.clock.at).carriers[0].stopped == "needs-person"
    assert shop.plan.fill_queue(shop.clock.at, by="Anna").added == 1
    assert shop.plan.stopped(DOCOMO, shop.clock.at + timedelta(days=1)) is None
    shop.composition.close()


def test_without_a_counter_it_says_so(shop: Shop) -> None:
    """Nothing is put anywhere."""
    plan = replace(shop.plan, counter=None)
    with pytest.raises(RequestError) as refused:
        plan.fill_queue(shop.clock.at, by="Anna")
    assert refused.value.code == "counter-missing"
