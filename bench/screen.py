"""Screening 10 M messy rows by the command itself, beside polars reading and writing the same file in the same run.

The numbers are test numbers in a practice register of 30 M phones (where this version's `screen` reads one); a half of
them is in it. Each call is a process of its own, from its start to its end, that of polars too.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from bench import _messy, _phones
from bench._peak import Ran, ran
from bench._rows import Asked, Row, at_least, at_most, missing, row
from bench._world import make_world

ROWS, PHONES = 10_000_000, 30_000_000
TINY = 3_000
ROUNDS = 3
LONG_S = 20
"""What takes longer is done once."""
MEMORY_MB_MAX = 1_500
BRIEF = "--brief"
"""Writes the verdict and what is wrong alone."""
READ = "import sys, polars as pl; print(pl.read_csv(sys.argv[1], infer_schema=False).height)"
COPY = "import sys, polars as pl; pl.read_csv(sys.argv[1], infer_schema=False).write_csv(sys.argv[2])"
PROMISED: dict[tuple[bool, bool], Asked] = {
    (True, True): at_least(10e6), (True, False): at_least(3e6),
    (False, True): at_least(3e6), (False, False): at_least(1.5e6),
}  # fmt: skip
"""Rows a second: with the kernel or without, the brief form or all columns."""


def run(size: int = ROWS) -> dict[str, Any]:
    """All figures of this module."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        phones = make_world(here / "data", min(PHONES, 3 * size)).phones
        source, asked = here / "messy.csv", _phones.queries_of(phones.keys, size)
        sound = _messy.write(source, asked)
        bad = sound & np.isin(asked, phones.keys[phones.marks == _phones.RESTRICTED])
        right = {"rows": size, "phones": int(sound.sum()), "restricted": int(bad.sum())}
        del phones, asked, sound, bad
        return {"name": "screening", "rows": _figures(here, source, right)}


def _figures(here: Path, source: Path, right: dict[str, int]) -> list[Row]:
    size = right["rows"]
    out, data = str(here / "out.csv"), str(here / "data")
    read = _best([sys.executable, "-c", READ, str(source)])
    copy = _best([sys.executable, "-c", COPY, str(source), out])
    rows = [
        row("rows, csv", size, "rows"),
        row("file", source.stat().st_size / 1e6, "MB"),
        row("polars reads it", size / read.seconds, "rows/s"),
        row("polars reads and writes it", size / copy.seconds, "rows/s"),
        row("polars: most memory", copy.peak_mb, "MB"),
    ]
    has_brief = BRIEF in ran(sys.executable, "-m", "shirorom", "screen", "--help").said
    for kernel in (True, False):
        for brief in (True, False):
            what = f"{'verdict and error' if brief else 'all columns'}, {'kernel' if kernel else 'no kernel'}"
            if brief and not has_brief:
                rows.append(missing(what, "rows/s", f"`screen` has no {BRIEF}"))
                continue
            words = ["--data", data, "screen", str(source), "-o", out, "--json", *([BRIEF] if brief else [])]
            took = _best([sys.executable, "-m", "shirorom" if kernel else "bench._shirorom", *words])
            told = json.loads(took.said)
            if right != {"rows": told["rows"], "phones": told["phones"], "restricted": told["verdicts"]["restricted"]}:
                raise RuntimeError(f"{what}: it answers differently")
            speed, most = size / took.seconds, f"{what}: most memory"
            asked, peer = PROMISED[kernel, brief], size / copy.seconds
            rows.append(row(what, speed, "rows/s", asked=asked, beside="polars reads and writes", peer=peer))
            rows.append(row(most, took.peak_mb, "MB", asked=at_most(MEMORY_MB_MAX), beside="polars", peer=copy.peak_mb))
    return rows


def _best(command: list[str]) -> Ran:
    """The quickest of some rounds, with the most memory of them."""
    rounds = [ran(*command)]
    while len(rounds) < ROUNDS and rounds[0].seconds < LONG_S:
        rounds.append(ran(*command))
    return min(rounds)._replace(peak_mb=max(one.peak_mb for one in rounds))
