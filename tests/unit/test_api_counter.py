"""/v1/counter: what programs and the page send and get. The clerk's answer is recorded once, or refused by its code."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from shirorom.domain.answer import Seen
from shirorom.domain.carrier import CarrierId
from shirorom.domain.echo import Number
from shirorom.domain.errors import RequestError
from shirorom.domain.imei import Imei
from shirorom.domain.reading import Channel, Reading
from shirorom.edge.web.app import create_app
from shirorom.edge.web.who import OPT, Who
from tests.people_kit import Faces
from tests.unit.test_answer import seen as page_seen
from tests.web_kit import BASE, ONE, TWO, Kit, settings_of

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16
KEY = "key-00000001"


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    made = Kit(tmp_path, settings_of(), people=True)
    yield made
    made.close()


@pytest.fixture
def client(kit: Kit) -> Iterator[TestClient[Any]]:
    with TestClient(kit.app, base_url=BASE) as made:
        yield made


def send(client: TestClient[Any], path: str, body: Any, *, key: str | None = None, status: int | None = None) -> Any:
    """One call; its answer as JSON, of the status that is expected."""
    headers = {} if key is None else {"idempotency-key": key}
    answer = client.post(f"/v1/counter/{path}", json=body, headers=headers)
    if status is not None:
        assert answer.status_code == status, answer.text
    return answer.json()


def add(client: TestClient[Any], *imeis: Imei) -> str:
    (item,) = send(client, "items", {"devices": [[one.digits for one in imeis or (ONE,)]]}, status=201)["added"]
    return str(item["id"])


def answer(client: TestClient[Any], item: str, place: str = "1-docomo", glyph: str = "○", **more: Any) -> Any:
    body = {"item": item, "place": place, "glyph": glyph, **more.pop("body", {})}
    return send(client, "answers", body, **({"key": KEY, "status": 201} | more))


def test_the_whole_way(client: TestClient[Any]) -> None:
    """Scan, take, answer, until the phone is done: each answer brings the next question and the verdict so far."""
    (item,) = send(client, "items", {"text": f"IMEI1: {ONE.digits} IMEI2: {TWO.digits}"}, status=201)["added"]
    task = send(client, "next", {"item": item["id"]}, status=200)["task"]
    assert (task["imei"], task["carrier_name"], task["url"][:17]) == (ONE.digits, "ドコモ", "http://127.0.0.1:")
    n = 0
    while task:
        n += 1
        told = answer(client, task["item"], task["place"], "－" if n > 1 else "○", key=f"key-0000{n:04d}")
        task = told["next"]
    assert n == 8
    assert (told["recorded"], told["item"]["state"], told["item"]["verdict"]) == (True, "done", "clear")
    assert told["item"]["complete"] is True
    (known,) = client.get("/v1/counter").json()["items"]
    assert known["summary"] == "ドコモ：○－ ・ au：－－ ・ ソフトバンク：－－ ・ 楽天モバイル：－－"


def test_what_was_left_out_is_said(client: TestClient[Any]) -> None:
    """With a stop rule the answer reads as one carrier's word, and never as a whole one."""
    send(client, "rules", {"stop_at_restricted": True, "skip": []}, status=200)
    item = answer(client, add(client), glyph="×")["item"]
    assert (item["state"], item["verdict"], item["complete"]) == ("done", "restricted", False)
    assert item["summary"] == "ドコモ：× ・ 他3社は未照会"
    send(client, "rules", {"stop_at_restricted": False, "skip": ["au", "softbank", "rakuten"]}, status=200)
    item = answer(client, add(client, TWO), key="key-00000002")["item"]
    assert (item["state"], item["verdict"], item["complete"]) == ("done", "undetermined", False)
    assert item["summary"] == "ドコモ：○ ・ 他3社は未照会"


def test_in_english(client: TestClient[Any]) -> None:
    """The sentence is in the language that the caller asks for; the board of one language is not another's."""
    answer(client, add(client))
    for language, expected in (("en", "docomo: ○ · 3 others not asked"), ("ja", "ドコモ：○ ・ 他3社は未照会")):
        (item,) = client.get("/v1/counter", headers={"accept-language": language}).json()["items"]
        assert item["summary"].lower() == expected.lower()


def test_nothing_new_costs_nothing(client: TestClient[Any]) -> None:
    """Who has seen this version gets an empty 204; after any change the whole queue again."""
    add(client)
    version = client.get("/v1/counter").json()["version"]
    assert client.get("/v1/counter", params={"seen": version}).status_code == 204
    add(client, TWO)
    assert client.get("/v1/counter", params={"seen": version}).status_code == 200


