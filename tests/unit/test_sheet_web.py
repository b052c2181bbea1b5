"""Record sheets on the pages and in the API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from shirorom.domain.carrier import CarrierId
from tests.web_kit import BASE, ONE, Kit, public, settings_of


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    made = Kit(tmp_path / "data", settings_of())
    yield made
    made.close()


@pytest.fixture
def client(kit: Kit) -> Iterator[TestClient[Any]]:
    with TestClient(kit.app, base_url=BASE) as made:
        made.follow_redirects = False
        yield made


def sheet_of(client: TestClient[Any]) -> bytes:
    answer = client.post("/v1/sheets", json={"imeis": [ONE.digits]})
    assert answer.status_code == 200, answer.text
    return answer.content


def test_api_makes_a_sheet_that_it_verifies(kit: Kit, client: TestClient[Any]) -> None:
    """What `/v1/sheets` gives holds at `/v1/verifications`, by this installation's own key."""
    kit.record(ONE, CarrierId.AU, "○")
    told = client.post(
        "/v1/verifications", content=sheet_of(client), headers={"content-type": "application/octet-stream"}
    ).json()
    assert (told["holds"], told["trust"], told["practice"], len(told["steps"])) == (True, "own", True, 13)


def test_nothing_recorded_is_no_sheet(client: TestClient[Any]) -> None:
    """There is nothing to state, and it says what to do."""
    answer = client.post("/v1/sheets", json={"imeis": [ONE.digits]})
    assert (answer.status_code, answer.json()["code"]) == (404, "sheet-nothing")


def test_result_page_saves_a_sheet(kit: Kit, client: TestClient[Any]) -> None:
    """The button gives a file whose name holds no number."""
    kit.record(ONE, CarrierId.AU, "○")
    where = client.post("/check", data={"text": ONE.digits}).headers["location"]
    assert f'action="{where}/sheet"' in client.get(where).text
    saved = client.post(f"{where}/sheet", files={"photo": b""})
    assert saved.status_code == 200
    assert saved.headers["content-disposition"].startswith('attachment; filename="shirorom-2')
    assert ONE.digits not in saved.headers["content-disposition"]
    assert json.loads(saved.content)["sheet"]["imeis"] == [ONE.digits]


def test_page_verifies_a_file(kit: Kit, client: TestClient[Any]) -> None:
    """Thirteen sentences, and what is not proved."""
    kit.record(ONE, CarrierId.AU, "○")
    page = client.post("/verify", files={"file": ("s.json", sheet_of(client))}, data={"keys": ""})
    assert page.status_code == 200
    assert page.text.count('<li class="good">') == 13
    assert "証明されないこと" in page.text


def test_page_verifies_anything(client: TestClient[Any]) -> None:
    """A file that is no sheet is told so, on the same page."""
    page = client.post("/verify", files={"file": ("s.json", b"\x00\xff")})
    assert page.status_code == 200
    assert "この記録書は使えません" in page.text


def test_page_without_a_file_says_so(client: TestClient[Any]) -> None:
    """Nothing chosen is no failure."""
    assert client.post("/verify", files={"file": ("", b"")}).status_code == 422


def test_shop_page_shows_the_fingerprint_that_sheets_have(kit: Kit, client: TestClient[Any]) -> None:
    """Page, file and sheet name one key."""
    kit.record(ONE, CarrierId.AU, "○")
    key = json.loads(sheet_of(client))["signatures"][0]["key"]
    told = client.get("/shop.json").json()
    assert told["keys"][0]["keys"][0]["key"] == key
    assert told["shop"]["name"] == "local"
    shown = client.post("/v1/verifications", content=sheet_of(client), headers={"content-type": "application/pdf"})
    assert shown.json()["fingerprint"] in client.get("/shop").text


def test_strangers_examine_and_do_not_make(tmp_path: Path) -> None:
    """On a public page nobody gets what others recorded; anybody may examine a sheet."""
    kit = Kit(tmp_path / "data", public(settings_of()))
    with TestClient(kit.app, base_url=BASE) as client:
        assert client.post("/v1/sheets", json={"imeis": [ONE.digits]}).status_code in (404, 405)
        assert client.get("/verify").status_code == 200
        assert client.get("/shop").status_code == 200
    kit.close()


def test_answers_of_a_refused_sheet_are_not_shown(kit: Kit, client: TestClient[Any]) -> None:
    """Nobody reads ○ off a sheet that does not hold; of one that holds, how each answer was read stands beside it."""
    kit.record(ONE, CarrierId.AU, "○")
    sheet = sheet_of(client)
    good = client.post("/verify", files={"file": ("s.json", sheet)}).text
    bad = client.post("/verify", files={"file": ("s.json", sheet.replace(b"local", b"LOCAL"))}).text
    assert "○ 現在制限なし" in good
    assert "手で確認" in good
    assert "現在制限なし" not in bad
    assert ONE.digits not in good


def test_result_page_saves_a_pdf(kit: Kit, client: TestClient[Any]) -> None:
    """「PDFで保存」 gives a PDF whose name holds no number, and the page to verify takes it."""
    kit.record(ONE, CarrierId.AU, "○")
    where = client.post("/check", data={"text": ONE.digits}).headers["location"]
    assert "PDFで保存" in client.get(where).text
    saved = client.post(f"{where}/sheet", files={"photo": b""}, data={"as": "pdf"})
    assert (saved.status_code, saved.headers["content-type"]) == (200, "application/pdf")
    assert saved.headers["content-disposition"].endswith('.pdf"')
    page = client.post("/verify", files={"file": ("s.pdf", saved.content)}, data={"keys": ""})
    assert page.text.count('<li class="good">') == 13


def test_api_gives_a_pdf_to_who_accepts_it(kit: Kit, client: TestClient[Any]) -> None:
    """`Accept: application/pdf`, and `/v1/verifications` finds that it holds."""
    kit.record(ONE, CarrierId.AU, "○")
    made = client.post("/v1/sheets", json={"imeis": [ONE.digits], "full": True}, headers={"accept": "application/pdf"})
    assert (made.status_code, made.headers["content-type"]) == (200, "application/pdf")
    told = client.post("/v1/verifications", content=made.content, headers={"content-type": "application/pdf"}).json()
    assert (told["holds"], told["practice"]) == (True, True)
