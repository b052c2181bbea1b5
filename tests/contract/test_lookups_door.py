"""The look-ups' own port (edge/web/door.py) at a real server: it says what the main port says, and nothing more."""

from __future__ import annotations

import asyncio
import json
import random
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from scripts.serving import free_port, serving
from shirorom.domain.desk.people import Role
from shirorom.edge.api import lookups
from shirorom.edge.web.app import create_app, create_door
from shirorom.edge.web.door import Door
from shirorom.edge.web.serve import serve
from shirorom.edge.web.short_way import HOLDS_S
from shirorom.service.settings import ApiSettings
from tests.logs import imei
from tests.lookup_kit import RESTRICTED, book_kit
from tests.people_kit import Shop, shop_of
from tests.unit.test_lookups_web import JSON, ONE, REFUSED, Counted, padded
from tests.web_kit import Kit, settings_of

BODY = json.dumps(ONE).encode()
CONNECTIONS = 400


@dataclass
class Opened:
    """An app on two ports: its main one, and the look-ups' own."""

    main: httpx.AsyncClient
    door: httpx.AsyncClient
    port: int
    of_door: Door
    counted: Counted

    async def both(self, body: bytes = BODY, **headers: str) -> list[httpx.Response]:
        """The same call at either port."""
        sent = JSON | {name.replace("_", "-"): value for name, value in headers.items()}
        return [await one.post("/v1/lookups", content=body, headers=sent) for one in (self.main, self.door)]

    async def ask(self, body: bytes = BODY, **headers: str) -> httpx.Response:
        """A call at the door."""
        return (await self.both(body, **headers))[1]

    async def whole_ways(self, **headers: str) -> int:
        """How often one call at the door went past the short way."""
        before = self.counted.whole
        sent = JSON | {name.replace("_", "-"): value for name, value in headers.items()}
        await self.door.post("/v1/lookups", content=BODY, headers=sent)
        return self.counted.whole - before

    def raw(self, request: bytes) -> socket.socket:
        """A connection over which these bytes went."""
        made = socket.create_connection(("127.0.0.1", self.port), 10)
        made.sendall(request)
        return made


@asynccontextmanager
async def opened(kit: Kit, *, body_seconds_max: float = 30.0) -> AsyncIterator[Opened]:
    """The kit's app at work."""
    app = create_app(kit.parts, body_seconds_max=body_seconds_max)
    counted, door, port = Counted(app), create_door(app, body_seconds_max=body_seconds_max), free_port()
    door.hot.monotonic = lambda: counted.now
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    task = asyncio.create_task(serve(app, port=0, on_ready=ready.set_result, stop=stop, door=(door, port)))
    try:
        origin = (await ready).rstrip("/")
        async with (
            httpx.AsyncClient(base_url=origin) as main,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as by_door,
        ):
            yield Opened(main, by_door, port, door, counted)
    finally:
        stop.set()
        await task


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    made = book_kit(tmp_path)
    yield made
    made.close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = shop_of(tmp_path, settings=msgspec.structs.replace(settings_of(), api=ApiSettings(lookups_per_min=50)))
    yield made
    made.close()


def told(answer: httpx.Response) -> tuple[int, Any, dict[str, str]]:
    """What an answer says, but for the moment."""
    body = answer.json()
    body.pop("as_of", None)
    return answer.status_code, body, {name: value for name, value in answer.headers.items() if name != "date"}


async def test_the_door_says_what_the_main_port_says(kit: Kit) -> None:
    """Status, headers and body are the same at both ports, by the whole way and by the short one."""
    async with opened(kit) as shop:
        for _ in range(3):
            main, door = await shop.both()
            assert told(door) == told(main)
            assert door.json()["results"][0]["verdict"] == "restricted"
        assert await shop.whole_ways() == 0


