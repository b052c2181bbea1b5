"""Slip, reminder, asking the seller, installable page, patterns: what each gives, to whom, and what it never says."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from litestar.testing import TestClient

from scripts.icons import ICONS, STATIC, drawn
from shirorom.domain.carrier import CarrierId
from shirorom.domain.one_time import Request
from shirorom.edge.web.app import create_app, takes_gzip
from shirorom.edge.web.installable import offline_files
from shirorom.edge.web.templating import static_files, static_url
from tests.picture_fakes import FakePictures, one_number, two_phones, with_pictures
from tests.web_kit import BASE, ONE, TWO, Kit, settings_of

PAGE = {"accept": "text/html"}
PHONE = re.compile(r"0\d{1,4}-\d{1,4}-\d{3,4}|\+81")


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    """A public page, carriers by hand."""
    made = Kit(tmp_path_factory.mktemp("data"), settings_of(public=True))
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(kit: Kit) -> Iterator[TestClient[Any]]:
    """A visitor."""
    with TestClient(kit.app, base_url=BASE) as made:
        made.headers.update(PAGE)
        yield made


def checked(client: TestClient[Any], glyphs: str, *, text: str = ONE.digits) -> str:
    """A check by hand with these answers (？: none came; a space: not looked); its address."""
    address = str(client.post("/check", data={"text": text}, follow_redirects=False).headers["location"])
    places = [f"{n}-{carrier.value}" for n in range(1, 1 + len(text.split())) for carrier in CarrierId]
    for place, glyph in zip(places, glyphs, strict=True):
        if glyph != " ":
            sent = {"place": place, "glyph": "" if glyph == "？" else glyph}
            assert client.post(f"{address}/answer", data=sent, follow_redirects=False).status_code == 303
    return address


# -- the slip --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("glyphs", ["×－－－", "△○○○", "－－－－", "○○○？", "○×△－", "×   "])
def test_slip_says_what_each_carrier_said(client: TestClient[Any], glyphs: str) -> None:
    """For ×, △, －, mixed and open results: every carrier, meanings in both languages, practice marked."""
    answer = client.get(checked(client, glyphs) + "/slip")
    assert answer.status_code == 200
    for name in ("ドコモ", "docomo", "ソフトバンク", "SoftBank", "楽天モバイル", "Rakuten"):
        assert name in answer.text
    for mark, ja, en in (("×", "通話も通信もできません", "No calls"), ("△", "後で × になる", "become × later"),
                         ("－", "安全という意味ではありません", "does not mean it is safe")):  # fmt: skip
        assert (ja in answer.text and en in answer.text) or mark not in glyphs
    assert "練習" in answer.text
    assert "Practice" in answer.text


@pytest.mark.parametrize(("glyphs", "status"), [("○○○○", 409), ("○－－－", 409), ("    ", 409), ("△   ", 200)])
def test_no_slip_for_clear_alone(client: TestClient[Any], glyphs: str, status: int) -> None:
    """A result of ○ gets no paper that looks like a promise, nor does one without any answer; △ does (control)."""
    address = checked(client, glyphs)
    answer = client.get(address + "/slip")
    assert answer.status_code == status
    assert ("slip-none" in answer.text) is (status == 409)
    assert ("/slip" in client.get(address).text) is (status == 200)


def test_slip_hides_the_number_until_asked(client: TestClient[Any]) -> None:
    """The last four digits by default; all of them on request, which no address carries."""
    address = checked(client, "×－－－" * 2, text=f"{ONE.digits}\n{TWO.digits}")
    masked, whole = client.get(address + "/slip"), client.get(address + "/slip?numbers=all")
    for imei in (ONE, TWO):
        assert imei.masked in masked.text
        assert imei.grouped in whole.text
        assert imei.grouped not in masked.text
        assert imei.digits[4:14] not in re.sub(r"\D", "", masked.text)


def test_slip_names_pages_and_no_telephone(client: TestClient[Any]) -> None:
    """Whom to ask: the page of each carrier that said × or △, and nobody's telephone number, for none is known."""
    text = client.get(checked(client, "×△－○") + "/slip").text
    assert "nw-restriction.nttdocomo.co.jp/top.php" in text
    assert "www.au.com/support" in text
    assert "network.mobile.rakuten.co.jp" not in text
    assert "電話番号はこの紙に載せていません" in text
    assert PHONE.search(re.sub(r"<time.*?</time>", "", text)) is None


