"""The practice sites over plain HTTP: where the answer stands, what is refused, and how a site fails."""

from __future__ import annotations

import http.client
import json
import re
import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from shirorom.adapters.facts_toml import packaged_facts
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import ConfigError
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.edge.practice import Practice, catalogue, config_toml, run, start
from shirorom.edge.practice.catalogue import Fault, Group, PracticePhone
from shirorom.edge.practice.look import REFUSAL_NOT_TEST
from shirorom.edge.practice.server import BODY_BYTES_MAX
from shirorom.service.settings import Access, Settings
from tests.practice_client import WAYS, Client, Page, Reply, glyph_in

SYMBOLS = "○△×－"
NUMBER = catalogue().phone("no-record").numbers[0].imei.digits
UNLISTED = Imei.of_key("00440012345678").digits
REAL_LOOKING = "490154203237518"  # the example of the standard, outside the test ranges


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


# ── the answer, in its place ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("carrier", CarrierId)
@pytest.mark.parametrize("mark", Mark)
def test_mark_stands_in_the_place_of_the_facts(practice: Practice, carrier: CarrierId, mark: Mark) -> None:
    """Each mark is read from the carrier's own place, in its declared encoding, with the number echoed."""
    phone = "no-record" if mark is Mark.NO_RECORD else f"{carrier.value}-{mark.value}"
    reply = ask(practice, carrier, number_of(phone))
    assert reply.status == 200
    assert glyph_in(carrier, reply) == mark.symbol
    assert number_of(phone) in reply.text


@pytest.mark.parametrize("carrier", CarrierId)
@pytest.mark.parametrize(
    "phone", [phone for phone in catalogue().phones if phone.group is Group.GLYPHS], ids=lambda p: p.id
)
def test_every_glyph_variant_survives_its_encoding(
    practice: Practice, carrier: CarrierId, phone: PracticePhone
) -> None:
    """What the catalogue says is what is shown, also where Shift_JIS has no such character."""
    reply = ask(practice, carrier, phone.numbers[0].imei.digits)
    shown = glyph_in(carrier, reply) or ""
    assert packaged_facts().glyphs().mark_on_page(shown) is phone.checks[0].cells[0].mark


@pytest.mark.parametrize("carrier", CarrierId)
def test_page_declares_its_encoding(practice: Practice, carrier: CarrierId) -> None:
    """Header and meta name the encoding of the facts, and the bytes are in it."""
    with Client(practice.origins[carrier]) as client:
        reply = client.get(WAYS[carrier][0])
    assert reply.charset == packaged_facts().carrier(carrier).page.encoding
    assert Page(reply.text).all("meta", charset=reply.charset)
    assert "製造番号" in reply.text or "IMEI" in reply.text


def test_the_selectors_of_the_facts_find_their_elements(practice: Practice) -> None:
    """Field, button and place, written by hand in the pages, are those that `data/carriers` names."""
    expected = {
        CarrierId.DOCOMO: (
            ("input", {"name": "productno"}),
            ("input", {"type": "submit"}),
            ("div", {"cls": "result-panel"}),
        ),
        CarrierId.AU: (("input", {"name": "imei"}), ("button", {"cls": "btnPrimary"}), ("li", {})),
        CarrierId.SOFTBANK: (("input", {"name": "imei"}), ("input", {"name": "ACT_TE001"}), ("td", {})),
        CarrierId.RAKUTEN: (("input", {"id": "imei"}), ("button", {"id": "search"}), ("div", {"id": "search-result"})),
    }
    for carrier, ((field, field_is), (submit, submit_is), (answer, answer_is)) in expected.items():
        facts = packaged_facts().carrier(carrier).page
        for selector, (name, wanted) in ((facts.field, (field, field_is)), (facts.submit, (submit, submit_is))):
            assert any(text in selector for text in wanted.values()), (selector, name)
        assert (answer if not answer_is else next(iter(answer_is.values()))) in facts.answer
        with Client(practice.origins[carrier]) as client:
            form = Page(client.get(facts.path).text)
        assert form.one(field, **field_is).attributes.get("type") in ("text", "tel")
        assert len(form.all(submit, **submit_is)) == 1
        page = form if carrier is CarrierId.RAKUTEN else Page(ask(practice, carrier, NUMBER).text)
        assert len(page.all(answer, **answer_is)) >= facts.answer_nth


