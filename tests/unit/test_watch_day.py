"""A restriction that was announced comes into force: its alert, on that day, once, whoever slept through it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from shirorom.adapters.desk_sql import database
from shirorom.adapters.desk_sql.counter_rows import ms_of
from shirorom.adapters.desk_sql.watch_tables import CELLS, DUE
from shirorom.adapters.facts_toml import packaged_facts
from shirorom.domain.desk.alerts import Alert, AlertEvent, AlertKind
from shirorom.domain.history import beginning_of
from shirorom.domain.mark import Mark
from shirorom.domain.notice import Ground, NoticeKind
from shirorom.service.history import History
from shirorom.service.room import Rooms
from shirorom.service.settings import Settings
from tests import desk_ready
from tests.feed_kit import lifted, notice
from tests.logs import START, imei
from tests.watch_kit import BATSU, DOCOMO, MARU, SANKAKU, World

DAY = date(2026, 11, 26)
"""Three days after START."""
ON_IT = beginning_of(DAY)
ANNOUNCED = notice(1, NoticeKind.RESTRICTED, ground=Ground.UNPAID, effective_on=DAY)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A unit, read ○ at the carrier that then announces its restriction."""
    made = World(tmp_path)
    made.unit("A-1", 1)
    made.read(1, MARU, carrier=DOCOMO)
    made.declare(ANNOUNCED)
    yield made
    made.close()


def moves(world: World) -> list[tuple[Mark, Mark]]:
    return [(one.change.from_, one.change.to) for one in world.alerts()]


def raised(world: World) -> list[Alert]:
    return [alert for event, alert in world.follow().events if event is AlertEvent.RAISED]


def test_the_day_makes_an_alert_of_its_own(world: World) -> None:
    """△ when it is announced; nothing until the last second before its day (JST); then ×, named by both."""
    assert [one.change.to for one in raised(world)] == [SANKAKU]
    world.clock.at = ON_IT - timedelta(seconds=1)
    assert raised(world) == []
    world.clock.at = ON_IT
    (alert,) = raised(world)
    assert (alert.kind, alert.key, alert.index, alert.day) == (AlertKind.RESTRICTED, "A-1", 1, DAY)
    assert (alert.change.from_, alert.change.to, alert.change.between[1]) == (SANKAKU, BATSU, ON_IT)
    with world.desk.reading() as db:
        assert db.execute(select(CELLS.c.mark, CELLS.c.since)).all() == [("restricted", ms_of(ON_IT))]


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=9)])
@pytest.mark.parametrize("followed", [False, True])
def test_it_comes_once_however_late(world: World, late: timedelta, followed: bool) -> None:
    """Also where nothing ran on that day, or since the announcement; and nobody who looks again finds it anew."""
    if followed:
        world.follow()
    world.clock.at = ON_IT + late
    world.follow()
    for follower in (world.follower, world.another()):
        assert follower.catch_up().events == ()
    follower.learn([imei(1).key], practice=True)
    assert moves(world) == [(MARU, SANKAKU), (SANKAKU, BATSU)]
    assert world.oracle([1]) == world.standing()


def test_what_was_lifted_before_its_day_never_comes(world: World) -> None:
    """The day passes, and nothing is said."""
    world.declare(lifted(1))
    world.clock.at = ON_IT + timedelta(days=1)
    world.follow()
    assert BATSU not in [after for _, after in moves(world)]


def test_a_lifting_is_told_on_its_day(world: World) -> None:
    """Good word that names a day, too; nothing remains to wait for then."""
    world.clock.at = ON_IT
    world.declare(notice(1, NoticeKind.LIFTED, ground=Ground.UNPAID, effective_on=DAY + timedelta(days=1)))
    world.follow()
    world.clock.at = ON_IT + timedelta(days=1)
    (alert,) = raised(world)
    assert (alert.change.from_, alert.day) == (BATSU, DAY + timedelta(days=1))
    with world.desk.reading() as db:
        assert db.execute(select(DUE)).all() == []


def test_a_unit_hears_of_days_that_came_while_it_was_here(world: World) -> None:
    """One that came after the announcement hears of the day; one that came after the day does not."""
    world.declare(notice(3, NoticeKind.RESTRICTED, effective_on=DAY))
    world.read(9, MARU)
    world.unit("B-3", 3)
    world.clock.at = ON_IT
    world.follow()
    assert [one.key for one in world.alerts() if one.change.to is BATSU] == ["A-1", "B-3"]
    late = World(world.data / "late")
    late.declare(ANNOUNCED)
    late.clock.at = ON_IT
    late.read(9, MARU)
    late.unit("A-1", 1)
    late.follow()
    assert late.alerts() == []
    late.close()


def test_the_history_tells_it_too(world: World) -> None:
    """What is shown of one phone, without any book."""
    history = History(Rooms(Settings(), packaged_facts(), lambda _: world.room), world.clock)
    assert [change.to for change in history(imei(1)).changes] == [SANKAKU]
    world.clock.at = ON_IT
    assert [change.to for change in history(imei(1)).changes] == [SANKAKU, BATSU]


async def test_whoever_runs_wakes_with_the_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """No entry and no unit comes: the day alone does it."""
    monkeypatch.setattr("shirorom.service.watch_follow.POLL_S", 0.01)
    task = asyncio.create_task(world.follower.run())
    await _until(world, 1)
    world.clock.at = ON_IT
    await _until(world, 2)
    task.cancel()
    assert moves(world)[-1] == (SANKAKU, BATSU)


async def _until(world: World, count: int) -> None:
    async with asyncio.timeout(20):
        while len(world.alerts()) < count:  # noqa: ASYNC110  # the database tells nobody that it changed
            await asyncio.sleep(0.005)


def test_a_book_of_before_learns_its_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database from before days were kept: its alerts stay, and its phones are looked at once more."""
    with monkeypatch.context() as older:
        older.setattr(database, "HEAD", "0005")
        older.setattr(database, "_make", desk_ready.MAKE)  # migrated here, not copied
        desk = database.Desk(tmp_path / "data")
        with desk.writing() as db:
            db.execute(text(OLD_ALERT))
            db.execute(text("UPDATE watch_state SET learned_version = book_version"))
        desk.close()
    made = World(tmp_path / "data")
    assert [(one.key, one.day) for one in made.alerts()] == [("A-1", None)]
    made.unit("A-1", 1)
    made.declare(ANNOUNCED)
    made.follow()
    assert list(made.store.due(True, by=DAY)) == [imei(1).key]
    assert list(made.store.due(True, by=START.date())) == list(made.store.due(False, by=DAY)) == []
    made.close()


OLD_ALERT = f"""
    INSERT INTO watch_alerts (seq, kind, unit, store, person, practice, imei, phone, carrier, before, after,
        between_from, between_to, expected, log_index, at, handled_by, note)
    VALUES (1, 'freed', 'A-1', '', '', 1, '{imei(1).digits}', '{imei(1).key}', 'au', 'caution', 'clear',
        0, 1, 1, 0, 2, '', '')
"""
