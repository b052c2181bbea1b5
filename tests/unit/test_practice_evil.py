"""The evil mode: enough pages, each with a number, none that could rightly be read as ○ or －; and they bite."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from shirorom.adapters.facts_toml import packaged_facts
from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.edge.practice import Practice, catalogue, start
from shirorom.edge.practice.disguises import HIDES, LOOKALIKES, SPOILT
from shirorom.edge.practice.evil import HOSTILE, LYING, Evil, EvilMode, evil_numbers
from shirorom.edge.practice.hostile import HUGE_BYTES
from shirorom.edge.practice.pages import Shown, result
from shirorom.edge.practice.scene import ALL
from shirorom.edge.practice.server import Response
from tests.practice_client import Client, Page, glyph_in

STRAY = "http://127.0.0.1:1"
BYTES_READ = 3_000_000


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    """Practice carriers in the evil mode."""
    with start(evil=True) as running:
        yield running


def number_of(name: str) -> Imei:
    """The number of an evil page."""
    return next(imei for imei, evil in evil_numbers().items() if evil.name == name)


def made(evil: Evil, carrier: CarrierId) -> Response:
    """The page as it would be served."""
    response = EvilMode(STRAY).answer(carrier, number_of(evil.name), "http://127.0.0.1:2")
    assert response is not None
    return response


# ── the lists ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_there_are_enough_of_them() -> None:
    """At least 30 hostile pages; at least 300 lying ones, counted once whatever the carrier."""
    assert len(HOSTILE) >= 30
    assert len(LYING) >= 300


def test_names_and_numbers_are_unique_and_test_numbers() -> None:
    """Each page has one name and one number; none of them is in the catalogue, none may be a real phone."""
    assert max(Counter(evil.name for evil in HOSTILE + LYING).values()) == 1
    assert len(evil_numbers()) == len(HOSTILE) + len(LYING)
    assert all(imei.is_test for imei in evil_numbers())
    assert not evil_numbers().keys() & {number.imei for phone in catalogue().phones for number in phone.numbers}


@pytest.mark.parametrize("evil", HOSTILE + LYING, ids=lambda evil: evil.name)
def test_no_evil_page_may_be_read_as_a_good_answer(evil: Evil) -> None:
    """What may come of it is no mark, or ×: never ○, and never －."""
    assert evil.expected in (None, Mark.RESTRICTED)
    assert evil.tries
    assert evil.carriers


@pytest.mark.parametrize("name", [*LOOKALIKES, *SPOILT])
def test_lookalike_is_not_in_the_glyph_table(name: str) -> None:
    """Control of the lists: what they call none of the four is none of the four in the table either."""
    text = {**LOOKALIKES, **SPOILT}[name]
    assert packaged_facts().glyphs().mark_on_page(text) is None


@pytest.mark.parametrize("carrier", CarrierId)
def test_every_evil_page_can_be_made(carrier: CarrierId) -> None:
    """Each page is made for each carrier that it is meant for, and holds no number but those it was given."""
    for imei, evil in evil_numbers().items():
        response = EvilMode(STRAY).answer(carrier, imei, "http://127.0.0.1:2")
        assert (response is not None) == (carrier in evil.carriers), evil.name
        if response is None or response.chunks is not None:
            continue
        for digits in re.findall(rb"(?<!\d)\d{15}(?!\d)", response.body):
            assert digits[:8] == b"00101701", evil.name


# ── they bite ────────────────────────────────────────────────────────────────────────────────────────────────────────


def naive(carrier: CarrierId, html: str) -> str | None:
    """A reader as small programs have it: the first symbol in the text of the answer's place, whatever is seen."""
    page = Page(html)
    match carrier:
        case CarrierId.DOCOMO:
            places = page.all("div", cls="result-panel")[1:2]
        case CarrierId.AU:
            places = [one for one in page.all("li") if one.text.startswith("状態")]
        case CarrierId.SOFTBANK:
            places = page.all("td", cls="glyph")
        case _:
            places = page.all("div", id="search-result")
    found = re.search("[○△×－]", places[0].text) if places else None
    return found[0] if found else None


