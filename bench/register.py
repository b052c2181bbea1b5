"""The register: bytes a phone, look-ups, building; beside a binary search by numpy, and what entropy allows.

3 M phones (`python -m bench.register 30000000`: others) of 4,000 TACs by a Zipf-Mandelbrot law, one carrier a phone;
53 % of the queries hit, all of them in random order. At 3 M the fast layout is mostly its empty blocks. Look-ups, the
peer's too, are counted in seconds of the processor (one thread), so that neighbours on the machine count less.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import lgamma, log
from pathlib import Path
from typing import Any

import numpy as np

from shirorom.adapters.clock import SystemClock
from shirorom.adapters.register_file import RegisterFiles
from shirorom.domain.carrier import CARRIERS
from shirorom.log.checkpoint import Checkpoint
from shirorom.ports import Head
from shirorom.register.build import build, build_delta
from shirorom.register.format import Enrolled, Layout, Stamp
from shirorom.register.keys import SERIALS, Keys
from shirorom.register.lookup import Register, open_register
from shirorom.register.rows import Rows
from shirorom.register.values import CLEAR, RESTRICTED

PHONES, TACS, QUERIES, SINGLE, CHANGED = 3_000_000, 4_000, 2_000_000, 20_000, 1_000
HITS = 0.53
PHONES_WANTED = 30_000_000
"""For which sizes are promised: with fewer a TAC weighs more."""
SHARES = (0.38, 0.28, 0.22, 0.12)
RESTRICTED_SHARE = 0.03
BYTES_MAX = {Layout.FAST: 4.1, Layout.COMPACT: 2.3}
SINGLE_US_MAX = {Layout.FAST: 1.0, Layout.COMPACT: 2.0}
NUMPY_MIN = {Layout.FAST: 5.0, Layout.COMPACT: 2.0}
NATIVE_MIN = {Layout.FAST: 20.0, Layout.COMPACT: 10.0}


def run(phones: int = PHONES) -> dict[str, Any]:
    """All figures of this module."""
    random = np.random.default_rng(6)
    keys, counts = _phones(random, phones)
    carriers = random.choice(4, len(keys), p=SHARES).astype(np.uint8)
    marks = np.where(random.random(len(keys)) < RESTRICTED_SHARE, RESTRICTED, CLEAR).astype(np.uint8)
    rows = Rows(keys, carriers, marks, np.zeros(len(keys), np.uint32))
    queries = _queries(random, keys)
    bound = _bound(counts, carriers.astype(np.int64) * 4 + marks)
    table = [
        {"what": f"phones in {TACS:,} TACs", "value": len(keys), "unit": "phones"},
        {"what": "entropy bound, counts of TACs known", "value": bound, "unit": "B/phone"},
    ]
    peer = _peer(keys, queries)
    table.append({"what": "numpy searchsorted, random order (9 B/phone)", "value": peer, "unit": "M/s"})
    for layout in Layout:
        table += _layout(layout, rows, queries, bound, peer)
        gc.collect()
    return {"name": "register", "rows": table}


def _layout(layout: Layout, rows: Rows, queries: Keys, bound: float, peer: float) -> list[dict[str, Any]]:
    def row(what: str, value: float, unit: str, beside: float | None = None) -> dict[str, Any]:
        more = {} if beside is None else {"beside": beside, "ratio": value / beside}
        return {"what": f"{layout}: {what}", "value": value, "unit": unit} | more

    stamp = Stamp(Checkpoint("shirorom/practice/bench", 1, bytes(32)),
                  tuple(Enrolled(one, datetime(2026, 11, 20, tzinfo=UTC)) for one in CARRIERS), True)  # fmt: skip
    built_s, made = _timed(lambda: build(rows, stamp, layout))
    opened_s, register = _timed(lambda: open_register(made))
    size = len(made) / len(rows.keys)
    as_wanted = [row("size, beside the limit at 30 M", size, "B/phone", BYTES_MAX[layout])]
    found = [
        *(as_wanted if len(rows.keys) >= PHONES_WANTED else []),
        row("size, beside the bound", size, "B/phone", bound),
        row("build from rows in any order, beside 60 s", built_s, "s", 60.0),
        row("open: checked whole, beside 1 s", opened_s, "s", 1.0),
    ]
    kernels = [("numpy", NUMPY_MIN[layout])]
    if register.base.kernel is not None:
        kernels.insert(0, ("native", NATIVE_MIN[layout]))
    for kernel, least in kernels:
        if kernel == "numpy":
            register.base.kernel, register.base.value_of = None, register.base.index.value_of
        speed = len(queries) / _best(lambda: register.values(queries)) / 1e6
        found.append(row(f"batch, {kernel}, one thread, beside what is wanted", speed, "M/s", least))
        found.append(row(f"batch, {kernel}, beside searchsorted", speed, "M/s", peer))
        cells = len(queries) / _best(lambda: register.codes(queries)) / 1e6
        found.append(row(f"batch, {kernel}, four codes each", cells, "M/s"))
        single = _single(register, queries)
        found.append(row(f"single, {kernel}, four codes, beside the limit", single, "µs", SINGLE_US_MAX[layout]))
    some = np.arange(CHANGED) * (len(rows.keys) // CHANGED)
    changed = Rows(rows.keys[some], rows.carriers[some], rows.marks[some], rows.days[some])
    delta_s, delta = _timed(lambda: build_delta(register, changed, stamp))
    found.append(row(f"delta of {CHANGED:,} changes, beside 1 s", delta_s, "s", 1.0))
    both = open_register(made, delta)
    found += [row(*one) for one in _published(made, delta)]
    speed = len(queries) / _best(lambda: both.values(queries)) / 1e6
    found.append(row(f"batch with that delta, {kernels[0][0]}", speed, "M/s"))
    return found


def _published(made: bytes, delta: bytes) -> list[tuple[str, float, str, float]]:
    """A base and then a delta into files, and another reader that follows."""
    with tempfile.TemporaryDirectory() as directory:
        writer, reader = (
            RegisterFiles(Path(directory), BenchLog(), SystemClock(), age_max=timedelta.max) for _ in "wr"
        )
        whole_s, _ = _timed(lambda: writer.publish(made))
        opened_s, _ = _timed(reader.current)
        delta_s, _ = _timed(lambda: writer.publish_delta(delta))
        follows_s, _ = _timed(reader.current)
        look = _best(lambda: [reader.current() for _ in range(SINGLE)]) / SINGLE * 1e6
    return [
        ("written, synced, pointed to, beside 60 s", whole_s, "s", 60.0),
        ("a reader opens it, beside 1 s", opened_s, "s", 1.0),
        (f"delta of {CHANGED:,} written, synced, pointed to, beside 1 s", delta_s, "s", 1.0),
        ("a reader follows to it, beside 1 s", follows_s, "s", 1.0),
        ("a reader's look for a newer one, beside one answer", look, "µs", 1.0),
    ]


class BenchLog:
    """As much of a log as a register is held against."""

    origin, practice = "shirorom/practice/bench", True

    def head(self) -> Head:
        """One entry."""
        return Head(1, bytes(32))

    def root_at(self, size: int) -> bytes:
        """The same at every size."""
        return bytes(32)


def _phones(random: np.random.Generator, count: int) -> tuple[Keys, np.ndarray[Any, Any]]:
    """Ascending keys, and how many each TAC has."""
    weights = 1 / (np.arange(TACS) + 10)
    counts = np.minimum(np.round(count * weights / weights.sum()), SERIALS).astype(np.int64)
    tacs = np.sort(random.choice(np.arange(35_000_000, 36_000_000), TACS, replace=False))
    random.shuffle(counts)
    parts = [
        tac * SERIALS + np.sort(random.choice(SERIALS, n, replace=False)) for tac, n in zip(tacs, counts, strict=True)
    ]
    return np.concatenate(parts).astype(np.uint64), counts


def _queries(random: np.random.Generator, keys: Keys) -> Keys:
    """Some that hit, the others with a known TAC and any serial."""
    hits = random.choice(keys, int(QUERIES * HITS))
    others = random.choice(keys, QUERIES - len(hits)) // np.uint64(SERIALS) * np.uint64(SERIALS)
    others += random.integers(0, SERIALS, len(others)).astype(np.uint64)
    queries = np.concatenate((hits, others))
    random.shuffle(queries)
    return queries


def _bound(counts: np.ndarray[Any, Any], values: np.ndarray[Any, Any]) -> float:
    """Bytes a phone: the choice of so many serials for each TAC, and the entropy of the values."""
    bits = sum(lgamma(SERIALS + 1) - lgamma(n + 1) - lgamma(SERIALS - n + 1) for n in counts.tolist()) / log(2)
    shares = np.bincount(values) / len(values)
    shares = shares[shares > 0]
    return float(bits / counts.sum() - (shares * np.log2(shares)).sum()) / 8


def _peer(keys: Keys, queries: Keys) -> float:
    some = queries[: len(queries) // 4]
    return len(some) / _best(lambda: np.searchsorted(keys, some)) / 1e6


def _single(register: Register, queries: Keys) -> float:
    """Microseconds of one phone's four codes, the best of three rounds."""
    some = queries[:SINGLE].tolist()

    def ask() -> None:
        for key in some:
            register.answer(key)

    return _best(ask) / len(some) * 1e6


def _best(call: Callable[[], Any]) -> float:
    """Seconds of the processor in the best of three rounds."""
    rounds = []
    for _ in range(3):
        begin = time.thread_time()
        call()
        rounds.append(time.thread_time() - begin)
    return min(rounds)


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.perf_counter()
    came = call()
    return time.perf_counter() - begin, came


if __name__ == "__main__":
    from bench.__main__ import table

    print(table(run(int(sys.argv[1]) if len(sys.argv) > 1 else PHONES)))
