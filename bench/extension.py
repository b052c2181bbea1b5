"""What one cell costs a clerk with the extension, on practice pages with a consent step.

A scripted clerk, who does what the screen says: 0.6 s to find and press the page's button, 0.8 s to look at the mark
and press Enter (stated, not measured). Attention is their sum; the machine's own time (page, reading, preview,
recording, next page) is measured beside it. Chromium with the extension, a server that judges as the real one does.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from bench._rows import at_most, row
from shirorom.domain.carrier import CarrierId
from shirorom.edge.practice import start
from tests.extension.fake_shop import FakeShop
from tests.extension.kit import browser

FIND_S, LOOK_S = 0.6, 0.8
IMEIS = ("001001010000617", "001001010000658", "001001010000682", "001001010000732")


async def cells() -> tuple[int, list[float], list[float]]:
    """Actions in all, seconds from the send to the mark, and from the press to the next number, for each cell."""
    actions = 0
    to_mark: list[float] = []
    to_next: list[float] = []
    with start(consent=True) as practice, tempfile.TemporaryDirectory() as folder:
        shop = FakeShop(practice)
        async with browser(Path(folder), practice, shop) as clerk:
            settings = await clerk.pair()
            await clerk.switch_on(settings, *CarrierId)
            for carrier in CarrierId:
                for imei in IMEIS:
                    shop.add([imei], carrier)
                tab = await clerk.tab()
                await tab.open(carrier)
                await tab.until("person")
                await tab.page.check("[name=agree]")
                await tab.page.click("button[type=submit]")
                for _ in IMEIS:
                    await tab.until("form")
                    began = time.perf_counter()
                    await tab.send(carrier)
                    await tab.until("answer")
                    to_mark.append(time.perf_counter() - began)
                    began = time.perf_counter()
                    await tab.key("Enter")
                    await tab.until("form", "taken")
                    to_next.append(time.perf_counter() - began)
                actions += len(tab.actions)
                await tab.page.close()
        shop.close()
        assert len(shop.recorded) == len(to_mark)
    return actions, to_mark, to_next


def run() -> dict[str, Any]:
    """Rows for docs/benchmarks.md."""
    actions, to_mark, to_next = asyncio.run(cells())
    count = len(to_mark)
    return {
        "name": "extension",
        "rows": [
            row("actions a cell (consent is two more, once a carrier)", actions / count, "actions", asked=at_most(2)),
            row(f"attention a cell: {FIND_S} s to send, {LOOK_S} s to take", FIND_S + LOOK_S, "s", asked=at_most(2)),
            row(f"from the send to the mark on the panel, median of {count}", statistics.median(to_mark), "s"),
            row(f"from Enter to the next number filled in, median of {count}", statistics.median(to_next), "s"),
        ],
    }
