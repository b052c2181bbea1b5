"""The book of units over HTTP: an export in, units out, numbers in bodies alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from shirorom.edge.api.pictures import XLSX_MEDIA
from tests.book_kit import csv_of, number, row
from tests.web_kit import BASE, Kit, settings_of

CSV = {"content-type": "text/csv"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Any]]:
    kit = Kit(tmp_path_factory.mktemp("data"), settings_of())
    with TestClient(kit.app, base_url=BASE) as made:
        yield made
    kit.close()


def post(client: TestClient[Any], content: bytes, query: str = "", **headers: str) -> Any:
    return client.post(f"/v1/watch/imports{query}", content=content, headers=CSV | headers)


def test_dry_run_import_and_units(client: TestClient[Any]) -> None:
    """Counts and row errors; then units a page at a time, and found by what a person has in hand."""
    body = csv_of([row("A", 1, 店舗="新宿"), row("B", 2, "販売済", レシート番号="R-1"), row("C", "12")])
    dry = post(client, body, "?dry_run=true").json()
    assert (dry["applied"], dry["new"], client.get("/v1/watch/units").json()["units"]) == (False, 2, [])
    done = post(client, body).json()
    assert (done["applied"], done["new"], done["refused"], done["practice"]) == (True, 2, 1, 2)
    assert (done["errors"][0]["line"], done["errors"][0]["code"]) == (4, "imei-length")
    first = client.get("/v1/watch/units?limit=1").json()
    assert ([unit["key"] for unit in first["units"]], first["next"] is None) == (["A"], False)
    second = client.get(f"/v1/watch/units?limit=1&after={first['next']}").json()
    assert ([unit["key"] for unit in second["units"]], second["next"]) == (["B"], None)
    assert client.get("/v1/watch/units?status=sold").json()["units"][0]["imeis"] == [number(2)]
    assert client.get("/v1/watch/units", params={"store": "新宿"}).json()["units"][0]["key"] == "A"
    for text in (number(2), number(2)[-6:], "R-1", "B"):
        found = client.post("/v1/watch/units/search", json={"text": text}).json()["units"]
        assert [unit["key"] for unit in found] == ["B"]


def test_sentences_are_in_the_callers_language(client: TestClient[Any]) -> None:
    """The code is the same."""
    said = [
        post(client, csv_of([row("X", 9, "?")]), "?dry_run=1", **{"accept-language": lang}).json()["errors"][0]
        for lang in ("ja", "en")
    ]
    assert said[0]["code"] == said[1]["code"] == "row-status-unknown"
    assert "取り込" not in said[1]["text"]
    assert said[0]["text"] != said[1]["text"]


def test_columns_can_be_named(client: TestClient[Any]) -> None:
    """As on the command line."""
    body = csv_of([["Z", number(5)]], headings=["品番", "IMEI"])
    assert post(client, body).json()["code"] == "import-column-missing"
    assert post(client, body, "?dry_run=true&map=key=%E5%93%81%E7%95%AA").json()["new"] == 1
    assert post(client, body, "?map=nosuch=x").status_code == 422


@pytest.mark.parametrize(
    ("content", "media", "status", "code"),
    [
        (b"%PDF-1.7", "text/csv", 422, "table-unreadable"), (b"PK\x03\x04", XLSX_MEDIA, 422, "table-unreadable"),
        (b"", "text/csv", 422, "table-empty"), (b"{}", "application/json", 415, "media-type"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(
    client: TestClient[Any], content: bytes, media: str, status: int, code: str
) -> None:
    """By its content, with a problem."""
    answer = client.post("/v1/watch/imports", content=content, headers={"content-type": media})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("query", ["?limit=0", "?limit=501", "?after=-1", "?after=x", "?status=lost"])
def test_bad_pages_are_refused(client: TestClient[Any], query: str) -> None:
    """As every bad call."""
    assert client.get(f"/v1/watch/units{query}").json()["code"] == (
        "cursor-invalid" if "after" in query else "body-invalid"
    )
