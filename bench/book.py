"""The book of units: a chain's whole export in, again without change, out and found; limits of issue 4 beside.

8,000 units in stock and 30,000 sold, as `shirorom practice --book` writes them; of the rows 1 % are wrong. The reading
of the same file by the csv module of Python's own library, into dictionaries and no further, is the peer.
"""

from __future__ import annotations

import csv
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench._rows import at_most, row
from shirorom.compose import Composition
from shirorom.domain.carrier import CarrierId
from shirorom.domain.fold import JST
from shirorom.edge.cli.context import Options
from shirorom.edge.practice import book as practice
from shirorom.ports.tables import TableKind
from shirorom.service.settings import CarrierSettings, CarriersSettings, Settings
from shirorom.service.watch_import import Wish

IMPORT_S_MAX = 10.0
WRONG_EVERY = 100
BYTES_A_UNIT_OF_MEMORY = 1 if sys.platform == "darwin" else 1024


def run() -> dict[str, Any]:
    """All figures of this module."""
    with tempfile.TemporaryDirectory() as data:
        return {"name": "book", "rows": _chain(Path(data))}


def _chain(data: Path) -> list[dict[str, Any]]:
    table = CarrierSettings(url="http://127.0.0.1:9")
    settings = Settings(carriers=CarriersSettings(**{carrier.value: table for carrier in CarrierId}))
    made = Composition(Options(data=data / "data"), settings=settings)
    book, source = made.watch.book, data / "pos.csv"
    _write(source)
    rows = []

    def figure(what: str, call: Callable[[], Any], *, limit_s: float | None = None) -> Any:
        begin = time.perf_counter()
        came = call()
        seconds = time.perf_counter() - begin
        rows.append(row(what, seconds, "s", asked=None if limit_s is None else at_most(limit_s)))
        return came

    plain_s = _timed(lambda: _plainly(source))
    first = figure(
        "import of 38,000 rows, 1 % with errors", lambda: book.importing(source, Wish()), limit_s=IMPORT_S_MAX
    )
    again_s = _timed(lambda: book.importing(source, Wish()))
    rows.append(row("the same again, nothing changed", again_s, "s", beside="the csv module alone", peer=plain_s))
    if not first.errors or first.new + first.refused != practice.STOCK + practice.SOLD:
        raise RuntimeError("not what was written")
    figure("dry run of the same", lambda: book.importing(source, Wish(dry_run=True)))
    figure(
        "the file back with our columns (csv)",
        lambda: book.give_back.file(first, data / "back.csv", kind=TableKind.CSV),
    )
    figure("the whole book as xlsx", lambda: book.give_back.export(data / "book.xlsx", kind=TableKind.XLSX))
    figure("the xlsx in again", lambda: book.importing(data / "book.xlsx", Wish()))
    figure("a page of 500 units with what is known", lambda: book.units(after=20_000))
    figure("found by the last six digits", lambda: book.search("012345"))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * BYTES_A_UNIT_OF_MEMORY / 2**20
    rows.append(row("memory of all this at its highest", memory, "MB", asked=at_most(500)))
    made.close()
    return rows


def _write(path: Path) -> None:
    """One row in a hundred without its number."""
    today = datetime.now(UTC).astimezone(JST).date()
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow(practice.HEADINGS)
        for n, unit in enumerate(practice.rows(today)):
            out.writerow([*unit[:5], "", "", *unit[7:]] if n % WRONG_EVERY == 0 else unit)


def _plainly(path: Path) -> int:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return len(list(csv.DictReader(file)))


def _timed(call: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin
