"""Load by wrk: POST with bodies out of a file, a line each, in random order; rate and how long answers took."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench._child import FailedError, NotMeasuredError

SCRIPT = """
local bodies = {{}}
for line in io.lines("{file}") do bodies[#bodies + 1] = line end
math.randomseed(11)
local head = {{["Content-Type"] = "application/json"}}
request = function() return wrk.format("POST", "{path}", head, bodies[math.random(#bodies)]) end
"""
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


class Load(NamedTuple):
    """Answers a second; milliseconds within which a half and 99 of 100 came."""

    per_s: float
    p50_ms: float
    p99_ms: float


def load(url: str, path: str, bodies: Sequence[str], *, connections: int, seconds: int) -> Load:
    """Send them for so long; one thread.

    Raises:
        NotMeasuredError: wrk is not installed.
        FailedError: an answer was none of success, or did not come.
    """
    if shutil.which("wrk") is None:
        raise NotMeasuredError("wrk is not installed")
    with tempfile.TemporaryDirectory() as folder:
        lines, script = Path(folder) / "bodies", Path(folder) / "post.lua"
        lines.write_text("".join(f"{body}\n" for body in bodies), encoding="ascii")
        script.write_text(SCRIPT.format(file=lines, path=path), encoding="ascii")
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script), url]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    wrong = re.search(r"Non-2xx.*|Socket errors.*", said)
    if wrong:
        raise FailedError(f"POST {path}: {wrong[0].strip()}")
    return Load(float(_found(r"Requests/sec:\s+([\d.]+)", said)[1]), _share(said, 50), _share(said, 99))


def _share(said: str, percent: int) -> float:
    found = _found(rf"\s{percent}%\s+([\d.]+)(us|ms|s)\b", said)
    return float(found[1]) * _UNITS[found[2]]


def _found(pattern: str, said: str) -> re.Match[str]:
    match = re.search(pattern, said)
    if match is None:
        raise FailedError(f"wrk said: {said}")
    return match
