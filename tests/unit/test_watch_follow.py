"""Following the record: the right alert for each change, once, whatever happens in between."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from shirorom.adapters.desk_sql.watch_tables import ALERTS, CELLS
from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.alerts import AlertEvent, AlertKind
from shirorom.domain.desk.stock import Status
from shirorom.domain.errors import StorageError
from shirorom.domain.mark import Mark
from shirorom.ports.log import Head
from tests.feed_kit import restricted
from tests.logs import imei
from tests.watch_kit import BATSU, BOU, DOCOMO, MARU, SANKAKU, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("was", "now", "kind"),
    [
        (SANKAKU, MARU, AlertKind.FREED),
        (SANKAKU, BOU, AlertKind.FREED),
        (BOU, MARU, AlertKind.FREED),
        (SANKAKU, BATSU, AlertKind.RESTRICTED),
        (MARU, BATSU, AlertKind.RESTRICTED),
        (BOU, SANKAKU, AlertKind.WARNED),
        (BATSU, MARU, AlertKind.ANOMALY),
        (MARU, SANKAKU, AlertKind.ANOMALY),
        (BOU, BATSU, AlertKind.ANOMALY),
        (MARU, BOU, AlertKind.ANOMALY),
    ],
)
def test_each_change_is_told_as_what_it_is(world: World, was: Mark, now: Mark, kind: AlertKind) -> None:
    """The kind says what a hand has to do."""
    world.unit("A-1", 1)
    world.read(1, was)
    world.read(1, now)
    world.follow()
    (alert,) = world.alerts()
    assert (alert.kind, alert.key, alert.imei, alert.store, alert.person) == (kind, "A-1", imei(1), "渋谷", "田中")
    assert (alert.change.from_, alert.change.to, alert.practice, alert.index) == (was, now, True, 1)


def test_following_again_changes_nothing(world: World) -> None:
    """One alert, ever, by whoever follows."""
    world.unit("A-1", 1)
    world.read(1, SANKAKU)
    world.read(1, MARU)
    assert [event for event, _ in world.follow().events] == [AlertEvent.RAISED]
    version = world.store.version()
    for follower in (world.follower, world.another()):
        done = follower.catch_up()
        assert (done.events, done.cells) == ((), 0)
    assert world.store.version() == version


def test_what_changed_before_a_unit_came_is_no_news(world: World) -> None:
    """Its cells are known, its past is not told."""
    world.read(1, SANKAKU)
    world.read(1, MARU)
    world.unit("A-1", 1)
    world.follow()
    assert world.alerts() == []
    (cell,) = world.store.changed_cells(after=0, count_max=9)
    assert (cell.key, cell.standing.mark, cell.standing.index) == ("A-1", MARU, 1)


def test_a_change_across_the_day_a_unit_came_is_news(world: World) -> None:
    """△ before it came, ○ afterwards: the later answer counts."""
    world.read(1, SANKAKU)
    world.unit("A-1", 1)
    world.read(1, MARU)
    world.follow()
    assert [alert.kind for alert in world.alerts()] == [AlertKind.FREED]


def test_a_phone_that_is_in_no_book_is_not_watched(world: World) -> None:
    """Neither cells nor alerts; and one that is gone gives no alert."""
    world.unit("A-1", 1, status=Status.GONE)
    for n in (1, 2):
        world.read(n, SANKAKU)
        world.read(n, BATSU)
    world.follow()
    assert world.alerts() == []


def test_a_unit_that_comes_back_hears_what_it_missed(world: World) -> None:
    """A change while it was gone is told when it is in stock again, without another reading."""
    world.unit("A-1", 1, status=Status.GONE)
    world.read(1, SANKAKU)
    world.read(1, BATSU)
    world.follow()
    world.unit("A-1", 1, status=Status.STOCK)
    world.follow()
    assert [alert.kind for alert in world.alerts()] == [AlertKind.RESTRICTED]


def test_a_phone_bought_back_is_told_of_the_unit_in_stock(world: World) -> None:
    """Stock before sold; of two sold the last."""
    world.unit("OLD", 1, status=Status.SOLD, sold_on="2024-01-05")
    world.unit("NEWER", 1, status=Status.SOLD, sold_on="2025-01-05")
    world.read(1, MARU)
    world.read(1, SANKAKU)
    world.follow()
    world.unit("STOCK", 1)
    world.read(1, MARU)
    world.follow()
    assert [alert.key for alert in world.alerts()] == ["NEWER", "STOCK"]


def test_a_withdrawn_reading_takes_its_alert_back(world: World) -> None:
    """It stays visible, and needs no hand; the change that shows then is told."""
    world.unit("A-1", 1)
    world.read(1, SANKAKU)
    wrong = world.read(1, BATSU)
    world.follow()
    world.withdraw(1, wrong)
    events = world.follow().events
    assert [(event, alert.kind) for event, alert in events] == [(AlertEvent.RETRACTED, AlertKind.RESTRICTED)]
    (alert,) = world.alerts()
    assert (alert.retracted_at is not None, alert.open) == (True, False)
    world.read(1, MARU)
    world.follow()
    assert [one.kind for one in world.alerts() if one.open] == [AlertKind.FREED]


def test_an_answer_in_between_amends_its_alert(world: World) -> None:
    """What was △→○ turns out to be ×→○: the same alert says so, and the × has its own."""
    world.unit("A-1", 1)
    world.read(1, SANKAKU, at_h=-9)
    world.read(1, MARU, at_h=-1)
    world.follow()
    between = world.read(1, BATSU, at_h=-5)
    events = world.follow().events
    assert [(event, alert.kind, alert.index) for event, alert in events] == [
        (AlertEvent.AMENDED, AlertKind.ANOMALY, 1),
        (AlertEvent.RAISED, AlertKind.RESTRICTED, between),
    ]
    world.withdraw(1, between)
    assert {event for event, _ in world.follow().events} == {AlertEvent.AMENDED, AlertEvent.RETRACTED}
    assert world.standing() == world.oracle([1])


def test_what_took_an_alert_back_may_be_taken_back(world: World) -> None:
    """The same alert is open again; there is no second one."""
    world.unit("A-1", 1)
    world.read(1, SANKAKU, at_h=-9)
    world.read(1, MARU, at_h=-1)
    between = world.read(1, MARU, at_h=-5)
    world.follow()
    world.withdraw(1, between)
    events = world.follow().events
    assert (AlertEvent.RAISED, 1) in [(event, alert.index) for event, alert in events]
    assert world.standing() == world.oracle([1])


def test_a_correction_explains_an_anomaly(world: World) -> None:
    """×→○ stays an anomaly, with the moment at which a person explained it."""
    world.unit("A-1", 1)
    world.read(1, BATSU)
    world.read(1, MARU)
    world.follow()
    assert world.alerts()[0].explained_at is None
    world.correct(1)
    assert [event for event, _ in world.follow().events] == [AlertEvent.EXPLAINED]
    (alert,) = world.alerts()
    assert (alert.kind, alert.explained_at) == (AlertKind.ANOMALY, world.clock.at)


def test_a_vanished_restriction_stands_in_the_cell(world: World) -> None:
    """The cell keeps × and the symbol as it was shown; the row of like answers begins with the newest."""
    world.unit("A-1", 1)
    world.read(1, BATSU)
    world.read(1, MARU)
    world.follow()
    (cell,) = world.store.changed_cells(after=0, count_max=9)
    standing = cell.standing
    assert (standing.mark, standing.raw, standing.vanished) == (BATSU, "○", True)
    assert standing.since == standing.asked_at


def test_cells_of_a_row_of_like_answers_say_since_when(world: World) -> None:
    """△ △ △: since the first of them."""
    world.unit("A-1", 1)
    for hour in (-30, -20, -10):
        world.read(1, SANKAKU, at_h=hour)
    world.follow()
    (cell,) = world.store.changed_cells(after=0, count_max=9)
    assert cell.standing.asked_at is not None
    assert cell.standing.since is not None
    assert cell.standing.asked_at - cell.standing.since == timedelta(hours=20)


def test_both_numbers_of_a_phone_are_watched(world: World) -> None:
    """A change at either number is of the one unit."""
    world.unit("A-1", 1, 2)
    for n in (1, 2):
        world.read(n, SANKAKU)
        world.read(n, MARU)
        world.read(n, BATSU, carrier=DOCOMO)
    world.follow()
    assert [(alert.key, alert.imei) for alert in world.alerts()] == [("A-1", imei(1)), ("A-1", imei(2))]


def test_another_log_is_followed_from_its_start(world: World) -> None:
    """Told, and no alert twice."""
    world.unit("A-1", 1)
    world.read(1, SANKAKU)
    world.read(1, MARU)
    world.follow()
    world.store.start_over(True, Head(2, b"\1" * 32), world.clock.at)  # as if another log had stood there
    done = world.follow()
    assert (done.started_over, done.events) == (True, ())
    assert world.store.started_over_at(True) is not None
    assert len(world.alerts()) == 1


def test_after_a_log_was_rolled_back_news_is_news_again(tmp_path: Path) -> None:
    """A unit's `since` counts entries of the log that is gone; it must not keep silent what comes."""
    world = World(tmp_path / "one")
    world.unit("A-1", 1, since=900)  # the log that was there when it came held so many
    world.store.start_over(True, Head(950, b"\1" * 32), world.clock.at)
    world.follow()
    world.read(1, SANKAKU)
    world.read(1, BATSU)
    world.follow()
    assert [alert.kind for alert in world.alerts()] == [AlertKind.RESTRICTED]
    world.close()


