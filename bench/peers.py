"""The register against others on the same 30 M phones: bytes, building, single look-ups, batches.

Every engine is built and asked in a process of its own, from the same files, by the same queries; the answers of all
are compared with ours. Ratios are theirs to ours (compact, with its kernel). `--size` takes another number.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from bench import _phones
from bench._child import FailedError, NotMeasuredError, apart
from bench._engines import ENGINES
from bench._rows import Row, missing, number, row

PHONES, QUERIES = 30_000_000, 2_000_000
TINY = 20_000
OURS, PLAIN = "shirorom compact", ", without the kernel"
FIGURES = {
    "bytes": "B/phone",
    "batch_m": "batch, M/s",
    "single_ns": "one, ns",
    "built_s": "build, s",
    "peak_mb": "RSS, MB",
}


def run(size: int = PHONES) -> dict[str, Any]:
    """All figures of this module."""
    with tempfile.TemporaryDirectory() as folder:
        made = apart("bench.peers", "prepare", folder, size)
        ours = apart("bench._engines", "measured", OURS, folder, True)
        engines, rows, failures = [ours], _head(made, ours), list[str]()
        for name in ENGINES:
            for kernel in (True, False) if name.startswith("shirorom") else (True,):
                if (name, kernel) == (OURS, True):
                    continue
                try:
                    one = apart("bench._engines", "measured", name, folder, False, kernel=kernel)
                except NotMeasuredError as error:
                    rows.append(missing(name, "", str(error)))
                    continue
                except FailedError as error:
                    failures.append(f"{name}: {error}")
                    rows.append(missing(name, "", f"it failed: {error}"))
                    continue
                engines.append(one if kernel else one | {"engine": name + PLAIN, "short": f"{one['short']}, no kernel"})
    return {
        "name": "register against others", "rows": rows, "matrix": _matrix(engines), "engines": engines,
        "bound": made["bound"], "failures": failures,
    }  # fmt: skip


def prepare(folder: str, size: int) -> dict[str, Any]:
    """Phones and queries into files."""
    made = _phones.phones(size)
    _phones.save(made, Path(folder), min(QUERIES, 2 * size))
    return {"phones": len(made.keys), "bound": made.bound}


def _head(made: dict[str, Any], ours: dict[str, Any]) -> list[Row]:
    return [
        row("phones", made["phones"], "phones"),
        row("compact register, beside the entropy bound", ours["bytes"], "B/phone", beside="bound", peer=made["bound"]),
    ]


def _matrix(engines: list[dict[str, Any]]) -> list[list[str]]:
    """A line for each engine; in brackets the ratio to ours, compact with its kernel."""
    ours, lines = engines[0], [["engine", *FIGURES.values()]]
    for one in engines:
        said = f"{one['engine']} ({one['says']})" if one["says"] else one["engine"]
        figures = [number(one[of]) + ("" if one is ours else f" (×{number(one[of] / ours[of])})") for of in FIGURES]
        lines.append([said, *figures])
    return lines
