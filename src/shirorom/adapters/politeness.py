"""Good manners towards a real carrier: a pause between questions, and a rest after failures; shared by all processes.

One row a carrier in one file of the data directory, taken in a transaction: the command line and the server keep the
rate together. Practice carriers need none of it.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shirorom.adapters.durable import create_private
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import CellError, StorageError
from shirorom.ports.clock import Clock

FAILURES_MAX = 5
"""After so many failures in a row the carrier is left alone."""
PAUSE_S = 300.0
WAIT_S_MAX = 60.0
"""Nobody is kept waiting for a turn longer than this; the cell says `carrier-paused` instead."""
BUSY_MS = 5_000

_FAILURES = frozenset(
    {
        "carrier-unreachable",
        "carrier-timeout",
        "carrier-error",
        "carrier-maintenance",
        "needs-person",
        "page-changed",
        "echo-mismatch",
    }
)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS carrier (
    id TEXT PRIMARY KEY,
    next_at REAL NOT NULL DEFAULT 0,      -- seconds since 1970: nobody asks before
    failures INTEGER NOT NULL DEFAULT 0,  -- in a row
    paused_until REAL NOT NULL DEFAULT 0
) STRICT
"""

Sleep = Callable[[float], Awaitable[None]]


class Politeness:
    """`turn` before each question to a real carrier, `ended` after it."""

    def __init__(self, directory: Path, clock: Clock, *, sleep: Sleep = asyncio.sleep) -> None:
        self._file = directory / "politeness.sqlite"
        self._clock = clock
        self._sleep = sleep

    async def turn(self, carrier: CarrierId, interval_s: float) -> None:
        """Wait for the next turn and take it.

        Raises:
            CellError: `carrier-paused` with `until` (UTC) and `seconds`: after failures, or the queue is too long.
            StorageError: the file cannot be used; then nobody is asked.
        """
        wait_s = await asyncio.to_thread(self._take, carrier, interval_s)
        if wait_s > 0:
            await self._sleep(wait_s)

    async def ended(self, carrier: CarrierId, code: str | None) -> None:
        """Note how a question ended: None or a code that blames nobody there mends, a failure counts.

        Five in a row close the way for `PAUSE_S`; then one question is let through, and decides.
        """
        await asyncio.to_thread(self._note, carrier, code)

    def _take(self, carrier: CarrierId, interval_s: float) -> float:
        now = self._clock.now().timestamp()
        with closing(self._open()) as db, db:
            db.execute("BEGIN IMMEDIATE")
            next_at, failures, paused_until = self._row(db, carrier)
            if paused_until - now > PAUSE_S:  # the clock went backwards: no pause is longer than this
                paused_until = now + PAUSE_S
            if now < paused_until:
                raise _paused(now, paused_until)
            at = max(now, min(next_at, now + WAIT_S_MAX + 2 * interval_s))
            if at - now > WAIT_S_MAX:
                raise _paused(now, at)
            if failures >= FAILURES_MAX:  # half open: this one decides, the others wait for it
                paused_until = now + PAUSE_S
            db.execute(
                "UPDATE carrier SET next_at = ?, paused_until = ? WHERE id = ?",
                (at + interval_s, paused_until, carrier.value),
            )
        return at - now

    def _note(self, carrier: CarrierId, code: str | None) -> None:
        now = self._clock.now().timestamp()
        with closing(self._open()) as db, db:
            db.execute("BEGIN IMMEDIATE")
            _, failures, paused_until = self._row(db, carrier)
            if code in _FAILURES:
                failures += 1
                paused_until = now + PAUSE_S if failures >= FAILURES_MAX else 0.0
            elif code is None:
                failures, paused_until = 0, 0.0
            db.execute(
                "UPDATE carrier SET failures = ?, paused_until = ? WHERE id = ?",
                (failures, paused_until, carrier.value),
            )

    def _row(self, db: sqlite3.Connection, carrier: CarrierId) -> tuple[float, int, float]:
        db.execute("INSERT OR IGNORE INTO carrier (id) VALUES (?)", (carrier.value,))
        row: tuple[float, int, float] = db.execute(
            "SELECT next_at, failures, paused_until FROM carrier WHERE id = ?", (carrier.value,)
        ).fetchone()
        return row

    def _open(self) -> sqlite3.Connection:
        try:
            with suppress(FileExistsError):
                os.close(create_private(self._file))  # SQLite would create it by the umask
            db = sqlite3.connect(self._file, timeout=BUSY_MS / 1000, isolation_level=None)
            db.execute(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise StorageError("storage-failed") from error
        return db


def _paused(now: float, until: float) -> CellError:
    at = datetime.fromtimestamp(until, UTC) + timedelta(seconds=0.999)
    return CellError("carrier-paused", until=at.strftime("%Y-%m-%dT%H:%M:%SZ"), seconds=max(1, round(until - now)))
