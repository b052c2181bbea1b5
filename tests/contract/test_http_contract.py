"""Served equals declared (T22): the API against its own OpenAPI description, and nasty texts in every text field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from litestar import get
from litestar.response.base import ASGIResponse
from litestar.testing import TestClient
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from shirorom.domain.errors import CODES
from shirorom.edge.api.describe import EXAMPLES
from shirorom.edge.http.guard import CSP, JSON
from tests.scale import scaled
from tests.web_kit import BASE, ONE, Kit, settings_of

COUNTER = (
    "counter", "counterAdd", "counterNext", "counterClaim", "counterAnswer", "counterReading", "counterSkip",
    "counterUndo", "counterRemove", "counterRules",
)  # fmt: skip
PLAN = ("watchPlan", "watchPlanCosts", "watchPlanQueue", "watchPlanChoice")
WATCH = (
    "watchAlerts", "watchChanges", "watchHandled", "watchHooks", "watchHookAdd", "watchHookRotate", "watchHookReplay",
    "watchHookRemove",
)  # fmt: skip
SCREENINGS = ("screenings", "screening", "screeningRemove", "watchUnits")
OPERATIONS = (
    "check", "lookups", "parse", "record", "withdraw", "pair", "carriers", "health", "ready", "claim", "claims",
    *COUNTER, *PLAN, *WATCH, *SCREENINGS,
)  # fmt: skip
NEED_AN_ITEM = {
    "watchHandled", "watchHookRotate", "watchHookTest", "watchHookReplay", "watchHookRemove",
    "counterClaim", "counterAnswer", "counterReading", "counterScreenshot", "counterSkip", "counterUndo",
    "counterRemove", "claim", "screeningRemove",
}  # fmt: skip
"""Operations about a phone that was taken in: no body stands for every server."""
CASES = scaled(1_000)
QUIET = {
    "max_examples": CASES,
    "phases": (Phase.explicit, Phase.generate),
    "suppress_health_check": list(HealthCheck),
    "derandomize": False,
}


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    """Carriers by hand."""
    made = Kit(tmp_path_factory.mktemp("data"), settings_of(), people=True)
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(kit: Kit) -> Iterator[TestClient[Any]]:
    """A caller."""
    with TestClient(kit.app, base_url=BASE, raise_server_exceptions=False) as made:
        yield made


@pytest.fixture(scope="module")
def schema(client: TestClient[Any]) -> Any:
    """The description, as schemathesis reads it."""
    return schemathesis.openapi.from_dict(client.get("/openapi.json").json())


def operation_of(schema: Any, name: str) -> Any:
    """The operation of that id."""
    return next(found.ok() for found in schema.get_all_operations() if found.ok().definition.raw["operationId"] == name)


def call(client: TestClient[Any], case: Any) -> Any:
    """Send what schemathesis made."""
    made = case.as_transport_kwargs(base_url=BASE)
    return client.request(
        made["method"],
        made["url"],
        content=json.dumps(made["json"]).encode() if "json" in made else made.get("data"),
        headers={name.lower(): value for name, value in {"content-type": JSON, **(made.get("headers") or {})}.items()},
        params=made.get("params"),
    )


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=str)
@pytest.mark.parametrize("name", OPERATIONS)
def test_served_equals_declared(client: TestClient[Any], schema: Any, name: str, mode: GenerationMode) -> None:
    """Status, media type and shape of each answer are those declared for it, whatever is sent; never a 5xx."""
    operation = operation_of(schema, name)
    if operation.method == "get" and name not in ("screenings", "watchUnits"):
        mode = GenerationMode.POSITIVE  # a route without input has no wrong input

    @settings(**QUIET)  # type: ignore[arg-type]
    @given(case=operation.as_strategy(generation_mode=mode))
    def attempt(case: Any) -> None:
        answer = call(client, case)
        assert answer.status_code < 500
        # that a number's check digit holds is no matter of schema: 422 is a right answer to a valid text
        known = [positive_data_acceptance] + ([negative_data_rejection] if answer.status_code == 413 else [])
        case.validate_response(answer, excluded_checks=known)
        if answer.status_code >= 400:
            assert answer.json()["code"] in CODES
            assert answer.json()["status"] == answer.status_code

    attempt()


def test_contract_control(client: TestClient[Any], schema: Any, kit: Kit) -> None:
    """Control: an answer that is not as declared is noticed."""
    operation = operation_of(schema, "health")
    case = operation.Case()
    answer = client.get("/v1/carriers")
    with pytest.raises(FailureGroup, match="1 distinct failure"):
        case.validate_response(answer)


NASTY = [
    "'; DROP TABLE entries; --",
    '" OR 1=1 --',
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "{{7*7}}",
    "{% raw %}",
    "${7*7}",
    "%s%s%n",
    "{0.__class__}",
    "../../../../etc/passwd",
    "..\\..\\windows",
    "\r\nSet-Cookie: a=b",
    "\r\n\r\nHTTP/1.1 200 OK",
    "\x00",
    "a\x00b",
    "\x1b[2J",
    "\u202e\u200b\ufeff",
    "\U0001f4f1" * 20,
    "\ufffe\uffff",
    "=cmd|' /C calc'!A0",
    "file:///etc/passwd",
    "$(id)",
    "`id`",
    "|id",
    "A" * 10_000,
    "９" * 15,
    "1" * 5_000,
    "00100101000001" + "\n" * 500,
    "\u0660" * 15,
    "-1",
    "1e309",
    "null",
    "true",
    "[]",
    "{}",
    "${jndi:ldap://x}",
    "%00",
    "%0d%0aX: y",
    "&#x0;",
    "]]>",
    "<!--",
    "*/",
]


BODIES: dict[str, dict[str, Any]] = {
    "/v1/checks": {"imeis": [ONE.digits], "only": ["au"]},
    "/v1/parse": {"text": "x"},
    "/v1/readings": {
        "imei": ONE.digits,
        "carrier": "au",
        "glyph": "\u25cb",
        "sentence": "x",
        "asked_at": "2026-01-01T00:00:00Z",
    },
    "/v1/withdrawals": {"index": 0, "reason": "x"},
    "/v1/counter/items": {"text": "x"},
    "/v1/counter/next": {"carrier": "au", "item": "x", "after": "1-au", "tab": "x"},
    "/v1/counter/answers": {"item": "x", "place": "1-au", "glyph": "\u25cb", "sentence": "x", "screenshot": "x"},
    "/v1/counter/readings": {"item": "x", "place": "1-au", "seen": {"places": ["x"]}, "html": "x", "picture": "x"},
    "/v1/counter/rules": {"stop_at_restricted": True, "skip": ["au"]},
    "/v1/watch/plan/queue": {"count": 1},
    "/v1/watch/plan/choice": {"rules": "close"},
    "/v1/pairings": {"code": "x"},
}


def places(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a body where a value stands."""
    items = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    if not items:
        yield path
    for key, value in items:
        yield from places(value, (*path, key))


