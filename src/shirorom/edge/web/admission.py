"""Who may call what, decided in one place before any handler runs: Litestar calls `admit` for every matched route.

public page          strangers are served what is for them; the rest is not there at all
no owner, loopback   whoever is at this machine works as the operator, as before anybody was set up
no owner, beyond     nothing but the set-up link and what helps to reach it
an owner             a session says who calls; without one a person goes to the sign-in, a program gets 401
Authorization        a program's token counts alone, whatever cookies came along, and opens little
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from shirorom.domain.desk.people import Person, Role
from shirorom.domain.errors import RequestError
from shirorom.edge.http.guard import DECISION, bearer
from shirorom.edge.http.limits import OPERATOR, STRANGER, kind_of
from shirorom.edge.web.cookies import session_cookie
from shirorom.edge.web.page import Web
from shirorom.edge.web.who import COUNTS_ITSELF, OPT, PASSIVE, PLAIN, Who
from shirorom.service.tries import network_of

Connection = ASGIConnection[Any, Any, Any, Any]
TOKEN_ROUTES = (
    "/v1/counter", "/v1/carriers", "/v1/watch/alerts", "/v1/watch/changes", "/v1/watch/imports",
    "/v1/notices", "/v1/lookups", "/v1/register", "/v1/screenings",
    "/watch/alerts.atom",
)  # fmt: skip
"""What a token opens: these, and what lies below them."""


async def admit(connection: Connection, handler: BaseRouteHandler) -> None:
    """Let a call pass to its handler with its person in the scope's state.

    Raises:
        RequestError: `sign-in-needed`, `not-allowed`, `owner-missing`, `too-many-requests`; `not-found` for a stranger
            on a public page.
    """
    if connection.scope.get("method") == "OPTIONS":
        return  # tells which methods there are and runs no handler of ours
    who = Who(handler.opt.get(OPT, Who.STAFF))
    web: Web = connection.app.state["web"]
    token = bearer(connection.headers.get("authorization", "").encode("latin-1", "replace"))
    if token is not None:
        await _admit_program(connection, handler, web, token)
    elif not handler.opt.get(PLAIN):
        await _admit_person(connection, who, web, active=not handler.opt.get(PASSIVE))
    _count(connection, handler, web)


def caller_key(connection: Connection) -> str:
    """Whose quota a call uses."""
    client: Any = connection.scope.get("client")
    return quota_key(connection.scope["state"].get("person"), str(client[0]) if client else "")


def quota_key(person: Person | None, address: str) -> str:
    """A person's quota, whatever their browsers and programs are; a stranger's by the network of their address."""
    if person is not None:
        return f"person {person.id}" if person.id else OPERATOR
    return STRANGER + network_of(address)


def _count(connection: Connection, handler: BaseRouteHandler, web: Web) -> None:
    """Count the call on its caller's quota. Raises `too-many-requests` (`retry_s`)."""
    kind = (
        None
        if handler.opt.get(COUNTS_ITSELF)
        else kind_of(connection.scope["path"], str(connection.scope.get("method", "")))
    )
    if kind is None:
        return
    decision = web.limiter.take(caller_key(connection), kind, 1, time.monotonic())
    connection.scope["state"][DECISION] = decision
    if not decision.allowed:
        raise RequestError("too-many-requests", retry_s=decision.retry_s)


async def _admit_program(connection: Connection, handler: BaseRouteHandler, web: Web, token: str) -> None:
    pairing, people = web.parts.pairing, web.parts.people
    person = await asyncio.to_thread(pairing.find, token) if pairing is not None else None
    if person is None:
        raise RequestError("sign-in-needed")
    if web.parts.beyond and (people is None or not people.has_owner()):
        raise RequestError("owner-missing")
    if not for_tokens(handler):
        raise RequestError("not-allowed")
    _put(connection, person)


def for_tokens(handler: BaseRouteHandler) -> bool:
    """Whether a program's token opens this route. Looks at the route's own address, not at what was sent."""
    return any(path == known or path.startswith(f"{known}/") for path in handler.paths for known in TOKEN_ROUTES)


async def _admit_person(connection: Connection, who: Who, web: Web, *, active: bool) -> None:
    parts = web.parts
    if web.asking.public:
        if who not in (Who.ANYONE, Who.VISITOR):
            raise RequestError("not-found")
        return
    if parts.people is None or not parts.people.has_owner():
        if not parts.beyond:
            _put(connection, Person(0, parts.settings.operator, Role.OWNER))
        elif who is not Who.ANYONE:
            raise RequestError("owner-missing")
        return
    secret = session_cookie(connection)
    session = await asyncio.to_thread(parts.people.sessions.find, secret, active=active) if secret else None
    if session is not None:
        connection.scope["state"]["session"] = session
        _put(connection, session.person)
    if who is Who.ANYONE:
        return
    if session is None:
        raise RequestError("sign-in-needed")
    if who is Who.OWNER and session.person.role is not Role.OWNER:
        raise RequestError("not-allowed")


def _put(connection: Connection, person: Person) -> None:
    connection.scope["state"]["person"] = person
