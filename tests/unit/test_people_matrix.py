"""T21: every route × everybody who may call. The rows are the router's; a route without an expectation fails.

What a caller gets: `ok` passes to the handler (whatever it then says), `in` is sent to the sign-in (a page) or told 401
(a program's route), `no` is 403.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from litestar import get
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.response.base import ASGIResponse
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from shirorom.domain.desk.people import Role
from shirorom.domain.errors import RequestError
from shirorom.edge.http import guard
from shirorom.edge.http.guard import JSON
from shirorom.edge.web import admission
from shirorom.edge.web.app import create_app, takes_of
from shirorom.edge.web.who import OPT, Who
from tests.people_kit import Shop, shop_of
from tests.web_kit import BASE, settings_of

EXPECTED: dict[tuple[str, str], Who] = {
    ("GET", "/"): Who.VISITOR,
    ("POST", "/parse"): Who.VISITOR,
    ("POST", "/check"): Who.VISITOR,
    ("POST", "/history"): Who.STAFF,
    ("GET", "/check/{id_:str}"): Who.VISITOR,
    ("GET", "/check/{id_:str}/news"): Who.VISITOR,
    ("POST", "/check/{id_:str}/answer"): Who.VISITOR,
    ("POST", "/check/{id_:str}/undo"): Who.VISITOR,
    ("POST", "/check/{id_:str}/again"): Who.VISITOR,
    ("POST", "/check/{id_:str}/correct"): Who.STAFF,
    ("GET", "/check/{id_:str}/history"): Who.STAFF,
    ("GET", "/help"): Who.ANYONE,
    ("GET", "/help/{code:str}"): Who.ANYONE,
    ("GET", "/docs"): Who.VISITOR,
    ("GET", "/openapi.json"): Who.VISITOR,
    ("GET", "/static/{name:str}"): Who.ANYONE,
    ("POST", "/v1/checks"): Who.VISITOR,
    ("POST", "/v1/parse"): Who.VISITOR,
    ("POST", "/v1/readings"): Who.STAFF,
    ("POST", "/v1/withdrawals"): Who.STAFF,
    ("GET", "/v1/carriers"): Who.VISITOR,
    ("POST", "/v1/pairings"): Who.ANYONE,
    ("GET", "/healthz"): Who.ANYONE,
    ("GET", "/readyz"): Who.ANYONE,
    ("GET", "/setup/{token:str}"): Who.ANYONE,
    ("POST", "/setup/{token:str}"): Who.ANYONE,
    ("POST", "/setup/{token:str}/passkey/options"): Who.ANYONE,
    ("POST", "/setup/{token:str}/passkey"): Who.ANYONE,
    ("GET", "/signin"): Who.ANYONE,
    ("POST", "/signin"): Who.ANYONE,
    ("POST", "/signin/code"): Who.ANYONE,
    ("POST", "/signin/recovery"): Who.ANYONE,
    ("POST", "/signin/passkey/options"): Who.ANYONE,
    ("POST", "/signin/passkey"): Who.ANYONE,
    ("POST", "/signout"): Who.ANYONE,
    ("GET", "/people"): Who.OWNER,
    ("POST", "/people"): Who.OWNER,
    ("POST", "/people/code"): Who.OWNER,
    ("POST", "/people/end"): Who.OWNER,
    ("POST", "/people/back"): Who.OWNER,
    ("POST", "/people/password"): Who.OWNER,
    ("POST", "/people/recovery"): Who.OWNER,
    ("POST", "/people/passkeys/options"): Who.OWNER,
    ("POST", "/people/passkeys"): Who.OWNER,
    ("GET", "/pair"): Who.STAFF,
    ("POST", "/pair"): Who.STAFF,
    ("GET", "/counter"): Who.STAFF,
    ("GET", "/v1/counter"): Who.STAFF,
    ("POST", "/v1/counter/items"): Who.STAFF,
    ("POST", "/v1/counter/next"): Who.STAFF,
    ("POST", "/v1/counter/claims"): Who.STAFF,
    ("POST", "/v1/counter/answers"): Who.STAFF,
    ("POST", "/v1/counter/readings"): Who.STAFF,
    ("POST", "/v1/counter/screenshots/{item:str}/{place:str}"): Who.STAFF,
    ("POST", "/v1/counter/skips"): Who.STAFF,
    ("POST", "/v1/counter/undo"): Who.STAFF,
    ("POST", "/v1/counter/removals"): Who.STAFF,
    ("POST", "/v1/counter/rules"): Who.OWNER,
    ("POST", "/v1/watch/imports"): Who.STAFF,
    ("POST", "/v1/notices"): Who.STAFF,
    ("POST", "/v1/screenings"): Who.STAFF,
    ("GET", "/v1/screenings"): Who.STAFF,
    ("GET", "/v1/screenings/{screening:str}"): Who.STAFF,
    ("POST", "/v1/screenings/removals"): Who.STAFF,
    ("GET", "/v1/screenings/{screening:str}/result"): Who.STAFF,
    ("GET", "/v1/register"): Who.STAFF,
    ("GET", "/register"): Who.STAFF,
    ("POST", "/register"): Who.STAFF,
    ("POST", "/register/practice"): Who.STAFF,
    ("POST", "/register/practice/change"): Who.STAFF,
    ("POST", "/v1/lookups"): Who.STAFF,
    ("GET", "/v1/watch/units"): Who.STAFF,
    ("POST", "/v1/watch/units/search"): Who.STAFF,
    ("GET", "/v1/watch/plan"): Who.STAFF,
    ("GET", "/v1/watch/plan/costs"): Who.STAFF,
    ("POST", "/v1/watch/plan/queue"): Who.STAFF,
    ("POST", "/v1/watch/plan/choice"): Who.OWNER,
    ("POST", "/v1/pictures"): Who.VISITOR,
    ("POST", "/v1/files"): Who.STAFF,
    ("GET", "/intake"): Who.ANYONE,
    ("GET", "/guide"): Who.ANYONE,
    ("GET", "/guide/{name:str}"): Who.ANYONE,
    ("GET", "/manifest.webmanifest"): Who.ANYONE,
    ("GET", "/sw.js"): Who.ANYONE,
    ("GET", "/patterns"): Who.STAFF,
    ("GET", "/ask-seller"): Who.VISITOR,
    ("POST", "/ask-seller"): Who.VISITOR,
    ("GET", "/ask-seller/{id_:str}"): Who.VISITOR,
    ("POST", "/ask-seller/{id_:str}"): Who.VISITOR,
    ("GET", "/check/{id_:str}/slip"): Who.VISITOR,
    ("GET", "/check/{id_:str}/reminder"): Who.VISITOR,
    ("POST", "/v1/sheets"): Who.STAFF,
    ("POST", "/v1/verifications"): Who.VISITOR,
    ("GET", "/verify"): Who.VISITOR,
    ("POST", "/verify"): Who.VISITOR,
    ("GET", "/verify/offline.html"): Who.VISITOR,
    ("POST", "/check/{id_:str}/sheet"): Who.STAFF,
    ("GET", "/shop"): Who.VISITOR,
    ("GET", "/shop.json"): Who.VISITOR,
    ("GET", "/v1/watch/alerts"): Who.STAFF,
    ("GET", "/v1/watch/changes"): Who.STAFF,
    ("POST", "/v1/watch/alerts/handled"): Who.STAFF,
    ("GET", "/watch/alerts.atom"): Who.STAFF,
    ("GET", "/v1/watch/hooks"): Who.OWNER,
    ("POST", "/v1/watch/hooks"): Who.OWNER,
    ("POST", "/v1/watch/hooks/secret"): Who.OWNER,
    ("POST", "/v1/watch/hooks/test"): Who.OWNER,
    ("POST", "/v1/watch/hooks/replay"): Who.OWNER,
    ("POST", "/v1/watch/hooks/removals"): Who.OWNER,
    ("GET", "/v1/watch/hooks/{name:str}/log"): Who.OWNER,
    ("GET", "/stock"): Who.STAFF,
    ("GET", "/stock/now"): Who.STAFF,
    ("GET", "/stock/alerts"): Who.STAFF,
    ("GET", "/stock/alerts/{seq:str}"): Who.STAFF,
    ("POST", "/stock/handled"): Who.STAFF,
    ("POST", "/stock/queue"): Who.STAFF,
    ("GET", "/stock/plan"): Who.STAFF,
    ("POST", "/stock/plan"): Who.OWNER,
    ("GET", "/stock/import"): Who.STAFF,
    ("GET", "/stock/claims/new"): Who.STAFF,
    ("POST", "/stock/claims"): Who.STAFF,
    ("GET", "/stock/claims/{id_:str}"): Who.STAFF,
    ("POST", "/stock/claims/{id_:str}/again"): Who.STAFF,
    ("GET", "/stock/claims/{id_:str}/slip"): Who.STAFF,
    ("GET", "/stock/risk"): Who.STAFF,
    ("POST", "/v1/watch/claims"): Who.STAFF,
    ("GET", "/v1/watch/claims"): Who.STAFF,
    ("GET", "/trust"): Who.ANYONE,
    ("GET", "/trust/ca.crt"): Who.ANYONE,
    ("GET", "/log/{path:path}"): Who.ANYONE,
}
FOR_TOKENS = {
    ("GET", "/v1/carriers"),
    ("GET", "/watch/alerts.atom"),
    ("GET", "/v1/watch/alerts"),
    ("GET", "/v1/watch/changes"),
    ("POST", "/v1/watch/alerts/handled"),
    ("POST", "/v1/watch/imports"),
    ("POST", "/v1/notices"),
    ("POST", "/v1/screenings"),
    ("GET", "/v1/screenings"),
    ("GET", "/v1/screenings/{screening:str}"),
    ("POST", "/v1/screenings/removals"),
    ("GET", "/v1/screenings/{screening:str}/result"),
    ("GET", "/v1/register"),
    ("POST", "/v1/lookups"),
} | {route for route in EXPECTED if route[1].startswith("/v1/counter")}
"""What a program's token opens."""
CALLERS = (
    "nobody",
    "staff",
    "owner",
    "token",
    "idle",
    "over",
    "ended",
    "card of the owner",
    "forged",
    "token of ended",
)
PASSES: dict[str, frozenset[Who]] = {
    "staff": frozenset({Who.ANYONE, Who.VISITOR, Who.STAFF}),
    "card of the owner": frozenset({Who.ANYONE, Who.VISITOR, Who.STAFF}),
    "owner": frozenset(Who),
}
MARK = b"reached"


