"""The log in PostgreSQL beside the log in SQLite, on the same disk in turn: singles, batches, histories looked up.

The server is one of our own with its default settings (tests/postgres_kit.py), reached by a unix socket.
"""

from __future__ import annotations

import os
import tempfile
from itertools import islice
from pathlib import Path
from typing import Any

from bench._rows import row
from bench.log import looked_up, per_second, readings, recorded
from shirorom.adapters.clock import SystemClock
from shirorom.adapters.log_postgres import PostgresLog
from shirorom.adapters.log_sqlite import SqliteLog
from shirorom.ports.log import Log
from shirorom.service.recorder import Recorder
from tests.postgres_kit import Server, remove_all

SINGLES = 500
BATCH = 1_000
BATCHES = 10
PHONES = 500
ROUNDS = 3
WHAT = {
    "single": ("single records", "durable/s"),
    "batch": (f"records in batches of {BATCH:,}", "durable/s"),
    "cold": ("histories looked up, cold, each verified", "phones/s"),
}


def run() -> dict[str, Any]:
    """The median of `ROUNDS` rounds, each with fresh logs and the engines one after the other."""
    server = Server()
    server.start()
    try:
        rounds = [_round(server, n) for n in range(ROUNDS)]
    finally:
        remove_all()
    rows = []
    for what, (name, unit) in WHAT.items():
        ours, theirs = (sorted(one[engine][what] for one in rounds)[ROUNDS // 2] for engine in ("postgres", "sqlite"))
        rows.append(row(name, ours, unit, beside="our log in SQLite", peer=theirs))
    return {"name": "postgres", "rows": rows}


def _round(server: Server, n: int) -> dict[str, dict[str, float]]:
    database = server.make_database(f"round_{n}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return {
            "sqlite": _figures(SqliteLog(folder / "sqlite", practice=True, entropy=os.urandom)),
            "postgres": _figures(PostgresLog(folder / "postgres", database, practice=True, entropy=os.urandom)),
        }


def _figures(log: Log) -> dict[str, float]:
    recorder, source = Recorder(log, None, SystemClock(), os.urandom), readings()
    singles = [[one] for one in islice(source, SINGLES)]
    batches = [list(islice(source, BATCH)) for _ in range(BATCHES)]
    imeis = [one.imei for one in islice(readings(), PHONES)]
    figures = {
        "single": per_second(lambda: recorded(recorder, singles)),
        "batch": per_second(lambda: recorded(recorder, batches)),
        "cold": per_second(lambda: looked_up(recorder, imeis)),
    }
    log.close()
    return figures