def test_slip_says_that_no_answer_is_no_mark(client: TestClient[Any]) -> None:
    """A carrier that gave no answer, and one that nobody asked, are each said to be so."""
    text = client.get(checked(client, "△？  ") + "/slip").text
    assert "答えが得られませんでした" in text
    assert "聞いていません" in text
    assert "○ でも － でもありません" in text


# -- the reminder ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [7, 30, 90])
def test_reminder_is_a_day_in_the_calendar(client: TestClient[Any], kit: Kit, days: int) -> None:
    """So many days from today in Japan, with the site's address, marked as practice, without any number."""
    answer = client.get(checked(client, "△－－－") + f"/reminder?days={days}")
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.headers["cache-control"] == "no-store"
    text = answer.text.replace("\r\n ", "")
    wanted = kit.parts.clock.now().astimezone(datetime.strptime("+0900", "%z").tzinfo) + timedelta(days=days)
    assert f"DTSTART;VALUE=DATE:{wanted:%Y%m%d}" in text
    assert f"URL:{BASE}/" in text
    assert "【練習】" in text
    assert ONE.digits not in text
    assert ONE.digits[-4:] not in text.replace(re.search("UID.*", text)[0], "")  # type: ignore[index]


def test_reminder_in_plain_japanese_has_no_signs(client: TestClient[Any]) -> None:
    """A calendar cannot draw readings: none of our private signs is in the file, in any language."""
    address = checked(client, "△－－－")
    for language in ("ja", "ja-easy", "en"):
        text = client.get(address + f"/reminder?lang={language}").text
        assert not re.search("[\ue000-\ue002]", text)


@pytest.mark.parametrize("days", ["0", "31", "-7", "x", ""])
def test_other_days_are_refused(client: TestClient[Any], days: str) -> None:
    """Only what the page offers."""
    assert client.get(checked(client, "△－－－") + f"/reminder?days={days}").status_code == 422


def test_restricted_needs_no_reminder(client: TestClient[Any]) -> None:
    """× is not worth waiting for, so the page offers no day; △ is (control)."""
    assert "/reminder" not in client.get(checked(client, "×－－－")).text
    assert "/reminder" in client.get(checked(client, "△－－－")).text


# -- asking the seller -----------------------------------------------------------------------------------------------


@pytest.fixture
def pictures() -> FakePictures:
    """A reader that a test tells what to see."""
    return FakePictures(one_number(ONE))


@pytest.fixture
def buyer(kit: Kit, pictures: FakePictures) -> Iterator[TestClient[Any]]:
    """A visitor of a page that can read pictures."""
    with TestClient(create_app(with_pictures(kit.parts, pictures)), base_url=BASE) as made:
        made.headers.update(PAGE)
        yield made


def begun(buyer: TestClient[Any]) -> tuple[str, str]:
    """A fresh request: its address and its code."""
    address = str(buyer.post("/ask-seller", data={"make": "1"}, follow_redirects=False).headers["location"])
    found = Request.parse(address.rpartition("/")[2])
    assert found is not None
    return address, found.code


def sent(buyer: TestClient[Any], address: str, content: bytes = b"a picture") -> Any:
    """Send a photo."""
    return buyer.post(address, files={"photo": ("p.jpg", content, "image/jpeg")})


def test_message_has_the_code(buyer: TestClient[Any]) -> None:
    """What to paste into the chat: *#06#, the code, that it is for this check alone; the same after a reload."""
    address, code = begun(buyer)
    text = buyer.get(address).text
    assert "*#06#" in text
    assert f"「{code}」" in text
    assert buyer.get(address).text == text


def test_photo_with_number_and_code(buyer: TestClient[Any], pictures: FakePictures) -> None:
    """Number and code are said, what they prove and what not, and the form goes on to the check."""
    address, code = begun(buyer)
    pictures.seen = one_number(ONE, certain=True, words=(code,))
    text = sent(buyer, address).text
    assert ONE.grouped in text
    assert "バーコードと数字が同じでした" in text
    assert f"合い言葉「{code}」が写っています" in text
    assert "写真は加工できます" in text
    assert f">{ONE.digits}</textarea>" in text


def test_photo_without_code(buyer: TestClient[Any], pictures: FakePictures) -> None:
    """Without the code nothing is said to be new, and the message to ask once more stands there."""
    address, code = begun(buyer)
    pictures.seen = one_number(ONE, words=("K7X4MA",))
    text = sent(buyer, address).text
    assert f"合い言葉「{code}」は読み取れませんでした" in text
    assert "より後に写されたこと" not in text
    assert "もう一度お願い" in text