@pytest.mark.parametrize("known", [False, True], ids=["first call", "known caller"])
async def test_a_bad_body_is_refused_as_at_the_main_port(kit: Kit, known: bool) -> None:
    """Every body that is refused there, with the same code, for callers who were just admitted too."""
    async with opened(kit) as shop:
        for name, (body, status, code) in REFUSED.items():
            if known:
                await shop.ask()
            else:
                shop.counted.now += 10
            main, door = await shop.both(body)
            assert (name, door.status_code, door.json()["code"]) == (name, status, code)
            assert told(door)[1:] == told(main)[1:]


async def test_limits_are_exact(kit: Kit) -> None:
    """A body of just 1 MB and 10,000 devices are served, by either way."""
    most = json.dumps({"devices": [""] * lookups.DEVICES_MAX}).encode()
    async with opened(kit) as shop:
        for body in (padded(lookups.BYTES_MAX), most):
            assert [(await shop.ask(body)).status_code for _ in range(2)] == [200, 200]


async def test_another_header_is_another_caller(kit: Kit) -> None:
    """Nobody is admitted for what somebody else sent; headers that no guard looks at may differ."""
    async with opened(kit) as shop:
        await shop.ask()
        for name in ("authorization", "cookie", "origin", "x_forwarded_for", "x"):
            value = f"http://127.0.0.1:{shop.port}" if name == "origin" else "1"
            assert (name, await shop.whole_ways(**{name: value})) == (name, 1)
        assert await shop.whole_ways(user_agent="other", x_request_id="7") == 0


async def test_an_admission_ends(kit: Kit) -> None:
    """After HOLDS_S the whole way decides again; shortly before, one call goes it for all others."""
    async with opened(kit) as shop:
        await shop.ask()
        shop.counted.now += HOLDS_S * 0.8
        assert [await shop.whole_ways() for _ in range(3)] == [1, 0, 0]
        shop.counted.now += HOLDS_S
        assert await shop.whole_ways() == 1


async def test_a_stranger_is_never_admitted(kit: Kit) -> None:
    """A foreign origin, a foreign host, a wrong media type: refused each time, as at the main port."""
    refused = ({"origin": "https://evil.example"}, {"host": "evil.example"}, {"content_type": "text/plain"})
    async with opened(kit) as shop:
        for headers in refused:
            for _ in range(3):
                main, door = await shop.both(**headers)
                assert door.status_code in (403, 415, 421)
                assert told(door)[1:] == told(main)[1:]


async def test_nothing_else_is_served(kit: Kit) -> None:
    """Pages, the rest of the API, whatever stands beside: not there. Only /healthz is, for whoever balances load."""
    async with opened(kit) as shop:
        for path in (
            "/",
            "/v1/checks",
            "/v1/lookups/",
            "/openapi.json",
            "/static/htmx.min.js",
            "//v1/lookups",
            "/setup/x",
        ):
            answer = await shop.door.get(path)
            assert (path, answer.status_code, answer.json()["code"]) == (path, 404, "not-found")
            assert "content-security-policy" in answer.headers
        assert (await shop.door.get("/healthz")).json() == {"status": "ok"}
        assert (await shop.door.head("/healthz")).text == (await shop.door.head("/x")).text == ""
        for method in ("GET", "PUT", "DELETE"):
            answer = await shop.door.request(method, "/v1/lookups", headers=JSON, content=b"{}")
            assert (method, answer.status_code) == (method, 405)


async def test_a_query_is_no_short_way(kit: Kit) -> None:
    """The whole way says what it says of it."""
    async with opened(kit) as shop:
        await shop.ask()
        before = shop.counted.whole
        assert (await shop.door.post("/v1/lookups?x=1", json=ONE)).status_code == 200
        assert shop.counted.whole == before + 1


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Origin", "Cookie", "X"])
async def test_a_header_that_is_not_ascii_is_refused(kit: Kit, name: str) -> None:
    """RSGI leaves its value out: nobody is taken for who would have called without it, a known caller neither."""
    head = (
        f"POST /v1/lookups HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}"
    )
    async with opened(kit) as shop:
        for _ in range(2):
            await shop.ask()
            with shop.raw(head.encode() + f"\r\n{name}: 値\r\nConnection: close\r\n\r\n".encode() + BODY) as made:
                answer = await asyncio.to_thread(made.makefile("rb").read)
            assert answer.startswith(b"HTTP/1.1 400 ")
            assert b'"body-malformed"' in answer


