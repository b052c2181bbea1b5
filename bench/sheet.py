"""Record sheets: making one from a log of many entries, and examining it, both warm and without an authority.

The limits are those of the issue: a sheet in 15 ms, an examination in 20 ms.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench._rows import at_most, row
from shirorom.compose import Composition
from shirorom.domain.carrier import CARRIERS
from shirorom.domain.imei import Device, Imei
from shirorom.domain.mark import Mark
from shirorom.domain.reading import Channel, Reading
from shirorom.edge.cli.context import Options
from shirorom.service.settings import Settings
from shirorom.service.trust import Trust

ENTRIES = 100_000
AT_ONCE = 10_000
RUNS = 40
SHEET_MS_MAX, VERIFY_MS_MAX = 15, 20


def run() -> dict[str, Any]:
    """All figures of this module."""
    with tempfile.TemporaryDirectory() as folder:
        made = Composition(Options(data=Path(folder)), settings=Settings())
        try:
            rows = _rows(made)
        finally:
            made.close()
    return {"name": "sheet", "rows": rows}


def _rows(made: Composition) -> list[dict[str, Any]]:
    device = Device((imei(1), imei(2)))
    record = made.room(practice=True).recorder.record
    record([reading(n, carrier) for n in (1, 2) for carrier in CARRIERS])
    for first in range(0, ENTRIES, AT_ONCE):
        record([reading(100 + first + n, 0) for n in range(AT_ONCE)])
    record([reading(n, carrier) for n in (1, 2) for carrier in CARRIERS])
    attest, verify = made.proof.attest, made.proof.verify
    sheet = attest(device)
    key = sheet.bundle.signatures[0].key
    trust = Trust(given=(key,))

    def examine() -> None:
        if not verify(sheet.file, trust, now=datetime.now(UTC), admit_practice=True).holds:
            raise RuntimeError("the sheet does not hold")

    making, examining = _median_ms(lambda: attest(device)), _median_ms(examine)
    return [
        row(f"a sheet of 16 entries in a log of {ENTRIES:,}", making, "ms", asked=at_most(SHEET_MS_MAX)),
        row("its examination, thirteen steps", examining, "ms", asked=at_most(VERIFY_MS_MAX)),
        row("size of that sheet", len(sheet.file) / 1_000, "kB"),
    ]


def _median_ms(work: Callable[[], object]) -> float:
    work()
    took = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        work()
        took.append(time.perf_counter() - begin)
    return 1_000 * statistics.median(took)


def imei(n: int) -> Imei:
    """The n-th test-range number."""
    return Imei.of_key(f"0010010{n:07d}")


def reading(n: int, carrier: Any) -> Reading:
    """By hand, ○; without a carrier: some one."""
    return Reading(
        imei=imei(n), carrier=carrier or CARRIERS[1], mark=Mark.CLEAR, glyph="○", sentence="", channel=Channel.HAND,
        asked_at=datetime.now(UTC).replace(microsecond=0), by="bench", practice=True,
    )  # fmt: skip