@pytest.mark.parametrize("key", [None, "", "short", "has space in it", "é" * 10, "x" * 65])
def test_an_answer_needs_a_key(client: TestClient[Any], key: str | None) -> None:
    """400, and nothing is recorded."""
    headers = {} if key is None else {"idempotency-key": key.encode()}
    body = {"item": add(client), "place": "1-au", "glyph": "○"}
    told = client.post("/v1/counter/answers", json=body, headers=headers)
    assert (told.status_code, told.json()["code"]) == (400, "idempotency-key-missing")
    assert client.get("/v1/counter").json()["items"][0]["verdict"] == "undetermined"


def test_a_key_counts_once(client: TestClient[Any], kit: Kit) -> None:
    """Sent again: the same entry. With another body: 422. Quoted, as the draft writes it: the same key."""
    item = add(client)
    first = answer(client, item)
    assert answer(client, item)["index"] == first["index"]
    assert answer(client, item, key=f'"{KEY}"')["index"] == first["index"]
    assert answer(client, item, glyph="×", status=422)["code"] == "idempotency-key-reused"
    assert len(kit.parts.rooms.open(True).recorder.entries(ONE)) == 1


@pytest.mark.parametrize(("change", "status", "code"), [
    ({"item": "gone"}, 404, "item-not-found"),
    ({"place": "2-docomo"}, 422, "body-invalid"),
    ({"place": "1-nobody"}, 422, "body-invalid"),
    ({"glyph": "O"}, 422, "glyph-unknown"),
    ({"asked_at": "2099-01-01T00:00:00Z"}, 422, "time-in-future"),
    ({"screenshot": "0" * 64}, 422, "screenshot-unknown"),
    ({"screenshot": "x"}, 422, "body-invalid"),
    ({"person": 7}, 409, "answer-of-another"),
    ({"unknown": 1}, 422, "body-invalid"),
])  # fmt: skip
def test_refused_answers(client: TestClient[Any], change: dict[str, Any], status: int, code: str) -> None:
    """Each by its code; nothing is recorded, and the key stays free."""
    item = add(client)
    body = {"item": item, "place": "1-docomo", "glyph": "○"} | change
    assert send(client, "answers", body, key=KEY, status=status)["code"] == code
    assert answer(client, item)["recorded"] is True


def test_no_answer_came(client: TestClient[Any]) -> None:
    """An empty glyph: no entry, not handed out again, ？ in the verdict."""
    told = answer(client, add(client), glyph="")
    assert (told["recorded"], told["index"], told["item"]["verdict"]) == (False, None, "undetermined")
    assert told["next"]["place"] == "1-au"
    assert told["item"]["summary"] == "ドコモ：答えなし ・ 他3社は未照会"


def test_leaving_out_and_undo(client: TestClient[Any]) -> None:
    """A skip and an answer are taken back newest first; then there is nothing left, which is said."""
    item = add(client)
    answer(client, item)
    left = send(client, "skips", {"item": item, "place": "1-au"}, key="key-00000002", status=200)
    assert [one["why"] for one in left["places"]][1] == "person"
    assert send(client, "undo", {"item": item}, status=200)["place"] == "1-au"
    undone = send(client, "undo", {"item": item}, status=200)
    assert (undone["place"], undone["withdrawn"]) == ("1-docomo", 0)
    assert undone["item"]["places"][0]["state"] == "open"
    assert send(client, "undo", {"item": item}, status=409)["code"] == "nothing-to-undo"


def test_phones_by_number_with_what_is_wrong(client: TestClient[Any]) -> None:
    """One bad number keeps no other phone away, and is told by its place in the body."""
    told = send(client, "items", {"devices": [[ONE.digits], ["001001010000014"], [TWO.digits, TWO.digits]]}, status=201)
    assert [item["imeis"] for item in told["added"]] == [[ONE.digits]]
    assert [(one["pointer"], one["code"]) for one in told["refused"]] == [
        ("/devices/1/0", "imei-check-digit"),
        ("/devices/2", "device-repeated"),
    ]
    again = send(client, "items", {"text": ONE.digits}, status=201)
    assert (again["added"], again["present"]) == ([], [told["added"][0]["id"]])


@pytest.mark.parametrize("body", [{}, {"text": "1", "devices": [["1"]]}, {"devices": []}, {"devices": [[]]}])
def test_one_of_two_ways(client: TestClient[Any], body: Any) -> None:
    """Text or numbers: neither and both are refused."""
    assert send(client, "items", body, status=422)["code"] == "body-invalid"


def test_a_novel_is_no_phone(client: TestClient[Any]) -> None:
    """A long text without a number adds nothing and breaks nothing; beyond the limit it is refused."""
    told = send(client, "items", {"text": "吾輩は猫である。" * 20_000}, status=201)
    assert (told["added"], told["present"]) == ([], [])
    assert client.post("/v1/counter/items", json={"text": "あ" * 200_001}).status_code == 422