@pytest.mark.parametrize("carrier", CarrierId)
def test_naive_reader_is_right_about_honest_pages_and_fooled_by_lies(carrier: CarrierId) -> None:
    """Control: a reader of the text alone reads every honest page and is led to a false ○ or － by a hundred lies."""
    for symbol in "○△×－":
        assert naive(carrier, result(carrier, Shown("0" * 15, symbol, "文"))) == symbol
    pages = [made(evil, carrier) for evil in LYING if carrier in evil.carriers]
    codec = "cp932" if carrier is CarrierId.DOCOMO else "utf-8"
    fooled = [page for page in pages if naive(carrier, page.body.decode(codec, "replace")) in ("○", "－")]
    assert len(fooled) >= 100


def test_every_hiding_place_holds_a_symbol() -> None:
    """No way of hiding loses the symbol on the way: what is hidden is really there."""
    for way in HIDES:
        evil = next(evil for evil in LYING if evil.name == f"hidden-ring-{way}")
        html = made(evil, CarrierId.AU).body.decode()
        legend = Page(html).one("section", cls="legend").text
        assert html.count("○") > legend.count("○"), way


# ── on the wire ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("carrier", CarrierId)
def test_evil_page_is_served_by_its_number(practice: Practice, carrier: CarrierId) -> None:
    """The number chooses the page; here one that says × and takes the camera."""
    imei = number_of("camera")
    with Client(practice.origins[carrier]) as client:
        reply = client.ask(carrier, imei.digits)
    assert "getUserMedia" in reply.text
    assert imei.digits in reply.text


@pytest.mark.parametrize("carrier", CarrierId)
def test_without_the_mode_its_numbers_are_ordinary(carrier: CarrierId) -> None:
    """Nobody meets an evil page who did not ask for the evil mode."""
    with start() as running, Client(running.origins[carrier]) as client:
        assert glyph_in(carrier, client.ask(carrier, number_of("camera").digits)) == "－"


def test_ordinary_phones_stay_ordinary_in_the_evil_mode(practice: Practice) -> None:
    """Control page: beside the evil numbers the catalogue is as it was."""
    with Client(practice.origins[CarrierId.DOCOMO]) as client:
        number = catalogue().phone("docomo-clear").numbers[0].imei.digits
        assert glyph_in(CarrierId.DOCOMO, client.ask(CarrierId.DOCOMO, number)) == "○"


@pytest.mark.parametrize("name", ["body-endless", "body-400-mb"])
def test_huge_page_really_comes(practice: Practice, name: str) -> None:
    """A page without end goes on past any sensible limit."""
    assert HUGE_BYTES > 100 * BYTES_READ
    with Client(practice.origins[CarrierId.AU]) as client:
        client.get("/cmn/WCV009001/WCE009001.hc")
        got = client.read_some("/cmn/WCV009001/WCE009002.hc", BYTES_READ, imei=number_of(name).digits)
    assert got == BYTES_READ


def test_loop_leads_to_itself(practice: Practice) -> None:
    """The redirect has no end."""
    with Client(practice.origins[CarrierId.AU]) as client:
        assert client.get("/evil/loop").headers["location"] == "/evil/loop"
        assert client.ask(CarrierId.AU, number_of("redirect-loop").digits).headers["location"] == "/evil/loop"


def test_front_page_can_be_evil_too(practice: Practice) -> None:
    """`world.front` puts an evil page in the form's stead, before any number is known."""
    practice.world.front = "refresh-file"
    try:
        with Client(practice.origins[CarrierId.SOFTBANK]) as client:
            assert "file:///etc/passwd" in client.get("/WBF/icv").text
    finally:
        practice.world.front = None


def test_trap_remembers_who_strayed() -> None:
    """A request to the other origin is counted, by its path alone."""
    with start(evil=True) as running:
        with Client(running.origins[CarrierId.AU]) as client:
            target = client.ask(CarrierId.AU, number_of("redirect-other-host").digits).headers["location"]
        assert running.world.strays == []
        with Client(target) as stray:
            stray.get("/answer?imei=1")
        assert running.world.strays == ["/answer"]
        assert target.startswith("http://127.0.0.1:")
        assert not set(running.origins.values()) & {target.rsplit("/", 1)[0]}


def test_mojibake_is_what_it_says() -> None:
    """Control: the bytes of such a page differ from what it declares, so that its symbol does not survive."""
    evil = next(evil for evil in LYING if evil.name == "mojibake-sjis-as-utf8")
    response = made(evil, CarrierId.DOCOMO)
    assert response.content_type == "text/html; charset=utf-8"
    assert "×".encode() not in response.body
    assert evil.carriers == ALL