@pytest.mark.parametrize(
    "carrier", [carrier for carrier in CarrierId if packaged_facts().carrier(carrier).page.result_paths]
)
def test_answer_stands_on_the_path_of_the_facts(carrier: CarrierId) -> None:
    """Where the facts know the answer's path, the form leads there."""
    assert WAYS[carrier][1] in packaged_facts().carrier(carrier).page.result_paths


def test_glyph_of_softbank_is_large() -> None:
    """SoftBank's symbol is set at least as much larger than the text as the facts say."""
    from shirorom.edge.practice.look import asset

    size = re.search(r"td\.glyph\{font-size:([\d.]+)rem", asset("softbank.css"))
    assert size is not None
    assert float(size[1]) >= (packaged_facts().carrier(CarrierId.SOFTBANK).page.answer_large or 99)


@pytest.mark.parametrize("carrier", CarrierId)
def test_every_page_of_an_answer_has_the_whole_legend(practice: Practice, carrier: CarrierId) -> None:
    """All four symbols stand on the page besides the answer: who reads the whole page is wrong here."""
    if carrier is CarrierId.RAKUTEN:
        with Client(practice.origins[carrier]) as client:
            text = client.get("/restriction/").text
    else:
        text = ask(practice, carrier, number_of(f"{carrier.value}-restricted")).text
    (legend,) = Page(text).all("section", cls="legend")
    assert all(symbol in legend.text for symbol in SYMBOLS)


@pytest.mark.parametrize("carrier", CarrierId)
def test_practice_is_said_on_every_page(practice: Practice, carrier: CarrierId) -> None:
    """Title and band say 練習, on forms, answers and failures."""
    form = WAYS[carrier][0]
    with Client(practice.origins[carrier]) as client:
        replies = [client.get(form), client.get("/nowhere")]
    if carrier is not CarrierId.RAKUTEN:
        replies += [ask(practice, carrier, NUMBER), ask(practice, carrier, number_of("fault-status-500"))]
    for reply in replies:
        page = Page(reply.text)
        assert "練習" in page.one("title").text
        assert "練習" in page.one("p", cls="practice-band").text


@pytest.mark.parametrize("carrier", CarrierId)
def test_pages_lead_nowhere_else(practice: Practice, carrier: CarrierId) -> None:
    """Every address in a page is a path of its own origin: nothing leaves loopback, and no address holds a number."""
    with Client(practice.origins[carrier]) as client:
        text = client.get(WAYS[carrier][0]).text
    for element in Page(text + ask(practice, carrier, NUMBER).text).elements:
        for attribute in ("href", "src", "action"):
            address = element.attributes.get(attribute, "/")
            assert address.startswith("/") or address == "data:,"
            assert not re.search(r"\d{8}", address)


def test_docomo_leads_from_the_first_page_to_the_form(practice: Practice) -> None:
    """top.php → search.php → answer."""
    with Client(practice.origins[CarrierId.DOCOMO]) as client:
        assert client.get("/").headers["location"] == "/top.php"
        assert 'href="/search.php"' in client.get("/top.php").text


@pytest.mark.parametrize("carrier", CarrierId)
def test_test_number_without_entry_gets_no_record(practice: Practice, carrier: CarrierId) -> None:
    """Any other test number: －, as documented."""
    assert glyph_in(carrier, ask(practice, carrier, UNLISTED)) == "－"


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("carrier", CarrierId)
@pytest.mark.parametrize(
    "number",
    [
        "", "0", NUMBER[:14], NUMBER + "0", NUMBER[:14] + str((int(NUMBER[14]) + 1) % 10), "abcdefghijklmno",
        "００１００１０１０００００３９", "<script>alert(1)</script>", "'; DROP TABLE imei;--", "00100101 000003 9",
        "\0" * 15, "0" * 15,
    ],
)  # fmt: skip
def test_bad_number_gets_a_sentence_and_no_symbol(practice: Practice, carrier: CarrierId, number: str) -> None:
    """The site says what is wrong, shows none of the four symbols, and does not repeat the input as markup."""
    reply = ask(practice, carrier, number)
    assert reply.status == 200
    if carrier is CarrierId.RAKUTEN:
        told = shown = json.loads(reply.body)["problem"]
    else:
        told, shown = Page(reply.text).one("p", cls="problem").text, Page(reply.text).one("main").text
    assert "製造番号" in told
    assert not any(symbol in shown for symbol in SYMBOLS)
    assert "alert(1)" not in reply.text