def test_code_of_another_page_does_not_count(buyer: TestClient[Any], pictures: FakePictures) -> None:
    """A photo taken for one request says nothing for the next."""
    _, old = begun(buyer)
    address, _ = begun(buyer)
    pictures.seen = one_number(ONE, words=(old,))
    assert "は読み取れませんでした" in sent(buyer, address).text


def test_uncertain_number_is_confirmed(buyer: TestClient[Any], pictures: FakePictures) -> None:
    """What one reader alone saw is offered and never taken: no check begins by itself."""
    address, code = begun(buyer)
    pictures.seen = one_number(ONE, words=(code,))
    answer = sent(buyer, address)
    assert answer.status_code == 200
    assert "1桁ずつ見くらべて" in answer.text


def test_other_numbers_are_named(buyer: TestClient[Any], pictures: FakePictures) -> None:
    """An EID in the picture is said to be one, and offered to no check."""
    address, _ = begun(buyer)
    pictures.seen = one_number(None, eid=True)
    text = sent(buyer, address).text
    assert "これはEIDです" in text
    assert 'action="/check"' not in text


def test_eid_beside_a_number_is_no_fault(buyer: TestClient[Any], pictures: FakePictures) -> None:
    """An iPhone's own screen shows both: an honest seller's picture is not called wrong for it."""
    address, code = begun(buyer)
    pictures.seen = one_number(ONE, eid=True, words=(code,))
    text = sent(buyer, address).text
    assert ONE.grouped in text
    assert "EID" not in text.partition('id="readh"')[2].partition("</section>")[0]


def test_two_phones_are_chosen_between(buyer: TestClient[Any], pictures: FakePictures) -> None:
    """Two phones in one picture are two buttons."""
    address, _ = begun(buyer)
    pictures.seen = two_phones(ONE, TWO)
    assert sent(buyer, address).text.count('action="/check"') == 2


@pytest.mark.parametrize(("content", "status", "says"), [
    (b"", 422, "写真が選ばれていません"),
    (b"bad", 422, "写真を開けませんでした"),
])  # fmt: skip
def test_what_went_wrong_is_said_beside_the_message(
    buyer: TestClient[Any], content: bytes, status: int, says: str
) -> None:
    """No photo, or one that cannot be read: a sentence, and the same page with the same code."""
    address, code = begun(buyer)
    answer = sent(buyer, address, content)
    assert (answer.status_code, says in answer.text) == (status, True)
    assert code in answer.text


def test_old_request_is_refused(buyer: TestClient[Any], kit: Kit) -> None:
    """After 24 hours neither page nor photo is taken; within them both are (control)."""
    for hours, status in ((25, 410), (23, 200)):
        made = Request.new(random=bytes(12), now=kit.parts.clock.now() - timedelta(hours=hours))
        assert buyer.get(f"/ask-seller/{made.id}").status_code == status
        assert sent(buyer, f"/ask-seller/{made.id}").status_code == status


@pytest.mark.parametrize("name", ["x", ONE.digits, "f" * 32])
def test_invented_address_is_refused(buyer: TestClient[Any], name: str) -> None:
    """What is no such address, or one from the future, does not exist."""
    assert buyer.get(f"/ask-seller/{name}").status_code == 404


def test_too_large_a_photo_is_refused(buyer: TestClient[Any], pictures: FakePictures) -> None:
    """Above ten megabytes nothing is read."""
    address, _ = begun(buyer)
    assert sent(buyer, address, b"x" * (10 * 1024 * 1024 + 70_000)).status_code == 413
    assert pictures.read_count == 0


def test_without_a_reader_it_says_so(kit: Kit) -> None:
    """Where no reader is installed the message still serves, and the photo is answered by what to do instead."""
    app = create_app(replace(kit.parts, pictures=None))
    with TestClient(app, base_url=BASE) as client:
        client.headers.update(PAGE)
        address, code = begun(client)
        answer = sent(client, address)
    assert answer.status_code == 501
    assert "picture-reader-missing" in answer.text
    assert code in answer.text


def test_nothing_is_kept(buyer: TestClient[Any], pictures: FakePictures, kit: Kit, tmp_path: Path) -> None:
    """After a photo no job exists and no file of the data directory has changed."""
    data = kit.composition.data
    before = {path: path.stat().st_mtime_ns for path in data.rglob("*") if path.is_file()}
    address, _ = begun(buyer)
    assert sent(buyer, address).status_code == 200
    assert {path: path.stat().st_mtime_ns for path in data.rglob("*") if path.is_file()} == before
    assert buyer.app.state["web"].asking.jobs._jobs == {}


