"""The main job against the practice carriers: one phone at four carriers, with pages and pictures.

Warm is what the web app does: a process of its own that owns the browser, tabs prepared. Cold is one command with all
that starts: Python, practice carriers, browser, recording, and the end of them all.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench._rows import Row, at_most, row
from shirorom.adapters.asker_process import ProcessAsker
from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Imei
from shirorom.edge.practice import Practice, start
from shirorom.service.settings import Access, CarrierSettings, CarriersSettings, Settings

PHONE = Imei("001001010000047")
ROUNDS = 15
COLD_ROUNDS = 3
PAUSE_S = 1.5
"""Between two phones, as at a counter: time in which the next tabs are prepared."""
FIRST_S, ALL_S, COLD_S = 0.7, 1.5, 5.0


def _settings(practice: Practice) -> Settings:
    tables = {
        carrier.value: CarrierSettings(access=Access.SITE, url=origin, timeout_s=60)
        for carrier, origin in practice.origins.items()
    }
    return Settings(carriers=CarriersSettings(**tables))


async def _round(asker: ProcessAsker) -> tuple[float, float]:
    """Seconds to the first answer and to the last of four."""
    begin, ended = time.perf_counter(), []

    async def ask(carrier: CarrierId) -> None:
        await asker.ask(PHONE, carrier)
        ended.append(time.perf_counter() - begin)

    await asyncio.gather(*(ask(carrier) for carrier in CarrierId))
    return min(ended), max(ended)


async def _warm(data: Path) -> tuple[list[tuple[float, float]], list[float], float]:
    """Rounds of four at once, of one alone, and how long the warming took."""
    with start() as practice:
        asker = ProcessAsker(_settings(practice), data)
        try:
            begin = time.perf_counter()
            await asker.warm()
            warming_s = time.perf_counter() - begin
            rounds, alone = [], []
            for _ in range(ROUNDS):
                await asyncio.sleep(PAUSE_S)
                rounds.append(await _round(asker))
            for n in range(ROUNDS):
                await asyncio.sleep(PAUSE_S / 3)
                begin = time.perf_counter()
                await asker.ask(PHONE, list(CarrierId)[n % 4])
                alone.append(time.perf_counter() - begin)
        finally:
            await asker.close()
    return rounds, alone, warming_s


def _cold(data: Path) -> float:
    """Seconds of `shirorom check --practice`, from the shell's point of view."""
    begin = time.perf_counter()
    command = [sys.executable, "-m", "shirorom", "check", "-", "--practice", "--json"]
    subprocess.run(
        command,
        input=PHONE.digits,
        text=True,
        capture_output=True,
        check=True,
        env={**os.environ, "SHIROROM_DATA": str(data)},
    )
    return time.perf_counter() - begin


def run() -> dict[str, Any]:
    """All figures of this module."""
    with tempfile.TemporaryDirectory() as folder:
        rounds, alone, warming_s = asyncio.run(_warm(Path(folder)))
        cold = [_cold(Path(folder)) for _ in range(COLD_ROUNDS)]
    first, last = [one[0] for one in rounds], [one[1] for one in rounds]
    return {
        "name": "one phone at four carriers (practice, real browser)",
        "rows": [
            _row(f"first of four answers, warm, median of {ROUNDS}", statistics.median(first), FIRST_S),
            _row(f"all four with pages and pictures, warm, median of {ROUNDS}", statistics.median(last), ALL_S),
            _row("all four, worst", max(last), None),
            _row(f"one carrier alone, warm, median of {ROUNDS}", statistics.median(alone), None),
            _row("process, browser and tabs made ready", warming_s, None),
            _row(f"`shirorom check --practice`, cold, median of {COLD_ROUNDS}", statistics.median(cold), COLD_S),
        ],
    }


def _row(what: str, value: float, target: float | None) -> Row:
    return row(what, value, "s", asked=None if target is None else at_most(target))