def test_a_step_whose_basis_is_over_writes_nothing(world: World) -> None:
    """Two processes that follow at once: the second finds that the first has moved on."""
    world.unit("A-1", 1)
    world.follow()
    world.read(1, SANKAKU)
    world.read(1, MARU)
    slow = world.another()
    inner = slow.store.take
    meanwhile: list[int] = []

    def take(step):
        if not meanwhile:
            meanwhile.append(1)
            world.follow()
        return inner(step)

    slow.store.take = take  # type: ignore[method-assign]
    assert slow.catch_up().events == ()
    assert len(world.alerts()) == 1


def test_a_step_cut_off_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells, alert and place in the log are written together or not at all."""
    world.unit("A-1", 1)
    world.follow()
    world.read(1, SANKAKU)
    world.read(1, MARU)
    before = (world.store.version(), world.store.basis(True))
    with monkeypatch.context() as patched:
        patched.setattr("shirorom.adapters.desk_sql.watch._follow", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            world.follow()
    assert (world.store.version(), world.store.basis(True), world.alerts()) == (*before, [])
    world.follow()
    assert len(world.alerts()) == 1


async def test_a_change_is_there_within_moments_of_its_reading(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs beside the app sees what any process records, without being told; trouble ends nothing."""
    monkeypatch.setattr("shirorom.service.watch_follow.POLL_S", 0.01)
    monkeypatch.setattr("shirorom.service.watch_follow.TROUBLE_S", 0.01)
    logging.getLogger("shirorom.watch").setLevel(logging.CRITICAL)
    told: list[int] = []
    task = asyncio.create_task(world.follower.run(lambda done: told.append(len(done.events))))
    world.unit("A-1", 1)
    await _until(lambda: world.store.basis(True).followed is not None)
    real = world.follower.room
    world.follower.room = _broken
    await _until(lambda: world.follower.trouble == "log-corrupt")
    world.follower.room = real
    world.read(1, SANKAKU)
    world.read(1, MARU)
    await _until(lambda: bool(world.alerts()))
    await _until(lambda: world.follower.trouble is None)
    assert sum(told) == 1
    task.cancel()


