"""The page of the watch: 8,000 in stock, asked at all carriers, and 30,000 sold; when a change stands on it.

`shirorom serve` in a process of its own. A change: an answer is recorded over HTTP (durable when that returns), then
the part that renews the page is asked for as the page does, every 0.5 s, and without that pause. Beside the page
stands `/v1/health` of the same server, which does nothing.
"""

from __future__ import annotations

import csv
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from bench._rows import row
from scripts.serving import configuration, practice_carriers, serving
from shirorom.compose import Composition
from shirorom.domain.carrier import CARRIERS
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.domain.reading import Channel, Reading
from shirorom.edge.cli.context import Options
from shirorom.edge.practice.book import HEADINGS, STOCK, rows
from shirorom.service.watch_import import Wish

CHANGES = 12
PAUSE_S = 0.5
"""As in templates/stock_now.html."""
PAGE = {"accept": "text/html"}
HEALTH = "/v1/health"


def run() -> dict[str, Any]:
    """All figures of this module."""
    with tempfile.TemporaryDirectory() as folder, practice_carriers() as origins:
        data, config = Path(folder) / "data", Path(folder) / "config.toml"
        config.write_text(configuration(origins, "hand"), encoding="utf-8")
        book = list(rows(datetime.now(UTC).date()))
        _fill(data, config, Path(folder) / "pos.csv", book)
        with serving(data=data, config=config) as served, httpx.Client(base_url=served.url, timeout=60) as client:
            return {"name": "stock", "rows": _measured(client, [dict(zip(HEADINGS, row, strict=True)) for row in book])}


def _fill(data: Path, config: Path, pos: Path, book: list[tuple[str, ...]]) -> None:
    with pos.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        writer.writerows(book)
    installed = Composition(Options(data=data, config=config))
    installed.watch.book.importing(pos, Wish())
    asked_at = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
    said = [
        Reading(
            imei=Imei(number), carrier=carrier, mark=Mark.NO_RECORD, glyph="\uff0d", sentence="", asked_at=asked_at,
            channel=Channel.HAND, by="bench", practice=True,
        )
        for row in book[:STOCK]
        for number in filter(None, (row[HEADINGS.index("IMEI")], row[HEADINGS.index("IMEI2")]))
        for carrier in CARRIERS
    ]  # fmt: skip
    for first in range(0, len(said), 2_000):
        installed.room(True).recorder.record(said[first : first + 2_000])
    installed.watch.follower.catch_up()
    installed.close()


def _measured(client: httpx.Client, book: list[dict[str, str]]) -> list[dict[str, Any]]:
    _page(client)
    _wait_for_plan(client)
    nothing = statistics.median(_took(lambda: client.get("/v1/health")) for _ in range(20))
    again = statistics.median(_took(lambda: _page(client)) for _ in range(20))
    whole, served, shown = [], [], []
    for unit in book[:CHANGES]:
        _answer(client, unit, "△")
        _answer(client, unit, "×")
        begun = time.perf_counter()
        while unit["管理番号"] not in client.get("/stock/now", headers=PAGE).text:
            time.sleep(0.005)
        served.append(time.perf_counter() - begun)
        whole.append(_took(lambda: _page(client)))
    for unit in book[CHANGES : 2 * CHANGES]:
        _answer(client, unit, "△")
        _answer(client, unit, "×")
        begun = time.perf_counter()
        time.sleep(PAUSE_S)  # the worst moment: the page has just asked
        while unit["管理番号"] not in client.get("/stock/now", headers=PAGE).text:
            time.sleep(PAUSE_S)
        shown.append(time.perf_counter() - begun)
    return [
        row("page, nothing changed (median of 20)", again * 1000, "ms", beside=HEALTH, peer=nothing * 1000),
        row("page right after a change (slowest of 12)", max(whole) * 1000, "ms", beside=HEALTH, peer=nothing * 1000),
        row("durable answer to the page's new part (slowest of 12)", max(served), "s"),
        row("the same as the page asks, every 0.5 s, at its worst moment (slowest of 12)", max(shown), "s"),
    ]


def _wait_for_plan(client: httpx.Client) -> None:
    """The first plan is made behind the page."""
    end = time.monotonic() + 60
    while "今日の分" not in client.get("/stock", headers=PAGE).text and time.monotonic() < end:
        time.sleep(0.1)


def _page(client: httpx.Client) -> None:
    client.get("/stock", headers=PAGE).raise_for_status()


def _answer(client: httpx.Client, unit: dict[str, str], glyph: str) -> None:
    said = {"imei": unit["IMEI"], "carrier": "docomo", "glyph": glyph}
    client.post("/v1/readings", json=said).raise_for_status()


def _took(call: Any) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun
