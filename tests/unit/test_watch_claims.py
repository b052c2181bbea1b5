"""Claims as staff meet them: pages without script, the slip, the API, the command; once each; never an oracle."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.stock import Status
from shirorom.domain.mark import Mark
from shirorom.edge.http.cursors import cursor_to
from tests.claim_kit import WARRANTY, answers, book, unit, write_terms
from tests.logs import START, SetClock, imei
from tests.unit.cli_house import RESTRICTED, Shop, always, shop  # noqa: F401  (a fixture)
from tests.web_kit import BASE, Kit, ScriptedAsker, settings_of

NUMBER = imei(1).digits


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    """A shop by hand, with terms and one sold unit."""
    made = Kit(tmp_path, settings_of(), people=True, clock=SetClock())
    write_terms(tmp_path)
    assert made.composition.desk is not None
    book(made.composition.desk, unit(), unit(2, 3, receipt="R-1"))
    yield made
    made.close()


@pytest.fixture
def client(kit: Kit) -> Iterator[TestClient[Any]]:
    """A browser without script."""
    with TestClient(kit.app, base_url=BASE) as made:
        yield made


def restrict(kit: Kit, n: int = 1, carrier: CarrierId = CarrierId.DOCOMO, hours: float = 1) -> None:
    """× at one carrier, read by a person."""
    said = [(START - timedelta(hours=hours), Mark.RESTRICTED)]
    kit.composition.room(True).recorder.record(answers(n, carrier, said))


def claim(client: TestClient[Any], **fields: str) -> Any:
    """The form as it is sent."""
    form = {"key": "key-00000001", "receipt": "R-1", "number": NUMBER, "excluded": ""} | fields
    return client.post("/stock/claims", data=form, headers={"accept": "text/html"})


def test_a_claim_from_form_to_slip(kit: Kit, client: TestClient[Any]) -> None:
    """Form, decision with its steps, slip in both languages with masked number, remedy and the terms' own day."""
    restrict(kit)
    assert "申し出を受ける" in client.get("/stock/claims/new").text
    page = claim(client)
    assert page.status_code == 200
    assert "保証の対象です" in page.text
    assert "ドコモの答えは× 利用制限中です" in page.text
    slip = client.get(f"{page.url.path}/slip").text
    for said in ("練習", "2026-12-07", "同等品と交換", "全額返金 50,000円", "Full refund", f"…{NUMBER[-4:]}"):
        assert said in slip
    assert NUMBER not in slip + page.text


def test_a_slip_without_a_promised_day_leaves_a_line(tmp_path: Path, kit: Kit, client: TestClient[Any]) -> None:
    """No deadline is invented: where the terms name none, the shop writes it."""
    write_terms(tmp_path, WARRANTY.replace("settle_days = 14", ""))
    restrict(kit)
    slip = client.get(f"{claim(client).url.path}/slip").text
    assert "（店の記入）" in slip
    assert "2026-12-07" not in slip


def test_what_is_not_found_tells_nothing_of_either(kit: Kit, client: TestClient[Any]) -> None:
    """A right receipt with a wrong number, and a wrong receipt with a right number, read alike to the letter."""
    told = []
    for fields in ({"number": imei(99).digits}, {"receipt": "R-77"}, {"receipt": "R-77", "number": imei(99).digits}):
        page = claim(client, **fields)
        assert page.status_code == 404
        told.append(re.search(r'<section class="card stack" role="alert">.*?</section>', page.text, re.DOTALL)[0])  # type: ignore[index]
    assert len(set(told)) == 1
    assert "claim-not-found" in told[0]
    assert kit.composition.watch.claims.newest() == []


@pytest.mark.parametrize("number", ["123", "00100101", "490154203237519", "x"])
def test_a_mistyped_number_is_told_beside_the_form(kit: Kit, client: TestClient[Any], number: str) -> None:
    """Nothing is decided; what was typed stays in its field."""
    page = claim(client, number=number)
    assert page.status_code in (404, 422)
    assert f'value="{number}"' in page.text


def test_two_phones_of_one_receipt(kit: Kit, client: TestClient[Any]) -> None:
    """Any number of a phone finds its own unit; a tail that fits both asks for all digits."""
    assert kit.composition.desk is not None
    tail = NUMBER[-4:]
    twin = next(n for n in range(4, 99_999) if imei(n).digits.endswith(tail))
    book(kit.composition.desk, unit(twin, receipt="R-1"))
    assert "claim-ambiguous" in claim(client, number=tail).text
    assert "管理番号 K2" in claim(client, number=imei(3).digits).text
    assert f"管理番号 K{twin}" in claim(client, number=imei(twin).digits, key="key-00000002").text


