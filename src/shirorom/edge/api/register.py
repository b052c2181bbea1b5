"""How the register stands, for programs and people of the shop: which carriers publish, how old, what is out."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from litestar import get
from litestar.params import QueryParameter
from litestar.response.base import ASGIResponse

from shirorom.domain.errors import RequestError
from shirorom.edge.api.routes import answer
from shirorom.edge.http.problems import SIGNED, STORAGE, about
from shirorom.edge.register_wire import RegisterWire, register_of
from shirorom.edge.web.page import AnyRequest, web_of
from shirorom.edge.web.who import OPT, Who


@get("/v1/register", opt={OPT: Who.STAFF}, **about(
    "register", "notices", "How the register stands", {200: RegisterWire}, "body-invalid", *STORAGE,
    *SIGNED))  # fmt: skip
async def get_register(request: AnyRequest, practice: Annotated[bool | None, QueryParameter()] = None) -> ASGIResponse:
    """Who publishes, of when each book is, the newest feeds, and the register that is out.

    `practice`: of which world; without it, of this installation's. People of the shop and programs with a token.
    """
    web = web_of(request)
    if web.parts.register is None:
        raise RequestError("not-found")
    world = web.practice if practice is None else practice
    return answer(request, register_of(await asyncio.to_thread(web.parts.register.status, world)))


REGISTER: tuple[Any, ...] = (get_register,)
"""Not served on a public page."""
