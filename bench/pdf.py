"""The PDF of a record sheet: laying out and sealing it, warm and without an authority, and examining it.

The limits are those of the issue: a PDF in 60 ms, an examination in 20 ms. Every sheet is a new one, so that no page
comes out of a memory.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench._rows import at_most, row
from bench.sheet import imei, reading
from shirorom.compose import Composition
from shirorom.domain.carrier import CARRIERS
from shirorom.domain.imei import Device
from shirorom.edge.cli.context import Options
from shirorom.edge.sheet_view import page_of
from shirorom.service.settings import Settings
from shirorom.service.trust import Trust

RUNS = 30
PDF_MS_MAX, VERIFY_MS_MAX = 60, 20


def run() -> dict[str, Any]:
    """All figures of this module."""
    with tempfile.TemporaryDirectory() as folder:
        made = Composition(Options(data=Path(folder)), settings=Settings())
        try:
            rows = _rows(made)
        finally:
            made.close()
    return {"name": "pdf", "rows": rows}


def _rows(made: Composition) -> list[dict[str, Any]]:
    device, proof, words = Device((imei(1), imei(2))), made.proof, made.texts("ja")
    record = made.room(practice=True).recorder.record
    record([reading(n, carrier) for n in (1, 2) for carrier in CARRIERS])
    making, examining, size = list[float](), list[float](), 0
    for _ in range(RUNS + 1):
        record([reading(1, CARRIERS[0])])
        sheet = proof.attest(device)
        begin = time.perf_counter()
        file = page_of(proof.view, sheet.bundle, words, full=False).file
        done = time.perf_counter()
        trust = Trust(given=(sheet.bundle.signatures[0].key,))
        if not proof.verify(file, trust, now=datetime.now(UTC), admit_practice=True).holds:
            raise RuntimeError("the PDF does not hold")
        making.append(done - begin)
        examining.append(time.perf_counter() - done)
        size = len(file)
    return [
        row("a PDF of a phone with two numbers", _median_ms(making), "ms", asked=at_most(PDF_MS_MAX)),
        row("its examination, thirteen steps", _median_ms(examining), "ms", asked=at_most(VERIFY_MS_MAX)),
        row("size of that PDF", size / 1_000, "kB"),
    ]


def _median_ms(took: list[float]) -> float:
    """Without the first one, which reads the fonts."""
    return 1_000 * statistics.median(took[1:])
