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
from bench._rows import Row, at_least, at_most, missing, row
from bench._world import make_world

ROWS, PHONES = 10_000_000, 30_000_000
TINY = 3_000
ROUNDS = 3
LONG_S = 20
"""What takes longer is done once."""
MEMORY_MB_MAX = 1_500
READ = "import sys, polars as pl; print(pl.read_csv(sys.argv[1], infer_schema=False).height)"
COPY = "import sys, polars as pl; pl.read_csv(sys.argv[1], infer_schema=False).write_csv(sys.argv[2])"
FORMS: dict[str, tuple[list[str], float, float]] = {
    "verdict and error alone": (["--add", "verdict,error", "--added-only"], 10e6, 3e6),
    "verdict and error beside the file's own columns": (["--add", "verdict,error"], 10e6, 3e6),
    "all columns": ([], 3e6, 1.5e6),
}
"""The words that ask for it; rows a second that were promised with the kernel and without."""


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
    shirorom = ["--data", data, "screen", str(source), "-o", out, "--json"]
    known = ran(sys.executable, "-m", "shirorom", "screen", "--help").said
    for place, program in enumerate(("shirorom", "bench._shirorom")):
        for form, (words, *promised) in FORMS.items():
            what = f"{form}, {'no kernel' if place else 'kernel'}"
            unknown = [word for word in words if word.startswith("--") and word not in known]
            if unknown:
                rows.append(missing(what, "rows/s", f"`screen` has no {unknown[0]}"))
                continue
            took = _best([sys.executable, "-m", program, *shirorom, *words])
            told = json.loads(took.said)
            if right != {"rows": told["rows"], "phones": told["phones"], "restricted": told["verdicts"]["restricted"]}:
                raise RuntimeError(f"{what}: it answers differently")
            speed, most, peer = size / took.seconds, f"{what}: most memory", size / copy.seconds
            asked = at_least(promised[place])
            rows.append(row(what, speed, "rows/s", asked=asked, beside="polars reads and writes", peer=peer))
            rows.append(row(most, took.peak_mb, "MB", asked=at_most(MEMORY_MB_MAX), beside="polars", peer=copy.peak_mb))
    return rows


def _best(command: list[str]) -> Ran:
    """The quickest of some rounds, with the most memory of them."""
    rounds = [ran(*command)]
    while len(rounds) < ROUNDS and rounds[0].seconds < LONG_S:
        rounds.append(ran(*command))
    return min(rounds)._replace(peak_mb=max(one.peak_mb for one in rounds))
