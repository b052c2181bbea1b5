"""Pairing the browser extension: a page shows a short code, the extension hands it in and gets its token."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import get, post
from litestar.params import JSONBody
from litestar.response import Response
from litestar.response.base import ASGIResponse

from shirorom.domain.errors import ConfigError
from shirorom.edge.api.bodies import PairedWire, PairingRequest
from shirorom.edge.http.problems import BODY, STORAGE, about
from shirorom.edge.web.cookies import caller_of
from shirorom.edge.web.page import AnyRequest, page, web_of
from shirorom.edge.web.signin import origin_of
from shirorom.edge.web.who import OPT, Who, person_of
from shirorom.edge.wire import encode
from shirorom.service.pairing import Pairing

STAFF = {OPT: Who.STAFF}


def pairing_of(request: AnyRequest) -> Pairing:
    """Raises `desk-missing` where the extra is not installed."""
    pairing = web_of(request).parts.pairing
    if pairing is None:
        raise ConfigError("desk-missing")
    return pairing


@get("/pair", include_in_schema=False, opt=STAFF)
async def pair_page(request: AnyRequest) -> Response[Any]:
    """What pairing is, and a button for a code."""
    pairing_of(request)
    return page(request, "pair.html", here="people", code=None, until=None, origin=origin_of(request))


@post("/pair", status_code=200, include_in_schema=False, opt=STAFF)
async def offer(request: AnyRequest) -> Response[Any]:
    """A new code for whoever asks; their code before is dead."""
    person = person_of(request)
    assert person is not None  # a STAFF route
    code, until = await asyncio.to_thread(pairing_of(request).offer, person)
    return page(request, "pair.html", here="people", code=code, until=until, origin=origin_of(request))


@post("/v1/pairings", status_code=201, **about(
    "pair", "people", "Pair a program by the code that /pair shows", {201: PairedWire},
    *BODY, "pairing-code-wrong", "too-many-tries", "desk-missing", *STORAGE), opt={OPT: Who.ANYONE})  # fmt: skip
async def post_pairing(request: AnyRequest, data: JSONBody[PairingRequest]) -> ASGIResponse:
    """Hand in a code, once, and get a token. Few tries are allowed, for everybody together."""
    caller = caller_of(request)
    work = pairing_of(request).take
    token, person = await asyncio.to_thread(work, data.code, label=caller.label, network=caller.network)
    return ASGIResponse(
        body=encode(PairedWire(token, person.name, origin_of(request))), status_code=201, media_type="application/json"
    )


PAIR: tuple[Any, ...] = (pair_page, offer, post_pairing)
