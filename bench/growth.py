"""How the register grows: 3, 30 and 300 M phones; bytes, building, opening, look-ups, memory.

Made in one process, read in another by the memory map; a sample of its answers is held against the rows. 3 M phones
are spread over as many TACs as 30 M; 300 M are ten times the TACs. `--size` measures that number of phones alone.
"""

from __future__ import annotations

import re
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench import _phones
from bench._child import NotMeasuredError, apart
from bench._clock import best, timed
from bench._registers import files, stamp
from bench._rows import Row, at_least, at_most, missing, number, row
from shirorom.register.build import build
from shirorom.register.format import Layout
from shirorom.register.rows import Rows

SIZES = (3_000_000, 30_000_000, 300_000_000)
AS_PROMISED = 30_000_000
TINY = 20_000
QUERIES, SINGLES, COMPARED = 2_000_000, 20_000, 50_000
PROMISED = {
    "compact": {"bytes": at_most(2.3), "batch_m": at_least(10), "single_us": at_most(2.0)},
    "fast": {"bytes": at_most(4.1), "batch_m": at_least(20), "single_us": at_most(1.0)},
}
PROMISED_PLAIN = {"compact": at_least(2), "fast": at_least(5)}
BUILD_S_MAX, OPEN_S_MAX, MEMORY_MB_MAX = 60.0, 1.0, 150.0


def run(size: int | None = None) -> dict[str, Any]:
    """All figures of this module."""
    points, rows = [], list[Row]()
    for count in SIZES if size is None else (size,):
        for layout in ("compact", "fast"):
            with tempfile.TemporaryDirectory() as folder:
                try:
                    made = apart("bench.growth", "make", folder, count, layout)
                    point = made | {"made_peak_mb": made["peak_mb"], "layout": layout, "asked_for": count}
                    point |= apart("bench.growth", "ask", folder)
                    plain = apart("bench.growth", "ask", folder, kernel=False)
                except NotMeasuredError as error:
                    rows.append(missing(f"{layout}, {count:,} phones", "", str(error)))
                    continue
            point |= {"plain_batch_m": plain["batch_m"], "plain_single_us": plain["single_us"]}
            points.append(point)
            if count == AS_PROMISED:
                rows += _promised(point)
    return {"name": "the register as it grows", "rows": rows, "points": points, "matrix": _matrix(points)}


def make(folder: str, count: int, layout: str) -> dict[str, Any]:
    """Build and publish; leave queries and what the rows say of some of them."""
    here, made = Path(folder), _phones.phones(count)
    queries = _phones.queries_of(made.keys, min(QUERIES, 2 * count))
    places = np.searchsorted(made.keys, queries[:COMPARED])
    there = made.keys.take(places, mode="clip") == queries[:COMPARED]
    np.save(here / "queries.npy", queries)
    np.save(here / "answers.npy", np.where(there, made.values.take(places, mode="clip"), np.uint8(0)))
    phones, bound = len(made.keys), made.bound
    rows = Rows(
        _phones.in_no_order(made.keys), _phones.in_no_order(made.carriers), _phones.in_no_order(made.marks),
        np.broadcast_to(np.uint32(0), phones),
    )  # fmt: skip
    del made
    begin = time.perf_counter()
    content = build(rows, stamp(), Layout(layout))
    built_s = time.perf_counter() - begin
    del rows  # not to be counted beside the file
    published_s, _ = timed(lambda: files(here / "register").publish(content))
    return {
        "phones": phones, "bound": bound, "bytes": len(content) / phones, "built_s": built_s,
        "published_s": published_s,
    }  # fmt: skip


def ask(folder: str) -> dict[str, Any]:
    """Open it as a reader does, and ask."""
    here = Path(folder)
    queries, right = (np.load(here / f"{name}.npy") for name in ("queries", "answers"))
    registers, before = files(here / "register"), own_mb()
    opened_s, register = timed(registers.current)
    beside = own_mb() - before
    if not np.array_equal(register.values(queries[: len(right)]), right):
        raise RuntimeError("the register answers differently from its rows")
    few = queries[:SINGLES].tolist()
    return {
        "opened_s": opened_s,
        "beside_mb": beside,
        "batch_m": len(queries) / best(lambda: register.values(queries)) / 1e6,
        "codes_m": len(queries) / best(lambda: register.codes(queries)) / 1e6,
        "single_us": best(lambda: [register.answer(key) for key in few]) / len(few) * 1e6,
    }


def own_mb(process: str = "self") -> float:
    """MB resident of a process beside the files that it has mapped; NaN where the system does not tell."""
    try:
        told = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return float("nan")
    return int(re.search(r"RssAnon:\s+(\d+)", told)[1]) * 1024 / 1e6  # type: ignore[index]


def _promised(point: dict[str, Any]) -> list[Row]:
    layout = point["layout"]
    promised = PROMISED[layout]

    def of(what: str, name: str, unit: str, **more: Any) -> Row:
        return row(f"{layout}: {what}", point[name], unit, **more)

    return [
        of("size", "bytes", "B/phone", asked=promised["bytes"], beside="entropy bound", peer=point["bound"]),
        of("batch, kernel, one thread", "batch_m", "M/s", asked=promised["batch_m"]),
        of("batch, numpy", "plain_batch_m", "M/s", asked=PROMISED_PLAIN[layout]),
        of("batch of four codes, kernel", "codes_m", "M/s"),
        of("one phone's four codes, kernel", "single_us", "µs", asked=promised["single_us"]),
        of("one phone's four codes, Python", "plain_single_us", "µs", asked=promised["single_us"]),
        of("built from rows in no order", "built_s", "s", asked=at_most(BUILD_S_MAX)),
        of("checked, written, synced, pointed to", "published_s", "s", asked=at_most(BUILD_S_MAX)),
        of("opened and checked by a reader", "opened_s", "s", asked=at_most(OPEN_S_MAX)),
        of("reader's memory beside the mapped file", "beside_mb", "MB", asked=at_most(MEMORY_MB_MAX)),
    ]


def _matrix(points: list[dict[str, Any]]) -> list[list[str]]:
    figures = {
        "bytes": "B/phone", "bound": "bound", "batch_m": "batch, M/s", "plain_batch_m": "numpy, M/s",
        "single_us": "one, µs", "plain_single_us": "Python, µs", "built_s": "build, s", "published_s": "publish, s",
        "opened_s": "open, s", "beside_mb": "reader, MB", "made_peak_mb": "builder, MB",
    }  # fmt: skip
    lines = [["layout", "phones", *figures.values()]]
    return lines + [[one["layout"], f"{one['phones']:,}", *(number(one[name]) for name in figures)] for one in points]
