"""The web app: pages and API from one set of services, inside one guard. Everything it works with is given to it."""

from __future__ import annotations

import asyncio
import logging
import re
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec
from litestar import Litestar, Request, get
from litestar.datastructures import State
from litestar.response import Redirect, Response
from litestar.routes import HTTPRoute
from litestar.types import Scope

from shirorom.domain.errors import RequestError, ShiroromError
from shirorom.edge.api.claims import CLAIMS
from shirorom.edge.api.counter import COUNTER
from shirorom.edge.api.describe import docs, openapi, openapi_config
from shirorom.edge.api.lookups import LOOKUPS, ShortLookups
from shirorom.edge.api.notices import NOTICES
from shirorom.edge.api.pictures import FILES, PICTURES
from shirorom.edge.api.register import REGISTER
from shirorom.edge.api.routes import READ, WRITE
from shirorom.edge.api.screenings import SCREENINGS
from shirorom.edge.api.sheets import SHEETS
from shirorom.edge.api.watch_alerts import ALERTS
from shirorom.edge.api.watch_book import WATCH_BOOK
from shirorom.edge.api.watch_hooks import HOOKS
from shirorom.edge.api.watch_plan import WATCH_PLAN
from shirorom.edge.http.guard import OPT, TAKES_FORM, TAKES_JSON, Guard, Takes, TakesOf
from shirorom.edge.http.language import tag_of
from shirorom.edge.http.problems import MEDIA_TYPE, error_of, told
from shirorom.edge.http.strict import StrictRequest
from shirorom.edge.web.admission import admit
from shirorom.edge.web.asking import Asking
from shirorom.edge.web.counter import COUNTER_PAGE
from shirorom.edge.web.guide import GUIDES
from shirorom.edge.web.help import HELP
from shirorom.edge.web.installable import INSTALLABLE
from shirorom.edge.web.intake import INTAKE
from shirorom.edge.web.jobs import Jobs
from shirorom.edge.web.page import Web, error_page, language_of, speech_of
from shirorom.edge.web.pages import PAGES
from shirorom.edge.web.pair import PAIR
from shirorom.edge.web.parts import Parts
from shirorom.edge.web.patterns import patterns, patterns_shown
from shirorom.edge.web.people import PEOPLE
from shirorom.edge.web.public import PUBLIC
from shirorom.edge.web.published import PUBLISHED
from shirorom.edge.web.register import REGISTER_PAGES
from shirorom.edge.web.sheets import SHEET_PAGES
from shirorom.edge.web.short_way import Hot, ShortWay
from shirorom.edge.web.signin import SIGNIN, local
from shirorom.edge.web.stock import STOCK
from shirorom.edge.web.stock_claims import CLAIM_PAGES
from shirorom.edge.web.stock_risk import RISK_PAGE
from shirorom.edge.web.templating import compressed, static_files
from shirorom.edge.web.trust import TRUST, helper_routes
from shirorom.edge.web.who import OPT as WHO
from shirorom.edge.web.who import PLAIN, Who

if TYPE_CHECKING:  # granian comes with it, which a test of pages need not have
    from shirorom.edge.web.door import Door

LOGGER = logging.getLogger("shirorom.web")
FOR_EVER = "public, max-age=31536000, immutable"
MEDIA = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "png": "image/png"}


def create_app(parts: Parts, *, body_seconds_max: float = 30.0) -> Litestar:
    """The app over these services. On a public page nothing writes but a check that its visitor wants to keep."""
    asking = Asking(parts, Jobs())
    routes = [
        *PAGES, *INTAKE, *HELP, *GUIDES, *INSTALLABLE, *PUBLIC, *READ, *PICTURES, *WRITE, *FILES,
        *COUNTER, *COUNTER_PAGE, *NOTICES, *LOOKUPS, *SCREENINGS, *WATCH_BOOK, *WATCH_PLAN, *ALERTS, *HOOKS, *STOCK,
        *CLAIMS, *CLAIM_PAGES, *RISK_PAGE, *TRUST, *SIGNIN, *PEOPLE, *PAIR, *PUBLISHED, *SHEETS, *SHEET_PAGES,
        *REGISTER, *REGISTER_PAGES,
        docs, openapi, static,
    ]  # fmt: skip
    if patterns_shown(parts):
        routes.append(patterns)
    if asking.public:
        routes = [route for route in routes if for_strangers(route)]
    web = Web.of(parts, asking)
    app = Litestar(
        routes,
        guards=[admit],
        exception_handlers={Exception: handle},
        openapi_config=openapi_config(),
        lifespan=[_lifespan],
        state=State({"web": web}),
        logging_config=None,
        request_class=StrictRequest,
        request_max_body_size=None,  # the guard has read the body before, under its own limit
    )
    _guard(app, parts, body_seconds_max, web)
    return app


def create_helper(parts: Parts) -> Litestar:
    """Beside an app over TLS: the steps to trust its certificate, without TLS, and nothing else."""
    app = helper_routes(Web.of(parts, Asking(parts, Jobs())), static, handle)
    _guard(app, parts, 30.0)
    return app


def _guard(app: Litestar, parts: Parts, body_seconds_max: float, web: Web | None = None) -> None:
    guarded: dict[str, Any] = {
        "hosts": parts.settings.web.hosts,
        "refuse": refuse,
        "takes_of": takes_of(app),
        "body_seconds_max": body_seconds_max,
        "proxy": parts.settings.web.proxy,
        "spool_in": parts.incoming,
    }
    if web is None or web.looking is None:
        app.asgi_handler = Guard(app.asgi_handler, **guarded)
    else:
        app.asgi_handler = ShortWay(app.asgi_handler, _hot_lookups(web, guarded.pop("body_seconds_max")), **guarded)


