"""The pieces of a page that intake.js shows: fetched with the script when it is first wanted, not with every page."""

from __future__ import annotations

from litestar import get
from litestar.response import Response

from shirorom.domain.errors import CODES, Area
from shirorom.domain.numbers.found import Kind
from shirorom.edge.web.page import AnyRequest, page
from shirorom.edge.web.who import OPT, Who

ARTICLE = "jan"
"""What a barcode may be besides the kinds of the parser."""


@get("/intake", include_in_schema=False, opt={OPT: Who.ANYONE})
async def get_intake(request: AnyRequest) -> Response[bytes]:
    """The pieces, in the reader's language."""
    codes = [code for code, entry in CODES.items() if entry.area in (Area.NUMBER, Area.PICTURE)]
    return page(request, "intake_stage.html", url="/", codes=codes, kinds=[*Kind, ARTICLE])


INTAKE = (get_intake,)
