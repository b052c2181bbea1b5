"""A carrier's feed handed in over HTTP. Its signature says whose it is, so it matters little who carries it here.

What takes a person's judgement (unsigned, partial, a list that shrank) is for the command line alone.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from litestar import post
from litestar.params import QueryParameter
from litestar.response.base import ASGIResponse

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import CODES, Area, RequestError
from shirorom.edge.api.once import once
from shirorom.edge.api.pictures import RAW
from shirorom.edge.api.routes import answer
from shirorom.edge.feed_wire import FeedWire, feed_of
from shirorom.edge.http.guard import OPT, Takes, spooled_of
from shirorom.edge.http.problems import KEY, SIGNED, STORAGE, about
from shirorom.edge.web.page import AnyRequest, by_of, web_of
from shirorom.edge.web.who import OPT as WHO
from shirorom.edge.web.who import Who

BYTES_MAX = 256_000_000
FEED_MEDIA = frozenset({"application/x-ndjson", "application/octet-stream"})
FEED = tuple(code for code, entry in CODES.items() if entry.area is Area.FEED and code.startswith("feed-"))


@post("/v1/notices", status_code=200, opt={OPT: Takes(FEED_MEDIA, BYTES_MAX, to_disk=True), WHO: Who.STAFF}, **about(
    "notices", "notices", "Hand in a carrier's signed feed", {200: FeedWire}, *RAW, "body-invalid", *FEED, *KEY,
    *STORAGE, *SIGNED))  # fmt: skip
@once
async def post_notices(request: AnyRequest, carrier: Annotated[CarrierId, QueryParameter()]) -> ASGIResponse:
    """A feed (NDJSON, 256 MB, docs/reference/feed-format.md) of one carrier: all of it, durable, or nothing.

    Handing in the same feed again changes nothing (`already`). Rows that cannot be taken are named in `errors` by
    their line ("/3" is the third). People of the shop and programs with a token may hand in.
    """
    take = web_of(request).parts.feeds
    if take is None:
        raise RequestError("not-found")
    file = await spooled_of(request.scope).file()
    imported = await asyncio.to_thread(take, file, carrier, by_of(request))
    return answer(request, feed_of(imported))


NOTICES: tuple[Any, ...] = (post_notices,)
"""Not served on a public page."""