class Turns:
    """Whose turn it is to call: "anna" (the owner, id 1) or "ben" (staff, id 2)."""

    def __init__(self, kit: Kit) -> None:
        self.person = "anna"
        Faces(kit, kit.app, lambda _: self.person)


def test_two_people(client: TestClient[Any], kit: Kit) -> None:
    """Another's question is refused with their name; it can be let go; the record names who answered."""
    who = Turns(kit)
    item = add(client)
    send(client, "claims", {"item": item, "place": "1-au"}, status=200)
    who.person = "ben"
    refused = send(client, "claims", {"item": item, "place": "1-au"}, status=409)
    assert (refused["code"], "Anna" in refused["detail"]) == ("place-claimed", True)
    assert client.get("/v1/counter").json()["items"][0]["claimed_by"] == "Anna"
    assert answer(client, item)["next"]["place"] == "1-softbank"
    assert send(client, "undo", {"item": item}, status=200)["place"] == "1-docomo"
    reading = kit.parts.rooms.open(True).recorder.entries(ONE)[0].statement
    assert isinstance(reading, Reading)
    assert reading.by == "Ben"
    who.person = "anna"
    send(client, "claims", {"item": item, "place": "1-au", "release": True}, status=200)
    who.person = "ben"
    send(client, "claims", {"item": item, "place": "1-au"}, status=200)


def test_an_answer_of_another_is_not_taken_over(client: TestClient[Any], kit: Kit) -> None:
    """What Anna gave is refused under Ben's session, unless he says so; sent by both with one key it counts once."""
    who = Turns(kit)
    item = add(client)
    who.person = "ben"
    refused = answer(client, item, body={"person": 1}, status=409)
    assert refused["code"] == "answer-of-another"
    assert answer(client, item, body={"person": 2})["recorded"] is True
    who.person = "anna"
    assert answer(client, item, body={"person": 1})["index"] == 0


# ── pages that the extension read ────────────────────────────────────────────────────────────────────────────────────


def seen_of(imei: Imei = ONE, glyph: str = "○", path: str = "/") -> Any:
    number = Number(f"製造番号：{imei.digits}", "", "text")
    page: Seen = replace(page_seen(glyph, "お知らせします", numbers=(number,)), path=path)
    return msgspec.to_builtins(page)


MARKERS = {"captcha": False, "captcha_words": False, "consent": False, "maintenance": False}


def reading(client: TestClient[Any], item: str, seen: Any, *, status: int = 200, key: str = KEY, **more: Any) -> Any:
    body = {"item": item, "place": "1-docomo", "seen": seen, "html": "<p>ページ</p>", **more}
    return send(client, "readings", body, key=key, status=status)


def test_a_page_is_judged_and_recorded(client: TestClient[Any], kit: Kit) -> None:
    """First only judged, then recorded by hand with page and picture; the same key again gives the same entry."""
    item = add(client)
    judged = reading(client, item, seen_of(), commit=False)
    assert (judged["mark"], judged["recorded"], judged["index"]) == ("clear", False, None)
    assert kit.parts.rooms.open(True).recorder.entries(ONE) == ()
    picture = base64.b64encode(PNG).decode()
    told = reading(client, item, seen_of(), picture=picture)
    assert told == reading(client, item, seen_of(), picture=picture) | {"next": told["next"], "item": told["item"]}
    assert (told["recorded"], told["sentence"], told["next"]["place"]) == (True, "お知らせします", "1-au")
    (entry,) = kit.parts.rooms.open(True).recorder.entries(ONE)
    kept = entry.statement
    assert isinstance(kept, Reading)
    assert kept.channel is Channel.HAND
    blobs = kit.parts.rooms.open(True).blobs
    assert (blobs.get(str(kept.page)), blobs.get(str(kept.screenshot))) == ("<p>ページ</p>".encode(), PNG)


@pytest.mark.parametrize(("seen", "code"), [
    (seen_of(TWO), "echo-mismatch"),
    (seen_of(glyph="ふつうの文"), "page-changed"),
    (seen_of(glyph="◇"), "glyph-unknown"),
    (seen_of() | {"places": []}, "page-changed"),
    (seen_of() | {"places": [], "markers": MARKERS | {"captcha": True}}, "needs-person"),
    (seen_of() | {"places": [], "markers": MARKERS | {"maintenance": True}}, "carrier-maintenance"),
    (seen_of() | {"places": "x"}, "body-invalid"),
    ({}, "body-invalid"),
    (seen_of() | {"numbers": seen_of()["numbers"] * 100}, "body-invalid"),
])  # fmt: skip
def test_a_page_in_doubt_is_refused(client: TestClient[Any], kit: Kit, seen: Any, code: str) -> None:
    """By the cell's code, and nothing is recorded, whether it was to be or not."""
    item = add(client)
    for commit in (False, True):
        assert reading(client, item, seen, status=422, commit=commit)["code"] == code
    assert kit.parts.rooms.open(True).recorder.entries(ONE) == ()


