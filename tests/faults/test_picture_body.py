"""T27 for pictures: a body that stops half-way is closed by its time limit, and holds nobody up meanwhile.

Raw sockets against the app under granian, with a limit of three seconds instead of thirty.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import httpx
import pytest

from shirorom.edge.web.app import create_app
from tests.faults.test_web_raw import raw
from tests.pictures import draw
from tests.pictures.degrade import jpeg
from tests.web_kit import Kit, served, settings_of

SECONDS_MAX, STUCK = 3.0, 100
PHONE = draw.phone(Random(5), sims=1)
LABEL = jpeg(draw.label(Random(5), PHONE))
HEAD = (
    f"POST /v1/pictures HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: image/jpeg\r\nContent-Length: {len(LABEL)}\r\n\r\n"
)
HALF = HEAD.encode() + LABEL[: len(LABEL) // 2]


@pytest.fixture
async def origin(tmp_path: Path) -> AsyncIterator[str]:
    """The app with its real reader of pictures."""
    kit = Kit(tmp_path, settings_of())
    async with served(kit, app=create_app(kit.parts, body_seconds_max=SECONDS_MAX)) as address:
        yield address
    kit.close()


async def test_half_a_picture_is_closed(origin: str) -> None:
    """The caller is told that it took too long, and that the connection ends."""
    status, headers, body = await raw(origin, HALF)
    assert (status, json.loads(body)["code"], headers["connection"]) == (408, "body-too-slow", "close")


async def test_halves_hold_nobody_up(origin: str) -> None:
    """While a hundred bodies stand half-way, whole pictures are read and pages come; then every one is closed."""
    stuck = [asyncio.create_task(raw(origin, HALF)) for _ in range(STUCK)]
    await asyncio.sleep(0.2)
    async with httpx.AsyncClient(base_url=origin, timeout=60) as client:
        assert (await client.get("/")).status_code == 200
        waiting = sum(1 for one in stuck if not one.done())
        found = (await client.post("/v1/pictures", content=LABEL, headers={"content-type": "image/jpeg"})).json()
    assert waiting == STUCK  # they really stood there meanwhile
    assert found["devices"] == [[imei.digits for imei in PHONE]]
    assert {(status, json.loads(body)["code"]) for status, _, body in await asyncio.gather(*stuck)} == {
        (408, "body-too-slow")
    }


async def test_a_slow_picture_within_the_limit_is_read(origin: str) -> None:
    """Control: the other half comes a moment later."""
    host, _, port = origin.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(HALF)
    await writer.drain()
    await asyncio.sleep(0.3)
    writer.write(LABEL[len(LABEL) // 2 :])
    await writer.drain()
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
    writer.close()
    assert head.split()[1] == b"200"
