"""docs/benchmarks.md out of the figures: an area each, what was asked beside what came, plots of the register."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench import _plots
from bench._rows import Row, number

HEAD = """# Benchmarks

Made by `make bench`; do not edit. Figures without a peer of the same run say little about another machine. What was
asked is what the project promised itself; "not measured" says why. A ratio is the figure to what stands beside it."""
PLOTS = {"peers": ("bench-engines.svg", "Bytes a phone and look-ups a second of all engines"),
         "growth": ("bench-growth.svg", "The register at 3, 30 and 300 M phones")}  # fmt: skip
HEADING = ("figure", "asked", "got", "beside it", "ratio")
SAME = ("cores", "processor", "memory", "system", "python")


def write(docs: Path, results: list[dict[str, Any]]) -> None:
    """The page and its plots."""
    on = results[-1]["machine"]
    told = "\n".join(f"- {name}: {on[name]}" for name in SAME)
    areas = [area(one, on) for one in results]
    (docs / "benchmarks.md").write_text("\n\n".join([HEAD, told, *areas]) + "\n", encoding="utf-8")
    drawn = {one["area"]: one for one in results}
    if drawn.get("peers", {}).get("engines"):
        (docs / "pictures" / PLOTS["peers"][0]).write_text(_plots.engines(drawn["peers"]), encoding="utf-8")
    if drawn.get("growth", {}).get("points"):
        (docs / "pictures" / PLOTS["growth"][0]).write_text(_plots.growth(drawn["growth"]["points"]), encoding="utf-8")


def area(result: dict[str, Any], on: dict[str, str] | None = None) -> str:
    """One area as Markdown; what was measured on another machine than the page's says so."""
    parts = [f"## {result['name']}"]
    theirs = result["machine"]
    other = on is not None and any(on[name] != theirs[name] for name in SAME)
    where = f", on {', '.join(theirs[name] for name in SAME)}" if other else ""
    parts.append(f"`python -m bench {result['area']}`, {result['took_s']} s, {theirs['measured_at']}{where}.")
    if on is not None and result["area"] in PLOTS and (result.get("engines") or result.get("points")):
        name, words = PLOTS[result["area"]]
        parts.append(f"![{words}](pictures/{name})")
    if result.get("matrix"):
        parts.append(_matrix(result["matrix"]))
    if result["rows"]:
        parts.append(_table(result["rows"]))
    return "\n\n".join(parts)


def _matrix(lines: list[list[str]]) -> str:
    head, *rest = lines
    rule = ["---", *(["---:"] * (len(head) - 1))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rest))


def _table(rows: list[Row]) -> str:
    rule = ("---", "---", "---:", "---", "---:")
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (HEADING, rule, *map(_cells, rows)))


def _cells(row: Row) -> tuple[str, ...]:
    if row["value"] is None:
        return row["what"], row.get("asked", ""), "not measured", row.get("why", ""), ""
    asked = row.get("asked", "")
    if asked:
        asked += " ✓" if row["holds"] else " ✗"
    peer = number(row.get("peer"))
    beside = ": ".join(filter(None, (number(row.get("beside")), peer)))
    return row["what"], asked, f"{number(row['value'])} {row['unit']}".strip(), beside, number(row.get("ratio"))
