"""A page for every code of the one table, in both languages; a problem's `type` leads here."""

from __future__ import annotations

from litestar import get
from litestar.response import Response

from shirorom.domain.errors import CODES, Area, RequestError
from shirorom.edge.web.page import AnyRequest, page, speech_of
from shirorom.edge.web.who import OPT, Who


@get("/help", include_in_schema=False, opt={OPT: Who.ANYONE})
async def help_index(request: AnyRequest) -> Response[bytes]:
    """All marks and all codes."""
    t = speech_of(request).t
    areas = [
        {
            "id": area.value,
            "codes": [
                {"code": code, "title": t(f"code.{code}.title")} for code, entry in CODES.items() if entry.area is area
            ],
        }
        for area in Area
        if any(entry.area is area for entry in CODES.values())
    ]
    return page(request, "help.html", here="help", areas=areas)


@get("/help/{code:str}", include_in_schema=False, opt={OPT: Who.ANYONE})
async def help_code(request: AnyRequest) -> Response[bytes]:
    """One code: what it means, what to do, how it is answered elsewhere."""
    code: str = request.path_params["code"]
    if code not in CODES:
        raise RequestError("not-found")
    t = speech_of(request).t
    entry = CODES[code]
    return page(
        request,
        "help_code.html",
        here="help",
        code=code,
        area=entry.area.value,
        http=entry.http,
        exit=entry.exit,
        title=t(f"code.{code}.title"),
        text=t(f"code.{code}.text"),
        fix=t(f"code.{code}.fix"),
    )


HELP = (help_index, help_code)
