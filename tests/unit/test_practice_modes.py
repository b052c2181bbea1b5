"""The practice sites when they fail, wait and change; how they are started, configured and ended."""

from __future__ import annotations

import http.client
import re
import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from shirorom.adapters.facts_toml import packaged_facts
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import ConfigError
from shirorom.edge.practice import Practice, catalogue, config_toml, run, start
from shirorom.edge.practice.catalogue import Fault
from shirorom.service.settings import Access, Settings
from tests.practice_client import WAYS, Client, Page, Reply, glyph_in

SYMBOLS = "○△×－"
NUMBER = catalogue().phone("no-record").numbers[0].imei.digits


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    """Practice carriers on free ports, without modes."""
    with start() as running:
        yield running


def ask(practice: Practice, carrier: CarrierId, number: str) -> Reply:
    """One person's whole way."""
    with Client(practice.origins[carrier]) as client:
        return client.ask(carrier, number)


def number_of(phone: str) -> str:
    """The first number of a phone."""
    return catalogue().phone(phone).numbers[0].imei.digits


# ── faults ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("carrier", CarrierId)
@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_status_of_a_failure(practice: Practice, carrier: CarrierId, status: int) -> None:
    """The site fails with that status and shows no symbol."""
    reply = ask(practice, carrier, number_of(f"fault-status-{status}"))
    assert reply.status == status
    assert not any(symbol in Page(reply.text).one("main").text for symbol in SYMBOLS)


@pytest.mark.parametrize("carrier", CarrierId)
def test_dropped_connection(practice: Practice, carrier: CarrierId) -> None:
    """The connection ends without an answer."""
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        ask(practice, carrier, number_of("fault-dropped"))


@pytest.mark.parametrize("carrier", CarrierId)
def test_silence_ends_with_the_site_and_not_before(carrier: CarrierId) -> None:
    """A silent site says nothing; closing the practice carriers ends the wait of whoever still hangs on."""
    running = start()
    client = Client(running.origins[carrier], timeout_s=0.3)
    with pytest.raises(TimeoutError), client:
        client.ask(carrier, number_of("fault-silent"))
    running.close()
    with pytest.raises(OSError, match="refused"):
        Client(running.origins[carrier]).get("/")


@pytest.mark.parametrize("carrier", CarrierId)
def test_maintenance_is_told_in_the_words_of_the_facts(practice: Practice, carrier: CarrierId) -> None:
    """A closed page holds a word that the facts know."""
    text = ask(practice, carrier, number_of("fault-maintenance")).text
    assert any(word in text for word in packaged_facts().carrier(carrier).page.maintenance_words)


@pytest.mark.parametrize("carrier", CarrierId)
def test_captcha_is_marked_as_the_facts_say_and_a_person_gets_through(practice: Practice, carrier: CarrierId) -> None:
    """A picture whose address says captcha; whoever types what it shows gets the answer."""
    number = number_of("fault-captcha")
    with Client(practice.origins[carrier]) as client:
        page = Page(client.ask(carrier, number).text)
        assert "captcha" in page.one("img").attributes["src"]
        assert client.get(page.one("img").attributes["src"]).headers["content-type"] == "image/svg+xml"
        fields = {one.attributes["name"]: one.attributes["value"] for one in page.all("input", type="hidden")}
        action = page.one("form").attributes["action"]
        assert Page(client.post(action, **fields, attestationkey="0000").text).all("img")
        text = client.post(action, **fields, attestationkey="7319").text
    assert _first_glyph(text) == "○"


@pytest.mark.parametrize("carrier", CarrierId)
def test_consent_is_marked_as_the_facts_say_and_a_person_gets_through(practice: Practice, carrier: CarrierId) -> None:
    """A required box and a button whose words the facts know; whoever ticks it gets the answer."""
    with Client(practice.origins[carrier]) as client:
        page = Page(client.ask(carrier, number_of("fault-consent")).text)
        assert "required" in page.one("input", type="checkbox").attributes
        assert page.one("button").text in packaged_facts().carrier(carrier).page.consent_words
        fields = {one.attributes["name"]: one.attributes["value"] for one in page.all("input", type="hidden")}
        text = client.post(page.one("form").attributes["action"], **fields, agree="1").text
    assert _first_glyph(text) == "○"


def _first_glyph(text: str) -> str:
    """The symbol of an answer page outside its legend, whatever the carrier."""
    page = Page(text)
    glyphs = [one.text for one in page.elements if {"mark", "glyph"} & set(one.attributes.get("class", "").split())]
    details = [one.text for one in page.all("li") if one.text.startswith("状態")]
    return glyphs[0] if glyphs else details[0].removeprefix("状態")[0]


def test_faults_of_the_answer(practice: Practice) -> None:
    """Legend only, no answer, two answers, another's number: each page is what its name says."""
    carrier = CarrierId.DOCOMO
    pages = {fault: Page(ask(practice, carrier, number_of(f"fault-{fault.value}")).text) for fault in (
        Fault.LEGEND_ONLY, Fault.NO_ANSWER, Fault.TWO_ANSWERS, Fault.OTHER_NUMBER)}  # fmt: skip
    marks = {fault: [one.text for one in page.all("span", cls="mark")] for fault, page in pages.items()}
    assert marks == {
        Fault.LEGEND_ONLY: [], Fault.NO_ANSWER: [], Fault.TWO_ANSWERS: ["○", "×"], Fault.OTHER_NUMBER: ["○"],
    }  # fmt: skip
    echoes = {fault: re.findall(r"\d{15}", page.one("main").text) for fault, page in pages.items()}
    assert echoes[Fault.LEGEND_ONLY] == []
    assert echoes[Fault.NO_ANSWER] == [number_of("fault-no-answer")]
    assert len(echoes[Fault.OTHER_NUMBER]) == 1
    assert echoes[Fault.OTHER_NUMBER] != [number_of("fault-other-number")]


