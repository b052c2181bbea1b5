"""T27 and T29 on the hot route: bodies that lie, crawl or are too much, by callers who were just admitted."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from shirorom.edge.api.lookups import BYTES_MAX
from shirorom.edge.web.app import create_app
from tests.faults.test_web_raw import raw
from tests.web_kit import Kit, served, settings_of

GOOD = b'{"devices":["001001010000013"]}'
PATIENCE_S = 0.4
pytestmark = pytest.mark.asyncio(loop_scope="module")  # one server for all


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def origin(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    kit = Kit(tmp_path_factory.mktemp("data"), settings_of())
    async with served(kit, app=create_app(kit.parts, body_seconds_max=PATIENCE_S)) as address:
        yield address
    kit.close()


def post(body: bytes, *, length: int | None = None, media: str = "application/json", extra: str = "") -> bytes:
    head = (
        "POST /v1/lookups HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: {media}\r\nContent-Length: {len(body) if length is None else length}\r\n{extra}\r\n"
    )
    return head.encode() + body


def chunked(*chunks: bytes) -> bytes:
    head = (
        b"POST /v1/lookups HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    return head + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


REFUSED: dict[str, tuple[bytes, int, str]] = {
    "over the limit": (post(b" " * (BYTES_MAX + 1)), 413, "body-too-large"),
    "length over the limit, no body": (post(b"", length=10**12), 413, "body-too-large"),
    "a length of many digits": (post(b"", length=10**17), 413, "body-too-large"),
    "chunks over the limit": (chunked(*[b" " * 100_000] * 11), 413, "body-too-large"),
    "gzip": (post(gzip.compress(GOOD), extra="Content-Encoding: gzip\r\n"), 415, "media-type"),
    "gzip, not said": (post(gzip.compress(GOOD)), 400, "body-malformed"),
    "form": (post(GOOD, media="application/x-www-form-urlencoded"), 415, "media-type"),
    "a length too short": (post(GOOD, length=len(GOOD) - 1), 400, "body-malformed"),
    "a body that stops": (post(GOOD[:9], length=len(GOOD)), 408, "body-too-slow"),
    "no body at all": (post(b"", length=len(GOOD)), 408, "body-too-slow"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_known_caller_is_refused_as_any_other(origin: str, name: str) -> None:
    """A problem with its own code, in time, whoever was admitted a moment ago."""
    assert (await raw(origin, post(GOOD)))[0] == 200
    request, status, code = REFUSED[name]
    got, headers, body = await raw(origin, request)
    assert (got, json.loads(body)["code"], headers["content-type"]) == (status, code, "application/problem+json")


async def test_chunks_are_a_body(origin: str) -> None:
    """A body in chunks is answered as one in one piece."""
    answers = [await raw(origin, request) for request in (post(GOOD), post(GOOD), chunked(GOOD[:7], GOOD[7:]))]
    results = [json.loads(body)["results"] for _, _, body in answers]
    assert results[0] == results[1] == results[2]


FRAMING = {
    "two lengths": post(GOOD, extra="Content-Length: 3\r\n"),
    "length and chunks": post(GOOD, extra="Transfer-Encoding: chunked\r\n"),
    "negative length": post(GOOD, length=-1),
    "two hosts": post(GOOD, extra="Host: evil.example\r\n"),
    "bad chunk size": chunked(GOOD).replace(b"1f\r\n", b"zz\r\n"),
}


@pytest.mark.parametrize("name", FRAMING)
async def test_framing_tricks_are_refused(origin: str, name: str) -> None:
    """Never 200, never 5xx, also for a known caller."""
    assert (await raw(origin, post(GOOD)))[0] == 200
    try:
        status, _, _ = await raw(origin, FRAMING[name])
    except (asyncio.IncompleteReadError, ConnectionError):
        return
    assert 400 <= status < 500


async def test_who_crawls_holds_up_nobody(origin: str) -> None:
    """While a hundred callers do not send their bodies, another is answered; they are refused one by one."""
    assert (await raw(origin, post(GOOD)))[0] == 200
    slow = [asyncio.create_task(raw(origin, post(GOOD[:3], length=len(GOOD)))) for _ in range(100)]
    await asyncio.sleep(0)
    assert (await raw(origin, post(GOOD)))[0] == 200
    codes = {json.loads(body)["code"] for _, _, body in await asyncio.gather(*slow)}
    assert codes == {"body-too-slow"}
