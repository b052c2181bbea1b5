"""What starting costs: `shirorom --help` beside an empty Python, and the memory of `serve` without a browser."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil

from bench._rows import at_most, row
from scripts.serving import SHIROROM, serving

RUNS = 15


def wall(*command: str) -> float:
    """Median seconds of a whole process, from start to end, after one run that warms the disk."""
    took = []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
        took.append(time.perf_counter() - began)
    return statistics.median(took[1:])


def memory(process: psutil.Process) -> float:
    """MiB resident of a process and everything it started."""
    family = [process, *process.children(recursive=True)]
    return float(sum(member.memory_info().rss for member in family)) / 2**20


def serve_memory() -> float:
    """MiB of `serve` by hand (no browser), once it has answered a page."""
    with tempfile.TemporaryDirectory() as data, serving(data=Path(data)) as served:
        with urllib.request.urlopen(served.url, timeout=30) as page:
            page.read()
        return memory(psutil.Process(served.process.pid))


def run() -> dict[str, Any]:
    """Rows for docs/benchmarks.md."""
    nothing = wall(sys.executable, "-c", "pass")
    helped = wall(str(SHIROROM), "--help")
    return {
        "name": "startup",
        "rows": [
            row(
                "shirorom --help, whole process", helped, "s", asked=at_most(0.3), beside="python -c pass", peer=nothing
            ),
            row("serve by hand, no browser, resident", serve_memory(), "MiB", asked=at_most(150)),
        ],
    }
