"""Alerts over HTTP and by commands: cursors, csv, the feed, what is dealt with, webhooks of the owner."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import feedparser
import pytest
from litestar.testing import TestClient

from shirorom.domain.carrier import CarrierId
from shirorom.edge.http.cursors import cursor_to
from tests.logs import imei
from tests.unit.cli_house import Shop, shop
from tests.watch_kit import put_unit
from tests.web_kit import BASE, Kit, settings_of

__all__ = ["shop"]


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    """Two units; three alerts, one of them taken back."""
    made = Kit(tmp_path, settings_of(), people=True)
    desk = made.composition.desk
    assert desk is not None
    put_unit(desk, "A-1", 1)
    put_unit(desk, "=B-1", 2, store="池袋<b>&", person="佐藤")
    for n, hours, glyph in ((1, 9, "△"), (1, 8, "○"), (2, 9, "○"), (2, 7, "×")):
        made.record(imei(n), CarrierId.AU, glyph, hours_ago=hours)
    wrong = made.record(imei(1), CarrierId.AU, "×", hours_ago=2)
    made.composition.watch.follower.catch_up()
    made.composition.withdraw(wrong, reason="打ち間違い", by="local", practice=True)
    made.composition.watch.follower.catch_up()
    yield made
    made.close()


@pytest.fixture
def client(kit: Kit) -> Iterator[TestClient[Any]]:
    with TestClient(kit.app, base_url=BASE) as made:
        yield made


def test_alerts_come_by_cursor(client: TestClient[Any]) -> None:
    """After a cursor what came since; the same question gives the same answer."""
    first = client.get("/v1/watch/alerts").json()
    kinds = [(one["key"], one["kind"], one["retracted_at"] is None) for one in first["alerts"]]
    assert sorted(kinds) == [("=B-1", "restricted", True), ("A-1", "freed", True), ("A-1", "restricted", False)]
    assert first["more"] is False
    assert client.get(f"/v1/watch/alerts?after={first['next']}").json()["alerts"] == []
    after = cursor_to("alerts", 1)
    assert [one["seq"] for one in client.get(f"/v1/watch/alerts?after={after}").json()["alerts"]] == [2, 3]


def test_alerts_are_chosen(client: TestClient[Any]) -> None:
    """By kind, shop, person, and whether a hand is needed."""
    for query, keys in (
        ("kind=freed", ["A-1"]),
        ("kind=freed&kind=restricted&open=1", ["=B-1", "A-1"]),
        ("person=佐藤", ["=B-1"]),
        ("store=nowhere", []),
    ):
        found = client.get(f"/v1/watch/alerts?{query}").json()["alerts"]
        assert sorted(one["key"] for one in found) == keys


@pytest.mark.parametrize("query", ["kind=x", "open=perhaps", "format=pdf"])
def test_an_odd_question_is_refused(client: TestClient[Any], query: str) -> None:
    """422, and nothing is guessed."""
    answer = client.get(f"/v1/watch/alerts?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "body-invalid")


@pytest.mark.parametrize("after", ["x", "1", "99999999999999999999", cursor_to("changes", 1), cursor_to("alerts", -1)])
def test_a_bent_cursor_is_refused(client: TestClient[Any], after: str) -> None:
    """400, also for one of another list."""
    answer = client.get(f"/v1/watch/alerts?after={after}")
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor-invalid")


def test_csv_is_for_spreadsheets(client: TestClient[Any]) -> None:
    """BOM, a head, the cursor in a header; what would be a formula is text."""
    answer = client.get("/v1/watch/alerts?format=csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["x-next"] == cursor_to("alerts", 3)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row["key"] for row in rows} == {"A-1", "'=B-1"}
    assert {row["practice"] for row in rows} == {"1"}


def test_changed_marks_come_by_cursor(client: TestClient[Any]) -> None:
    """Each as it stands now, with its age; no number of a phone is in it."""
    first = client.get("/v1/watch/changes")
    found = {one["key"]: (one["mark"], one["symbol"]) for one in first.json()["changes"]}
    assert found == {"A-1": ("clear", "○"), "=B-1": ("restricted", "×")}
    assert imei(1).key not in first.text
    assert client.get(f"/v1/watch/changes?after={first.json()['next']}").json()["changes"] == []
    assert b"asked_at" in client.get("/v1/watch/changes?format=csv").content


def test_alerts_are_dealt_with(client: TestClient[Any]) -> None:
    """By whoever calls, with a note; one that is not there changes none."""
    body = {"alerts": [1, 2], "note": " 電話しました "}
    done = client.post("/v1/watch/alerts/handled", json=body).json()["alerts"]
    assert [(one["handled_by"], one["note"]) for one in done] == [("local", "電話しました")] * 2
    assert client.post("/v1/watch/alerts/handled", json={"alerts": [3, 99]}).status_code == 404
    assert client.get(f"/v1/watch/alerts?after={cursor_to('alerts', 2)}").json()["alerts"][0]["handled_at"] is None


def test_the_feed_is_atom(client: TestClient[Any]) -> None:
    """Well-formed for a reader of feeds; names that last; stock keys and marks, no number of a phone."""
    answer = client.get("/watch/alerts.atom")
    read = feedparser.parse(answer.content)
    assert (read.bozo, read.version, len(read.entries)) == (False, "atom10", 3)
    titles = " ".join(entry.title for entry in read.entries)
    assert "=B-1" in titles
    assert "○→×" in titles
    assert "練習" in titles
    assert "取り消し" in titles
    assert len({entry.id for entry in read.entries}) == 3
    assert all(entry.id.startswith("urn:uuid:") for entry in read.entries)
    assert feedparser.parse(client.get("/watch/alerts.atom").content).feed.id == read.feed.id
    for n in (1, 2):
        assert imei(n).key not in answer.text


def test_webhooks_belong_to_the_owner(client: TestClient[Any]) -> None:
    """Added with a secret shown once, listed without it; a bad address is refused."""
    made = client.post("/v1/watch/hooks", json={"name": "pos", "url": "https://hooks.example.jp/"})
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    assert "secret" not in client.get("/v1/watch/hooks").json()["hooks"][0]
    refused = client.post("/v1/watch/hooks", json={"name": "in", "url": "https://127.0.0.1/"})
    assert (refused.status_code, refused.json()["code"]) == (422, "hook-target")
    assert client.post("/v1/watch/hooks/secret", json={"name": "pos"}).json()["secret"] != made.json()["secret"]
    assert client.post("/v1/watch/hooks/replay", json={"name": "pos", "since": 3}).json() == {"messages": 1}
    assert client.get("/v1/watch/hooks/pos/log").json() == {"attempts": []}
    assert client.post("/v1/watch/hooks/removals", json={"name": "pos"}).json() == {"done": True}
    assert client.get("/v1/watch/hooks/pos/log").status_code == 404


def test_commands_follow_list_and_handle(shop: Shop, tmp_path: Path) -> None:
    """`watch alerts` follows the record itself; `--csv -o` writes a file; `handle` names who."""
    composition = shop.compose(_options(shop))
    desk = composition.desk
    assert desk is not None
    put_unit(desk, "A-1", 1)
    composition.close()
    for glyph, at in (("△", "2026-11-20T10:00"), ("○", "2026-11-21T10:00")):
        words = ("record", imei(1).digits, "--carrier", "au", "--glyph", glyph, "--asked-at", at)
        assert shop.call(*words).status == 0
    (alert,) = shop.call("watch", "alerts", "--json").json["alerts"]
    assert (alert["seq"], alert["kind"], alert["from"], alert["to"]) == (1, "freed", "caution", "clear")
    shown = shop.call("watch", "alerts", "--open")
    assert "#1" in shown.out
    assert "△→○" in shown.out
    assert "【練習】" in shown.out
    file = tmp_path / "alerts.csv"
    assert shop.call("watch", "alerts", "--csv", "-o", str(file)).status == 0
    assert "A-1" in file.read_text(encoding="utf-8-sig")
    assert "対応済み 田中" in shop.call("watch", "handle", "1", "--note", "値上げ", "--by", "田中").out
    assert shop.call("watch", "alerts", "--open", "--json").json["alerts"] == []
    assert shop.call("watch", "handle", "9", "--json").problem["code"] == "alert-not-found"
    assert shop.call("watch", "alerts", "--csv", "--json").status == 2


def test_commands_keep_webhooks(shop: Shop) -> None:
    """The secret on stdout once; a target inside is refused; a test that fails ends with 1."""
    made = shop.call("watch", "hook", "add", "pos", "https://hooks.example.jp/", "--json").json
    assert made["secret"].startswith("whsec_")
    assert shop.call("watch", "hook", "add", "in", "https://10.0.0.1/", "--json").problem["code"] == "hook-target"
    assert shop.call("watch", "hook", "rotate", "pos").out.startswith("whsec_")
    listed = shop.call("watch", "hook", "list")
    assert "https://hooks.example.jp/" in listed.out
    assert shop.call("watch", "hook", "replay", "pos", "--json").json == {"attempts": []}
    assert shop.call("watch", "hook", "log", "pos", "--json").json == {"attempts": []}
    (shop.directory / "config.toml").write_text(
        (shop.directory / "config.toml").read_text(encoding="utf-8") + "\n[watch]\nallow_private = true\n", "utf-8"
    )
    assert shop.call("watch", "hook", "add", "near", "http://127.0.0.1:9/").status == 0
    failed = shop.call("watch", "hook", "test", "near", "--json")
    assert (failed.status, json.loads(failed.out)["attempts"][0]["outcome"]) == (1, "unreachable")
    assert shop.call("watch", "hook", "remove", "pos").status == 0
    assert shop.call("watch", "hook", "remove", "pos", "--json").problem["code"] == "hook-not-found"


def _options(shop: Shop) -> Any:
    from shirorom.edge.cli.context import Options

    return Options(data=shop.directory)
