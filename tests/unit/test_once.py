"""`Idempotency-Key`: the same request happens once, another one under its key is refused."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar.testing import TestClient

from shirorom.adapters.kept_answers import SqliteAnswers
from shirorom.domain.errors import RequestError, StorageError
from shirorom.edge.api.once import KEYED
from shirorom.ports.once import Kept
from shirorom.service import once as service
from shirorom.service.once import Once
from tests.logs import SetClock, imei
from tests.screening_kit import Here, table
from tests.web_kit import BASE, Kit, settings_of

KEY = "0123-4567-89ab"
READING = {"imei": imei(1).digits, "carrier": "au", "glyph": "○"}


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    made = Kit(tmp_path_factory.mktemp("data"), settings_of(), people=True)
    assert made.parts.screenings is not None
    made.parts.screenings.screener = Here(made.composition)
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(kit: Kit) -> Iterator[TestClient[Any]]:
    with TestClient(kit.app, base_url=BASE) as made:
        yield made


@pytest.fixture
def key() -> str:
    """One that nobody had."""
    return os.urandom(16).hex()


def size(kit: Kit) -> int:
    return kit.parts.rooms.open(True).log.head().size


def read(client: TestClient[Any], key: str, **body: str) -> Any:
    return client.post("/v1/readings", json=READING | body, headers={"idempotency-key": f'"{key}"'})


def test_again_is_answered_as_before(kit: Kit, client: TestClient[Any], key: str) -> None:
    """The first answer, byte for byte; nothing is recorded a second time."""
    first = read(client, key)
    before = size(kit)
    again = read(client, key)
    assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
    assert again.headers["content-language"] == first.headers["content-language"]
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert size(kit) == before


def test_without_a_key_it_happens_again(kit: Kit, client: TestClient[Any]) -> None:
    """Control: without a key the same request is another one."""
    before = size(kit)
    client.post("/v1/readings", json=READING)
    client.post("/v1/readings", json=READING)
    assert size(kit) == before + 2


@pytest.mark.parametrize("change", ["body", "route", "query"])
def test_another_request_is_refused(kit: Kit, client: TestClient[Any], key: str, change: str) -> None:
    """A key that came with another body, to another address or with another query: 422, and nothing is done."""
    headers = {"idempotency-key": key}
    if change == "query":
        csv = headers | {"content-type": "text/csv"}
        client.post("/v1/watch/imports?dry_run=true", content=table(1), headers=csv)
        other = client.post("/v1/watch/imports?strict=true", content=table(1), headers=csv)
    else:
        client.post("/v1/readings", json=READING, headers=headers)
        before = size(kit)
        path = "/v1/checks" if change == "route" else "/v1/readings"
        other = client.post(path, json=READING | {"glyph": "△"} if change == "body" else READING, headers=headers)
        if change == "route":
            other = client.post(path, json={"imeis": [READING["imei"]]}, headers=headers)
        assert size(kit) == before
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


def test_a_refusal_leaves_the_key_free(client: TestClient[Any], key: str) -> None:
    """What was refused made nothing: put right, it may be sent under the same key."""
    assert read(client, key, glyph="?").status_code == 422
    assert read(client, key).status_code == 201


@pytest.mark.parametrize("bad", ["", "short", "x" * 65, "naïve-key-naïve", '"12345678', "a b c d e f"])
def test_a_key_that_is_none(client: TestClient[Any], bad: str) -> None:
    """400, and not: as if there were none."""
    answer = client.post("/v1/readings", json=READING, headers={b"idempotency-key": bad.encode()})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-missing")


async def test_two_at_once(kit: Kit, key: str) -> None:
    """While the first runs, the second is told so; afterwards it gets the first's answer, and one thing was made."""
    transport = httpx.ASGITransport(kit.app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        before = size(kit)
        answers = await asyncio.gather(
            *(client.post("/v1/readings", json=READING, headers={"idempotency-key": key}) for _ in range(5))
        )
        assert {answer.status_code for answer in answers} <= {201, 409}
        assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"idempotency-in-progress"}
        last = await client.post("/v1/readings", json=READING, headers={"idempotency-key": key})
    assert last.status_code == 201
    assert size(kit) == before + 1


def test_a_file_is_taken_once(client: TestClient[Any], key: str) -> None:
    """A large body too: by its content, as it was streamed to disk."""
    headers = {"content-type": "text/csv", "idempotency-key": key}
    one, two = (client.post("/v1/screenings", content=table(3), headers=headers).json() for _ in range(2))
    assert one == two
    other = client.post("/v1/screenings", content=table(4), headers=headers)
    assert other.json()["code"] == "idempotency-key-reused"