def test_a_page_of_another_address_is_refused(client: TestClient[Any]) -> None:
    """au answers on a page of its own: the same words elsewhere are no answer."""
    body = {"item": add(client), "place": "1-au", "seen": seen_of(path="/elsewhere"), "html": ""}
    assert send(client, "readings", body, key=KEY, status=422)["code"] == "page-changed"


@pytest.mark.parametrize("picture", ["not base64!", base64.b64encode(b"GIF89a").decode()])
def test_a_picture_that_is_none(client: TestClient[Any], picture: str) -> None:
    """Refused before anything is recorded."""
    assert reading(client, add(client), seen_of(), status=422, picture=picture)["code"] == "body-invalid"


# ── screenshots ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def accept(content: bytes, *, asked: Imei, carrier: CarrierId) -> bytes:
    """Stands for the reader of pictures: what begins like a PNG shows the number asked."""
    if not content.startswith(PNG):
        raise RequestError("screenshot-unknown")
    return content


def shoot(client: TestClient[Any], item: str, content: bytes, kind: str = "image/png") -> Any:
    path = f"/v1/counter/screenshots/{item}/1-docomo"
    return client.post(path, content=content, headers={"content-type": kind})


def test_a_picture_that_cannot_be_checked_is_not_kept(client: TestClient[Any], kit: Kit) -> None:
    """Kept only if its number was read and is the one asked: what cannot be opened is refused, by the real reader."""
    told = shoot(client, add(client), PNG)
    assert (told.status_code, told.json()["code"]) == (422, "picture-unreadable")
    assert list(kit.parts.rooms.open(True).blobs.digests()) == []


def test_a_checked_picture_goes_with_the_answer(tmp_path: Path) -> None:
    """Checked and kept; then named by the answer of that place, and by no other place's."""
    kit = Kit(tmp_path, settings_of())
    app = create_app(replace(kit.parts, check_screenshot=accept))
    with TestClient(app, base_url=BASE) as client:
        item = add(client)
        assert shoot(client, item, b"GIF").json()["code"] == "screenshot-unknown"
        assert shoot(client, item, PNG, "image/svg+xml").json()["code"] == "media-type"
        kept = shoot(client, item, PNG).json()
        digest = kept["screenshot"]
        assert kept["checked"] is True
        elsewhere = answer(client, item, "1-au", body={"screenshot": digest}, status=422)
        assert elsewhere["code"] == "screenshot-unknown"
        answer(client, item, body={"screenshot": digest})
    (entry,) = kit.parts.rooms.open(True).recorder.entries(ONE)
    assert isinstance(entry.statement, Reading)
    assert entry.statement.screenshot == digest
    kit.close()


# ── whom it serves ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_route_says_whom_it_serves(kit: Kit) -> None:
    """All for the shop's people; the rules for the owner alone."""
    served = {
        (route.path, handler.opt[OPT])
        for route in kit.app.routes
        for handler in getattr(route, "route_handlers", ())
        if "counter" in route.path and handler.http_methods & {"GET", "POST"}
    }
    assert len(served) == 12
    assert {path for path, who in served if who is not Who.STAFF} == {"/v1/counter/rules"}


def test_not_on_a_public_page(tmp_path: Path) -> None:
    """Strangers find neither the page nor its routes."""
    kit = Kit(tmp_path, settings_of(public=True))
    with TestClient(kit.app, base_url=BASE) as client:
        for path in ("/counter", "/v1/counter"):
            assert client.get(path).status_code == 404
        assert "店頭照会" not in client.get("/", headers={"accept": "text/html"}).text
    kit.close()


def test_without_the_extra(tmp_path: Path) -> None:
    """Where the desk is not installed, page and routes say what is missing."""
    kit = Kit(tmp_path, settings_of())
    app = create_app(replace(kit.parts, counter=None, answers=None))
    with TestClient(app, base_url=BASE) as client:
        told = client.get("/v1/counter")
        assert (told.status_code, told.json()["code"]) == (503, "counter-missing")
        assert "shirorom[shop]" in client.get("/counter", headers={"accept": "text/html"}).text
    kit.close()


def test_no_number_in_an_address(client: TestClient[Any]) -> None:
    """Ids and places are all that addresses hold."""
    add(client)
    page = client.get("/counter", headers={"accept": "text/html"}).text
    addresses = [part.split('"')[0] for part in page.split('href="')[1:]]
    assert [one for one in addresses if any(char.isdigit() for char in one) and "0010010" in one] == []