def served(shop: Shop) -> dict[tuple[str, str], BaseRouteHandler]:
    """Everything that the router serves, with its handler; OPTIONS runs none of ours."""
    return {
        (str(method), route.path): handler
        for route in shop.kit.app.routes
        for handler in getattr(route, "route_handlers", ())
        for method in handler.http_methods
        if method != "OPTIONS" and not route.path.startswith("/.description")  # Litestar's own: says nothing, so staff
    }


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop with an owner."""
    made = shop_of(tmp_path_factory.mktemp("matrix"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def callers(shop: Shop) -> dict[str, dict[str, str]]:
    """The headers of each caller."""
    owner = shop.owner()
    staff, _ = shop.staff("佐藤")
    gone, _ = shop.staff("鈴木")

    def cookie(session: str) -> dict[str, str]:
        return {"cookie": f"shirorom={session}"}

    over = shop.session(owner, Role.OWNER)
    made: dict[str, dict[str, str]] = {
        "nobody": {},
        "over": cookie(over),
        "ended": cookie(shop.session(gone, Role.STAFF)),
        "token of ended": {"authorization": f"Bearer {shop.token(gone)}"},
        "forged": cookie("A" * 43) | {"x-forwarded-for": "127.0.0.1"},
    }
    shop.people.end(gone)
    shop.clock.at += timedelta(hours=13)
    made["idle"] = cookie(shop.session(owner, Role.OWNER))
    shop.clock.at += timedelta(minutes=31)
    made["staff"] = cookie(shop.session(staff, Role.STAFF))
    made["card of the owner"] = cookie(shop.session(owner, Role.STAFF, by_code=True))
    made["owner"] = cookie(shop.session(owner, Role.OWNER))
    made["token"] = {"authorization": f"Bearer {shop.token(staff)}"}
    return made


@pytest.fixture(scope="module")
def client(shop: Shop, callers: dict[str, dict[str, str]]) -> Iterator[TestClient[Any]]:
    """A caller without cookies of its own; every handler says only that it was reached."""

    patch = pytest.MonkeyPatch()
    patch.setattr(HTTPRoute, "_get_response_for_request", _mark)
    made = TestClient(shop.kit.app, base_url=BASE)
    made.follow_redirects = False
    with made:
        yield made
    patch.undo()


async def _mark(*_: Any, **__: Any) -> ASGIResponse:
    """In the place of every handler, behind its guards."""
    return ASGIResponse(body=MARK, status_code=200)


def send(client: TestClient[Any], row: tuple[str, str], headers: dict[str, str]) -> Any:
    """One call that the guard of bodies lets pass."""
    method, path = row
    address = re.sub(r"\{[^}]*\}", "x", path.replace("{code:str}", "stale"))
    takes = takes_of(client.app)(address) if method == "POST" else None  # type: ignore[arg-type]
    media = min(takes.media) if takes else ""
    told = {"content-type": media} if media else {}
    return client.request(method, address, content=b"{}" if media == JSON else b"", headers=told | headers)


def expected(row: tuple[str, str], who: str) -> str:
    """What this caller gets there."""
    if who == "token":
        return "ok" if row in FOR_TOKENS else "no"
    if who == "token of ended":
        return "in"
    wanted = EXPECTED[row]
    if wanted in PASSES.get(who, frozenset({Who.ANYONE})):
        return "ok"
    return "no" if who in PASSES else "in"


def got(answer: Any) -> str:
    """What it was: reached, sent to the sign-in, refused."""
    if answer.content == MARK:
        return "ok"
    if answer.status_code == 303:
        assert answer.headers["location"].startswith("/signin?next=%2F")
        return "in"
    return {401: "in", 403: "no"}.get(answer.status_code, str(answer.status_code))


def test_every_route_has_a_row(shop: Shop) -> None:
    """A route that is added without a row here fails this test, and each says whom it serves."""
    assert set(served(shop)) == set(EXPECTED)
    assert {row: handler.opt.get(OPT) for row, handler in served(shop).items()} == EXPECTED


@pytest.mark.parametrize("who", CALLERS)
@pytest.mark.parametrize("row", EXPECTED, ids=" ".join)
def test_everybody_gets_what_is_theirs(
    client: TestClient[Any], callers: dict[str, dict[str, str]], row: tuple[str, str], who: str
) -> None:
    """Served, sent to sign in, or refused, before any handler runs; programs and pages alike."""
    for accept in ("text/html", "application/json"):
        assert got(send(client, row, callers[who] | {"accept": accept})) == expected(row, who)


def test_refusals_say_their_code(client: TestClient[Any], callers: dict[str, dict[str, str]]) -> None:
    """401 `sign-in-needed` with its challenge, 403 `not-allowed`, both as problems."""
    row = ("POST", "/v1/readings")
    nobody, token = send(client, row, {}), send(client, row, callers["token"])
    assert (nobody.status_code, nobody.json()["code"], nobody.headers["www-authenticate"]) == (
        401,
        "sign-in-needed",
        "Bearer",
    )
    assert (token.status_code, token.json()["code"]) == (403, "not-allowed")


def test_token_counts_alone(client: TestClient[Any], callers: dict[str, dict[str, str]]) -> None:
    """With an `Authorization` header the cookie is not looked at: the owner's cookie adds nothing to a wrong token."""
    both = callers["owner"] | {"authorization": "Bearer wrong"}
    for row in (("GET", "/v1/carriers"), ("GET", "/people"), ("GET", "/healthz"), ("GET", "/static/{name:str}")):
        assert send(client, row, both).status_code in (303, 401)
    assert got(send(client, ("GET", "/people"), callers["owner"] | callers["token"])) == "no"


