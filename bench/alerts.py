"""The watch's follower: from a durable reading to its alert, with a book of 38,000 units; learning and following.

Services alone: the log and the desk's database on this machine's disk, each step with its sync. Beside the delay stands
the time that recording the reading itself took; beside the rates, reading the same entries from the log and no more.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, update

from bench._rows import row
from shirorom.adapters.desk_sql.watch_tables import NUMBERS, UNITS, WATCH
from shirorom.compose import Composition
from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.domain.reading import Channel, Reading
from shirorom.edge.cli.context import Options
from shirorom.ports.watch import LIST_MAX, AlertFilter
from shirorom.service.settings import Settings

UNITS_ALL = 38_000
ASKED = 8_000
ENTRIES = 10_000
CHANGES = 25


def run() -> dict[str, Any]:
    """All figures of this module."""
    with tempfile.TemporaryDirectory() as folder:
        made = Composition(Options(data=Path(folder)), settings=Settings())
        rows = [*_learn(made), *_follow(made), *asyncio.run(_delay(made))]
        made.close()
    return {"name": "alerts", "rows": rows}


def _imei(n: int) -> Imei:
    return Imei.of_key(f"0010010{n:07d}")


def _reading(n: int, mark: Mark, at: datetime, carrier: CarrierId = CarrierId.AU) -> Reading:
    return Reading(
        imei=_imei(n), carrier=carrier, mark=mark, glyph=mark.symbol, sentence="", asked_at=at,
        channel=Channel.HAND, by="bench", practice=True,
    )  # fmt: skip


def _book(made: Composition) -> None:
    desk = made.desk
    if desk is None:
        raise RuntimeError("the extra `desk` is not installed")
    texts = dict.fromkeys(("store", "person", "model", "receipt", "warranty"), "")
    units = [
        {"seq": n, "key": f"K-{n}", "status": "stock" if n <= 8_000 else "sold", "practice": True, "since": 0,
         "changed_at": 0, **texts}
        for n in range(1, UNITS_ALL + 1)
    ]  # fmt: skip
    numbers = [
        {"unit": n, "number": 1, "imei": _imei(n).digits, "phone": _imei(n).key} for n in range(1, UNITS_ALL + 1)
    ]
    with desk.writing() as db:
        db.execute(insert(UNITS), units)
        db.execute(insert(NUMBERS), numbers)
        db.execute(update(WATCH).values(book_version=1))


def _learn(made: Composition) -> list[dict[str, Any]]:
    """A new book: 8,000 of its phones were asked at four carriers before, the rest never."""
    recorder, at = made.room(True).recorder, datetime.now(UTC) - timedelta(days=2)
    for first in range(1, ASKED + 1, 2_000):
        for carrier in CarrierId:
            recorder.record([_reading(n, Mark.CAUTION, at, carrier) for n in range(first, first + 2_000)])
    _book(made)
    begin = time.perf_counter()
    done = made.watch.follower.catch_up()
    seconds = time.perf_counter() - begin
    if done.phones != UNITS_ALL:
        raise RuntimeError("not every phone was learned")
    begin = time.perf_counter()
    made.watch.follower.catch_up()
    again = time.perf_counter() - begin
    what = f"cells of a new book: {UNITS_ALL:,} units, {ASKED:,} of them asked at four carriers"
    return [
        {"what": what, "value": seconds, "unit": "s"},
        {"what": "a look when nothing changed", "value": 1000 * again, "unit": "ms"},
    ]


def _follow(made: Composition) -> list[dict[str, Any]]:
    """New entries of as many phones, one in ten of them a change."""
    room, at = made.room(True), datetime.now(UTC) - timedelta(days=1)
    first = room.log.head().size
    marks = [Mark.CLEAR if n % 10 == 0 else Mark.CAUTION for n in range(ENTRIES)]
    room.recorder.record([_reading(n % ASKED + 1, mark, at) for n, mark in enumerate(marks)])
    begin = time.perf_counter()
    for start in range(first, first + ENTRIES, 1_000):
        room.log.read(start, count_max=1_000)
    reading = time.perf_counter() - begin
    made.watch.__dict__.clear()  # nothing of the reading above is remembered by the follower
    made.watch.__init__(made)  # type: ignore[misc]
    begin = time.perf_counter()
    done = made.watch.follower.catch_up()
    seconds = time.perf_counter() - begin
    if done.entries != ENTRIES:
        raise RuntimeError("not every entry was followed")
    what = f"following {ENTRIES:,} entries ({len(done.events):,} events)"
    return [row(what, ENTRIES / seconds, "entries/s", beside="reading them", peer=ENTRIES / reading)]


async def _delay(made: Composition) -> list[dict[str, Any]]:
    """The follower runs as in the app; another thread records a change now and then and looks for its alert."""
    watch = made.watch
    task = asyncio.create_task(watch.follower.run())
    await asyncio.sleep(1)
    recording, delays = list[float](), list[float]()
    for n in range(CHANGES):
        phone = ASKED + 100 + n
        for mark in (Mark.CAUTION, Mark.CLEAR):
            begin = time.perf_counter()
            statement = _reading(phone, mark, datetime.now(UTC))
            await asyncio.to_thread(made.room(True).recorder.record, [statement])
            recording.append(time.perf_counter() - begin)
        durable = time.perf_counter()
        which = AlertFilter(keys=frozenset({f"K-{phone}"}))
        while not await asyncio.to_thread(watch.alerts.after, 0, which, count_max=LIST_MAX):  # noqa: ASYNC110
            await asyncio.sleep(0.002)
        delays.append(time.perf_counter() - durable)
        await asyncio.sleep(0.037)
    task.cancel()
    what = f"durable reading to readable alert, {UNITS_ALL:,} units, median of {CHANGES}"
    recorded_ms, alerted_ms = 1000 * statistics.median(recording), 1000 * statistics.median(delays)
    return [
        row(what, alerted_ms, "ms", beside="recording it", peer=recorded_ms),
        row(f"the same, slowest of {CHANGES}", 1000 * max(delays), "ms"),
    ]
