"""How fast the log takes readings durably, beside a bare SQLite table and a bare `fdatasync` on the same disk."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from bench._rows import row
from shirorom.adapters.clock import SystemClock
from shirorom.adapters.log_sqlite import SqliteLog
from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.domain.reading import Channel, Reading
from shirorom.service.recorder import Recorder

SINGLES = 3_000
BATCH = 1_000
BATCHES = 40
ROUNDS = 3
ROW = bytes(400)  # about what one entry with its opening takes


def readings() -> Iterator[Reading]:
    """Readings of phones in no order, as a shop meets them."""
    random = Random(1)
    asked_at = datetime(2026, 11, 23, tzinfo=UTC)
    while True:
        yield Reading(
            imei=Imei.of_key(f"0010010{random.randrange(10**7):07d}"), carrier=CarrierId.DOCOMO, mark=Mark.CLEAR,
            glyph="○", sentence="利用制限の対象ではありません", asked_at=asked_at, channel=Channel.HAND, by="local",
            practice=True,
        )  # fmt: skip


def per_second(work: Callable[[], int]) -> float:
    """Things done a second, by one call."""
    begin = time.perf_counter()
    return work() / (time.perf_counter() - begin)


def raw_syncs(folder: Path) -> int:
    """Append and `fdatasync`, nothing else."""
    sync = getattr(os, "fdatasync", os.fsync)
    with (folder / "raw").open("wb", buffering=0) as file:
        for _ in range(SINGLES):
            file.write(ROW)
            sync(file.fileno())
    return SINGLES


def bare_sqlite(folder: Path, rows: int, commits: int) -> int:
    """One table, WAL, synchronous=FULL, automatic checkpoints."""
    connection = sqlite3.connect(folder / f"bare-{rows}", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS row (i INTEGER PRIMARY KEY, b BLOB)")
    for _ in range(commits):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO row (b) VALUES (?)", [(ROW,)] * rows)
        connection.execute("COMMIT")
    connection.close()
    return rows * commits


def recorded(recorder: Recorder, batches: list[list[Reading]]) -> int:
    """Through the recorder: sealed, hashed, chained, durable."""
    for batch in batches:
        recorder.record(batch)
    return sum(map(len, batches))


def looked_up(recorder: Recorder, imeis: list[Imei]) -> int:
    """Every entry of these phones."""
    for imei in imeis:
        recorder.entries(imei)
    return len(imeis)


def run() -> dict[str, Any]:
    """The median of `ROUNDS` rounds, each on a fresh log and with the bare ones measured in between."""
    rounds = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as name:
            rounds.append(_round(Path(name)))
    middle = {what: sorted(one[what] for one in rounds)[ROUNDS // 2] for what in rounds[0]}
    sync, bare, bare_batch = middle["raw"], middle["bare"], middle["bare_batch"]

    return {
        "name": "log",
        "rows": [
            row("single records", middle["single"], "durable/s", beside="fdatasync", peer=sync),
            row("single records", middle["single"], "durable/s", beside="bare SQLite", peer=bare),
            row(f"in batches of {BATCH:,}", middle["batch"], "durable/s", beside="bare SQLite", peer=bare_batch),
            row("histories looked up, cold, each verified", middle["cold"], "phones/s"),
            row("histories looked up, warm", middle["warm"], "phones/s"),
        ],
    }  # fmt: skip


def _round(folder: Path) -> dict[str, float]:
    log = SqliteLog(folder / "data", practice=True, entropy=os.urandom)
    recorder, source = Recorder(log, None, SystemClock(), os.urandom), readings()
    singles = [[one] for one in islice(source, SINGLES)]
    batches = [list(islice(source, BATCH)) for _ in range(BATCHES)]
    figures = {
        "raw": per_second(lambda: raw_syncs(folder)),
        "single": per_second(lambda: recorded(recorder, singles)),
        "bare": per_second(lambda: bare_sqlite(folder, 1, SINGLES)),
        "batch": per_second(lambda: recorded(recorder, batches)),
        "bare_batch": per_second(lambda: bare_sqlite(folder, BATCH, BATCHES)),
    }
    imeis = [one.imei for one in islice(readings(), 2_000)]
    figures["cold"] = per_second(lambda: looked_up(recorder, imeis))
    figures["warm"] = per_second(lambda: looked_up(recorder, imeis))
    log.close()
    return figures