def _broken(_: bool) -> None:
    raise StorageError("log-corrupt")


async def _until(there: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not there():  # noqa: ASYNC110  # the database tells nobody that it changed
            await asyncio.sleep(0.005)


def test_a_day_is_counted_by_last_known_marks(world: World) -> None:
    """An old mark counts as what it was; a unit that was not asked everywhere is undetermined; × decides."""
    world.unit("A-1", 1)
    world.unit("B-1", 2, status=Status.SOLD)
    world.unit("C-1", 3)
    for carrier in CarrierId:
        world.read(1, SANKAKU if carrier is DOCOMO else BOU, carrier=carrier, at_h=-900)
    world.read(2, BATSU, at_h=-900)
    world.follow()
    counted = {(one.status, one.verdict): one.units for one in world.follower.days.last(1)}
    assert counted == {
        (Status.STOCK, "caution"): 1, (Status.STOCK, "undetermined"): 1, (Status.SOLD, "restricted"): 1,
    }  # fmt: skip


def test_a_notice_makes_an_alert(world: World) -> None:
    """A phone of the book was read ○; the carrier's feed restricts it: one alert, named by the feed's entry."""
    world.unit("A-1", 1)
    world.read(1, MARU, carrier=DOCOMO)
    world.follow()
    index = world.declare(restricted(1))
    for _ in range(2):
        world.follow()
    with world.desk.reading() as db:
        alerts = db.execute(select(ALERTS.c.before, ALERTS.c.after, ALERTS.c.log_index)).all()
    assert [tuple(alert) for alert in alerts] == [("clear", "restricted", index)]


def test_a_feed_is_followed(world: World) -> None:
    """What a carrier's feed names stands at the phones of the book, though the entry is about no phone."""
    world.unit("A-1", 1)
    world.unit("A-2", 2)
    world.follow()
    world.declare(restricted(1), restricted(3))
    world.read(2, MARU)
    world.follow()
    with world.desk.reading() as db:
        cells = db.execute(select(CELLS.c.phone, CELLS.c.carrier, CELLS.c.mark)).all()
    assert (imei(1).key, "docomo", "restricted") in [tuple(cell) for cell in cells]
    assert len(cells) == 2