def test_the_newest_sale_of_a_phone_is_found_by_its_own_receipt(kit: Kit, client: TestClient[Any]) -> None:
    """A phone bought back and sold again: the new receipt is decided, the old one is left to a person."""
    assert kit.composition.desk is not None
    again = replace(unit(), key="K1b", receipt="R-9", sold_on=unit().sold_on + timedelta(days=60))  # type: ignore[operator]
    book(kit.composition.desk, again)
    restrict(kit)
    assert "保証の対象です" in claim(client, receipt="R-9").text
    assert "店の人が決めてください" in claim(client, key="key-00000002").text


def test_the_same_claim_is_decided_once(kit: Kit, client: TestClient[Any]) -> None:
    """The same key gives the same claim, also after the mark has changed; another claim under it is refused."""
    first = claim(client)
    restrict(kit)
    again = claim(client)
    assert again.url == first.url
    assert "先に照会してください" in again.text
    assert len(kit.composition.watch.claims.newest()) == 1
    assert "idempotency-key-reused" in claim(client, number=imei(2).digits).text
    assert len(kit.composition.watch.claims.newest()) == 1


def test_ask_first_goes_through_the_counter(kit: Kit, client: TestClient[Any]) -> None:
    """Unknown marks put the phone into the queue; once answered it is decided anew, and names the one before."""
    page = claim(client)
    assert "先に照会してください" in page.text
    assert kit.parts.counter is not None
    assert [view.item.device.imeis[0].digits for view in kit.parts.counter.board().items] == [NUMBER]
    restrict(kit)
    key = re.search(r'name="key" value="(\w+)"', page.text)[1]  # type: ignore[index]
    anew = client.post(f"{page.url.path}/again", data={"key": key})
    assert "保証の対象です" in anew.text
    assert f'href="{page.url.path}"' in anew.text


def test_decided_anew_nothing_counts_as_seen_that_was_not(kit: Kit, client: TestClient[Any]) -> None:
    """A claim by last digits stays one by last digits: deciding it again does not make the whole number seen."""
    restrict(kit)
    page = claim(client, number=NUMBER[-4:])
    assert "15桁の番号を、まだ見ていません" in page.text
    anew = client.post(f"{page.url.path}/again", data={"key": "key-00000002"})
    assert "15桁の番号を、まだ見ていません" in anew.text
    assert "店の人が決めてください" in anew.text


def test_carriers_of_access_site_are_asked(tmp_path: Path) -> None:
    """Where the program may ask, it asks now and decides by what came; a failure is asked by a person."""
    says = {("docomo", imei(1)): "×", ("docomo", imei(2)): "carrier-timeout"}
    kit = Kit(tmp_path, settings_of(site=True), ScriptedAsker(says), people=True)
    write_terms(tmp_path)
    assert kit.composition.desk is not None
    book(kit.composition.desk, unit(), unit(2), unit(4, status=Status.STOCK))
    with TestClient(kit.app, base_url=BASE) as client:
        assert "保証の対象です" in claim(client).text
        assert len(kit.asker.asked) == 4
        failed = claim(client, receipt="R-2", number=imei(2).digits, key="key-00000002").text
        assert "先に照会してください" in failed
        assert "carrier-timeout" in failed
        asked = len(kit.asker.asked)
        assert "対象ではありません" in claim(client, receipt="R-4", number=imei(4).digits, key="key-00000003").text
        assert len(kit.asker.asked) == asked  # nobody is asked about what was never sold
    kit.close()


def test_kept_with_the_terms_of_that_day(tmp_path: Path, kit: Kit, client: TestClient[Any]) -> None:
    """Terms that are changed afterwards change no claim that was decided."""
    restrict(kit)
    page = claim(client)
    write_terms(tmp_path, WARRANTY.replace("赤ロム無期限保証", "べつの約束"))
    assert "赤ロム無期限保証" in client.get(page.url.path).text
    kept = kit.composition.watch.claims.newest()[0]
    assert kept.decided.terms is not None
    assert (kept.decided.terms.name, kept.practice) == ("赤ロム無期限保証", True)


# -- the API ---------------------------------------------------------------------------------------------------------


