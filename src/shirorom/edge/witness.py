"""The witness as an HTTP service of its own: one call (c2sp.org/tlog-witness), inside the same guard as the web app."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from litestar import Litestar, Request, get, post
from litestar.exceptions import HTTPException
from litestar.response import Response
from litestar.types import Scope

from shirorom.domain.errors import ShiroromError
from shirorom.edge.http.guard import Guard, Takes
from shirorom.service.witness import REQUEST_BYTES_MAX, TEXT, Answer, Witness

LOGGER = logging.getLogger("shirorom.witness")
ADD_CHECKPOINT = "/add-checkpoint"
TAKES = Takes(frozenset({"", "text/plain", "application/octet-stream"}), REQUEST_BYTES_MAX)


def create_witness(witness: Witness, *, hosts: tuple[str, ...] = (), proxy: str | None = None) -> Litestar:
    """The app. `hosts`: names besides the loopback ones by which it may be called; `proxy`: who may call for others."""

    @post(ADD_CHECKPOINT, status_code=200)
    async def add_checkpoint(request: Request[Any, Any, Any]) -> Response[bytes]:
        body = await request.body()
        return _response(await asyncio.to_thread(witness.add_checkpoint, body))

    @get("/key")
    async def key() -> Response[bytes]:
        return _response(Answer(200, TEXT, f"{witness.signer.key.text}\n".encode()))

    app = Litestar(
        [add_checkpoint, key],
        exception_handlers={Exception: _failed},
        openapi_config=None,
        logging_config=None,
        request_max_body_size=None,  # the guard has read the body before, under its own limit
    )
    app.asgi_handler = Guard(
        app.asgi_handler,
        hosts=hosts,
        refuse=_refuse,
        takes_of=lambda path: TAKES if path == ADD_CHECKPOINT else None,
        proxy=proxy,
    )
    return app


def _response(answer: Answer) -> Response[bytes]:
    return Response(answer.body, status_code=answer.status, headers={"content-type": answer.media})


def _failed(request: Request[Any, Any, Any], exception: Exception) -> Response[bytes]:
    if isinstance(exception, HTTPException):
        return _response(Answer(exception.status_code, TEXT, b"\n"))
    code = exception.code if isinstance(exception, ShiroromError) else "internal"
    LOGGER.error("%s %s", code, type(exception).__name__)
    return _response(Answer(500, TEXT, f"{code}\n".encode()))


def _refuse(scope: Scope, error: ShiroromError) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    body = f"{error.code}\n".encode()
    return error.http, [(b"content-type", TEXT.encode()), (b"content-length", str(len(body)).encode())], body
