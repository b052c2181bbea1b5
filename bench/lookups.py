"""Look-ups over HTTP on a practice register of 30 M phones: one by one, by the thousand; start, memory, a fresh notice.

`shirorom serve` with its one worker and all of its guards; wrk beside it shares the cores. Beside the figures stands
granian answering a constant by ASGI and by RSGI in the same run. `--size`: another number of phones.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from bench import _messy, _phones
from bench._child import FailedError, NotMeasuredError
from bench._phones import Phones
from bench._rows import Row, at_least, at_most, missing, row
from bench._world import make_world
from bench._wrk import Load, load
from bench.growth import own_mb
from scripts.serving import SHIROROM, Served, free_port, serving

PHONES, TINY = 30_000_000, 20_000
PATH = "/v1/lookups"
CONNECTIONS, SECONDS = 32, 6
MANY, MANY_CONNECTIONS = 1_000, 4
BODIES_ONE, BODIES_MANY = 20_000, 64
FRESH_S_MAX = 1.0
KERNEL, PURE = "kernel", "no kernel"
MAIN, DOOR = "main port", "their own port"
PROMISED_MANY = {KERNEL: 500_000, PURE: 150_000}


def run(size: int = PHONES) -> dict[str, Any]:
    """All figures of this module."""
    seconds = SECONDS if size > TINY else 1
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        world = make_world(data, size)
        rows = [row("phones in the register", len(world.phones.keys), "phones")]
        limits = {interface: _limit(interface, seconds) for interface in ("asgi", "rsgi")}
        failures = list[str]()
        door = free_port()
        if size > TINY:
            with serving(data=data):
                pass  # from now on its modules are compiled, as an installation's are
        begin = time.perf_counter()
        with serving("--lookups-port", str(door), data=data) as served:
            told = _ask(served, [_digits(world.phones.keys[:1])[0]])
            started_s = time.perf_counter() - begin
            if told is None:
                why = f"this version has no POST {PATH}"
                return {"name": "look-ups over HTTP", "rows": [*rows, missing("look-ups over HTTP", "", why)]}
            rows.append(row("serve: process started to first answer", started_s, "s", asked=at_most(1)))
            memory = own_mb(str(served.process.pid))
            rows.append(row("serve: memory beside the mapped file", memory, "MB", asked=at_most(150)))
            _right(served, world.phones)
            loads: dict[str, Callable[[], list[Row]]] = {
                "one": lambda: _one(served.url, world.phones, limits, seconds, MAIN),
                "one, by their own port": lambda: _one(f"http://127.0.0.1:{door}", world.phones, limits, seconds, DOOR),
                "many": lambda: _many(served, world.phones, KERNEL, seconds),
            }
            for what, some in loads.items():
                try:
                    rows += some()
                except (NotMeasuredError, FailedError) as error:
                    failures += [str(error)] if isinstance(error, FailedError) else []
                    rows.append(missing(f"look-ups, {what}", "1/s", str(error)))
            grown = own_mb(str(served.process.pid)) - memory
            rows.append(row("serve: memory that this load added", grown, "MB"))
            rows += _fresh(served, data, world.phones)
        with serving(data=data, under=[sys.executable, "-m", "bench._shirorom"]) as served:
            try:
                rows += _many(served, world.phones, PURE, seconds)
            except (NotMeasuredError, FailedError) as error:
                failures += [str(error)] if isinstance(error, FailedError) else []
                rows.append(missing(f"look-ups, many, {PURE}", "1/s", str(error)))
    return {"name": "look-ups over HTTP", "rows": rows, "failures": failures}


def _one(url: str, phones: Phones, limits: dict[str, Load | str], seconds: int, port: str) -> list[Row]:
    bodies = [_body([number]) for number in _digits(_phones.queries_of(phones.keys, BODIES_ONE))]
    got = load(url, PATH, bodies, connections=CONNECTIONS, seconds=seconds)
    what = f"look-ups of one, {CONNECTIONS} connections, {port}"
    return [
        *_beside(what, got.per_s, limits),
        row(f"{what}, p50", got.p50_ms, "ms"),
        row(f"{what}, p99", got.p99_ms, "ms", asked=at_most(5)),
    ]


def _beside(what: str, per_s: float, limits: dict[str, Load | str]) -> Iterator[Row]:
    yield row(what, per_s, "1/s", asked=at_least(20_000))
    for interface, limit in limits.items():
        words = f"granian, a constant by {interface.upper()}"
        if isinstance(limit, Load):
            yield row(f"{what}, beside the limit", per_s, "1/s", beside=words, peer=limit.per_s)
        else:
            yield missing(words, "1/s", limit)


def _many(served: Served, phones: Phones, kernel: str, seconds: int) -> list[Row]:
    numbers = _digits(_phones.queries_of(phones.keys, BODIES_MANY * MANY))
    bodies = [_body(numbers[first : first + MANY]) for first in range(0, len(numbers), MANY)]
    got = load(served.url, PATH, bodies, connections=MANY_CONNECTIONS, seconds=seconds)
    what = f"look-ups of {MANY:,}, {MANY_CONNECTIONS} connections, {kernel}"
    return [
        row(what, got.per_s * MANY, "IMEI/s", asked=at_least(PROMISED_MANY[kernel])),
        row(f"{what}, p50", got.p50_ms, "ms"),
        row(f"{what}, p99", got.p99_ms, "ms"),
    ]


def _fresh(served: Served, data: Path, phones: Phones) -> list[Row]:
    """A restriction of a phone that was clear: from the end of its import to the first answer that knows it."""
    clear = phones.keys[(phones.marks == _phones.CLEAR) & (phones.carriers == 0)][:1]
    number = _digits(clear)[0]
    feed = data.parent / "news.csv"
    feed.write_text(f"imei,declares,ground,effective_on\n{number},restricted,unpaid,2026-11-01\n", encoding="ascii")
    words = ["import", str(feed), "--carrier", "docomo", "--format", "csv", "--unsigned", "--delta", "--json"]
    done = subprocess.run([SHIROROM, "--data", data, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        return [missing("a notice accepted, to its answer", "s", f"`import` ended with {done.returncode}")]
    begin = time.perf_counter()
    while _verdicts(_ask(served, [number])) != ["restricted"]:
        if time.perf_counter() - begin > 60 * FRESH_S_MAX:
            raise RuntimeError("a notice was accepted and is not answered")
        time.sleep(0.005)
    took = time.perf_counter() - begin
    return [row("a notice accepted, to its answer in another process", took, "s", asked=at_most(FRESH_S_MAX))]


def _right(served: Served, phones: Phones) -> None:
    """Refuse figures of a server that answers wrongly."""
    asked = _phones.queries_of(phones.keys, MANY)
    wanted = np.isin(asked, phones.keys[phones.marks == _phones.RESTRICTED])
    found = np.array(_verdicts(_ask(served, _digits(asked)))) == "restricted"
    if not np.array_equal(found, wanted):
        raise RuntimeError("the server answers differently")


def _ask(served: Served, numbers: list[str]) -> Any:
    """What it says; None where there is no such route."""
    head = {"content-type": "application/json"}
    answer = httpx.post(f"{served.url}{PATH}", content=_body(numbers), headers=head, timeout=60)
    if answer.status_code in (404, 405):
        return None
    return answer.raise_for_status().json()


def _verdicts(told: Any) -> list[str]:
    """The verdict of each phone, in whatever list the answer has them."""
    answers = next(value for value in told.values() if isinstance(value, list))
    return [one.get("verdict", "") for one in answers]


def _digits(keys: Any) -> list[str]:
    pairs = zip(keys.tolist(), _messy.check_digits(keys).tolist(), strict=True)
    return [f"{key:014d}{digit}" for key, digit in pairs]


def _body(numbers: list[str]) -> str:
    return json.dumps({"devices": [[number] for number in numbers]}, separators=(",", ":"))


def _limit(interface: str, seconds: int) -> Load | str:
    """The same bodies at a server that answers a constant; or why not."""
    bodies = [_body([number]) for number in _digits(np.arange(BODIES_ONE, dtype=np.uint64) * np.uint64(7919))]
    try:
        with _constant(interface) as url:
            return load(url, PATH, bodies, connections=CONNECTIONS, seconds=seconds)
    except NotMeasuredError as error:
        return str(error)


@contextmanager
def _constant(interface: str) -> Iterator[str]:
    port = free_port()
    with subprocess.Popen([sys.executable, "-m", "bench._limits", interface, str(port)]) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            for _ in range(200):
                try:
                    httpx.post(url, content=b"{}", timeout=5)
                    break
                except httpx.TransportError:
                    time.sleep(0.05)
            yield url
        finally:
            process.terminate()
