"""Quotas over HTTP: who is counted, what every answer says of it, what a refusal says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from shirorom.edge.http.limits import KINDS, kind_of
from shirorom.service.settings import ApiSettings, Settings
from tests.people_kit import Shop, shop_of
from tests.screening_kit import Here
from tests.web_kit import BASE, ONE, Kit, settings_of


def few(*, public: bool = False) -> Settings:
    """Three of each."""
    api = ApiSettings(checks_per_min=3, lookups_per_min=3, screenings_per_h=3, others_per_min=3, strangers_per_min=3)
    return msgspec.structs.replace(settings_of(public=public), api=api)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = shop_of(tmp_path, settings=few())
    made.owner()
    assert made.kit.parts.screenings is not None
    made.kit.parts.screenings.screener = Here(made.kit.composition)
    yield made
    made.close()


def program(shop: Shop, name: str) -> Any:
    client = shop.client()
    person, _ = shop.staff(name)
    client.headers["authorization"] = f"Bearer {shop.token(person, name)}"
    return client


def test_a_program_is_told_and_stopped(shop: Shop) -> None:
    """Each answer says what is left; the fourth is a problem that says when to come back."""
    client = program(shop, "佐藤")
    answers = [client.get("/v1/carriers") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["ratelimit-policy"] == '"others";q=3;w=60'
    assert [answer.headers["ratelimit"].partition(";t=")[0] for answer in answers] == [
        '"others";r=2', '"others";r=1', '"others";r=0', '"others";r=0',
    ]  # fmt: skip
    assert answers[3].json()["code"] == "too-many-requests"
    assert 1 <= int(answers[3].headers["retry-after"]) <= 60


def test_others_go_on(shop: Shop) -> None:
    """One person's haste stops no other, and a page none of their own."""
    one, two = program(shop, "佐藤"), program(shop, "鈴木")
    for _ in range(4):
        one.get("/v1/carriers")
    assert two.get("/v1/carriers").status_code == 200
    assert one.get("/watch/alerts.atom").status_code == 200


def test_kinds_are_counted_apart(shop: Shop) -> None:
    """Who has looked often may still hand a file in."""
    client = program(shop, "佐藤")
    for _ in range(4):
        client.get("/v1/carriers")
    made = client.post("/v1/screenings", content=b"IMEI\n1\n", headers={"content-type": "text/csv"})
    assert (made.status_code, made.headers["ratelimit"][:12]) == (202, '"screenings"')
    assert shop.kit.parts.screenings is not None
    shop.kit.parts.screenings.close()


def test_the_operator_is_not_counted(tmp_path: Path) -> None:
    """At the machine itself, where nobody signs in: no limit, no fields."""
    kit = Kit(tmp_path, few())
    with TestClient(kit.app, base_url=BASE) as client:
        answers = [client.get("/v1/carriers") for _ in range(9)]
    kit.close()
    assert {answer.status_code for answer in answers} == {200}
    assert "ratelimit" not in answers[0].headers


def test_strangers_are_counted_by_network(tmp_path: Path) -> None:
    """On a public page too; what says that the server is there is never refused."""
    kit = Kit(tmp_path, few(public=True))
    with TestClient(kit.app, base_url=BASE) as client:
        answers = [client.post("/v1/parse", json={"text": ONE.digits}) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert client.post("/v1/checks", json={"imeis": [ONE.digits]}).status_code == 200
        assert client.get("/healthz").status_code == 200
    kit.close()


def test_a_refused_upload_is_not_taken_in(shop: Shop) -> None:
    """A body that is refused by quota, or because nobody signed in, is not read to the disk first."""
    incoming = shop.kit.composition.data / "screenings"
    headers = {"content-type": "text/csv"}
    assert shop.client().post("/v1/screenings", content=b"x" * 99, headers=headers).status_code == 401
    assert not incoming.exists()


@pytest.mark.parametrize(
    ("path", "method", "kind"),
    [
        ("/v1/checks", "POST", "checks"),
        ("/v1/lookups", "POST", "lookups"),
        ("/v1/screenings", "POST", "screenings"),
        ("/v1/screenings", "GET", "others"),
        ("/v1/screenings/removals", "POST", "others"),
        ("/v1/others", "GET", "others"),
        ("/v1/watch/units", "GET", "others"),
        ("/stock", "GET", None),
        ("/healthz", "GET", None),
    ],
)
def test_what_counts_as_what(path: str, method: str, kind: str | None) -> None:
    """Work that costs much is counted by itself; pages are not counted."""
    assert kind_of(path, method) == kind
    assert kind is None or kind in KINDS
