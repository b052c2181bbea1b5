"""What a look-up costs the server itself, without sockets: `POST /v1/lookups` called in this process, all guards on.

Seconds of the processor, so that neighbours on the machine count less. One phone by the short way
(edge/web/short_way.py) beside the whole way through the router; a thousand with the compiled kernel and with numpy
alone, beside what is wanted. 3 M phones.
"""

from __future__ import annotations

import asyncio
import io
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from bench._rows import Row, at_least, row
from shirorom.compose import Composition
from shirorom.compose.serving import Reach, Serving
from shirorom.domain.carrier import CARRIERS
from shirorom.domain.imei import Imei
from shirorom.edge.cli.context import Options
from shirorom.edge.practice.feed import feed
from shirorom.edge.web.app import create_app
from shirorom.log.checkpoint import Checkpoint
from shirorom.log.keyring import KnownKey
from shirorom.ports.feeds import CarrierKey
from shirorom.register.build import build
from shirorom.register.format import Enrolled, Layout, Stamp
from shirorom.register.keys import SERIALS
from shirorom.register.rows import Rows
from shirorom.register.values import CLEAR, RESTRICTED
from shirorom.service.settings import Access, CarrierSettings, CarriersSettings, Settings

PHONES, TACS, ONE, MANY, REQUESTS = 3_000_000, 400, 4_000, 1_000, 32
PRACTICE = CarrierSettings(access=Access.HAND, url="http://127.0.0.1:9")


def run(size: int = PHONES) -> dict[str, Any]:
    """All figures of this module."""
    with tempfile.TemporaryDirectory() as folder:
        return {"name": "lookups_way", "rows": asyncio.run(_rows(Path(folder), size))}


async def _rows(data: Path, count: int) -> list[Row]:
    made = Composition(Options(data=data), settings=Settings(CarriersSettings(*[PRACTICE] * len(CARRIERS))))
    numbers = _world(made, count)
    app: Any = create_app(Serving(made).parts(made.process_asker(), Reach("127.0.0.1", 0, beyond=False)))
    ones = [_body([number]) for number in numbers[:ONE]]
    some = [_body(numbers[first : first + MANY]) for first in range(0, REQUESTS * MANY, MANY)]
    short = await _cpu(app, ones) / len(ones) * 1e6
    with _no_admission():
        whole = await _cpu(app, ones[: ONE // 10], warm=False) / (ONE // 10) * 1e6
    rows = [
        row("one phone, the short way", short, "µs of the processor", beside="the whole way", peer=whole),
    ]
    base = made.register.files(True).current().base
    for kernel, least in (("native", 500_000), ("numpy", 150_000)):
        if kernel == "native" and base.kernel is None:
            continue
        if kernel == "numpy":
            base.kernel, base.value_of = None, base.index.value_of
        per_s = len(some) * MANY / await _cpu(app, some)
        rows.append(row(f"{MANY:,} phones a request, {kernel}, in process", per_s, "IMEI/s", asked=at_least(least)))
    made.close()
    return rows


def _world(made: Composition, count: int) -> list[str]:
    """Four practice books, and a register of many more phones in their place; numbers to ask for."""
    now, random = made.clock.now(), np.random.default_rng(35)
    for carrier in CARRIERS:
        content, key, _ = feed(carrier, now)
        made.feeds.keys.add(CarrierKey(carrier, True, KnownKey(key, datetime(1970, 1, 1, tzinfo=UTC))))
        made.feeds.take(io.BytesIO(content), carrier, "bench")
    log = made.room(True).log
    tacs = random.choice(np.arange(35_000_000, 36_000_000), TACS, replace=False)
    drawn = random.choice(tacs, count) * SERIALS + random.integers(0, SERIALS, count)
    keys, others = np.unique(drawn).astype(np.uint64), random.integers(0, SERIALS, REQUESTS * MANY // 2)
    marks = np.where(random.random(len(keys)) < 0.03, RESTRICTED, CLEAR).astype(np.uint8)
    carriers = random.integers(0, len(CARRIERS), len(keys)).astype(np.uint8)
    stamp = Stamp(Checkpoint(log.origin, log.head().size, log.head().root),
                  tuple(Enrolled(carrier, now.replace(microsecond=0)) for carrier in CARRIERS), True)  # fmt: skip
    made.register.files(True).publish(build(Rows(keys, carriers, marks, np.zeros(len(keys), np.uint32)), stamp,
                                            Layout.COMPACT))  # fmt: skip
    if not made.register.lookup.sight(True).by_register:
        raise RuntimeError("the register does not answer")
    asked = np.concatenate(
        (random.choice(keys, len(others)), (random.choice(tacs, len(others)) * SERIALS + others).astype(np.uint64))
    )
    return [Imei.of_key(f"{key:014d}").digits for key in random.permutation(asked).tolist()]


def _body(numbers: Sequence[str]) -> bytes:
    return json.dumps({"devices": numbers}, separators=(",", ":")).encode()


async def _cpu(app: Callable[..., Any], bodies: Sequence[bytes], *, warm: bool = True) -> float:
    """Seconds of the processor for all of them, the best of three rounds."""
    rounds = []
    for _ in range(3):
        if warm:
            await _call(app, bodies[0])
        begin = time.process_time()
        for body in bodies:
            await _call(app, body)
        rounds.append(time.process_time() - begin)
    return min(rounds)


async def _call(app: Callable[..., Any], body: bytes) -> None:
    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "scheme": "http", "path": "/v1/lookups",
        "raw_path": b"/v1/lookups", "root_path": "", "query_string": b"", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip
    statuses = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        statuses.append(message.get("status", 200))

    await app(scope, receive, send)
    if set(statuses) != {200}:
        raise RuntimeError(f"answered {statuses}")


@contextmanager
def _no_admission() -> Iterator[None]:
    """Nobody is remembered: each call goes the whole way."""
    from shirorom.edge.web import short_way

    held, short_way.HOLDS_S = short_way.HOLDS_S, 0.0
    again, short_way.AGAIN_S = short_way.AGAIN_S, 0.0
    time.sleep(held)
    try:
        yield
    finally:
        short_way.HOLDS_S, short_way.AGAIN_S = held, again
