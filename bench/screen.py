"""Screening 10 M messy rows by the command itself, beside polars reading and writing the same file in the same run.

The numbers are test numbers in a practice register of 30 M phones (where this version's `screen` reads one); a half of
them is in it. Each call is a process of its own, from its start to its end, that of polars too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from bench import _messy, _phones
from bench._child import peak_of
from bench._rows import Asked, Row, at_least, at_most, missing, row
from bench._world import make_world

ROWS, PHONES = 10_000_000, 30_000_000
TINY = 3_000
ROUNDS = 2
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
        phones = make_world(here / "data", min(PHONES, 3 * size))
        source = here / "messy.csv"
        _messy.write(source, _phones.queries_of(phones, size))
        return {"name": "screening", "rows": _figures(here, source, size)}


def _figures(here: Path, source: Path, size: int) -> list[Row]:
    out, data = str(here / "out.csv"), str(here / "data")
    read_s, _, _ = _best([sys.executable, "-c", READ, str(source)])
    copy_s, copy_mb, _ = _best([sys.executable, "-c", COPY, str(source), out])
    rows = [
        row("rows, csv", size, "rows"),
        row("file", source.stat().st_size / 1e6, "MB"),
        row("polars reads it", size / read_s, "rows/s"),
        row("polars reads and writes it", size / copy_s, "rows/s"),
        row("polars: most memory", copy_mb, "MB"),
    ]
    has_brief = BRIEF in _help()
    for kernel in (True, False):
        for brief in (True, False):
            what = f"{'verdict and error' if brief else 'all columns'}, {'kernel' if kernel else 'no kernel'}"
            if brief and not has_brief:
                rows.append(missing(what, "rows/s", f"`screen` has no {BRIEF}"))
                continue
            words = ["--data", data, "screen", str(source), "-o", out, "--json", *([BRIEF] if brief else [])]
            took_s, mb, said = _best([sys.executable, "-m", "shirorom" if kernel else "bench._shirorom", *words])
            told = json.loads(said)
            if told["rows"] != size:
                raise RuntimeError("not every row was screened")
            rows += [
                row(what, size / took_s, "rows/s", asked=PROMISED[kernel, brief], beside="polars reads and writes",
                    peer=size / copy_s),
                row(f"{what}: most memory", mb, "MB", asked=at_most(MEMORY_MB_MAX), beside="polars", peer=copy_mb),
            ]  # fmt: skip
    return rows


def _help() -> str:
    return subprocess.run(
        [sys.executable, "-m", "shirorom", "screen", "--help"], capture_output=True, text=True, check=True
    ).stdout


def _best(command: list[str]) -> tuple[float, float, str]:
    """Seconds of the quickest of some rounds, most memory of them in MB, what the last one said."""
    took, memory, said = [], [], ""
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            said, _ = process.communicate()
        took.append(time.perf_counter() - begin)
    return min(took), max(memory), said
