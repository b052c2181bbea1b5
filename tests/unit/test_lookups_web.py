"""`POST /v1/lookups` as callers meet it: who may, how much, what is refused; its short way opens nothing more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from shirorom.domain.desk.people import Role
from shirorom.edge.api import lookups
from shirorom.edge.web.short_way import CALLERS_MAX, HOLDS_S, ShortWay
from shirorom.service.settings import ApiSettings, Settings
from tests.logs import imei
from tests.lookup_kit import RESTRICTED, book_kit
from tests.people_kit import Shop, shop_of
from tests.web_kit import BASE, Kit, settings_of

JSON = {"content-type": "application/json"}
ONE = {"devices": [imei(RESTRICTED).digits]}


class Counted:
    """How often the whole way was gone; a clock for the short way."""

    def __init__(self, app: Any) -> None:
        guard: Any = app.asgi_handler
        assert isinstance(guard, ShortWay)
        self.whole, self.now = 0, 100.0
        self._inner = guard._app
        guard._app = self._count
        guard.hot.monotonic = lambda: self.now

    async def _count(self, scope: Any, receive: Any, send: Any) -> None:
        self.whole += scope["type"] == "http"
        await self._inner(scope, receive, send)


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    made = book_kit(tmp_path_factory.mktemp("data"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def counted(kit: Kit) -> Counted:
    return Counted(kit.app)


@pytest.fixture(scope="module")
def client(kit: Kit, counted: Counted) -> Iterator[TestClient[Any]]:
    with TestClient(kit.app, base_url=BASE) as made:
        yield made


def ask(client: Any, body: Any = ONE, **headers: str) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(
        "/v1/lookups", content=content, headers=JSON | {k.replace("_", "-"): v for k, v in headers.items()}
    )


def whole_ways(counted: Counted, call: Any) -> int:
    before = counted.whole
    call()
    return counted.whole - before


# The two ways


def test_both_ways_give_the_same(client: TestClient[Any], counted: Counted) -> None:
    """The second call of a caller is answered past the router: the same body, the same headers."""
    counted.now += 10
    answers = [ask(client) for _ in range(3)]
    assert whole_ways(counted, lambda: ask(client)) == 0
    bodies = [answer.json() for answer in answers]
    assert bodies[0]["results"][0]["verdict"] == "restricted"
    assert bodies[0]["results"] == bodies[1]["results"] == bodies[2]["results"]
    first, *others = [sorted(answer.headers.items()) for answer in answers]
    assert all(other == first for other in others)


@pytest.mark.parametrize(
    "name", ["authorization", "cookie", "origin", "sec-fetch-site", "host", "x-forwarded-for", "x"]
)
def test_another_header_is_another_caller(client: TestClient[Any], counted: Counted, name: str) -> None:
    """Nobody is admitted for what somebody else sent: with any other header the whole way is gone."""
    counted.now += 10
    ask(client)
    value = {"host": "localhost", "sec-fetch-site": "same-origin", "origin": BASE}.get(name, "1")
    assert whole_ways(counted, lambda: client.post("/v1/lookups", json=ONE, headers={name: value})) == 1


def test_an_admission_ends(client: TestClient[Any], counted: Counted) -> None:
    """After HOLDS_S the whole way decides again; shortly before, one call goes it for all others."""
    counted.now += 10
    ask(client)
    counted.now += HOLDS_S * 0.8
    assert whole_ways(counted, lambda: [ask(client) for _ in range(5)]) == 1
    counted.now += HOLDS_S
    assert whole_ways(counted, lambda: ask(client)) == 1


def test_a_stranger_is_never_admitted(client: TestClient[Any], counted: Counted) -> None:
    """What the whole way refuses, it refuses each time: a foreign origin, a foreign host, a wrong media type."""
    counted.now += 10
    for headers in ({"origin": "https://evil.example"}, {"host": "evil.example"}, {"content-type": "text/plain"}):
        assert {ask(client, **headers).status_code for _ in range(3)} <= {403, 415}


def test_callers_are_not_kept_without_end(kit: Kit, client: TestClient[Any], counted: Counted) -> None:
    """However many different callers there are."""
    counted.now += 10
    guard: Any = kit.app.asgi_handler
    for n in range(3):
        ask(client, x_forwarded_for=str(n))
    assert len(guard.hot.callers) == 3
    counted.now += HOLDS_S
    ask(client, x_forwarded_for="new")
    assert len(guard.hot.callers) == 1  # whose time is over is forgotten
    guard.hot.callers |= dict.fromkeys(range(CALLERS_MAX))
    ask(client, x_forwarded_for="newer")
    assert len(guard.hot.callers) == 1


# Bodies


def padded(size: int) -> bytes:
    body = json.dumps(ONE).encode()
    return body + b" " * (size - len(body))


NUMBER = imei(RESTRICTED).digits.encode()
REFUSED: dict[str, tuple[bytes, int, str]] = {
    "a byte too many": (padded(lookups.BYTES_MAX + 1), 413, "body-too-large"),
    "10,001 devices": (json.dumps({"devices": [""] * 10_001}).encode(), 422, "body-invalid"),
    "no device": (b'{"devices":[]}', 422, "body-invalid"),
    "a number for a text": (b'{"devices":[1]}', 422, "body-invalid"),
    "lists in lists": (b'{"devices":[[["1"]]]}', 422, "body-invalid"),
    "33 levels": (b'{"devices":' + b"[" * 32 + b"]" * 32 + b"}", 400, "body-too-deep"),
    "key twice": (b'{"devices":["1"],"devices":["2"]}', 400, "body-duplicate-key"),
    "key twice, escaped": (b'{"devices":["1"],"\\u0064evices":["2"]}', 400, "body-duplicate-key"),
    "key twice, first escaped": (b'{"\\u0064evices":["1"],"devices":["2"]}', 400, "body-duplicate-key"),
    "unknown field": (b'{"devices":["%s"],"x":1}' % NUMBER, 422, "body-invalid"),
    "another key": (b'{"Devices":["%s"]}' % NUMBER, 422, "body-invalid"),
    "NaN": (b'{"devices":[NaN]}', 400, "body-malformed"),
    "lone surrogate": (b'{"devices":["\\ud800"]}', 400, "body-malformed"),
    "bad UTF-8": (b'{"devices":["\xff"]}', 400, "body-malformed"),
    "surrogate in UTF-8": (b'{"devices":["\xed\xa0\x80"]}', 400, "body-malformed"),
    "control character": (b'{"devices":["a\nb"]}', 400, "body-malformed"),
    "BOM": (b"\xef\xbb\xbf" + json.dumps(ONE).encode(), 400, "body-malformed"),
    "two values": (json.dumps(ONE).encode() * 2, 400, "body-malformed"),
    "nothing": (b"", 400, "body-malformed"),
    "a list": (b'["devices"]', 422, "body-invalid"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("known", [False, True], ids=["first call", "known caller"])
def test_a_bad_body_is_refused_by_either_way(client: TestClient[Any], counted: Counted, name: str, known: bool) -> None:
    """The same problem for a caller who was just admitted as for one who was not."""
    counted.now += 10
    if known:
        ask(client)
    body, status, code = REFUSED[name]
    answer = ask(client, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_limits_are_exact(client: TestClient[Any], counted: Counted) -> None:
    """A body of just 1 MB and 10,000 devices are served, by either way."""
    counted.now += 10
    for _ in range(2):
        assert ask(client, padded(lookups.BYTES_MAX)).status_code == 200
    for _ in range(2):
        assert len(ask(client, {"devices": [""] * lookups.DEVICES_MAX}).json()["results"]) == lookups.DEVICES_MAX


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_post_is_served(client: TestClient[Any], counted: Counted, method: str) -> None:
    """Also for a caller who is known: 405."""
    counted.now += 10
    ask(client)
    assert client.request(method, "/v1/lookups", headers=JSON, content=b"{}").status_code == 405


def test_a_query_is_no_short_way(client: TestClient[Any], counted: Counted) -> None:
    """A number in an address is not what this route reads, and the whole way says what it says."""
    counted.now += 10
    ask(client)
    assert whole_ways(counted, lambda: client.post("/v1/lookups?x=1", json=ONE)) == 1


def test_nothing_is_recorded(kit: Kit, client: TestClient[Any]) -> None:
    """The log is as long as before."""
    log = kit.parts.rooms.open(True).log
    before = log.head()
    ask(client, {"devices": [imei(n).digits for n in range(1, 40)]})
    assert log.head() == before


def test_a_fault_on_the_short_way_is_told_by_the_whole(
    kit: Kit, client: TestClient[Any], counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that cannot be read is 503 with its code, for a known caller too."""
    from shirorom.domain.errors import StorageError
    from shirorom.edge.api.looking import Looking

    counted.now += 10
    ask(client)

    async def broken(self: Looking, devices: Any) -> bytes:
        raise StorageError("log-corrupt", index=0)

    monkeypatch.setattr(Looking, "__call__", broken)
    guard: Any = kit.app.asgi_handler
    monkeypatch.setattr(guard.hot.short, "answer", lambda asked: broken(None, asked))  # type: ignore[arg-type]
    answer = ask(client)
    assert (answer.status_code, answer.json()["code"]) == (503, "log-corrupt")


