"""T29: bodies that lie or are too much, JSON that two parsers read differently: problems, never 500.

Raw sockets against the app under granian. Each guard has its control: without it the same bytes get through, or a 500.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar

from shirorom.edge.http import guard
from shirorom.edge.web.app import create_app
from tests.web_kit import Kit, served, settings_of

LIMIT = 64 * 1024
GOOD = b'{"imeis":["001001010000013"]}'


@pytest.fixture
async def origin(tmp_path: Path) -> AsyncIterator[str]:
    """The app, carriers by hand, under granian."""
    kit = Kit(tmp_path, settings_of())
    async with served(kit) as address:
        yield address
    kit.close()


async def raw(origin: str, request: bytes, *, more: bytes = b"") -> tuple[int, dict[str, str], bytes]:
    """Send bytes, read one answer."""
    host, _, port = origin.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(request)
        await writer.drain()
        if more:
            writer.write(more)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
        lines = head.decode("latin-1").split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
        body = await asyncio.wait_for(reader.readexactly(int(headers.get("content-length", 0))), 20)
        return int(lines[0].split()[1]), headers, body
    finally:
        writer.close()


def post(body: bytes, *, length: int | None = None, media: str = "application/json", extra: str = "") -> bytes:
    """A POST of /v1/checks."""
    head = (
        "POST /v1/checks HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: {media}\r\nContent-Length: {len(body) if length is None else length}\r\n{extra}\r\n"
    )
    return head.encode() + body


def chunked(*chunks: bytes) -> bytes:
    """The same, in chunks."""
    head = (
        b"POST /v1/checks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    return head + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def deep(levels: int) -> bytes:
    """Brackets in brackets."""
    return b'{"imeis":' + b"[" * levels + b"]" * levels + b"}"


REFUSED: dict[str, tuple[bytes, int, str]] = {
    "body over the limit": (post(b" " * (LIMIT + 1)), 413, "body-too-large"),
    "length over the limit, no body": (post(b"", length=10**12), 413, "body-too-large"),
    "chunks over the limit": (chunked(*[b" " * 8192] * 9), 413, "body-too-large"),
    "gzip": (post(gzip.compress(GOOD), extra="Content-Encoding: gzip\r\n"), 415, "media-type"),
    "text/plain": (post(GOOD, media="text/plain"), 415, "media-type"),
    "form": (post(GOOD, media="application/x-www-form-urlencoded"), 415, "media-type"),
    "multipart": (post(GOOD, media="multipart/form-data; boundary=x"), 415, "media-type"),
    "33 levels": (post(deep(32)), 400, "body-too-deep"),
    "20,000 levels": (post(deep(20_000)), 400, "body-too-deep"),
    "deep, unclosed": (post(b"[" * 60_000), 400, "body-too-deep"),
    "key twice": (post(b'{"imeis":["001001010000013"],"imeis":["001001010000021"]}'), 400, "body-duplicate-key"),
    "key twice, escaped": (post(b'{"imeis":[],"\\u0069meis":["001001010000021"]}'), 400, "body-duplicate-key"),
    "bad UTF-8": (post(b'{"imeis":["\xff"]}'), 400, "body-malformed"),
    "overlong UTF-8": (post(b'{"imeis":["\xc0\xaf"]}'), 400, "body-malformed"),
    "UTF-16": (post('{"imeis":[]}'.encode("utf-16")), 400, "body-malformed"),
    "BOM": (post(b"\xef\xbb\xbf" + GOOD), 400, "body-malformed"),
    "lone surrogate": (post(b'{"imeis":["\\ud800"]}'), 400, "body-malformed"),
    "not JSON": (post(b"{"), 400, "body-malformed"),
    "nothing": (post(b""), 400, "body-malformed"),
    "NaN": (post(b'{"imeis":[NaN]}'), 400, "body-malformed"),
    "huge integer": (post(b'{"imeis":[' + b"9" * 60_000 + b"]}"), 400, "body-malformed"),
    "two values": (post(GOOD + GOOD), 400, "body-malformed"),
    "a list": (post(b"[]"), 422, "body-invalid"),
    "null": (post(b"null"), 422, "body-invalid"),
    "unknown field": (post(b'{"imeis":["001001010000013"],"x":1}'), 422, "body-invalid"),
    "a number for a text": (post(b'{"imeis":[1001010000013]}'), 422, "body-invalid"),
    "no number": (post(b'{"imeis":[]}'), 422, "body-invalid"),
    "five numbers": (post(json.dumps({"imeis": ["001001010000013"] * 5}).encode()), 422, "body-invalid"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_bad_body_is_a_problem(origin: str, name: str) -> None:
    """Each is refused with its own code as problem+json, with the headers of every answer."""
    request, status, code = REFUSED[name]
    got, headers, body = await raw(origin, request)
    problem = json.loads(body)
    assert (got, problem["code"], problem["status"], problem["type"]) == (status, code, status, f"/help/{code}")
    assert headers["content-type"] == "application/problem+json"
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"] == guard.CSP
    assert headers["content-language"] == "ja"


async def test_limits_are_exact(origin: str) -> None:
    """A body of just the limit and JSON of just 32 levels pass the guard; what is wrong with them is another thing."""
    padded = GOOD + b" " * (LIMIT - len(GOOD))
    assert (await raw(origin, post(padded)))[0] == 200
    assert json.loads((await raw(origin, post(deep(31))))[2])["code"] == "body-invalid"
    assert (await raw(origin, chunked(GOOD[:7], GOOD[7:])))[0] == 200


async def test_brackets_in_text_are_not_depth(origin: str) -> None:
    """A text full of brackets is no nesting: it is refused as what it is, a text without a number."""
    body = json.dumps({"imeis": ["[{" * 90]}).encode()
    assert json.loads((await raw(origin, post(body)))[2])["code"] == "imei-not-found"


FRAMING: dict[str, bytes] = {
    "two lengths": post(GOOD, extra="Content-Length: 3\r\n"),
    "length and chunks": post(GOOD, extra="Transfer-Encoding: chunked\r\n"),
    "negative length": post(GOOD, length=-1),
    "length in words": post(GOOD).replace(b"Content-Length: 29", b"Content-Length: many"),
    "two hosts": post(GOOD, extra="Host: evil.example\r\n"),
    "no host": post(GOOD).replace(b"Host: 127.0.0.1\r\n", b""),
    "bad chunk size": chunked(GOOD).replace(b"1d\r\n", b"zz\r\n"),
    "NUL in a header": post(GOOD, extra="X-A: \0\r\n"),
}


@pytest.mark.parametrize("name", FRAMING)
async def test_framing_tricks_are_refused(origin: str, name: str) -> None:
    """Where it is doubtful how long a body is, or for whom: 4xx, or the connection ends; never 200 or 5xx."""
    try:
        status, _, _ = await raw(origin, FRAMING[name])
    except (asyncio.IncompleteReadError, ConnectionError):
        return
    assert 400 <= status < 500


def slow_app(kit: Kit, seconds_max: float) -> Litestar:
    """The app with another patience."""
    return create_app(kit.parts, body_seconds_max=seconds_max)


async def test_slow_body_ends(tmp_path: Path) -> None:
    """A body that stops half-way is answered 408 after the limit, and the connection ends."""
    kit = Kit(tmp_path, settings_of())
    async with served(kit, app=slow_app(kit, 0.3)) as origin:
        status, headers, body = await raw(origin, post(GOOD[:5], length=len(GOOD)))
    assert (status, json.loads(body)["code"]) == (408, "body-too-slow")
    assert headers["connection"] == "close"


async def test_slow_body_control(tmp_path: Path) -> None:
    """Control: with a limit far away the same half body is still open, so that it is our limit that ends it."""
    kit = Kit(tmp_path, settings_of())
    async with served(kit, app=slow_app(kit, 60)) as origin:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(raw(origin, post(GOOD[:5], length=len(GOOD))), 1.5)


CONTROLS = ("33 levels", "key twice", "gzip", "text/plain", "chunks over the limit")


@pytest.mark.parametrize("name", CONTROLS)
async def test_guard_control(tmp_path: Path, name: str) -> None:
    """Control: without the guard the same bytes are not refused so; it is the guard that does it."""
    kit = Kit(tmp_path, settings_of())
    wrapped: Any = kit.app.asgi_handler
    kit.app.asgi_handler = wrapped._app
    request, status, code = REFUSED[name]
    async with served(kit) as origin:
        got, _, body = await raw(origin, request)
    assert (got, json.loads(body).get("code")) != (status, code)


async def test_stops_while_a_page_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told to stop, the server ends although a page still waits (here: would wait for ever) for a silent carrier."""
    monkeypatch.setattr("shirorom.edge.web.pages.NEWS_WAIT_S", 3_600)
    kit = Kit(tmp_path, settings_of(site=True))
    kit.asker.hold()
    async with served(kit) as origin:
        form = b"text=001001010000013"
        head = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n".encode()
        status, headers, _ = await raw(origin, b"POST /check HTTP/1.1\r\nHost: 127.0.0.1\r\n" + head + form)
        news = f"GET {headers['location']}/news?seen=0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        waiting = asyncio.create_task(raw(origin, news))
        await asyncio.sleep(0.3)
        assert (status, waiting.done()) == (303, False)
    assert waiting.done() or (await waiting)[0] == 200
    kit.close()
