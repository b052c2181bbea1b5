"""The benches of the register run, compare answers, and say what they did not measure. Figures are `make bench`'s."""

from __future__ import annotations

import json
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bench import _child, _engines, _page, _plots, feeds, growth, lookups, parse, peers, publication, register, screen
from bench._child import FailedError, NotMeasuredError
from bench._engines import ENGINES
from bench._rows import at_least, at_most, missing, row

OTHERS = {"pyroaring BitMap per TAC": "pyroaring", "pyroaring BitMap64 per carrier and mark": "pyroaring",
          "DuckDB table": "duckdb", "LMDB": "lmdb"}  # fmt: skip
MACHINE = dict.fromkeys((*_page.SAME, "measured_at"), "")


def here(module: str, function: str, *arguments: Any, kernel: bool = True) -> dict[str, Any]:
    """`apart` in this process: starting Python again for each engine takes longer than its work."""
    try:
        answer: dict[str, Any] = getattr(import_module(module), function)(*arguments)
    except ModuleNotFoundError as error:
        raise NotMeasuredError(f"{error.name} is not installed") from error
    return answer | {"peak_mb": 1.0}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (peers, growth):
        monkeypatch.setattr(module, "apart", here)
    monkeypatch.setattr(screen, "ROUNDS", 1)
    monkeypatch.setattr(screen, "FORMS", {"all columns": screen.FORMS["all columns"]})
    monkeypatch.setattr(feeds, "LOOK_UPS", 50)
    monkeypatch.setattr(lookups, "_limit", lambda *_: "a constant has no place in a test")
    monkeypatch.setattr(_engines, "SINGLES", 200)
    for engine, _ in ENGINES.values():
        monkeypatch.setattr(engine, "singles", 50)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(peers, "apart", here)
        return peers.run(peers.TINY)


def test_every_engine_is_measured_or_said_not_to_be(compared: dict[str, Any]) -> None:
    """An engine that is not installed, as in CI, is "not measured" and says why; all others have figures."""
    measured = {one["engine"] for one in compared["engines"]}
    why = {one["what"]: one["why"] for one in compared["rows"] if one["value"] is None}
    assert compared["failures"] == []
    for name in ENGINES:
        if find_spec(OTHERS.get(name, "shirorom")) is None:
            assert why[name] == f"{OTHERS[name]} is not installed"
        else:
            assert name in measured


def test_an_engine_that_answers_differently_has_no_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are compared with ours before anything is timed."""
    peers.prepare(str(tmp_path), peers.TINY)
    _engines.measured("shirorom fast", str(tmp_path), True)
    _engines.measured("Python dict", str(tmp_path), False)
    monkeypatch.setattr(_engines.Dict, "one", lambda self, key: 0)
    with pytest.raises(RuntimeError, match="answers one phone differently"):
        _engines.measured("Python dict", str(tmp_path), False)


@pytest.mark.parametrize(
    "module", [growth, register, publication, parse, feeds, screen, lookups], ids=lambda module: module.__name__
)
def test_a_bench_runs(module: ModuleType) -> None:
    """At a tiny size; each holds its own answers against what they must be."""
    result = module.run(module.TINY)
    assert result.get("failures", []) == []
    assert all(one["value"] is not None or one["why"] for one in result["rows"])
    assert _page.area(result | {"area": "x", "took_s": 1, "machine": MACHINE}).startswith("## ")


def test_a_part_apart_has_no_kernel_where_none_is_wanted() -> None:
    """What is called "without the kernel" ran without anything compiled of ours."""
    assert _child.apart("tests.house.test_bench", "kernel_there", kernel=False)["there"] is False


def kernel_there() -> dict[str, Any]:
    """For the test above, in a process of its own."""
    from shirorom.register.native import NATIVE

    return {"there": NATIVE is not None}


def test_a_part_apart_that_fails_is_told() -> None:
    """With its own words."""
    with pytest.raises(FailedError, match="unknown engine"):
        _child.apart("tests.house.test_bench", "fails")


def fails() -> dict[str, Any]:
    """For the test above, in a process of its own."""
    raise RuntimeError("unknown engine")


def test_the_page_says_what_held_and_what_was_not_measured() -> None:
    """A figure that was missed, one that holds with its peer, and one that is not there."""
    rows = [
        row("slow", 3, "M/s", asked=at_least(10)),
        row("small", 2, "B", asked=at_most(2.3), beside="bound", peer=1.0),
        missing("LMDB", "", "lmdb is not installed"),
    ]
    told = _page.area({"name": "n", "area": "x", "rows": rows, "took_s": 1, "machine": MACHINE})
    assert "| slow | ≥ 10 ✗ | 3 M/s |  |  |" in told
    assert "| small | ≤ 2.3 ✓ | 2 B | bound: 1 | 2 |" in told
    assert "| LMDB |  | not measured | lmdb is not installed |  |" in told


def test_plots_are_text_and_follow_light_and_dark(compared: dict[str, Any], tmp_path: Path) -> None:
    """Names stand in them as text, once for each engine in each of both plots; no label lies on another."""
    drawn = _plots.engines(json.loads(json.dumps(compared)))
    assert "prefers-color-scheme:dark" in drawn
    assert drawn.count(">SQLite</text>") == 2
    assert drawn.count(">searchsorted, sorted first</text>") == 1  # its single look-ups are those of the other
