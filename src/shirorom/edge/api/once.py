"""`Idempotency-Key` on the routes that make something: a decorator, so that no handler knows of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from hashlib import sha256
from typing import Any

from litestar.response.base import ASGIResponse

from shirorom.domain.desk.given import key_of
from shirorom.edge.http.guard import SPOOLED, spooled_of
from shirorom.edge.web.admission import caller_key
from shirorom.edge.web.page import AnyRequest, web_of
from shirorom.ports.once import Kept
from shirorom.service.once import Once

KEYED = "keyed"
"""Attribute of a handler that takes a key."""
REPLAYED = "idempotency-replayed"
"""Header of an answer that was given before; no standard names one."""
_SENT_BY_RESPONSE = frozenset({"content-length"})
_under_way: set[asyncio.Task[ASGIResponse]] = set()

Handler = Callable[..., Awaitable[ASGIResponse]]


def once(handler: Handler) -> Handler:
    """Take an `Idempotency-Key` where one is sent. Stands below the route's decorator."""

    @wraps(handler)
    async def keyed(request: AnyRequest, **given: Any) -> ASGIResponse:
        header = request.headers.get("idempotency-key")
        keeper = web_of(request).parts.once
        if header is None or keeper is None:
            return await handler(request=request, **given)
        key, who, print_ = key_of(header), caller_key(request), await _print(request)
        kept = await asyncio.to_thread(keeper.begin, who, key, print_)
        if kept is not None:
            return _again(kept)
        # a caller that hangs up must not keep the answer from being kept: the deed goes on all the same
        task = asyncio.create_task(_serve(keeper, who, key, print_, handler(request=request, **given)))
        _under_way.add(task)
        task.add_done_callback(_under_way.discard)
        return await asyncio.shield(task)

    setattr(keyed, KEYED, True)
    return keyed


async def _serve(keeper: Once, who: str, key: str, print_: bytes, answering: Awaitable[ASGIResponse]) -> ASGIResponse:
    try:
        response = await answering
    except BaseException:
        keeper.release(who, key)
        raise
    if not 200 <= response.status_code < 300:
        keeper.release(who, key)
        return response
    headers = tuple((name, value) for name, value in response.headers.items() if name not in _SENT_BY_RESPONSE)
    await asyncio.to_thread(keeper.keep, who, key, Kept(print_, response.status_code, headers, bytes(response.body)))
    return response


def _again(kept: Kept) -> ASGIResponse:
    return ASGIResponse(body=kept.body, status_code=kept.status, headers=[*kept.headers, (REPLAYED, "true")])


async def _print(request: AnyRequest) -> bytes:
    """What makes two requests the same: method, address with its query, media type, body."""
    if SPOOLED in request.scope["state"]:
        body = await spooled_of(request.scope).digest()
    else:
        body = sha256(await request.body()).digest()
    scope = request.scope
    words = (str(scope["method"]), scope["path"], scope.get("query_string", b"").decode("latin-1"))
    media = request.headers.get("content-type", "")
    return sha256("\0".join((*words, media)).encode() + b"\0" + body).digest()
