"""The register where people see it: the page, its forms without script, the practice feeds, the JSON twin."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from shirorom.domain.carrier import CarrierId
from shirorom.domain.feed import FeedKind
from shirorom.domain.imei import Device
from shirorom.domain.mark import Mark
from shirorom.edge.practice.catalogue import catalogue
from shirorom.edge.web import register
from shirorom.register.format import Enrolled, Stamp
from shirorom.register.rows import Row
from shirorom.register.snapshot_head import Holds
from tests import register_kit
from tests import snapshot_kit as snapshots
from tests.feed_kit import Publisher, notice, restricted
from tests.logs import START, SetClock, imei
from tests.web_kit import BASE, Kit, public, settings_of

FORM = {"content-type": "application/x-www-form-urlencoded"}
PHONE = catalogue().phone("docomo-clear").numbers[0].imei


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    made = Kit(tmp_path, settings_of(), clock=SetClock(START))
    yield made
    made.close()


@pytest.fixture
def client(kit: Kit) -> Iterator[TestClient[Any]]:
    with TestClient(kit.app, base_url=BASE) as made:
        yield made


def take(kit: Kit, content: bytes, carrier: CarrierId = CarrierId.DOCOMO) -> None:
    kit.composition.feeds.take(io.BytesIO(content), carrier, "佐藤")


def ask(client: TestClient[Any], text: str) -> Any:
    return client.post("/register", data={"text": text})


def test_nobody_has_published(client: TestClient[Any]) -> None:
    """Then every carrier is unasked, no register is due, and that is said; no phone is called anything."""
    page = client.get("/register").text
    assert "まだ、どの会社の通知も届いていません" in page
    status = client.get("/v1/register").json()
    assert (status["register"], status["error"], status["practice"]) == (None, None, True)
    assert [book["enrolled"] for book in status["books"]] == [False] * 4
    answered = ask(client, imei(1).digits).text.partition('id="said"')[2].partition("</table>")[0]
    assert (answered.count("未照会"), answered.count("未確認")) == (4, 1)


def test_a_feed_is_told_with_its_key_and_bearer(kit: Kit, client: TestClient[Any]) -> None:
    """Sequence, kind, rows, when, by whose key, handed in by whom; the other carriers stay unasked."""
    publisher = Publisher()
    kit.composition.feeds.keys.add(publisher.key())
    take(kit, publisher.feed([restricted(1), notice(2)], made_at=START - timedelta(hours=2)))
    kit.composition.register.now(True)
    take(kit, publisher.feed([notice(3)], 1, FeedKind.DELTA, made_at=START - timedelta(hours=1)))
    status = client.get("/v1/register").json()
    docomo = status["books"][0]
    newest = docomo["feeds"][0]
    assert (docomo["enrolled"], docomo["rows"], docomo["rows_since"], docomo["stale"]) == (True, 2, 1, False)
    assert (newest["sequence"], newest["feed"], newest["by"], newest["rows"]) == (1, "delta", "佐藤", 1)
    assert newest["key"] == publisher.signer.key.id.hex()
    assert (status["register"]["phones"], status["register"]["behind"], status["register"]["size"]) == (2, 1, 1)
    page = client.get("/register").text
    for said in (newest["key"], "差分", "第 1 便", "佐藤", "まだ入っていない便が 1 本"):
        assert said in page


def test_absence_is_no_record_only_where_the_carrier_is_enrolled(kit: Kit, client: TestClient[Any]) -> None:
    """判定なし at docomo, 未照会 at the others; a restricted phone is restricted; no number in an address."""
    publisher = Publisher()
    kit.composition.feeds.keys.add(publisher.key())
    take(kit, publisher.feed([restricted(1)]))
    answer = ask(client, f"{imei(1).digits}\n{imei(2).digits}")
    rows = [row for row in answer.text.split("<tr") if "00-100" in row][1:]  # the first is the practice phone
    assert ["利用制限中" in row for row in rows] == [True, False]
    assert ["判定なし" in row for row in rows] == [False, True]
    assert [row.count("未照会") for row in rows] == [3, 3]
    assert str(answer.url).endswith("/register")


def test_an_old_book_is_called_old(kit: Kit, client: TestClient[Any]) -> None:
    """Its － decides nothing any more, its register is refused; × stays."""
    publisher = Publisher()
    kit.composition.feeds.keys.add(publisher.key())
    take(kit, publisher.feed([restricted(1)]))
    kit.composition.register.now(True)
    kit.composition.clock.at += timedelta(hours=30)  # type: ignore[attr-defined]  # a clock that is set
    status = client.get("/v1/register").json()
    assert (status["books"][0]["stale"], status["register"], status["error"]) == (True, None, "register-stale")
    page = ask(client, imei(1).digits).text
    assert ("register-stale" in page, "利用制限中" in page, "古い答え" in page) == (True, True, True)


@pytest.mark.parametrize(("text", "status"), [("", 422), ("001001010000010", 422), (imei(1).digits, 200)])
def test_what_is_no_number_is_said(client: TestClient[Any], text: str, status: int) -> None:
    """An empty field or a wrong check digit is told beside the field, and nothing is looked up."""
    assert ask(client, text).status_code == status


def test_a_long_list_is_cut_and_says_so(client: TestClient[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The page answers for so many phones; the rest is for a file."""
    monkeypatch.setattr(register, "PHONES_MAX", 2)
    page = ask(client, "\n\n".join(imei(n).digits for n in range(1, 5))).text
    assert ("2台の答え" in page, "はじめの100台" in page) == (True, True)