def test_token_needs_no_origin(client: TestClient[Any], callers: dict[str, dict[str, str]]) -> None:
    """An extension's origin does not matter with a token; with a cookie it is refused as ever; no CORS is spoken."""
    foreign = {"origin": "chrome-extension://abcdefghijklmnop", "sec-fetch-site": "cross-site"}
    by_token = send(client, ("POST", "/v1/checks"), callers["token"] | foreign)
    assert by_token.json()["code"] == "not-allowed"  # its own refusal, not the origin's
    by_cookie = send(client, ("POST", "/v1/checks"), callers["owner"] | foreign)
    assert by_cookie.json()["code"] == "origin-refused"
    empty = send(client, ("POST", "/v1/checks"), callers["owner"] | foreign | {"authorization": "Bearer "})
    assert empty.json()["code"] == "origin-refused"
    answers = [by_token, by_cookie, client.get("/v1/carriers", headers=callers["token"] | foreign)]
    assert [name for one in answers for name in one.headers if name.startswith("access-control")] == []


def test_two_tokens_are_none(client: TestClient[Any], callers: dict[str, dict[str, str]]) -> None:
    """Two `Authorization` headers are two answers to one question (the test client joins them, a server does not)."""
    headers = [("authorization", callers["token"]["authorization"]), ("authorization", "Bearer x")]
    assert client.get("/v1/carriers", headers=headers).status_code == 401
    with pytest.raises(RequestError, match="body-malformed"):
        guard._headers({"headers": [(name.encode(), value.encode()) for name, value in headers]})  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/v1/counterfeit", "/v1/carriers-x", "/v1/checks", "/x/v1/counter"])