def test_it_survives_a_restart(kit: Kit, client: TestClient[Any], key: str) -> None:
    """Another process with the same data directory knows the answer; the file is nobody else's to read."""
    first = read(client, key)
    kept = SqliteAnswers(kit.composition.data).find("", key)
    assert kept is not None
    assert kept.body == first.content
    assert (kit.composition.data / "api.sqlite").stat().st_mode & 0o077 == 0


def test_callers_do_not_share_keys(tmp_path: Path) -> None:
    """A key is its caller's own."""
    once = Once(SqliteAnswers(tmp_path), SetClock())
    assert once.begin("person 1", KEY, b"a") is None
    assert once.begin("person 2", KEY, b"b") is None


def test_it_is_forgotten_after_a_day(tmp_path: Path) -> None:
    """Not before 24 hours; then the next that is kept takes it away."""
    clock = SetClock()
    once = Once(SqliteAnswers(tmp_path), clock)
    for hours, there in ((0, True), (24, True), (1, False)):
        clock.at += timedelta(hours=hours)
        once.begin("x", f"key-{clock.at:%d%H}-x", b"")
        once.keep("x", f"key-{clock.at:%d%H}-x", Kept(b"", 200, (), b""))
        assert (once.store.find("x", "key-2309-x") is not None) is there


def test_one_caller_takes_no_endless_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More keys than a caller may have are refused, not forgotten: a retry never happens twice."""
    monkeypatch.setattr(service, "CALLER_MAX", 3)
    once = Once(SqliteAnswers(tmp_path), SetClock())
    for n in range(3):
        once.begin("x", f"key-{n:05d}", b"")
        once.keep("x", f"key-{n:05d}", Kept(b"", 200, (), b""))
    with pytest.raises(RequestError, match="too-many-requests"):
        once.begin("x", "key-00009", b"")
    assert once.begin("x", "key-00000", b"") is not None
    assert once.begin("y", "key-00009", b"") is None


def test_a_disk_that_fails_frees_the_key(tmp_path: Path) -> None:
    """Where nothing can be looked up, nothing is served; afterwards the key can be used."""

    class Failing(SqliteAnswers):
        fails = True

        def find(self, who: str, key: str) -> Kept | None:
            if self.fails:
                raise StorageError("storage-failed")
            return super().find(who, key)

    store = Failing(tmp_path)
    once = Once(store, SetClock())
    with pytest.raises(StorageError):
        once.begin("x", KEY, b"")
    store.fails = False
    assert once.begin("x", KEY, b"") is None


@settings(max_examples=50)
@given(body=st.binary(max_size=2_000), status=st.sampled_from([200, 201, 202]), name=st.text(max_size=20))
def test_any_answer_comes_back(tmp_path_factory: pytest.TempPathFactory, body: bytes, status: int, name: str) -> None:
    """What is kept is what is found, whatever it is."""
    store = SqliteAnswers(tmp_path_factory.getbasetemp())
    kept = Kept(b"p", status, [("location", name)], body)
    store.keep("x", KEY, kept, at=SetClock().now(), before=SetClock().now())
    found = store.find("x", KEY)
    assert found == kept


MADE = {
    "check", "record", "withdraw", "counterAdd", "notices", "screen", "watchImport", "watchPlanQueue",
    "watchHookAdd", "watchHookRotate", "watchHookReplay",
}  # fmt: skip
OWN = {"counterAnswer", "counterReading", "claim"}
"""These need a key, and keep it with what they record."""
MAKE_NOTHING = {
    "parse", "lookups", "picture", "file", "verify", "sheet", "counterNext", "counterClaim", "counterSkip",
    "counterUndo",
    "counterRemove", "counterRules", "counterScreenshot", "watchSearch", "watchPlanChoice", "watchHandled",
    "watchHookTest", "watchHookRemove", "screeningRemove", "pair",
}  # fmt: skip
"""A second time they change nothing more, or (a pairing) can succeed only once."""


def test_every_route_that_makes_something_takes_a_key(kit: Kit, client: TestClient[Any]) -> None:
    """A new POST route must say here whether it makes something; what does declares key and refusals."""
    paths = client.get("/openapi.json").json()["paths"]
    posts = {item["post"]["operationId"]: item["post"] for item in paths.values() if "post" in item}
    assert set(posts) == MADE | OWN | MAKE_NOTHING
    keyed = {
        handler.operation_id
        for route in kit.app.routes
        for handler in getattr(route, "route_handlers", ())
        if getattr(handler.fn, KEYED, False)
    }
    assert keyed == MADE
    for name in MADE | OWN:
        names = [parameter["name"] for parameter in posts[name]["parameters"]]
        assert "Idempotency-Key" in names, name
        assert {"400", "422"} <= set(posts[name]["responses"])
