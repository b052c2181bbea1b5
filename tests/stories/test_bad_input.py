"""The story of bad input (RELIABILITY T34), over HTTP against the real server: a clear sentence each, nothing kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import httpx
import pytest

from shirorom.domain.imei import Imei
from shirorom.edge.practice.catalogue import catalogue
from tests.pictures import bad, draw
from tests.pictures.degrade import jpeg, png
from tests.stories.kit import Place, installation
from tests.unit.test_file_text import _pdf_bomb as pdf_bomb

ASKED = catalogue().phone("all-clear").device.imeis[0]
OTHER = catalogue().phone("au-restricted").device.imeis[0]
NOVEL = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。" * 600


@dataclass(frozen=True, slots=True)
class Counter:
    """A shop with one phone in its queue."""

    place: Place
    client: httpx.Client
    item: str

    def state(self) -> tuple[int, list[str], list[str]]:
        """How much is recorded, what is kept as evidence, how the phone's questions stand."""
        board = self.client.get("/v1/counter").json()["items"]
        kept = [path.name for path in self.place.data.glob("blobs/**/*") if path.is_file()]
        return self.place.recorded(), kept, [one["state"] for item in board for one in item["places"]]


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """A real server, and one phone that waits there."""
    with installation(tmp_path_factory.mktemp("shop")) as place, place.client() as client:
        added = client.post("/v1/counter/items", json={"devices": [[ASKED.digits]]}).json()["added"]
        yield Counter(place, client, added[0]["id"])


def page_of(imei: Imei, carrier: str) -> bytes:
    """A screenshot of an answer."""
    return png(draw.result_page(Random(2), imei, carrier, "○"))


SHOT, PNG = "/v1/counter/screenshots/{item}/1-docomo", "image/png"
BAD: dict[str, tuple[str, str, Callable[[], bytes], str]] = {
    "200 megapixels": ("/v1/pictures", PNG, lambda: bad.png_of(20_000, 10_000, b"x"), "picture-too-many-pixels"),
    "an SVG": ("/v1/pictures", PNG, lambda: bad.SVG, "picture-kind"),
    "an SVG by its own name": ("/v1/pictures", "image/svg+xml", lambda: bad.SVG, "media-type"),
    "an animated GIF": ("/v1/pictures", PNG, bad.moving_gif, "picture-kind"),
    "a PDF bomb": ("/v1/files", "application/pdf", pdf_bomb, "file-unreadable"),
    "no number": (SHOT, "image/jpeg", lambda: jpeg(bad.GREY), "screenshot-no-number"),
    "a wrong phone's screenshot": (SHOT, PNG, lambda: page_of(OTHER, "docomo"), "screenshot-other-number"),
    "another carrier's screenshot": (SHOT, PNG, lambda: page_of(ASKED, "SoftBank"), "screenshot-other-carrier"),
}


@pytest.mark.parametrize("name", BAD)
def test_it_is_refused_in_a_clear_sentence(counter: Counter, name: str) -> None:
    """Its own code with a title and what to do about it; recorded and kept is what was before; the page answers."""
    path, media, make, code = BAD[name]
    path = path.format(item=counter.item)
    before = counter.state()
    answer = counter.client.post(path, content=make(), headers={"content-type": media, "accept-language": "ja"})
    problem: dict[str, Any] = answer.json()
    assert problem["code"] == code
    assert 400 <= answer.status_code < 500
    assert all(problem[part].strip() for part in ("title", "detail", "fix"))
    assert counter.state() == before == (0, [], ["open"] * 4)
    assert counter.client.get("/counter").status_code == 200


def test_a_picture_without_a_number_gives_advice(counter: Counter) -> None:
    """It is no error to have photographed something else: nothing is found, and a help page says what to photograph."""
    answer = counter.client.post("/v1/pictures", content=jpeg(bad.GREY), headers={"content-type": "image/jpeg"}).json()
    assert (answer["found"], answer["advice"]) == ([], "picture-no-number")
    assert "*#06#" in counter.client.get(f"/help/{answer['advice']}", headers={"accept-language": "ja"}).text


@pytest.mark.parametrize("size", [3_000, len(NOVEL)])
def test_a_pasted_novel_adds_nothing(counter: Counter, size: int) -> None:
    """No number stands in it: the queue stays as it was, and the first page says so, or that it is too long."""
    before = counter.state()
    answer = counter.client.post("/v1/counter/items", json={"text": NOVEL[:size]})
    assert (answer.status_code, answer.json()["added"], answer.json()["found"]) == (201, [], [])
    headers = {"accept": "text/html", "accept-language": "ja", "origin": counter.place.origin}
    page = counter.client.post("/check", data={"text": NOVEL[:size]}, headers=headers)
    assert 400 <= page.status_code < 500
    assert ("端末の番号が見つかりません" if size == 3_000 else "大きすぎます") in page.text
    assert counter.state() == before


def test_what_is_good_is_kept(counter: Counter) -> None:
    """Control: the screenshot of the right phone at the right carrier."""
    path = f"/v1/counter/screenshots/{counter.item}/1-docomo"
    answer = counter.client.post(path, content=page_of(ASKED, "docomo"), headers={"content-type": "image/png"})
    assert (answer.status_code, answer.json()["checked"]) == (201, True)
    assert len(counter.state()[1]) == 1


def test_an_answer_would_be_counted(counter: Counter) -> None:
    """Control of `recorded`: an answer is counted."""
    body = {"item": counter.item, "place": "1-docomo", "glyph": "○", "sentence": "", "screenshot": None,
            "asked_at": counter.client.get("/v1/counter").json()["now"]}  # fmt: skip
    counter.client.post("/v1/counter/answers", json=body, headers={"idempotency-key": "a-control-of-bad-input"})
    assert counter.place.recorded() == 1