@pytest.mark.parametrize("carrier", CarrierId)
def test_number_of_a_real_phone_is_refused(practice: Practice, carrier: CarrierId) -> None:
    """A number outside the test ranges is turned away with its own sentence, without a symbol, unrepeated."""
    reply = ask(practice, carrier, REAL_LOOKING)
    assert REFUSAL_NOT_TEST in reply.text
    assert REAL_LOOKING not in reply.text
    main = reply.text if carrier is CarrierId.RAKUTEN else Page(reply.text).one("main").text
    assert not any(symbol in main for symbol in SYMBOLS)


@pytest.mark.parametrize("carrier", [CarrierId.DOCOMO, CarrierId.AU, CarrierId.SOFTBANK])
def test_question_that_skips_the_form_is_refused(practice: Practice, carrier: CarrierId) -> None:
    """Who posts without having seen the form is sent back to it, without an answer."""
    _, result, field = WAYS[carrier]
    with Client(practice.origins[carrier]) as client:
        reply = client.post(result, **{field: number_of(f"{carrier.value}-clear"), "_PageID": "WBF001000"})
    assert Page(reply.text).all("p", cls="problem")
    assert not Page(reply.text).all("section", cls="legend")


def test_softbank_wants_the_page_it_came_from(practice: Practice) -> None:
    """The hidden field of the form is part of the question."""
    with Client(practice.origins[CarrierId.SOFTBANK]) as client:
        client.get("/WBF/icv")
        reply = client.post("/WBF/icv", imei=number_of("softbank-clear"))
    assert glyph_in(CarrierId.SOFTBANK, reply) is None


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"x" * (BODY_BYTES_MAX + 1), {"Content-Type": "application/json"}, 413),
        (b"{", {"Content-Type": "application/json"}, 400),
        (b"[" * 2_000, {"Content-Type": "application/json"}, 400),
        (b"\xff\xfe", {"Content-Type": "application/json"}, 400),
        (b'{"imei": 1}', {"Content-Type": "application/json"}, 400),
        (b'{"imei": "1", "more": 1}', {"Content-Type": "application/json"}, 400),
        (b'{"imei": "1"}', {"Content-Type": "text/plain"}, 415),
        (b"", {"Content-Length": "-1"}, 411),
        (b"", {"Content-Length": "1e3"}, 411),
        (b"", {"Host": "evil.example", "Content-Type": "application/json"}, 421),
    ],
)
def test_malformed_question_is_refused(practice: Practice, body: bytes, headers: dict[str, str], status: int) -> None:
    """Size, form and address of a question are limited before anything is done with it."""
    with Client(practice.origins[CarrierId.RAKUTEN]) as client:
        assert client.send("POST", "/restriction/search", body, headers).status == status


def test_announced_flood_is_refused_before_it_is_read(practice: Practice) -> None:
    """A length over the limit is answered at once; the body need not come."""
    parts = urlsplit(practice.origins[CarrierId.AU])
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 999999999\r\n\r\n")
        assert b" 413 " in connection.recv(100)


@pytest.mark.parametrize("carrier", CarrierId)
def test_unknown_address_is_not_found(practice: Practice, carrier: CarrierId) -> None:
    """404 in the carrier's own dress; a page that takes no question refuses one."""
    with Client(practice.origins[carrier]) as client:
        assert client.get("/../../etc/passwd").status == 404
        assert client.post("/nowhere", a="b").status == 404
        assert client.get("/evil/loop").status == 404


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
    import msgspec

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