def put(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The body with another value at a place."""
    copy = json.loads(json.dumps(body))
    target = copy
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return copy


PLACES = [(route, path) for route, body in BODIES.items() for path in places(body)]


@pytest.mark.parametrize(("route", "path"), PLACES, ids=str)
def test_nasty_text_in_every_field(client: TestClient[Any], route: str, path: tuple[Any, ...]) -> None:
    """No text makes a 5xx, splits a header, or comes back as anything but JSON."""
    for nasty in NASTY:
        answer = client.post(route, json=put(BODIES[route], path, nasty))
        assert answer.status_code < 500, nasty[:40]
        assert answer.headers["content-type"] in ("application/json", "application/problem+json")
        assert "set-cookie" not in answer.headers


FORMS = {
    "/parse": ("text",),
    "/check": ("text", "keep"),
    "/history": ("text",),
    "/check/JOB/answer": ("place", "glyph", "sentence"),
    "/check/JOB/correct": ("place", "reason"),
    "/signin": ("name", "password", "next"),
    "/signin/code": ("code", "next"),
    "/signin/recovery": ("recovery",),
}
FIELDS = [(route, field) for route, fields in FORMS.items() for field in fields]


@pytest.mark.parametrize(("route", "field"), FIELDS, ids=str)
def test_nasty_text_in_every_form(client: TestClient[Any], route: str, field: str) -> None:
    """In the pages too: no 5xx, and what comes back is escaped."""
    job = client.post("/check", data={"text": ONE.digits}, follow_redirects=False).headers["location"][7:]
    good = {"text": ONE.digits, "place": "1-au", "glyph": "\u25cb", "reason": "x"}
    for nasty in NASTY:
        form = {name: good.get(name, "") for name in FORMS[route]} | {field: nasty}
        answer = client.post(
            route.replace("JOB", job), data=form, headers={"accept": "text/html"}, follow_redirects=True
        )
        assert answer.status_code < 500, nasty[:40]
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
        assert answer.headers["content-security-policy"] == CSP


@settings(max_examples=scaled(2_000), suppress_health_check=list(HealthCheck))
@given(
    path=st.text(max_size=40),
    query=st.text(max_size=40),
    name=st.sampled_from(["accept-language", "cookie", "accept", "user-agent", "x-forwarded-for", "range"]),
    value=st.text(st.characters(min_codepoint=32, max_codepoint=255, blacklist_characters="\x7f"), max_size=40),
)
def test_any_address_and_header(client: TestClient[Any], path: str, query: str, name: str, value: str) -> None:
    """No address, query or header makes a 5xx."""
    for base in ("/", "/check/", "/help/", "/static/", "/v1/"):
        answer = client.get(
            base + quote(path, safe="/"),
            params={"at": query, "seen": query, "lang": query},
            headers={name.encode(): value.encode("latin-1")},
        )
        assert answer.status_code < 500


def test_nasty_control(kit: Kit) -> None:
    """Control: a handler that breaks on such a text is seen as a 5xx by the same client."""

    @get("/broken", include_in_schema=False)
    async def broken() -> ASGIResponse:
        raise ValueError("a bug")

    other = Kit(kit.composition.data / "other", settings_of())
    other.app.register(broken)
    with TestClient(other.app, base_url=BASE, raise_server_exceptions=False) as client:
        answer = client.get("/broken")
    other.close()
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "a bug" not in answer.text


def test_examples_run(tmp_path: Path) -> None:
    """Every body shown in the documentation can be sent as it stands, in that order, to an empty practice server."""
    fresh = Kit(tmp_path, settings_of())
    with TestClient(fresh.app, base_url=BASE) as client:
        paths = client.get("/openapi.json").json()["paths"]
        posts = {path: item["post"] for path, item in paths.items() if "post" in item}
        takes_json = {path: one for path, one in posts.items() if JSON in one["requestBody"]["content"]}
        address = {one["operationId"]: path for path, one in takes_json.items()}
        assert set(address) - NEED_AN_ITEM == set(EXAMPLES) | {
            "pair"
        }  # a code that would work is shown by a page alone
        for name, example in EXAMPLES.items():
            answer = client.post(address[name], content=example.encode(), headers={"content-type": JSON})
            assert answer.status_code in (200, 201), name
    fresh.close()
