"""A million rows through `screen`, with polars merely reading and writing the same file beside it in the same run.

Each call is a process of its own, so that its memory is its own; the time is that of the work, without the start of the
program (`bench/startup.py` has that).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shirorom.domain.imei import Imei

ROWS = 1_000_000
ROUNDS = 3

_WORK = """
import json, resource, sys, time
from pathlib import Path
import polars as pl
from shirorom.compose import Composition
from shirorom.edge.cli.context import Options
from shirorom.ports.tables import TableKind
from shirorom.service.screen import Wish
what, source, target, data = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])
def work(source):
    if what == "polars":
        frame = pl.read_csv(source, infer_schema=False)
        frame.write_csv(target)
        return frame.height
    wish = Wish(TableKind(target.suffix[1:]), numbers_only=what == "numbers")
    return Composition(Options(data=data)).screen(source, target, wish, lambda *_: None).rows
warm = target.with_name("warm.csv")
warm.write_text("IMEI\\n001001000000007\\n")
work(warm)
begin = time.perf_counter()
rows = work(source)
seconds = time.perf_counter() - begin
print(json.dumps({"rows_per_s": rows / seconds, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def run() -> dict[str, Any]:
    """All figures of this module."""
    with tempfile.TemporaryDirectory() as room:
        return {"name": "screen", "rows": list(_figures(Path(room)))}


def _figures(room: Path) -> Iterator[dict[str, Any]]:
    plain, quoted, cp932 = room / "plain.csv", room / "quoted.csv", room / "cp932.csv"
    _write(plain, ROWS, "utf-8", "{0},{1},iPhone 13,在庫,{2}\n")
    _write(quoted, ROWS, "utf-8", '"{0}","{1}","iPhone 13","在庫","{2}"\n')
    _write(cp932, ROWS, "cp932", "{0},{1},iPhone 13,在庫,{2}\n")
    peer = _best("polars", plain, room / "p.csv", room)
    for what, source, name in (
        (f"numbers only, {ROWS:,} rows of plain csv", plain, "numbers"),
        (f"numbers only, {ROWS:,} rows of quoted csv", quoted, "numbers"),
        (f"numbers only, {ROWS:,} rows of cp932", cp932, "numbers"),
        (f"answers of the record, {ROWS:,} rows that it never heard of", plain, "answers"),
    ):
        got = _best(name, source, room / "o.csv", room)
        yield _beside(f"{what} (beside: polars reads and writes it)", got["rows_per_s"], peer["rows_per_s"], "rows/s")
        yield _beside(f"{what}: memory at most (beside: polars)", got["mb"], peer["mb"], "MB")
    sheet = room / "s.xlsx"
    _write(room / "small.csv", ROWS // 10, "utf-8", "{0},{1},iPhone 13,在庫,{2}\n")
    out = _best("numbers", room / "small.csv", sheet, room)
    back = _best("numbers", sheet, room / "b.csv", room)
    yield {"what": f"numbers only, {ROWS // 10:,} rows, csv to xlsx", "value": out["rows_per_s"], "unit": "rows/s"}
    yield {"what": f"numbers only, {ROWS // 10:,} rows, xlsx to csv", "value": back["rows_per_s"], "unit": "rows/s"}


def _beside(what: str, value: float, peer: float, unit: str) -> dict[str, Any]:
    return {"what": what, "value": value, "unit": unit, "beside": peer, "ratio": value / peer}


def _write(path: Path, rows: int, encoding: str, line: str) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        file.write("管理番号,IMEI,機種,状態,価格\n")
        for n in range(rows):
            number = Imei.of_key(f"0010010{n * 7919 % 10**7:07d}").digits
            file.write(line.format(f"S{n:07d}", number, 30_000 + n % 777))


def _best(what: str, source: Path, target: Path, room: Path) -> dict[str, float]:
    """The quickest of some rounds, and the most memory of them."""
    found = []
    for n in range(ROUNDS if what != "answers" else 1):
        command = [sys.executable, "-c", _WORK, what, str(source), str(target), str(room / f"data-{n}")]
        said = subprocess.run(command, capture_output=True, text=True, check=True)
        found.append(json.loads(said.stdout))
    return {"rows_per_s": max(one["rows_per_s"] for one in found), "mb": max(one["mb"] for one in found)}
