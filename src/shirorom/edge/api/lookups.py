"""Look-ups: what is known of many phones, from the register and the record alone. No carrier is asked."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import post
from litestar.params import JSONBody
from litestar.response.base import ASGIResponse

from shirorom.domain.errors import RequestError
from shirorom.edge.api.looking import Looking, Texts
from shirorom.edge.http.guard import DECISION, JSON, OPT, Takes
from shirorom.edge.http.problems import BODY, SIGNED, STORAGE, about
from shirorom.edge.lookup_wire import LookupsWire
from shirorom.edge.web.admission import caller_key
from shirorom.edge.web.page import AnyRequest, web_of
from shirorom.edge.web.short_way import ADMITTED
from shirorom.edge.web.who import COUNTS_ITSELF, Who
from shirorom.edge.web.who import OPT as WHO

PATH, KIND = "/v1/lookups", "lookups"
BYTES_MAX = 1_000_000
DEVICES_MAX = 10_000


class LookupsRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to 10,000 devices."""

    devices: Annotated[
        list[str | list[str]],
        msgspec.Meta(
            min_length=1,
            max_length=DEVICES_MAX,
            description="Each a number in any spelling, or a list of one to four texts with the numbers of one phone.",
        ),
    ]


@post(PATH, status_code=200, opt={OPT: Takes(frozenset({JSON}), BYTES_MAX), WHO: Who.STAFF, COUNTS_ITSELF: True},
    **about("lookups", "lookups", "Look up many devices", {200: LookupsWire}, *BODY, *STORAGE, *SIGNED))  # fmt: skip
async def post_lookups(request: AnyRequest, data: JSONBody[LookupsRequest]) -> ASGIResponse:
    """What carriers' books and recorded answers say of up to 10,000 devices (1 MB), in order. Nothing is recorded.

    A device whose number cannot be read has an `error` in its place; the others are answered all the same. A carrier
    that neither published its book nor was read by anybody has no mark and `not-asked`: ask it by `/v1/checks`. Each
    answer is of the log of its own `practice`, as it stood less than a second ago. A device is a unit of the quota.
    """
    web = web_of(request)
    if web.looking is None:
        raise RequestError("not-found")
    who = caller_key(request)
    decision = web.limiter.take(who, KIND, len(data.devices), time.monotonic())
    request.scope["state"][DECISION] = decision
    if not decision.allowed:
        raise RequestError("too-many-requests", retry_s=decision.retry_s)
    body = await web.looking(data.devices)
    admitted = request.scope["state"].get(ADMITTED)
    if admitted is not None:
        admitted(who)
    return ASGIResponse(body=body, media_type=JSON)


class ShortLookups:
    """The same for callers who were admitted a moment ago (edge/web/short_way.py)."""

    path, kind, bytes_max = PATH, KIND, BYTES_MAX

    def __init__(self, looking: Looking) -> None:
        self.answer = looking.__call__
        self._decode = msgspec.json.Decoder(LookupsRequest).decode

    def read(self, body: bytes) -> Sequence[Texts] | None:
        """The devices of a body without anything that two readers could read differently.

        No escapes and one name: no second key can hide. All else that the guard refuses, the decoder does too.
        """
        if b"\\" in body or body.count(b'"devices"') != 1:
            return None
        try:
            return self._decode(body).devices
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None


LOOKUPS: tuple[Any, ...] = (post_lookups,)
"""Not served on a public page."""
