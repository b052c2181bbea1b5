"""What starting costs: `shirorom --help` beside an empty Python, and the memory of `serve` without a browser."""

from __future__ import annotations

import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil

RUNS = 15
WAIT_S_MAX = 60.0
SHIROROM = Path(sys.executable).with_name("shirorom")


def wall(*command: str) -> float:
    """Median seconds of a whole process, from start to end, after one run that warms the disk."""
    took = []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
        took.append(time.perf_counter() - began)
    return statistics.median(took[1:])


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def memory(process: psutil.Process) -> float:
    """MiB resident of a process and everything it started."""
    family = [process, *process.children(recursive=True)]
    return float(sum(member.memory_info().rss for member in family)) / 2**20


def serve_memory() -> float:
    """MiB of `serve` by hand (no browser), once it has answered a page."""
    port = free_port()
    with tempfile.TemporaryDirectory() as data:
        command = [str(SHIROROM), "--data", data, "serve", "--port", str(port)]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
            try:
                _until_answered(f"http://127.0.0.1:{port}/")
                return memory(psutil.Process(process.pid))
            finally:
                process.terminate()


def _until_answered(address: str) -> None:
    until = time.monotonic() + WAIT_S_MAX
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).read()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def run() -> dict[str, Any]:
    """Rows for docs/benchmarks.md."""
    nothing = wall(sys.executable, "-c", "pass")
    helped = wall(str(SHIROROM), "--help")
    return {
        "name": "startup",
        "rows": [
            {
                "what": "shirorom --help, whole process (limit 0.3)",
                "value": helped,
                "unit": "s",
                "beside": f"python -c pass: {nothing:.3f}",
                "ratio": helped / nothing,
            },
            {"what": "serve by hand, no browser, resident (limit 150)", "value": serve_memory(), "unit": "MiB"},
        ],
    }