def test_api_decides_and_lists(kit: Kit, client: TestClient[Any]) -> None:
    """201 with every step; the list is newest first and ends."""
    restrict(kit)
    body = {"receipt": "R-1", "number": NUMBER[-6:], "seen": {"same-number": True}}
    answer = client.post("/v1/watch/claims", json=body, headers={"idempotency-key": "key-00000001"})
    assert answer.status_code == 201
    said = answer.json()
    assert (said["decision"], said["practice"], len(said["steps"]), said["settle_by"]) == (
        "accepted", True, 8, "2026-12-07",
    )  # fmt: skip
    anew = client.post("/v1/watch/claims", json={"again": said["id"], "id": "key-00000002"}).json()
    assert anew["follows"] == said["id"]
    listed = client.get("/v1/watch/claims").json()
    assert [one["id"] for one in listed["claims"]] == [anew["id"], said["id"]]
    after = cursor_to("claims", listed["claims"][0]["seq"])
    assert client.get("/v1/watch/claims", params={"after": after}).json()["next"] is None


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"receipt": "R-1", "number": NUMBER}, 400, "idempotency-key-missing"),
        ({"receipt": "", "number": NUMBER, "id": "key-00000001"}, 422, "body-invalid"),
        ({"receipt": "R-8", "number": NUMBER, "id": "key-00000001"}, 404, "claim-not-found"),
        ({"again": "nothing", "id": "key-00000001"}, 404, "claim-unknown"),
        ({"receipt": "R-1", "number": NUMBER, "id": "key-00000001", "seen": {"luck": True}}, 422, "body-invalid"),
        ({"receipt": "R-1", "number": "490154203237519", "id": "key-00000001"}, 422, "imei-check-digit"),
    ],
)
def test_api_refuses_by_code(client: TestClient[Any], body: dict[str, Any], status: int, code: str) -> None:
    """Each refusal has its code, and none repeats the number."""
    answer = client.post("/v1/watch/claims", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert NUMBER not in answer.text


# -- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def till(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:  # noqa: F811
    """The command's shop, its carriers all say ×, with a sold unit and terms."""
    from shirorom.adapters.desk_sql.database import Desk

    shop.asker.says = always(RESTRICTED)
    desk = Desk(shop.directory)
    book(desk, unit())
    desk.close()
    write_terms(shop.directory)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(NUMBER.encode()), encoding="utf-8"))
    return shop


def test_command_decides_from_standard_input(till: Shop) -> None:
    """`-` reads the number; the answer never shows it whole; the exit status tells the decision."""
    result = till.call("watch", "claim", "--receipt", "R-1", "-")
    assert (result.status, NUMBER in result.out + result.err) == (0, False)
    assert "保証の対象です" in result.out
    assert "8. ✓ お渡しするもの" in result.out
    listed = till.call("watch", "claim", "--list", "--json").json["claims"]
    assert [one["decision"] for one in listed] == ["accepted"]
    anew = till.call("watch", "claim", "--again", listed[0]["id"], "--json")
    assert (anew.status, anew.json["follows"]) == (0, listed[0]["id"])


def test_command_takes_no_whole_number_as_argument(till: Shop) -> None:
    """An argument lands in the shell's history: only last digits may stand there."""
    result = till.call("watch", "claim", "--receipt", "R-1", NUMBER)
    assert (result.status, NUMBER in result.err) == (2, False)
    assert till.call("watch", "claim", "--receipt", "R-1", NUMBER[-4:], "--seen", "same-number").status == 0


@pytest.mark.parametrize(("receipt", "status"), [("R-9", 1), ("", 2)])
def test_command_refuses(till: Shop, receipt: str, status: int) -> None:
    """An unknown sale ends with 1, a call without receipt with 2."""
    assert till.call("watch", "claim", "--receipt", receipt, "-").status == status


def test_terms_command(till: Shop, tmp_path: Path) -> None:
    """Examples can be checked as they stand, a slip is told with file and key, and the shop's own are shown."""
    example = tmp_path / "example.toml"
    example.write_text(till.call("watch", "terms", "--example").out, encoding="utf-8")
    assert till.call("watch", "terms", "--check", str(example)).status == 0
    assert "赤ロム無期限保証" in till.call("watch", "terms").out
    example.write_text("default = 1\n", encoding="utf-8")
    refused = till.call("watch", "terms", "--save", str(example), "--json")
    assert (refused.status, refused.problem["code"]) == (1, "config-invalid")
    assert till.call("watch", "terms", "--json").json["default"] == "std"
    assert "参考です" in till.call("watch", "terms", "--market").out