# Who, and how much


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = shop_of(tmp_path)
    yield made
    made.close()


def test_a_token_that_is_revoked_opens_nothing_more(shop: Shop) -> None:
    """A program's token looks up; once it is revoked, at most for HOLDS_S more."""
    shop.owner()
    staff, _ = shop.staff()
    counted = Counted(shop.kit.app)
    head = {"authorization": f"Bearer {shop.token(staff)}"}
    with TestClient(shop.kit.app, base_url=BASE) as client:
        assert ask(client).json()["code"] == "sign-in-needed"
        assert [ask(client, **head).status_code for _ in range(2)] == [200, 200]
        store: Any = shop.people.sessions.store
        for token in store.tokens():
            store.end_token(token.id)
        counted.now += HOLDS_S
        assert {ask(client, **head).json()["code"] for _ in range(3)} == {"sign-in-needed"}


def test_a_sign_in_that_ended_opens_nothing_more(shop: Shop) -> None:
    """The same for somebody who signed out."""
    session = shop.session(shop.owner(), Role.OWNER)
    counted = Counted(shop.kit.app)
    with TestClient(shop.kit.app, base_url=BASE) as client:
        cookie = {"cookie": f"shirorom={session}"}
        assert [ask(client, **cookie).status_code for _ in range(2)] == [200, 200]
        shop.people.sessions.end(session)
        counted.now += HOLDS_S
        assert ask(client, **cookie).json()["code"] == "sign-in-needed"