@pytest.mark.parametrize("holds", Holds)
def test_a_snapshot_is_told_with_what_its_silence_is_worth(kit: Kit, client: TestClient[Any], holds: Holds) -> None:
    """Whose books, how old, whether it holds ○; its × is among the answers, beside whatever feeds say."""
    rows: list[Row] = [(int(imei(1).key), CarrierId.AU, Mark.RESTRICTED)]
    stamp = Stamp(register_kit.stamp().log, (Enrolled(CarrierId.AU, START - timedelta(hours=2)),), True)
    made = snapshots.made(snapshots.content_of(rows, holds, stamp), at=START - timedelta(hours=1))
    shop = snapshots.shop(kit.composition.data / "snapshot" / "practice", SetClock(START))
    shop(made, keys=[snapshots.SIGNER.key])
    told = client.get("/v1/register").json()["snapshot"]
    whole = holds is Holds.EVERYTHING
    assert told == {"as_of": "2026-11-23T07:00:00Z", "carriers": ["au"], "whole": whole}
    page = ask(client, imei(1).digits).text
    assert ("利用制限中" in page, "△ と × だけが入っています" in page) == (True, not whole)


def test_practice_carriers_publish_at_a_press(kit: Kit, client: TestClient[Any]) -> None:
    """All four are enrolled; the phone is clear, then restricted, then clear again, each told by the register."""
    assert "練習の会社の通知を受け取る" in client.get("/register").text
    client.post("/register/practice", headers=FORM)
    status = client.get("/v1/register").json()
    assert [book["enrolled"] for book in status["books"]] == [True] * 4
    assert (status["register"]["behind"], status["register"]["size"]) == (0, 4)
    for marks in ("clear", "restricted", "clear", "restricted"):
        checked = kit.composition.register.lookups()([Device((PHONE,))])[0]
        assert checked.words.marks[0] == marks
        page = client.post("/register/practice/change", headers=FORM).text
        assert "登録簿の答えが変わりました" in page
        assert client.get("/v1/register").json()["register"]["behind"] == 0


def test_full_lists_again_after_changes(kit: Kit, client: TestClient[Any]) -> None:
    """Taken at once without any change, and also behind deltas and in later minutes: the count goes on."""
    for minutes in (0, 0, 1, 9, 1, 30):
        kit.composition.clock.at += timedelta(minutes=minutes)  # type: ignore[attr-defined]  # a clock that is set
        for path in ("/register/practice", "/register/practice/change", "/register/practice/change"):
            assert client.post(path, headers=FORM).status_code == 200
    said = client.get("/v1/register").json()["books"]
    assert [book["enrolled"] for book in said] == [True] * 4
    assert said[1]["count"] < said[0]["count"]  # au's list was the same within ten minutes


def test_a_change_before_any_list_is_refused(client: TestClient[Any]) -> None:
    """A delta follows a full list."""
    assert client.post("/register/practice/change", headers=FORM | {"accept": "text/html"}).status_code == 409


def test_nothing_of_practice_reaches_the_real_log(kit: Kit, client: TestClient[Any]) -> None:
    """Keys and feeds of the practice carriers are practice alone."""
    client.post("/register/practice", headers=FORM)
    assert all(key.practice for key in kit.composition.feeds.keys.all())
    real = client.get("/v1/register?practice=false").json()
    assert (real["practice"], real["log_size"], real["register"]) == (False, 0, None)


def test_a_real_shop_has_no_practice_button(tmp_path: Path) -> None:
    """Nor a place in the menu before it believes any carrier's key; the page itself is there."""
    kit = Kit(tmp_path, settings_of(practice=False))
    with TestClient(kit.app, base_url=BASE) as client:
        assert client.post("/register/practice", headers=FORM).status_code == 404
        assert ">登録簿</a>" not in client.get("/").text
        assert client.get("/register").status_code == 200
        kit.composition.feeds.keys.add(Publisher(practice=False).key(datetime(2026, 1, 1, tzinfo=UTC)))
        assert ">登録簿</a>" in client.get("/").text
    kit.close()


def test_a_public_page_has_none_of_it(tmp_path: Path) -> None:
    """What a shop knows of phones is not for strangers."""
    kit = Kit(tmp_path, public(settings_of()))
    with TestClient(kit.app, base_url=BASE) as client:
        assert [client.get(path).status_code for path in ("/register", "/v1/register")] == [404, 404]
        assert ">登録簿</a>" not in client.get("/").text
    kit.close()