# -- installable, small ----------------------------------------------------------------------------------------------


def test_manifest_names_icons_that_are_there(client: TestClient[Any]) -> None:
    """Name, start, standalone, and icons whose addresses answer with PNG of the size said."""
    answer = client.get("/manifest.webmanifest")
    told = answer.json()
    assert answer.headers["content-type"].startswith("application/manifest+json")
    assert (told["start_url"], told["display"]) == ("/", "standalone")
    assert {icon["purpose"] for icon in told["icons"]} == {"any", "maskable"}
    for icon in told["icons"]:
        content = client.get(icon["src"]).content
        assert content.startswith(b"\x89PNG")
        assert f"{int.from_bytes(content[16:20], 'big')}x{int.from_bytes(content[20:24], 'big')}" == icon["sizes"]


def test_only_a_public_page_is_installed(client: TestClient[Any], tmp_path: Path) -> None:
    """A shop's own server offers no manifest: its pages are not for keeping."""
    assert "manifest.webmanifest" in client.get("/").text
    kit = Kit(tmp_path, settings_of())
    with TestClient(kit.app, base_url=BASE) as shop:
        assert "manifest.webmanifest" not in shop.get("/").text
    kit.close()


@pytest.mark.parametrize("name", ICONS)
def test_icons_are_the_ones_that_the_script_draws(name: str) -> None:
    """The committed picture holds exactly the pixels that `scripts.icons` makes."""
    size, maskable = ICONS[name]
    content = (STATIC / name).read_bytes()
    length = int.from_bytes(content[33:37], "big")
    rows = np.frombuffer(zlib.decompress(content[41 : 41 + length]), np.uint8).reshape(size, size * 4 + 1)
    assert (rows[:, 0] == 0).all()
    assert (rows[:, 1:].reshape(size, size, 4) == drawn(size, maskable=maskable)).all()


def test_worker_keeps_explanations_alone(client: TestClient[Any]) -> None:
    """Its lists hold the explanations and static files that are there, and no other address."""
    text = client.get("/sw.js").text
    guides = re.findall(r'"(/[^"]*)"', text.splitlines()[0])
    files = re.findall(r'"(/[^"]*)"', text.splitlines()[1])
    assert guides[0] == "/guide"
    assert all(client.get(address).status_code == 200 and address.startswith("/guide") for address in guides)
    assert all(client.get(address).status_code == 200 and address.startswith("/static/") for address in files)
    assert "/static/marks.svg" in files
    assert static_url("guide.css") in offline_files()


def test_static_text_is_sent_compressed(client: TestClient[Any]) -> None:
    """Style and script go by gzip to whoever takes it, plain to others; both are the same file."""
    for name in ("shirorom.css", "htmx.min.js", "marks.svg"):
        address = static_url(name)
        small = client.get(address, headers={"accept-encoding": "gzip"})
        plain = client.get(address, headers={"accept-encoding": "identity"})
        assert small.headers.get("content-encoding") == "gzip"
        assert "content-encoding" not in plain.headers
        assert small.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
        assert small.content == plain.content == static_files()[name]
        assert int(small.headers["content-length"]) == len(gzip.compress(plain.content, 9, mtime=0))


@pytest.mark.parametrize(("accept", "takes"), [
    ("gzip", True), ("br, gzip;q=0.5", True), ("GZIP", True), ("gzip;q=0", False), ("gzip; q=0.0", False),
    ("", False), ("br", False), ("x-gzipped", False),
])  # fmt: skip
def test_who_takes_gzip(accept: str, takes: bool) -> None:
    """Only who names it and does not refuse it."""
    assert takes_gzip(accept) is takes


def test_answers_are_not_compressed(client: TestClient[Any]) -> None:
    """A page that holds a visitor's number and what they typed has a length that tells nothing: no compression."""
    answer = client.get(checked(client, "△－－－"), headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in answer.headers


# -- patterns --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("public", "practice", "status"), [(False, True, 200), (True, True, 404), (False, False, 404)])
def test_patterns_are_for_development(tmp_path: Path, public: bool, practice: bool, status: int) -> None:
    """Only where practice carriers are asked and no stranger comes."""
    kit = Kit(tmp_path, settings_of(public=public, practice=practice))
    with TestClient(kit.app, base_url=BASE) as client:
        assert client.get("/patterns").status_code == status
    kit.close()
