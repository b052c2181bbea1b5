"""The practice sites over plain HTTP: where the answer stands, what is refused, and how a site fails."""

from __future__ import annotations

import io
import json
import re
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from shirorom.adapters.facts_toml import packaged_facts
from shirorom.adapters.feed_file import NdjsonFeed
from shirorom.domain.carrier import CarrierId
from shirorom.domain.feed import FeedKind
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.edge.practice import Practice, catalogue, start
from shirorom.edge.practice.catalogue import Group, PracticePhone
from shirorom.edge.practice.feed import key_of
from shirorom.edge.practice.look import REFUSAL_NOT_TEST
from shirorom.edge.practice.server import BODY_BYTES_MAX
from shirorom.log.feed import decode_manifest
from shirorom.log.note import Note, decode_signatures
from tests.practice_client import WAYS, Client, Page, Reply, glyph_in
from tests.wide import wide

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
        wide("001001010000039"), "<script>alert(1)</script>", "'; DROP TABLE imei;--", "00100101 000003 9",
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


# ── its feed ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("carrier", CarrierId)
def test_a_site_publishes_its_feed(practice: Practice, carrier: CarrierId) -> None:
    """Its own full list at an address, under the key that everybody has: what is read from it verifies, as practice."""
    with Client(practice.origins[carrier]) as client:
        reply = client.get("/feed.ndjson")
    source = NdjsonFeed(io.BytesIO(reply.body))
    envelope = source.envelope()
    assert envelope is not None
    manifest = decode_manifest(envelope.text)
    assert (manifest.carrier, manifest.kind, manifest.practice) == (carrier, FeedKind.FULL, True)
    signatures = decode_signatures("".join(f"{line}\n" for line in envelope.signatures).encode())
    assert Note(envelope.text, signatures).verified_by([key_of(carrier)])
