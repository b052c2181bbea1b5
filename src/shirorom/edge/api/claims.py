"""Warranty claims over HTTP: decide one exactly once, and those decided so far. For people of the shop alone.

Numbers and receipts are in bodies only. A claim happens once under its `Idempotency-Key` (or the body's `id`).
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.params import JSONBody
from litestar.response.base import ASGIResponse

from shirorom.domain.desk.claim import RECEIPT_CHARS_MAX
from shirorom.domain.desk.given import key_of
from shirorom.domain.desk.warranty import Need
from shirorom.domain.errors import RequestError
from shirorom.edge.api.routes import NUMBER, answer, language_called
from shirorom.edge.claim_wire import ClaimWire, claim_of
from shirorom.edge.http.cursors import After, Number, cursor_to, place_of
from shirorom.edge.http.problems import BODY, SIGNED, STORAGE, about
from shirorom.edge.web.page import AnyRequest, by_of, web_of
from shirorom.edge.web.who import OPT, Who
from shirorom.service.watch_claim import ClaimDesk
from shirorom.service.watch_claim import Request as Asked

STAFF = {OPT: Who.STAFF}
KEY_ALONE = ("idempotency-key-missing", "idempotency-key-reused")
"""Two at once wait for each other here: none is refused."""


class WarrantyRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A claim: receipt and number; or `again` with the id of one that shall be decided anew."""

    receipt: Annotated[str, msgspec.Meta(max_length=RECEIPT_CHARS_MAX, description="The receipt's number.")] = ""
    number: Annotated[
        str, msgspec.Meta(max_length=64, description="An IMEI in any spelling, or its last 4 to 6 digits.")
    ] = ""
    seen: Annotated[
        dict[Need, bool], msgspec.Meta(description="What a person looked at, and whether it is as the terms want it.")
    ] = msgspec.field(default_factory=dict)
    excluded: Annotated[
        bool | None, msgspec.Meta(description="Whether an exclusion of the terms applies; null: nobody has looked.")
    ] = None
    again: Annotated[
        Annotated[str, msgspec.Meta(max_length=64)] | None, msgspec.Meta(description="A claim's id, to decide it anew.")
    ] = None
    id: Annotated[
        Annotated[str, msgspec.Meta(max_length=64)] | None,
        msgspec.Meta(description="Instead of an `Idempotency-Key`: the caller's own name for this claim."),
    ] = None


class ClaimsWire(msgspec.Struct, frozen=True):
    """Claims, newest first; `next`: send it as `after` for the next page, null where there is none."""

    claims: tuple[ClaimWire, ...]
    next: str | None


CLAIM_WIRES: tuple[type[msgspec.Struct], ...] = (WarrantyRequest, ClaimWire, ClaimsWire)


@post("/v1/watch/claims", status_code=201, opt=STAFF, **about(
    "claim", "watch", "Decide a warranty claim once", {201: ClaimWire}, *BODY, *NUMBER, *KEY_ALONE, "claim-not-found",
    "claim-ambiguous", "claim-unknown", "queue-full", "counter-missing", *STORAGE, *SIGNED))  # fmt: skip
async def post_claim(request: AnyRequest, data: JSONBody[WarrantyRequest]) -> ASGIResponse:
    """Find the unit, ask for the mark of now, decide by the terms of the day of sale, keep it with every step.

    Carriers of access `site` are asked; what has to be asked by a person goes into the counter's queue (`item`).
    """
    key = key_of(request.headers.get("idempotency-key") or data.id)
    desk, check = _desk(request), web_of(request).parts.check
    if data.again is not None:
        claim = await desk.again(data.again, key=key, by=by_of(request), check=check)
    else:
        asked = Asked(data.receipt, data.number, key, data.seen, data.excluded)
        claim = await desk.decide(asked, by=by_of(request), check=check)
    return answer(request, claim_of(claim, _words(request)), status=201)


@get("/v1/watch/claims", opt=STAFF, **about(
    "claims", "watch", "Claims so far", {200: ClaimsWire}, "counter-missing", "cursor-invalid", *STORAGE,
    *SIGNED))  # fmt: skip
async def get_claims(request: AnyRequest, after: After = None) -> ASGIResponse:
    """Newest first, at most 200 at once."""
    found = await asyncio.to_thread(_desk(request).newest, before=place_of("claims", after, Number))
    more = cursor_to("claims", found[-1].seq) if found and found[-1].seq > 1 else None
    return answer(request, ClaimsWire(tuple(claim_of(one, _words(request)) for one in found), more))


def _desk(request: AnyRequest) -> ClaimDesk:
    desk = web_of(request).parts.claims
    if desk is None:
        raise RequestError("counter-missing")
    return desk


def _words(request: AnyRequest) -> Any:
    return web_of(request).parts.words(language_called(request))


CLAIMS: tuple[Any, ...] = (post_claim, get_claims)
