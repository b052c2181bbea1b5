"""adapters/politeness.py: a pause between questions and a rest after failures, over all processes (T40)."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shirorom.adapters.politeness import FAILURES_MAX, PAUSE_S, WAIT_S_MAX, Politeness
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import CellError

AU, DOCOMO = CarrierId.AU, CarrierId.DOCOMO
INTERVAL_S = 3.0


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def manners(tmp_path: Path, time: Time) -> Politeness:
    return Politeness(tmp_path, time, sleep=time.sleep)


async def _paused(manners: Politeness) -> CellError:
    with pytest.raises(CellError) as error:
        await manners.turn(AU, INTERVAL_S)
    assert error.value.code == "carrier-paused"
    return error.value


async def test_rate_in_any_minute(manners: Politeness, time: Time) -> None:
    """However fast questions come, no window of 60 s sees more than 60 / interval of them (both ends in: one more)."""
    starts = []
    for _ in range(100):
        await manners.turn(AU, INTERVAL_S)
        starts.append(time.now())
        await manners.ended(AU, None)
    for first in starts:
        within = [at for at in starts if timedelta(0) <= at - first < timedelta(seconds=60)]
        assert len(within) <= 60 / INTERVAL_S


async def test_carriers_do_not_wait_for_each_other(manners: Politeness, time: Time) -> None:
    """One row a carrier."""
    await manners.turn(AU, INTERVAL_S)
    await manners.turn(DOCOMO, INTERVAL_S)
    assert time.slept == []


async def test_first_question_waits_for_nobody(manners: Politeness, time: Time) -> None:
    """A turn that is free is taken at once, also after a long silence."""
    await manners.turn(AU, INTERVAL_S)
    time.at += timedelta(hours=1)
    await manners.turn(AU, INTERVAL_S)
    assert time.slept == []


async def test_breaker_opens_after_failures_in_a_row(manners: Politeness, time: Time) -> None:
    """Five failures, and the carrier is left alone until a named time."""
    for _ in range(FAILURES_MAX):
        await manners.turn(AU, INTERVAL_S)
        await manners.ended(AU, "carrier-error")
    error = await _paused(manners)
    until = datetime.strptime(str(error.details["until"]), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(0) < until - time.now() <= timedelta(seconds=PAUSE_S + 1)


async def test_a_success_between_failures_keeps_it_closed(manners: Politeness) -> None:
    """In a row means in a row."""
    for _ in range(3):
        for _ in range(FAILURES_MAX - 1):
            await manners.turn(AU, 0.0)
            await manners.ended(AU, "carrier-timeout")
        await manners.turn(AU, 0.0)
        await manners.ended(AU, None)
    await manners.turn(AU, 0.0)


async def test_half_open_lets_one_through(manners: Politeness, time: Time) -> None:
    """After the pause one question goes out and decides: the others wait for it; its failure closes the way again."""
    for _ in range(FAILURES_MAX):
        await manners.ended(AU, "carrier-unreachable")
    time.at += timedelta(seconds=PAUSE_S)
    await manners.turn(AU, INTERVAL_S)
    await _paused(manners)
    await manners.ended(AU, "carrier-unreachable")
    await _paused(manners)
    time.at += timedelta(seconds=PAUSE_S)
    await manners.turn(AU, INTERVAL_S)
    await manners.ended(AU, None)
    await manners.turn(AU, INTERVAL_S)


@pytest.mark.parametrize("code", ["browser-missing", "browser-unsafe", "asked"])
async def test_our_own_trouble_is_not_the_carriers(manners: Politeness, code: str) -> None:
    """A browser that is missing, or a question given up, says nothing about the carrier."""
    for _ in range(2 * FAILURES_MAX):
        await manners.ended(AU, code)
    await manners.turn(AU, INTERVAL_S)


async def test_nobody_waits_without_end(manners: Politeness, time: Time, tmp_path: Path) -> None:
    """A queue longer than a minute is told, not waited for."""

    async def no_sleep(seconds: float) -> None:
        assert seconds <= WAIT_S_MAX

    hurried = Politeness(tmp_path, time, sleep=no_sleep)
    for _ in range(int(WAIT_S_MAX / INTERVAL_S) + 1):
        await hurried.turn(AU, INTERVAL_S)
    await _paused(hurried)


async def test_clock_that_went_backwards_pauses_nobody_for_long(manners: Politeness, time: Time) -> None:
    """A turn or a pause noted by a clock that was years ahead is cut to what it can be at most."""
    time.at += timedelta(days=3_650)
    for _ in range(FAILURES_MAX):
        await manners.turn(AU, INTERVAL_S)
        await manners.ended(AU, "carrier-error")
    time.at -= timedelta(days=3_650)
    error = await _paused(manners)
    assert int(error.details["seconds"]) <= PAUSE_S


def _take(directory: str, found: multiprocessing.Queue[float]) -> None:
    time = Time()
    manners = Politeness(Path(directory), time)
    for _ in range(5):
        found.put(manners._take(AU, INTERVAL_S))


def test_processes_share_one_queue(tmp_path: Path) -> None:
    """Command line and server together keep the rate: each turn is taken once."""
    context = multiprocessing.get_context("spawn")
    found: multiprocessing.Queue[float] = context.Queue()
    others = [context.Process(target=_take, args=(str(tmp_path), found)) for _ in range(3)]
    for other in others:
        other.start()
    waits = sorted(found.get(timeout=60) for _ in range(15))
    for other in others:
        other.join()
    assert waits == [n * INTERVAL_S for n in range(15)]


async def test_no_number_is_kept(manners: Politeness, tmp_path: Path) -> None:
    """The file holds carriers and times, nothing of phones."""
    await manners.turn(AU, INTERVAL_S)
    with closing(sqlite3.connect(tmp_path / "politeness.sqlite")) as db:
        columns = [row[1] for row in db.execute("PRAGMA table_info(carrier)")]
    assert columns == ["id", "next_at", "failures", "paused_until"]


def test_the_file_is_the_owners_alone(manners: Politeness, tmp_path: Path) -> None:
    """Whatever the umask: who was asked when is nobody else's business."""
    before = os.umask(0)
    try:
        asyncio.run(manners.turn(AU, 0.0))
    finally:
        os.umask(before)
    (file,) = tmp_path.rglob("politeness.sqlite")
    assert file.stat().st_mode & 0o077 == 0
