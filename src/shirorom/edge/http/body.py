"""Reads a request's body under limits of size and time, and looks at JSON before anything decodes it.

Litestar and msgspec alone answer 500 to a very deep body and silently take the last of two equal keys; granian has
neither a limit of size nor of time for bodies. All of that is refused here, before a handler runs.
"""

from __future__ import annotations

import asyncio
import json
from typing import IO, Any

from litestar.types import Receive

from shirorom.domain.errors import RequestError

DEPTH_MAX = 32  # 3GPP TS 29.501 §6.2: also more than any of our bodies needs
BODY_SECONDS_MAX = 30.0


async def read_body(receive: Receive, *, bytes_max: int, seconds_max: float) -> bytes:
    """The whole body.

    Raises:
        RequestError: `body-too-large` as soon as the limit is passed, `body-too-slow`, `body-malformed` (cut off).
    """
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds_max):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise RequestError("body-malformed")
                chunk = message.get("body", b"")
                size += len(chunk)
                if size > bytes_max:
                    raise RequestError("body-too-large", bytes_max=bytes_max)
                chunks.append(chunk)
                if not message.get("more_body", False):
                    return b"".join(chunks) if len(chunks) > 1 else chunk
    except TimeoutError:
        raise RequestError("body-too-slow", seconds_max=int(seconds_max)) from None


async def spool_body(receive: Receive, file: IO[bytes], *, bytes_max: int, seconds_max: float) -> None:
    """The whole body into a file, which then stands at its beginning. Raises what `read_body` raises."""
    size = 0
    try:
        async with asyncio.timeout(seconds_max):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise RequestError("body-malformed")
                chunk = message.get("body", b"")
                size += len(chunk)
                if size > bytes_max:
                    raise RequestError("body-too-large", bytes_max=bytes_max)
                file.write(chunk)
                if not message.get("more_body", False):
                    file.seek(0)
                    return
    except TimeoutError:
        raise RequestError("body-too-slow", seconds_max=int(seconds_max)) from None


def check_json(body: bytes) -> None:
    """Refuse JSON that two parsers could read differently, or that is deeper than anything we take.

    Raises:
        RequestError: `body-too-deep`, `body-duplicate-key`, `body-malformed` (not JSON, or not UTF-8).
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise RequestError("body-malformed") from None
    if text.count("[") + text.count("{") > DEPTH_MAX and _depth(text) > DEPTH_MAX:
        raise RequestError("body-too-deep", depth_max=DEPTH_MAX)
    try:
        json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
    except ValueError:
        raise RequestError("body-malformed") from None


def _depth(text: str) -> int:
    """How deep brackets outside of strings nest."""
    depth = deepest = 0
    inside = escaped = False
    for character in text:
        if inside:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                inside = False
        elif character == '"':
            inside = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RequestError("body-duplicate-key")
    return found


def _refuse(_name: str) -> None:
    raise ValueError("NaN and Infinity are not JSON")
