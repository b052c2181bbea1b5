"""T20: no other site can change anything here. The list of routes is the router's; a new one without a row fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from shirorom.edge.http import guard
from tests.screening_kit import Here
from tests.web_kit import BASE, ONE, Kit, settings_of

FORM, JSON = guard.FORM, guard.JSON
ROWS: dict[tuple[str, str], tuple[str, bytes]] = {
    ("POST", "/parse"): (FORM, b"text=1"),
    ("POST", "/check"): (FORM, b"text=001001010000013"),
    ("POST", "/ask-seller"): (FORM, b""),
    ("POST", "/v1/pictures"): ("image/png", b"\x89PNG\r\n\x1a\n" + b"\0" * 25),
    ("POST", "/v1/files"): ("text/csv", b"001001010000013"),
    ("POST", "/ask-seller/{id_:str}"): ("multipart/form-data; boundary=x", b"--x--\r\n"),
    ("POST", "/history"): (FORM, b"text=001001010000013"),
    ("POST", "/check/{id_:str}/answer"): (FORM, b"place=1-au&glyph=%E2%97%8B"),
    ("POST", "/check/{id_:str}/undo"): (FORM, b""),
    ("POST", "/check/{id_:str}/again"): (FORM, b""),
    ("POST", "/check/{id_:str}/correct"): (FORM, b"place=1-au&reason=x"),
    ("POST", "/v1/checks"): (JSON, b'{"imeis":["001001010000013"]}'),
    ("POST", "/v1/parse"): (JSON, b'{"text":"1"}'),
    ("POST", "/v1/readings"): (JSON, '{"imei":"001001010000013","carrier":"au","glyph":"○"}'.encode()),
    ("POST", "/v1/withdrawals"): (JSON, b'{"index":0,"reason":"x","practice":true}'),
    ("POST", "/v1/counter/items"): (JSON, b'{"text":"001001010000013"}'),
    ("POST", "/v1/counter/next"): (JSON, b"{}"),
    ("POST", "/v1/counter/claims"): (JSON, b'{"item":"x","place":"1-au"}'),
    ("POST", "/v1/counter/answers"): (JSON, '{"item":"x","place":"1-au","glyph":"○"}'.encode()),
    ("POST", "/v1/counter/readings"): (JSON, b'{"item":"x","place":"1-au","seen":{},"html":""}'),
    ("POST", "/v1/counter/screenshots/{item:str}/{place:str}"): ("image/png", b"x"),
    ("POST", "/v1/counter/skips"): (JSON, b'{"item":"x","place":"1-au"}'),
    ("POST", "/v1/counter/undo"): (JSON, b'{"item":"x"}'),
    ("POST", "/v1/counter/removals"): (JSON, b'{"item":"x"}'),
    ("POST", "/v1/counter/rules"): (JSON, b'{"stop_at_restricted":true,"skip":[]}'),
    ("POST", "/v1/watch/imports"): ("text/csv", "管理番号,IMEI\nA-1,001001010000013\n".encode()),
    ("POST", "/v1/watch/units/search"): (JSON, b'{"text":"0013"}'),
    ("POST", "/v1/watch/plan/queue"): (JSON, b"{}"),
    ("POST", "/v1/watch/plan/choice"): (JSON, b'{"rules":"usual"}'),
    ("POST", "/v1/watch/alerts/handled"): (JSON, b'{"alerts":[1]}'),
    ("POST", "/v1/watch/hooks"): (JSON, b'{"name":"x","url":"https://example.jp/"}'),
    ("POST", "/v1/watch/hooks/secret"): (JSON, b'{"name":"none"}'),
    ("POST", "/v1/watch/hooks/test"): (JSON, b'{"name":"none"}'),
    ("POST", "/v1/watch/hooks/replay"): (JSON, b'{"name":"none"}'),
    ("POST", "/v1/watch/hooks/removals"): (JSON, b'{"name":"none"}'),
    ("POST", "/v1/pairings"): (JSON, b'{"code":"2345-6789"}'),
    ("POST", "/setup/{token:str}"): (FORM, b"name=x&password=x&again=x"),
    ("POST", "/setup/{token:str}/passkey/options"): (JSON, b'{"name":"x"}'),
    ("POST", "/setup/{token:str}/passkey"): (JSON, b'{"name":"x","credential":{}}'),
    ("POST", "/signin"): (FORM, b"name=x&password=x"),
    ("POST", "/signin/code"): (FORM, b"code=x"),
    ("POST", "/signin/recovery"): (FORM, b"recovery=x"),
    ("POST", "/signin/passkey/options"): (JSON, b"{}"),
    ("POST", "/signin/passkey"): (JSON, b'{"credential":{}}'),
    ("POST", "/signout"): (FORM, b""),
    ("POST", "/people"): (FORM, b"name=x"),
    ("POST", "/people/code"): (FORM, b"id=1"),
    ("POST", "/people/end"): (FORM, b"what=person&id=1"),
    ("POST", "/people/back"): (FORM, b"id=1"),
    ("POST", "/people/password"): (FORM, b"password=x&again=x"),
    ("POST", "/people/recovery"): (FORM, b""),
    ("POST", "/people/passkeys/options"): (JSON, b"{}"),
    ("POST", "/people/passkeys"): (JSON, b'{"credential":{}}'),
    ("POST", "/pair"): (FORM, b""),
    ("POST", "/v1/notices"): ("application/x-ndjson", b"{}\n"),
    ("POST", "/v1/screenings"): ("text/csv", b"IMEI\n001001010000013\n"),
    ("POST", "/v1/screenings/removals"): (JSON, b'{"id":"x"}'),
    ("POST", "/register"): (FORM, b"text="),
    ("POST", "/register/practice"): (FORM, b""),
    ("POST", "/register/practice/change"): (FORM, b""),
    ("POST", "/v1/lookups"): (JSON, b'{"devices":["001001010000013"]}'),
    ("POST", "/v1/sheets"): (JSON, b'{"imeis":["001001010000013"]}'),
    ("POST", "/v1/verifications"): ("application/octet-stream", b"{}"),
    ("POST", "/verify"): ("multipart/form-data; boundary=x", b"--x--\r\n"),
    ("POST", "/check/{id_:str}/sheet"): ("multipart/form-data; boundary=x", b"--x--\r\n"),
    ("POST", "/stock/handled"): (FORM, b"seq=1"),
    ("POST", "/stock/queue"): (FORM, b""),
    ("POST", "/stock/plan"): (FORM, b"choice=usual"),
    ("POST", "/stock/claims"): (FORM, b"receipt=R-1&number=0013&key=00000000"),
    ("POST", "/stock/claims/{id_:str}/again"): (FORM, b"key=00000000"),
    ("POST", "/v1/watch/claims"): (JSON, b'{"receipt":"R-1","number":"0013","id":"00000000"}'),
}
SAFE = {"GET", "HEAD", "OPTIONS"}

FOREIGN: dict[str, dict[str, str]] = {
    "another site": {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    "another site, old browser": {"origin": "https://evil.example"},
    "a sister site": {"origin": "http://shop.127.0.0.1.example", "sec-fetch-site": "same-site"},
    "another port": {"origin": "http://127.0.0.1:9999", "sec-fetch-site": "same-site"},
    "a sandboxed frame": {"origin": "null", "sec-fetch-site": "cross-site"},
    "null, old browser": {"origin": "null"},
    "only the fetch header": {"sec-fetch-site": "cross-site"},
    "a lie in one header": {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
    "a name that begins alike": {"origin": "http://127.0.0.1.evil.example"},
    "an extension without permission for us": {"origin": "chrome-extension://abcdefgh", "sec-fetch-site": "cross-site"},
    "a site that says it is typed": {"origin": "https://evil.example", "sec-fetch-site": "none"},
    "method override": {"origin": "https://evil.example", "x-http-method-override": "GET"},
}


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    """Carriers by hand; one for the whole module, as no test here needs an empty record."""
    made = Kit(tmp_path_factory.mktemp("data"), settings_of(), people=True)
    assert made.parts.screenings is not None
    made.parts.screenings.screener = Here(made.composition)
    yield made
    made.close()


def routes(kit: Kit) -> set[tuple[str, str]]:
    """Everything that the router serves and that may change something."""
    served = {(str(method), route.path) for route in kit.app.routes for method in getattr(route, "methods", ())}
    return {(method, path) for method, path in served if method not in SAFE}


def send(client: TestClient[Any], kit: Kit, row: tuple[str, str], headers: dict[str, str]) -> Any:
    """One call of a route with a body that it would take."""
    method, path = row
    media, body = ROWS[row]
    address = path.replace("{id_:str}", kit.job).replace("{token:str}", "x")
    return client.request(
        method, address, content=body, headers={"content-type": media} | headers, follow_redirects=False
    )


@pytest.fixture(scope="module")
def client(kit: Kit) -> Iterator[TestClient[Any]]:
    """A caller, and a check to call about."""
    with TestClient(kit.app, base_url=BASE) as made:
        started = made.post("/check", data={"text": ONE.digits}, follow_redirects=False)
        kit.job = started.headers["location"].removeprefix("/check/")
        yield made


def size(kit: Kit) -> int:
    """Entries in the practice log."""
    return kit.parts.rooms.open(True).log.head().size


def test_every_changing_route_has_a_row(kit: Kit) -> None:
    """A route that is added without a row here fails this test."""
    assert routes(kit) == set(ROWS)


@pytest.mark.parametrize("who", FOREIGN)
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_foreign_call_is_refused(kit: Kit, client: TestClient[Any], row: tuple[str, str], who: str) -> None:
    """403 `origin-refused`, and nothing has been recorded."""
    before = size(kit)
    answer = send(client, kit, row, FOREIGN[who])
    assert (answer.status_code, answer.json()["code"]) == (403, "origin-refused")
    assert size(kit) == before


OWN: dict[str, dict[str, str]] = {
    "this page": {"origin": BASE, "sec-fetch-site": "same-origin"},
    "this page without referrer": {"origin": "null", "sec-fetch-site": "same-origin"},
    "this page, old browser": {"origin": BASE},
    "typed by the visitor": {"sec-fetch-site": "none"},
    "an extension with permission for us": {"origin": "chrome-extension://abcdefgh", "sec-fetch-site": "none"},
    "a program": {},
}


@pytest.mark.parametrize("who", OWN)
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_own_call_passes(kit: Kit, client: TestClient[Any], row: tuple[str, str], who: str) -> None:
    """The same calls from our own page, or from a program, are served (whatever their result)."""
    answer = send(client, kit, row, OWN[who])
    assert answer.status_code not in (405, 415, 500)
    assert "origin-refused" not in answer.text  # a 403 may be a route's own answer (no such staff card)


TAKEN = {"/v1/files": "text/plain"}  # the origin alone guards it
SIMPLE = ("text/plain", "multipart/form-data; boundary=x", "", "application/xml")


@pytest.mark.parametrize(
    ("row", "media"),
    [(row, media) for row in ROWS for media in SIMPLE if media not in (ROWS[row][0], TAKEN.get(row[1]))],
)
def test_simple_media_types_are_refused(kit: Kit, client: TestClient[Any], row: tuple[str, str], media: str) -> None:
    """What a foreign form can send without asking is not taken: 415, also for JSON sent as text/plain."""
    answer = send(client, kit, row, {"content-type": media})
    assert (answer.status_code, answer.json()["code"]) == (415, "media-type")


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_method_override_is_ignored(kit: Kit, client: TestClient[Any], row: tuple[str, str]) -> None:
    """A GET stays a GET whatever header, query or field asks for another method."""
    before = size(kit)
    _, path = row
    address = path.replace("{id_:str}", kit.job).replace("{token:str}", "x")
    client.get(address + "?_method=POST", headers={"x-http-method-override": "POST", "x-method-override": "POST"})
    assert size(kit) == before


HOSTS = ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "[::2]", "", "127.0.0.2", "user@127.0.0.1"]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["/", "/v1/carriers", "/healthz", "/nowhere", "/static/shirorom.css"])
def test_foreign_host_is_refused(client: TestClient[Any], host: str, path: str) -> None:
    """A name that points here from elsewhere (DNS rebinding) reaches no route at all."""
    answer = client.get(path, headers={"host": host})
    assert (answer.status_code, answer.json()["code"]) == (403, "host-refused")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST", "localhost."])
def test_own_host_passes(client: TestClient[Any], host: str) -> None:
    """The names of this machine, with any port."""
    assert client.get("/healthz", headers={"host": host}).status_code == 200


def test_origin_guard_control(kit: Kit, client: TestClient[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: without the check of the origin the same foreign call records an answer."""
    monkeypatch.setattr(guard, "check_origin", lambda _headers: None)
    before = size(kit)
    answer = send(client, kit, ("POST", "/v1/readings"), FOREIGN["another site"])
    assert answer.status_code == 201
    assert size(kit) == before + 1


def test_host_guard_control(kit: Kit, client: TestClient[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: without the list of names a rebound name is served."""
    monkeypatch.setattr(guard, "host_name", lambda _host: "localhost")
    assert client.get("/healthz", headers={"host": "evil.example"}).status_code == 200


def test_only_cookie_is_the_language(client: TestClient[Any]) -> None:
    """No page sets a cookie but the language, and only when it was asked for."""
    assert "set-cookie" not in client.get("/").headers
    cookie = client.get("/?lang=en").headers["set-cookie"]
    assert cookie.startswith("lang=en;")
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
