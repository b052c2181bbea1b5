"""A file as shops send it, csv to csv, answered by a register: with and without the compiled kernels, beside polars.

3 M rows over 3 M phones (`python -m bench.screening 10000000 30000000`: others), as in FEASIBILITY §2: 80 % of 15
digits, 5 % of 14, 5 % with hyphens, 5 % with blanks, 3 % of 16, 2 % of 17, and 1 % wrong check digits. polars merely
reads the same file. Each run is a process of its own, so that its memory is its own. Rates are by the clock, with the
wait for the disk; beside them stand processor seconds, which neighbours on the machine disturb less.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.publication import ROWS_MAX, _World
from bench.register import PHONES, _phones
from shirorom.domain.carrier import CARRIERS
from shirorom.domain.feed import FeedKind
from shirorom.domain.notice import NoticeKind
from shirorom.register.keys import Keys

ROWS, ROUNDS, AT_ONCE = 3_000_000, 3, 500_000
KNOWN_SHARE = 0.53
PEAK_MB_MAX = 1_500
LEAST = {("native", "few"): 10e6, ("native", "all"): 3e6, ("pure", "few"): 3e6, ("pure", "all"): 1.5e6}
"""Rows a second on two cores."""
WHAT = {"few": "verdict and error", "all": "all columns", "numbers": "numbers alone"}

_WORK = """
import json, sys, time
from pathlib import Path
how, what, source, target, data = sys.argv[1], sys.argv[2], *map(Path, sys.argv[3:])
if how == "pure":
    sys.modules["shirorom.register._native"] = sys.modules["shirorom.adapters.tables._rows"] = None
import polars as pl
from bench.publication import _World
from shirorom.adapters.tables.files import FileTables
from shirorom.ports.tables import TableKind
from shirorom.service.screen import Screen, Wish
WISHES = {"few": Wish(TableKind.CSV, add=("verdict", "error"), added_only=True), "all": Wish(TableKind.CSV),
          "numbers": Wish(TableKind.CSV, numbers_only=True)}
world = None if how == "polars" else _World(data)
def work(source):
    if world is None:
        return pl.read_csv(source, infer_schema=False).height
    return Screen(FileTables(), lambda: world.lookup, lambda: None)(source, target, WISHES[what], lambda *_: None).rows
warm = target.with_name("warm.csv")
warm.write_text("IMEI\\n001001000000007\\n")
work(warm)
begin, busy = time.perf_counter(), time.process_time()
rows = work(source)
seconds, busy = time.perf_counter() - begin, time.process_time() - busy
kb = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
print(json.dumps({"rows": rows, "seconds": seconds, "busy": busy, "mb": kb / 1024}))
"""


def run(rows: int = ROWS, phones: int = PHONES) -> dict[str, Any]:
    """All figures of this module."""
    random = np.random.default_rng(6)
    with tempfile.TemporaryDirectory() as directory:
        room = Path(directory)
        keys, _ = _phones(random, phones)
        _register(room, keys, random)
        _write(room / "in.csv", rows, keys, random)
        return {"name": "screening", "rows": list(_figures(room, rows, len(keys)))}


def _figures(room: Path, rows: int, phones: int) -> Iterator[dict[str, Any]]:
    peer = _best(room, "polars", "")
    yield {"what": f"polars reads {rows:,} messy rows", "value": rows / peer["seconds"], "unit": "rows/s"}
    for how in ("native", "pure"):
        for what, words in WHAT.items():
            got = _best(room, how, what)
            name = f"{how}, {words}, a register of {phones:,}"
            for of, value, beside in (
                ("beside polars reading", rows / got["seconds"], rows / peer["seconds"]),
                ("beside what is promised", rows / got["seconds"], LEAST.get((how, what))),
                ("a processor second; polars too", rows / got["busy"], rows / peer["busy"]),
            ):
                if beside:
                    yield {"what": f"{name} ({of})", "value": value, "unit": "rows/s", "beside": beside,
                           "ratio": value / beside}  # fmt: skip
            yield {"what": f"{name}: memory at most (beside what is allowed)", "value": got["mb"], "unit": "MB",
                   "beside": PEAK_MB_MAX, "ratio": got["mb"] / PEAK_MB_MAX}  # fmt: skip


def _best(room: Path, how: str, what: str) -> dict[str, float]:
    """The quickest of some rounds."""
    command = [sys.executable, "-c", _WORK, how, what, *(str(room / name) for name in ("in.csv", "out.csv", "data"))]
    found: list[dict[str, float]] = []
    for _ in range(ROUNDS):
        found.append(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    return min(found, key=lambda one: one["seconds"])


def _register(room: Path, keys: Keys, random: np.random.Generator) -> None:
    """One carrier a phone, published."""
    world = _World(room / "data")
    owners = random.choice(4, len(keys), p=(0.38, 0.28, 0.22, 0.12))
    for place, carrier in enumerate(CARRIERS):
        mine = keys[owners == place]
        for first in range(0, len(mine), ROWS_MAX):
            kind = FeedKind.FULL if first == 0 else FeedKind.DELTA
            world.feed(carrier, mine[first : first + ROWS_MAX], NoticeKind.REGISTERED, kind)
    world.publish(whole=True)
    world.close()


def _write(path: Path, rows: int, keys: Keys, random: np.random.Generator) -> None:
    with path.open("w", encoding="ascii", newline="") as file:
        file.write("id,IMEI\n")
        for first in range(0, rows, AT_ONCE):
            count = min(AT_ONCE, rows - first)
            some = random.choice(keys, count)
            others = random.integers(0, 10**6, count, dtype=np.uint64)
            some = np.where(random.random(count) < KNOWN_SHARE, some, some // 10**6 * 10**6 + others)
            lines = zip(some.tolist(), _checks(some, random), random.random(count).tolist(), strict=True)
            file.write("".join(f"{first + n},{_spelled(*line)}\n" for n, line in enumerate(lines)))


def _checks(keys: Keys, random: np.random.Generator) -> list[int]:
    """The check digit of each, one in a hundred wrong."""
    digits = [keys // 10**n % 10 for n in range(14)]  # the last first, which counts double
    total = sum(digit * 2 - 9 * (digit > 4) if n % 2 == 0 else digit for n, digit in enumerate(digits))
    wrong = random.random(len(keys)) < 0.01
    checks: list[int] = ((10 - total % 10 + wrong) % 10).astype(int).tolist()
    return checks


def _spelled(key: int, check: int, kind: float) -> str:
    text = f"{key:014d}"
    if kind < 0.80:
        return f"{text}{check}"
    if kind < 0.85:
        return text
    if kind < 0.95:
        by = "-" if kind < 0.90 else " "
        return by.join((text[:2], text[2:8], text[8:], str(check)))
    return f"{text}04" if kind < 0.98 else f"{text}123"


if __name__ == "__main__":
    for row in run(*map(int, sys.argv[1:]))["rows"]:
        print(row)
