"""What holds for every page and answer of the web app: headers, words, help, health, bounded memory."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from hashlib import sha256
from html import unescape
from importlib import resources
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from litestar.testing import TestClient

from shirorom.adapters.texts_toml import Texts
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import CODES, RequestError, ShiroromError, StorageError
from shirorom.domain.imei import Device
from shirorom.edge.web.jobs import Job, Jobs
from shirorom.edge.web.templating import static_files, static_url
from tests.web_kit import BASE, ONE, TWO, Kit, ScriptedAsker, settings_of
from tests.wide import wide

WEB = resources.files("shirorom.edge.web")
TEMPLATES = {file.name: file.read_text(encoding="utf-8") for file in (WEB / "templates").iterdir()}
PAGE = {"accept": "text/html"}
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(self)",
    "cross-origin-opener-policy": "same-origin",
}


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    """Carriers by hand."""
    made = Kit(tmp_path_factory.mktemp("data"), settings_of())
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(kit: Kit) -> Iterator[TestClient[Any]]:
    """A caller."""
    with TestClient(kit.app, base_url=BASE) as made:
        yield made


ADDRESSES = ["/", "/help", "/help/imei-length", "/docs", "/openapi.json", "/nowhere", "/check/gone", "/v1/carriers"]


@pytest.mark.parametrize("path", ADDRESSES)
def test_every_answer_has_the_security_headers(client: TestClient[Any], path: str) -> None:
    """The headers of the safe defaults are on pages, problems and JSON alike; nothing else may be run or framed."""
    answer = client.get(path, headers=PAGE)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "strict-transport-security" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers


def test_tls_alone_has_hsts(tmp_path: Path) -> None:
    """Strict transport security is said where the transport is secure, and only there."""
    kit = Kit(tmp_path, settings_of())
    with TestClient(kit.app, base_url="https://127.0.0.1") as client:
        assert client.get("/").headers["strict-transport-security"] == "max-age=31536000"
        assert "secure" in client.get("/?lang=en").headers["set-cookie"].lower()
    kit.close()


@pytest.mark.parametrize("path", [path for path in ADDRESSES if path != "/openapi.json"])
def test_nothing_is_stored(client: TestClient[Any], path: str) -> None:
    """No page and no answer may be kept by a cache; only files whose address changes with their content may."""
    assert client.get(path, headers=PAGE).headers["cache-control"] == "no-store"


def test_static_files_may_be_kept(client: TestClient[Any]) -> None:
    """Style and script are cached for ever under an address that names their digest."""
    answer = client.get(static_url("pages.css"))
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert sha256(answer.content).hexdigest()[:12] in static_url("pages.css")
    assert client.get("/static/VENDORED.md").status_code == 404
    assert client.get("/static/..%2fapp.py").status_code == 404


def test_head_is_get_without_body(client: TestClient[Any]) -> None:
    """HEAD is answered as GET is, and sends nothing."""
    answer = client.head("/help")
    assert (answer.status_code, answer.content) == (200, b"")


def test_wrong_method_names_the_right_one(client: TestClient[Any]) -> None:
    """405 says which methods there are (RFC 9110 §15.5.6)."""
    answer = client.get("/v1/checks")
    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
    assert "POST" in answer.headers["allow"]
    assert client.post("/v1/carriers", json={}).status_code == 405


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("code", CODES)
def test_every_code_has_its_page(client: TestClient[Any], code: str, language: str) -> None:
    """`type` of every problem leads to a page in both languages, with what happened and what to do."""
    answer = client.get(f"/help/{code}", headers={"accept-language": language, **PAGE})
    texts = Texts.load(language)
    assert answer.status_code == 200
    assert answer.headers["content-language"] == language
    assert texts.t(f"code.{code}.title") in unescape(answer.text)
    assert texts.t(f"code.{code}.fix")[:10] in unescape(answer.text)
    assert f'href="/help/{code}"' in client.get("/help").text


KEYS = re.compile(r"""\bt\(\s*f?["']([a-z_.{}\-]+)["']""")


def used_keys() -> set[str]:
    """Every key of the catalogue that templates and code name outright."""
    sources = [file.read_text(encoding="utf-8") for file in WEB.iterdir() if file.name.endswith(".py")]
    found = {key for text in (*TEMPLATES.values(), *sources) for key in KEYS.findall(text)}
    return {key for key in found if "{" not in key and not key.endswith((".", "_"))}


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_word_is_in_the_catalogue(language: str) -> None:
    """No page asks for a text that is not there."""
    keys = Texts.load(language).templates()
    assert {key for key in used_keys() if key not in keys} == set()


def test_no_word_is_unused() -> None:
    """No `ui.` text is left over: what a translator reads is shown somewhere."""
    everything = "".join(TEMPLATES.values()) + "".join(
        file.read_text(encoding="utf-8") for file in WEB.iterdir() if file.name.endswith(".py")
    )
    built = ("ui.age.", "ui.month.", "ui.time.", "ui.kind.", "ui.channel.", "ui.notice.", "ui.help.area_")
    words = [key for key in Texts.load("ja").templates() if key.startswith("ui.") and not key.startswith(built)]
    unused = [key for key in words if key not in everything]
    assert unused == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_need_no_exception_from_the_csp(name: str) -> None:
    """No inline style, script or handler, nothing from elsewhere, and nothing that htmx would evaluate."""
    text = TEMPLATES[name]
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|hx-on|javascript:|js:", text)
    assert not re.search(r"<script(?! defer src=\"\{\{ static)", text)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)
    assert "| safe" not in text


def test_vendored_file_is_the_one_named() -> None:
    """What others wrote is byte for byte what VENDORED.md says, with version and licence."""
    said = (WEB / "static" / "VENDORED.md").read_text(encoding="utf-8")
    assert sha256(static_files()["htmx.min.js"]).hexdigest() in said
    assert "4.0.1" in said
    assert "BSD" in said


FIRST_VISIT = ("htmx.min.js", "shirorom.js", "scanner.js", "shirorom.css", "pages.css", "intake.css")


def test_first_page_is_small() -> None:
    """Everything that a first visit loads stays under 90 kB, before any compression."""
    assert sum(len(static_files()[name]) for name in FIRST_VISIT) < 90_000


def test_ready_says_what_is_missing(kit: Kit, client: TestClient[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """`/readyz` is 200 with everything there and 503 with the code of what is not; `/healthz` is 200 all the same."""
    assert client.get("/readyz").json() == {"ready": True, "log": "ok", "asker": "ok"}

    def broken(*_: object) -> None:
        raise StorageError("log-corrupt")

    monkeypatch.setattr(type(kit.parts.rooms.open(True).log), "head", broken)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["log"]) == (503, "log-corrupt")
    assert client.get("/healthz").status_code == 200


def test_ready_wakes_the_asker(tmp_path: Path) -> None:
    """Where the program asks and nobody is there, `/readyz` says `browser-missing` and wakes whoever asks."""
    asker = ScriptedAsker()
    kit = Kit(tmp_path, settings_of(site=True), asker, asker_ready=lambda: asker.warmed > 1)
    with TestClient(kit.app, base_url=BASE) as client:
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["asker"]) == (503, "browser-missing")
        assert client.get("/readyz").status_code == 200
    kit.close()


def test_corrupt_log_answers_no_check(kit: Kit, client: TestClient[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """From a record that does not hold nothing is said: 503 as a problem, never a mark."""

    def broken(*_: object) -> None:
        raise StorageError("log-corrupt")

    monkeypatch.setattr(type(kit.parts.rooms.open(True).recorder), "entries", broken)
    answer = client.post("/v1/checks", json={"imeis": [ONE.digits]})
    assert (answer.status_code, answer.json()["code"]) == (503, "log-corrupt")
    page = client.post("/check", data={"text": ONE.digits}, headers=PAGE)
    assert "log-corrupt" in page.text
    assert 'class="mark ok' not in page.text


def test_suggestion_goes_to_the_caller_alone(client: TestClient[Any]) -> None:
    """The number that was likely meant stands in the problem's `errors`, never in its sentences."""
    answer = client.post("/v1/checks", json={"imeis": ["1001010000013"]}).json()
    assert ONE.digits not in answer["title"] + answer["detail"] + answer["fix"]


def test_problem_points_at_the_place(client: TestClient[Any]) -> None:
    """`errors[]` names the field by JSON Pointer, with the number's own code."""
    answer = client.post("/v1/checks", json={"imeis": [ONE.digits, "001001010000014"]}).json()
    assert [(error["pointer"], error["code"]) for error in answer["errors"]] == [("/imeis/1", "imei-check-digit")]
    unknown = client.post("/v1/checks", json={"imeis": [7]}).json()
    assert [(error["pointer"], error["code"]) for error in unknown["errors"]] == [("/imeis/0", "body-invalid")]


def test_all_spellings_give_one_answer(kit: Kit, client: TestClient[Any]) -> None:
    """14, 15 and 16 digits, full-width, hyphens, label: one phone, one answer (DESIGN §3.3)."""
    kit.record(ONE, CarrierId.AU, "○")
    spellings = [
        ONE.digits,
        ONE.key,
        ONE.key + "12",
        ONE.grouped,
        wide("001001010000013"),
        f"IMEI: {ONE.digits}",
    ]
    answers = [client.post("/v1/checks", json={"imeis": [text]}).json() for text in spellings]
    assert len({(answer["device"]["imeis"][0], answer["cells"][1]["mark"]) for answer in answers}) == 1


def test_reading_and_withdrawal_by_api(tmp_path: Path) -> None:
    """A reading by hand is answered with its durable index and taken back by it."""
    kit = Kit(tmp_path, settings_of())
    with TestClient(kit.app, base_url=BASE) as client:
        recorded = client.post("/v1/readings", json={"imei": ONE.digits, "carrier": "au", "glyph": "×"})
        assert (recorded.status_code, recorded.json()["cell"]["mark"]) == (201, "restricted")
        taken = client.post("/v1/withdrawals", json={"index": 0, "reason": "打ち間違い", "practice": True})
        assert (taken.status_code, taken.json()["withdrawn"]) == (201, 0)
        again = client.post("/v1/withdrawals", json={"index": 0, "reason": "二度目", "practice": True})
        assert (again.status_code, again.json()["code"]) == (409, "entry-withdrawn")
        unknown = client.post("/v1/readings", json={"imei": ONE.digits, "carrier": "au", "glyph": "●"})
        assert (unknown.status_code, unknown.json()["code"]) == (422, "glyph-unknown")
    kit.close()


def test_public_server_takes_no_readings(tmp_path: Path) -> None:
    """On a public page a stranger's word is not recorded: those routes are not there."""
    kit = Kit(tmp_path, settings_of(public=True))
    with TestClient(kit.app, base_url=BASE) as client:
        for path in ("/v1/readings", "/v1/withdrawals"):
            assert client.post(path, json={}).status_code == 404
        kit.record(ONE, CarrierId.AU, "×")
        cell = client.post("/v1/checks", json={"imeis": [ONE.digits]}).json()["cells"][1]
        assert (cell["mark"], cell["error"]) == (None, "not-asked")
    kit.close()


async def test_jobs_are_bounded() -> None:
    """The oldest finished checks make room; when all places are running the next visitor is told to come back."""
    jobs = Jobs(count_max=2, running_max=2)
    first, second = (jobs.new(Device((imei,)), record=False) for imei in (ONE, TWO))
    third = jobs.new(Device((ONE,)), record=False)
    with pytest.raises(ShiroromError, match="check-not-found"):
        jobs.get(first.id)
    assert jobs.get(second.id) is second

    async def for_ever(_: Job) -> Any:
        await asyncio.Event().wait()

    for job in (second, third):
        jobs.start(job, for_ever)
    with pytest.raises(RequestError, match="too-many-requests"):
        jobs.new(Device((ONE,)), record=False)
    await jobs.close()
    assert not second.running


async def test_jobs_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time a check is gone, and with it the number that its address stood for."""
    jobs = Jobs(keep_s=60)
    job = jobs.new(Device((ONE,)), record=False)
    assert jobs.get(job.id) is job
    later = time.monotonic() + 61
    monkeypatch.setattr("shirorom.edge.web.jobs.time", SimpleNamespace(monotonic=lambda: later))
    with pytest.raises(ShiroromError, match="check-not-found"):
        jobs.get(job.id)


async def test_addresses_cannot_be_guessed() -> None:
    """An address has at least 128 random bits, and no two are alike."""
    jobs = Jobs()
    ids = {jobs.new(Device((ONE,)), record=False).id for _ in range(200)}
    assert len(ids) == 200
    assert all(len(id_) >= 22 for id_ in ids)
