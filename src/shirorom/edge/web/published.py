"""The published log under `/log/` (C2SP tlog-tiles), the practice one under `/log/practice/`: static files, for anyone.

Where granian serves the tiles itself (`serve`), only the checkpoint and the keys come through here.
"""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import get
from litestar.response import Response

from shirorom.domain.errors import RequestError
from shirorom.edge.web.page import AnyRequest, web_of
from shirorom.edge.web.who import OPT, PLAIN, Who
from shirorom.log.tiles import is_tile_path

PRACTICE = "practice/"
FOR_EVER = "public, max-age=31536000, immutable"
NOW = "public, max-age=2"
TEXT, JSON, BYTES = "text/plain; charset=utf-8", "application/json", "application/octet-stream"
FILES = {"checkpoint": (TEXT, NOW), "keys.json": (JSON, "public, max-age=60")}


@get("/log/{path:path}", include_in_schema=False, opt={OPT: Who.ANYONE, PLAIN: True})
async def published(request: AnyRequest) -> Response[bytes]:
    """One file of a log: `checkpoint`, `keys.json`, `tile/…`. Only commitments: no number is in any of them."""
    shelves = web_of(request).parts.shelves
    path: str = str(request.path_params["path"]).removeprefix("/")
    practice = path.startswith(PRACTICE)
    path = path.removeprefix(PRACTICE)
    known = (BYTES, FOR_EVER) if is_tile_path(path) else FILES.get(path)
    shelf = shelves.get(practice)
    content = await asyncio.to_thread(shelf.get, path) if known and shelf else None
    if known is None or content is None:
        raise RequestError("not-found")
    media, caching = known
    return Response(content, headers={"content-type": media, "cache-control": caching})


PUBLISHED: tuple[Any, ...] = (published,)