async def test_a_body_in_chunks(kit: Kit) -> None:
    """Answered like another; past its limit refused before it is all there."""

    async def parts(count: int) -> AsyncIterator[bytes]:
        for start in range(0, len(BODY), 7):
            yield BODY[start : start + 7]
        for _ in range(count):
            yield b" " * 100_000

    async with opened(kit) as shop:
        for count, status in ((0, 200), (9, 200), (11, 413)):
            answer = await shop.door.post("/v1/lookups", content=parts(count), headers=JSON)
            assert (count, answer.status_code) == (count, status)


@pytest.mark.parametrize("known", [False, True], ids=["first call", "known caller"])
async def test_a_body_that_does_not_come(kit: Kit, known: bool) -> None:
    """`body-too-slow` after its time, and the door goes on answering."""
    head = (
        b"POST /v1/lookups HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n"
    )
    async with opened(kit, body_seconds_max=0.3) as shop:
        if known:
            with shop.raw(head + BODY.ljust(60)) as made:
                assert (await asyncio.to_thread(made.recv, 4_096)).startswith(b"HTTP/1.1 200 ")
            assert len(shop.of_door.hot.callers) == 1
        with shop.raw(head + b" ") as made:
            answer = await asyncio.to_thread(made.recv, 4_096)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert (await shop.ask()).status_code == 200


async def test_the_quota_is_one_for_both_ports(shop: Shop) -> None:
    """What was used at the one is used at the other; the fields say so."""
    session = shop.session(shop.owner(), Role.OWNER)
    body = json.dumps({"devices": ["x"] * 20}).encode()
    async with opened(shop.kit) as ports:
        answers = await ports.both(body, cookie=f"shirorom={session}")
        answers += await ports.both(body, cookie=f"shirorom={session}")
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert [answer.headers["ratelimit"].partition(";")[2].partition(";")[0] for answer in answers] == [
        "r=30", "r=10", "r=10", "r=10",
    ]  # fmt: skip


async def test_a_token_that_is_revoked_opens_nothing_more(shop: Shop) -> None:
    """A program's token looks up; once it is revoked, at most for HOLDS_S more; without one nobody does."""
    shop.owner()
    staff, _ = shop.staff()
    head = {"authorization": f"Bearer {shop.token(staff)}"}
    async with opened(shop.kit) as ports:
        assert (await ports.ask()).json()["code"] == "sign-in-needed"
        assert [(await ports.ask(**head)).status_code for _ in range(2)] == [200, 200]
        store: Any = shop.people.sessions.store
        for token in store.tokens():
            store.end_token(token.id)
        ports.counted.now += HOLDS_S
        assert {(await ports.ask(**head)).json()["code"] for _ in range(3)} == {"sign-in-needed"}


def test_callers_who_break_off_harm_nobody(tmp_path: Path) -> None:
    """T27 at the door: hundreds of calls cut off at any byte, by either way; the process lives and answers right."""
    head = b"POST /v1/lookups HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    number = imei(RESTRICTED).digits
    whole = head + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n"
    chance, port = random.Random(27), free_port()
    with serving("--lookups-port", str(port), data=tmp_path / "data") as served:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            for n in range(CONNECTIONS):
                if n % 40 == 0:
                    assert client.post("/v1/lookups", json=ONE).status_code == 200
                request = chance.choice((whole, chunked))
                with socket.create_connection(("127.0.0.1", port), 10) as made:
                    made.sendall(request[: chance.randrange(1, len(request) + 1)])
            assert client.post("/v1/lookups", json=ONE).json()["results"][0]["imeis"] == [number]
        assert served.process.poll() is None
