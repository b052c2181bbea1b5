"""`make bench`: runs every bench module, each in a process of its own, and writes docs/benchmarks.md, .json and plots.

A module gives `run() -> dict` with `name` and `rows` (bench/_rows.py), perhaps a `matrix` and `failures`. What fails is
said on the page as not measured, the others are kept, and the exit status is 1.

    python -m bench                                    everything, onto the page
    python -m bench peers register --size 3000000      these two, other numbers; prints alone
    python -m bench screen --write                     this one anew, into the page
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import os
import pkgutil
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bench
from bench import _page
from bench._rows import missing

DOCS = Path(__file__).resolve().parent.parent / "docs"
FIRST = ("peers", "growth", "register", "publication", "lookups", "screen", "parse", "feeds")
"""The national register's; then the others, by name."""


def modules() -> list[str]:
    """Every bench module, in the order of the page."""
    found = sorted(m.name for m in pkgutil.iter_modules(bench.__path__) if not m.name.startswith("_"))
    return [*FIRST, *(name for name in found if name not in FIRST)]


def machine() -> dict[str, str]:
    """What the figures were taken on; a figure without it says little."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30 if hasattr(os, "sysconf") else 0
    return {
        "cores": str(os.cpu_count()),
        "processor": _processor(),
        "memory": f"{memory:.0f} GiB" if memory else "unknown",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "measured_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def measured(name: str, size: int | None) -> dict[str, Any]:
    """Run one module here."""
    run = importlib.import_module(f"bench.{name}").run
    if size is not None and "size" not in inspect.signature(run).parameters:
        raise SystemExit(f"bench: {name} takes no --size")
    begin = time.perf_counter()
    result: dict[str, Any] = run() if size is None else run(size)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return result | {"area": name, "took_s": round(time.perf_counter() - begin), "load": load, "machine": machine()}


def main() -> int:
    """Run what was named, or all; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(modules()))
    parser.add_argument("--size", type=int, help="how many phones, rows or numbers, for modules that take it")
    parser.add_argument("--write", action="store_true", help="put what was named into the page")
    parser.add_argument(
        "--json", type=Path, help=argparse.SUPPRESS
    )  # one module's result into a file: for the children
    asked = parser.parse_args()
    unknown = set(asked.names) - set(modules())
    if unknown:
        parser.error(f"no such bench: {', '.join(sorted(unknown))}")
    if asked.json:
        asked.json.write_text(json.dumps(measured(asked.names[0], asked.size)), encoding="utf-8")
        return 0
    failures = []
    for name in asked.names or modules():
        print(f"bench: {name}", file=sys.stderr, flush=True)
        result = _apart(name, asked.size)
        print(_page.area(result), flush=True)
        failures += result.get("failures", [])
        if asked.write or not asked.names:
            _keep(result)
    for failure in failures:
        print(f"bench: failed: {failure}", file=sys.stderr)
    return 1 if failures else 0


def _apart(name: str, size: int | None) -> dict[str, Any]:
    """Run one module in a process of its own, so that the next finds no memory taken."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "result.json"
        sized = [] if size is None else ["--size", str(size)]
        command = [sys.executable, "-m", "bench", name, *sized, "--json", str(out)]
        # What it starts is compiled, as an installation is: not anew at each start, whatever the environment says.
        env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        status = subprocess.run(command, stdin=subprocess.DEVNULL, env=env, check=False).returncode
        if not status:
            result: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
            return result
    rows = [missing("everything", "", f"it failed, with exit status {status}")]
    return {"name": name, "area": name, "rows": rows, "failures": [name], "machine": machine(), "took_s": 0}


def _keep(result: dict[str, Any]) -> None:
    """Put one area's figures into the page, at once: a run that is broken off keeps what it has."""
    kept = DOCS / "benchmarks.json"
    before = json.loads(kept.read_text(encoding="utf-8"))["results"] if kept.exists() else []
    by_area = {one["area"]: one for one in before if one.get("area") in modules()} | {result["area"]: result}
    results = [by_area[name] for name in modules() if name in by_area]
    short = _short({"results": results})
    kept.write_text(json.dumps(short, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    _page.write(DOCS, results)


def _short(told: Any) -> Any:
    """With six digits of each figure: more are noise, and fifteen may happen to be a phone's number."""
    if isinstance(told, float):
        return float(f"{told:.6g}")
    if isinstance(told, dict):
        return {name: _short(one) for name, one in told.items()}
    return [_short(one) for one in told] if isinstance(told, list) else told


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