# ── time, modes, start and end ───────────────────────────────────────────────────────────────────────────────────────


def test_phone_changes_with_each_ask() -> None:
    """○, △, ×, and × from then on; another carrier's asks do not count."""
    with start() as running:
        number = number_of("getting-worse")
        ask(running, CarrierId.AU, number)
        shown = [glyph_in(CarrierId.DOCOMO, ask(running, CarrierId.DOCOMO, number)) for _ in range(5)]
    assert shown == ["○", "△", "×", "×", "×"]


def test_phone_changes_by_the_minute() -> None:
    """Only the clock counts, and only whole minutes."""
    now = [1_000.0]
    shown = []
    with start(clock=lambda: now[0]) as running:
        for second in (0, 59.9, 60, 119, 120, 9_999):
            now[0] = 1_000.0 + second
            shown.append(glyph_in(CarrierId.DOCOMO, ask(running, CarrierId.DOCOMO, number_of("by-the-minute"))))
    assert shown == ["△", "△", "○", "○", "×", "×"]


@pytest.mark.parametrize("carrier", CarrierId)
def test_consent_mode_stands_before_the_form(carrier: CarrierId) -> None:
    """Every site asks first; a question without consent is not answered; with it, the form comes."""
    with start(consent=True) as running, Client(running.origins[carrier]) as client:
        form = WAYS[carrier][0]
        page = Page(client.get(form).text)
        assert "required" in page.one("input", type="checkbox").attributes
        assert not page.all("section", cls="legend")
        refused = client.ask(carrier, NUMBER)
        assert "－" not in Page(refused.text).one("main").text
        assert client.post("/agree").status == 200
        assert client.post("/agree", agree="1").headers["location"] == form
        assert glyph_in(carrier, client.ask(carrier, NUMBER)) == "－"


def test_slow_mode_waits_and_closing_ends_it() -> None:
    """An answer does not come while the slow mode holds it; the form does."""
    running = start(slow_s=3_600)
    with Client(running.origins[CarrierId.AU], timeout_s=0.3) as client:
        assert client.get(WAYS[CarrierId.AU][0]).status == 200
        with pytest.raises(TimeoutError):
            client.ask(CarrierId.AU, NUMBER)
    running.close()
    running.close()  # twice is no error


def test_sites_listen_on_loopback_only(practice: Practice) -> None:
    """No practice site can be reached from another machine."""
    assert all(server.server_address[0] == "127.0.0.1" for server in practice.servers)
    assert all(not packaged_facts().carrier(carrier).is_real(url) for carrier, url in practice.origins.items())


def start_on_some_port() -> tuple[int, Practice]:
    """Practice carriers on five consecutive ports, wherever five are free."""
    for _ in range(50):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first = probe.getsockname()[1]
        try:
            return first, start(first)
        except ConfigError:
            continue
    raise AssertionError("fifty times no five free ports in a row")


def test_ports_are_consecutive_and_a_taken_one_is_told() -> None:
    """`--port P`: the index on P, the carriers on the next four, in order; a port in use is `port-in-use`."""
    first, running = start_on_some_port()
    with running:
        assert running.index_url == f"http://127.0.0.1:{first}/"
        assert [urlsplit(url).port for url in running.origins.values()] == [first + n for n in range(1, 5)]
        with pytest.raises(ConfigError) as caught:
            start(first)
        assert caught.value.code == "port-in-use"
    with start(first):  # nothing is left open, neither by the refused start nor by the closed one
        pass


def test_written_configuration_is_one_that_the_product_reads(practice: Practice) -> None:
    """Access by site, each carrier's own origin, fifteen seconds."""
    settings = msgspec.convert(tomllib.loads(config_toml(practice)), Settings)
    for carrier in CarrierId:
        one = settings.carrier(carrier)
        assert (one.access, one.url, one.timeout_s) == (Access.SITE, practice.origins[carrier], 15)


def test_run_writes_the_configuration_and_ends(tmp_path: Path) -> None:
    """`practice --write-config FILE`: the file is there when it tells that it is ready."""
    file = tmp_path / "config.toml"
    seen: list[bool] = []
    run(
        0,
        write_config=file,
        started=lambda running: seen.append(config_toml(running) == file.read_text("utf-8")),
        wait=lambda: None,
    )
    assert seen == [True]


def test_run_says_when_the_configuration_cannot_be_written(tmp_path: Path) -> None:
    """A directory that is not there is told by code, and nothing is left running."""
    with pytest.raises(ConfigError) as caught:
        run(0, write_config=tmp_path / "none" / "config.toml", wait=lambda: None)
    assert caught.value.code == "config-invalid"


def test_index_lists_every_phone(practice: Practice) -> None:
    """Every number of the catalogue, and the four sites, stand on the index page."""
    with Client(practice.index_url) as client:
        reply = client.get("/")
        assert client.get("/favicon.ico").status == 404
    assert all(number.imei.digits in reply.text for phone in catalogue().phones for number in phone.numbers)
    assert all(origin in reply.text for origin in practice.origins.values())
    assert "練習" in Page(reply.text).one("title").text


def test_practice_prints_nothing_about_its_callers(practice: Practice, capfd: pytest.CaptureFixture[str]) -> None:
    """No request is logged: a careless one may hold a number."""
    with Client(practice.origins[CarrierId.AU]) as client:
        client.get(f"/?imei={NUMBER}")
        client.send("NONSENSE", f"/{NUMBER}")
    out, err = capfd.readouterr()
    assert out + err == ""