def test_tokens_open_no_lookalike(path: str) -> None:
    """Only what lies at or below the named addresses."""
    handler: HTTPRouteHandler = get(path)(_mark)
    assert not admission.for_tokens(handler)
    assert admission.for_tokens(get("/v1/counter/items")(_mark))
    assert admission.for_tokens(get("/v1/counter")(_mark))


def test_route_that_says_nothing_is_for_staff(shop: Shop, callers: dict[str, dict[str, str]]) -> None:
    """Forgetting to say whom a route serves opens it to nobody outside the shop."""

    @get("/forgotten", include_in_schema=False)
    async def forgotten() -> str:
        return "x"

    app = create_app(shop.kit.parts)
    app.register(forgotten)
    with TestClient(app, base_url=BASE) as made:
        made.follow_redirects = False
        assert made.get("/forgotten").status_code == 401
        assert made.get("/forgotten", headers=callers["staff"]).status_code == 200


def test_unknown_addresses_are_not_found(client: TestClient[Any], callers: dict[str, dict[str, str]]) -> None:
    """404 for everybody alike: what is there is not told by the refusal."""
    for who in CALLERS:
        assert client.get("/no-such-page", headers=callers[who]).status_code == 404


def test_matrix_control(shop: Shop, callers: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: without the one place that decides, a stranger reaches the owner's page."""

    async def everybody(*_: Any) -> None:
        return None

    monkeypatch.setattr("shirorom.edge.web.app.admit", everybody)
    with TestClient(create_app(shop.kit.parts), base_url=BASE) as open_:
        open_.follow_redirects = False
        assert open_.get("/pair").status_code == 200
    monkeypatch.undo()
    with TestClient(create_app(shop.kit.parts), base_url=BASE) as closed:
        closed.follow_redirects = False
        assert closed.get("/pair").status_code == 401


# Where there is no owner


@pytest.mark.parametrize("row", EXPECTED, ids=" ".join)
def test_without_owner_beyond_loopback_is_closed(closed: TestClient[Any], row: tuple[str, str]) -> None:
    """Nothing but what is for anyone answers before there is an owner: the rest says what to do."""
    answer = send(closed, row, {"accept": "application/json"})
    if EXPECTED[row] is Who.ANYONE:
        assert answer.status_code != 503 or row == ("GET", "/readyz")
    else:
        assert (answer.status_code, answer.json()["code"]) == (503, "owner-missing")


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Any]]:
    """An app that others can call, without owner."""
    shop = shop_of(tmp_path_factory.mktemp("closed"), beyond=True)
    with shop.client() as client:
        yield client
    shop.close()


@pytest.mark.parametrize("row", EXPECTED, ids=" ".join)
def test_public_page_serves_strangers_alone(public: Shop, row: tuple[str, str]) -> None:
    """What is for staff or owner, and every sign-in, is not there: no route of theirs is registered."""
    signing_in = ("/setup", "/signin", "/signout", "/v1/pairings")
    there = EXPECTED[row] in (Who.VISITOR, Who.ANYONE) and not row[1].startswith(signing_in)
    assert (row in served(public)) is there


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A public page."""
    made = shop_of(tmp_path_factory.mktemp("public"), settings=settings_of(public=True))
    yield made
    made.close()