def test_devices_are_counted_by_either_way(tmp_path: Path) -> None:
    """One quota, a unit a device: 429 with Retry-After and the RateLimit fields once it is used up."""
    settings: Settings = msgspec.structs.replace(settings_of(), api=ApiSettings(lookups_per_min=50))
    shop = shop_of(tmp_path, settings=settings)
    session = shop.session(shop.owner(), Role.OWNER)
    with TestClient(shop.kit.app, base_url=BASE) as client:
        cookie = {"cookie": f"shirorom={session}"}
        told = [ask(client, {"devices": ["x"] * 20}, **cookie) for _ in range(3)]
    assert [answer.status_code for answer in told] == [200, 200, 429]
    left = [answer.headers["ratelimit"].partition(";")[2].partition(";")[0] for answer in told]
    assert left == ["r=30", "r=10", "r=10"]
    assert told[2].json()["code"] == "too-many-requests"
    assert int(told[2].headers["retry-after"]) > 0
    shop.close()


def test_a_public_page_has_no_lookups(tmp_path: Path) -> None:
    """What others read by hand, and whole books, are not for strangers: there is no such route."""
    kit = Kit(tmp_path, settings_of(public=True))
    with TestClient(kit.app, base_url=BASE) as client:
        assert ask(client).status_code == 404
    kit.close()


def test_the_description_has_an_example_that_can_be_sent(client: TestClient[Any]) -> None:
    """The OpenAPI document has the route, and the body that stands there is answered."""
    schema = client.get("/openapi.json").json()
    operation = schema["paths"]["/v1/lookups"]["post"]
    assert operation["operationId"] == "lookups"
    answer = ask(client, operation["requestBody"]["content"]["application/json"]["example"]).json()
    shape = schema["components"]["schemas"]["LookupWire"]["properties"]
    assert set(answer["results"][0]) == set(shape) - {"error"}
