"""A feed handed in over HTTP: the whole of it, or a problem that says why not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from litestar.testing import TestClient

from shirorom.domain.feed import FeedKind
from shirorom.edge.api import notices
from tests.feed_kit import Publisher, notice, restricted
from tests.logs import imei
from tests.web_kit import BASE, Kit, settings_of

NDJSON = {"content-type": "application/x-ndjson"}


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    made = Kit(tmp_path_factory.mktemp("data"), settings_of())
    made.composition.feeds.keys.add(Publisher().key())
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(kit: Kit) -> Iterator[TestClient[Any]]:
    with TestClient(kit.app, base_url=BASE) as made:
        yield made


def post(client: TestClient[Any], content: bytes, carrier: str = "docomo", **headers: str) -> Any:
    return client.post(f"/v1/notices?carrier={carrier}", content=content, headers=NDJSON | headers)


def feed(sequence: int, kind: FeedKind = FeedKind.DELTA) -> bytes:
    made_at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10 - sequence)
    return Publisher().feed([restricted(1), notice(2)], sequence, kind, made_at=made_at)


def test_a_feed_is_seen_at_once(client: TestClient[Any]) -> None:
    """Accepted, then answered by the next look-up; handed in again, nothing changes."""
    content = feed(0, FeedKind.FULL)
    done = post(client, content)
    assert (done.status_code, done.json()["imported"], done.json()["enrols"], done.json()["count"]) == (
        200,
        True,
        True,
        2,
    )
    checked = client.post("/v1/checks", json={"imeis": [imei(1).digits]}).json()
    assert (checked["verdict"], checked["cells"][0]["channel"]) == ("restricted", "notice")
    again = post(client, content).json()
    assert (again["already"], again["imported"]) == (True, False)


def test_a_refusal_names_its_reason(client: TestClient[Any]) -> None:
    """Another carrier's, cut off, changed, no feed at all; rows by their line."""
    content = feed(1)
    assert post(client, content, "au").json()["code"] == "feed-other-carrier"
    assert post(client, content[:-1]).json()["code"] == "feed-unreadable"
    assert post(client, b"{}\n").json()["code"] == "feed-unreadable"
    assert post(client, b"").json()["code"] == "feed-unreadable"
    assert post(client, content.replace(b'"unpaid"', b'"other"')).json()["code"] == "feed-root"
    said = post(client, content.replace(b'"row":2', b'"row":9')).json()
    assert (said["code"], said["errors"][0]["pointer"], said["errors"][0]["code"]) == ("feed-rows", "/3", "notice-row")
    assert client.post("/v1/notices", content=content, headers=NDJSON).json()["code"] == "body-invalid"
    assert post(client, content, "nobody").json()["code"] == "body-invalid"
    assert post(client, content, **{"content-type": "application/json"}).json()["code"] == "media-type"


def test_a_body_beyond_the_limit(client: TestClient[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """By its announced length, before a byte of it is kept."""
    answer = post(client, b"x", **{"content-length": str(notices.BYTES_MAX + 1)})
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