def create_door(app: Litestar, *, body_seconds_max: float = 30.0) -> Door:
    """The look-ups of an app by a port of their own."""
    from shirorom.edge.web.door import Door

    return Door(app, _hot_lookups(app.state["web"], body_seconds_max), refuse)


def _hot_lookups(web: Web, body_seconds_max: float) -> Hot:
    """The look-ups, for one more way in."""
    assert web.looking is not None
    return Hot(ShortLookups(web.looking), web.limiter, body_seconds_max)


def for_strangers(route: Any) -> bool:
    """Whether a route is served on a public page: what is for visitors; nobody signs in there."""
    return route.opt.get(WHO) is Who.VISITOR or (route.opt.get(WHO) is Who.ANYONE and route not in (*SIGNIN, *PAIR))


def takes_of(app: Litestar) -> TakesOf:
    """What each state-changing route takes: as its `opt` says, else JSON under `/v1/` and a form elsewhere."""
    exact: dict[str, Takes] = {}
    shaped: list[tuple[re.Pattern[str], Takes]] = []
    for route in app.routes:
        if not isinstance(route, HTTPRoute) or "POST" not in route.methods:
            continue
        (handler,) = (handler for handler in route.route_handlers if "POST" in handler.http_methods)
        takes: Takes = handler.opt.get(OPT) or (TAKES_JSON if route.path.startswith("/v1/") else TAKES_FORM)
        if "{" in route.path:
            shaped.append((re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(route.path))), takes))
        else:
            exact[route.path] = takes

    def wanted(path: str) -> Takes | None:
        known = exact.get(path)
        return known or next((takes for pattern, takes in shaped if pattern.fullmatch(path)), None)

    return wanted


@asynccontextmanager
async def _lifespan(app: Litestar) -> AsyncIterator[None]:
    web: Web = app.state["web"]
    web.asking.jobs.beside(web.parts.asker.warm())
    screenings = web.parts.screenings
    if screenings is not None:
        with suppress(ShiroromError):  # told to whoever asks for one; all else goes on
            await asyncio.to_thread(screenings.resume)
    try:
        yield
    finally:
        if screenings is not None:
            await asyncio.to_thread(screenings.close)
        await close_pages(app)
        if web.parts.pictures is not None:
            await web.parts.pictures.close()  # in the loop that its child belongs to


async def close_pages(app: Litestar) -> None:
    """End what is still being asked, so that no page waits any longer; what was already read is recorded."""
    web: Web | None = app.state.get("web")  # the witness has none
    if web is not None:
        await web.asking.jobs.close()


@get("/static/{name:str}", include_in_schema=False, opt={WHO: Who.ANYONE, PLAIN: True})
async def static(request: Request[Any, Any, Any]) -> Response[bytes]:
    """A file of the pages. Its address changes with its content."""
    name: str = request.path_params["name"]
    content = static_files().get(name)
    if content is None:
        raise RequestError("not-found")
    headers = {"cache-control": FOR_EVER}
    smaller = compressed(name)
    if smaller is not None:
        headers["vary"] = "Accept-Encoding"
        if takes_gzip(request.headers.get("accept-encoding", "")):
            content, headers["content-encoding"] = smaller, "gzip"
    return Response(content, media_type=MEDIA[name.rpartition(".")[2]], headers=headers)


def takes_gzip(accept: str) -> bool:
    """Whether a caller names gzip and does not refuse it (RFC 9110 §12.5.3)."""
    for item in accept.split(","):
        coding, _, weight = item.partition(";")
        if coding.strip().lower() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def handle(request: Request[Any, Any, Any], exception: Exception) -> Response[Any]:
    """Every failure of a handler, told once: a page for people, a problem for programs."""
    error = error_of(exception)
    if error.code == "internal":
        frames = "".join(traceback.format_tb(exception.__traceback__))  # without the message: it may quote a number
        LOGGER.error("%s\n%s", type(exception).__name__, frames)
    response = respond(request, error)
    allowed = {name.lower(): value for name, value in (getattr(exception, "headers", None) or {}).items()}.get("allow")
    if allowed:
        response.headers["allow"] = allowed  # RFC 9110: a 405 names what would be allowed
    return response


def respond(request: Request[Any, Any, Any], error: ShiroromError) -> Response[Any]:
    """An error as whoever called can read it: a person who has to sign in is led there and back again."""
    headers = {"content-language": tag_of(language_of(request)), "vary": "Accept-Language, Cookie"}
    if error.code.startswith("body-too-"):
        headers["connection"] = "close"  # what is still on its way is not wanted
    if "retry_s" in error.details:
        headers["retry-after"] = str(error.details["retry_s"])
    if wants_page(request):
        if error.code == "sign-in-needed" and "hx-request" not in request.headers:
            back = local(request.url.path) if request.scope["method"] == "GET" else "/"
            return Redirect(f"/signin?{urlencode({'next': back})}", status_code=303)
        page = error_page(request, error)
        page.headers.update(headers)
        return page
    problem = told(error, speech_of(request).words)
    if problem.status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(msgspec.json.encode(problem), status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


def wants_page(request: Request[Any, Any, Any]) -> bool:
    """Whether a person's browser asks for a page; the API answers problems to everyone."""
    return not request.url.path.startswith("/v1/") and "text/html" in request.headers.get("accept", "")


def refuse(scope: Scope, error: ShiroromError) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """An answer for the guard, which stands before Litestar."""
    response = respond(Request(scope), error)
    headers = [(name.lower().encode(), value.encode()) for name, value in response.headers.items()]
    body: bytes = response.content
    headers += [(b"content-type", str(response.media_type).encode()), (b"content-length", str(len(body)).encode())]
    return response.status_code or error.http, headers, body
