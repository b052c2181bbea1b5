"""`make bench`: runs every bench module and writes docs/benchmarks.md and docs/benchmarks.json.

A module gives `run() -> dict` with `name` and `rows`; a row has `what`, `value`, `unit` and, where there is something
to hold it against, `beside` (what, and its value) and `ratio`. `python -m bench parse log` runs those two and writes
nothing.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bench

DOCS = Path(__file__).resolve().parent.parent / "docs"


def modules() -> list[str]:
    """Every bench module, in the order of its name."""
    return sorted(m.name for m in pkgutil.iter_modules(bench.__path__) if not m.name.startswith("_"))


def machine() -> dict[str, str]:
    """What the figures were taken on; a figure without it says little."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30 if hasattr(os, "sysconf") else 0
    return {
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GiB" if memory else "unknown",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "measured_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def number(value: object) -> str:
    """Three significant digits, or all of a whole number."""
    if not isinstance(value, int | float):
        return "" if value is None else str(value)
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"


def table(result: dict[str, Any]) -> str:
    """One module's rows as Markdown."""
    lines = [
        f"## {result['name']}",
        "",
        "| what | value | unit | beside | ratio |",
        "| --- | ---: | --- | --- | ---: |",
    ]
    for row in result["rows"]:
        cells = (row["what"], number(row["value"]), row["unit"], number(row.get("beside")), number(row.get("ratio")))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main(names: list[str]) -> None:
    """Run what was named, or all; write the page only for all."""
    results = []
    for name in names or modules():
        print(f"bench: {name}", file=sys.stderr, flush=True)
        results.append(importlib.import_module(f"bench.{name}").run())
        print(table(results[-1]), flush=True)
    if names:
        return
    on = machine()
    head = "\n".join(
        ["# Benchmarks", "", "Made by `make bench`; do not edit.", "", *(f"- {k}: {v}" for k, v in on.items())]
    )
    DOCS.mkdir(exist_ok=True)
    (DOCS / "benchmarks.md").write_text("\n\n".join([head, *map(table, results)]) + "\n", encoding="utf-8")
    whole = json.dumps({"machine": on, "results": results}, ensure_ascii=False, indent=1)
    (DOCS / "benchmarks.json").write_text(whole + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
