"""The way to the answer on pages of the same carriers that differ in all that the facts leave open."""
# ruff: noqa: E501 (markup reads best whole)

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import pytest_asyncio

from shirorom.adapters.asker_browser import BrowserAsker
from shirorom.adapters.clock import SystemClock
from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Imei
from tests.browser_kit import FACTS, Told, settings_for, told

pytestmark = pytest.mark.asyncio(loop_scope="module")
IMEI = Imei("001001010000047")
DOCOMO_RESULT = "<p>凡例 ○ △ × －</p><div class='panel result-panel x'><b>製造番号</b> {n}</div><div class='y result-panel'><p>×</p>利用制限中</div>"
AU_RESULT = (
    "<ul><li>IMEI {n}</li><li><h4>状態</h4><p>△：お支払い中</p></li></ul><ul><li>○：可</li><li>×：不可</li></ul>"
)
SOFTBANK_RESULT = "<p>IMEI {n}</p><table><tr><td>×</td><td>制限中</td></tr></table><table><tr><td><font size=7>○</font></td></tr></table>"


class Site:
    """One carrier's site: forms by path, and one result; remembers what it was asked."""

    def __init__(self, forms: dict[str, str], result: str, *, encoding: str = "utf-8") -> None:
        self.forms = forms
        self.result = result
        self.encoding = encoding
        self.asked: list[dict[str, str]] = []

    def page(self, path: str, fields: dict[str, str] | None) -> str | None:
        if fields is not None:
            self.asked.append(fields)
            number = fields.get("imei") or fields.get("IMEI") or fields.get("productno") or ""
            return self.result.format(n=number)
        return self.forms.get(path)


class House:
    """Where one site after the other stands, and the browser that asks there."""

    site: Site
    asker: BrowserAsker

    async def ask(self, site: Site, carrier: CarrierId) -> Told:
        self.site = site
        return await told(self.asker, IMEI, carrier)


@contextmanager
def _serving(house: House) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self._send(house.site.page(parts.path, dict(parse_qsl(parts.query)) if parts.query else None))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._send(house.site.page(urlsplit(self.path).path, dict(parse_qsl(body))))

        def _send(self, html: str | None) -> None:
            body = f"<!DOCTYPE html><meta charset={house.site.encoding}><title>確認</title>{html}".encode(
                "cp932" if house.site.encoding == "shift_jis" else house.site.encoding
            )
            self.send_response(200 if html is not None else 404)
            self.send_header("Content-Type", f"text/html; charset={house.site.encoding}")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One server and one browser for the module; each question has a context of its own."""
    house = House()
    with _serving(house) as origin:
        settings = settings_for(dict.fromkeys(CarrierId, origin))
        house.asker = BrowserAsker(settings, FACTS, SystemClock(), tmp_path_factory.mktemp("data"))
        yield house
        await house.asker.close()


SEARCH = "<form><input name=q><input type=submit value=検索></form>"
"""The site's own search box, which stands before the form on many pages."""


@pytest.mark.parametrize(
    "form",
    [
        "<form method=post action=/r><input name=productno><input type=submit></form>",
        "<form method=post action=/r><input name=productno><button>確認</button></form>",
        f"{SEARCH}<form method=post action=/r><input name=productno><input type=submit></form>",
        f"{SEARCH}<form method=post action=/r><input name=productno><button>確認</button></form>",
        "<form method=post action=/r><input name=productno maxlength=15></form>",
        "<form method=get action=/r><input name=productno><input type=image src=x.gif alt=確認 width=90 height=30></form>",
        "<form method=post action=/r><input name=productno type=hidden value=1 disabled><p><input name=productno type=tel><p><input type=reset><input type=submit></form>",
        "<script>setTimeout(()=>{document.body.insertAdjacentHTML('beforeend','<form method=post action=/r><input name=productno><input type=submit></form>')},700)</script>",
    ],
)
async def test_forms_of_docomo(form: str, house: House) -> None:
    """Whatever its button is and stands beside, the number goes by the field's own form."""
    site = Site({"/search.php": form}, DOCOMO_RESULT, encoding="shift_jis")
    got = await house.ask(site, CarrierId.DOCOMO)
    assert got.outcome == "restricted", got.how
    assert [fields["productno"] for fields in site.asked] == [IMEI.digits]


async def test_page_before_the_form(house: House) -> None:
    """A site that begins with another page leads on by its link."""
    forms = {
        "/search.php": "<p><a href='/top.php'>トップ</a> <a href='/form/search.php'>確認へ進む</a></p>",
        "/form/search.php": "<form method=post action=/r><input name=productno><input type=submit></form>",
    }
    assert (await house.ask(Site(forms, DOCOMO_RESULT), CarrierId.DOCOMO)).outcome == "restricted"


@pytest.mark.parametrize(
    "form",
    [
        "<form method=post action=/cmn/WCV009001/WCE009002.hc><input name=imei><button class='x btnPrimary'>次へ</button></form>",
        "<form method=post action=/cmn/WCV009001/WCE009002.hc><input name=IMEI><input type=submit value=次へ></form>",
    ],
)
async def test_forms_of_au(form: str, house: House) -> None:
    """The page of 2025 and the older one."""
    got = await house.ask(Site({"/cmn/WCV009001/WCE009001.hc": form}, AU_RESULT), CarrierId.AU)
    assert got.outcome == "caution", got.how


async def test_form_of_softbank(house: House) -> None:
    """An image button, and the hidden fields that go along."""
    form = (
        "<form method=post action=/WBF/icv><input type=hidden name=_PageID value=WBF001000><input name=imei>"
        "<input type=image name=ACT_TE001 src=x.gif alt=確認 width=90 height=30></form>"
    )
    site = Site({"/WBF/icv": form}, SOFTBANK_RESULT)
    got = await house.ask(site, CarrierId.SOFTBANK)
    assert got.outcome == "clear", got.how
    assert site.asked[0]["_PageID"] == "WBF001000"
    assert "ACT_TE001.x" in site.asked[0]


RAKUTEN = """<div id=app></div><script>
setTimeout(() => {
  app.innerHTML = '<input id=imei type=tel><button id=search disabled>確認</button><p id=e></p><div id=search-result></div>';
  const field = document.querySelector('#imei'), button = document.querySelector('#search');
  field.addEventListener('input', () => { button.disabled = field.value.length !== 15; });
  button.addEventListener('click', () => {
    document.querySelector('#search-result').innerHTML = '<p>検索中</p>';
    setTimeout(() => {
      document.querySelector('#e').textContent = 'IMEI ' + field.value;
      document.querySelector('#search-result').innerHTML = '<h2>－</h2><p>番号を確認できません</p>';
    }, 400);
  });
}, 300);
</script><p>○：利用可能 △：確認中 ×：代金債務不履行等</p>"""


async def test_page_of_rakuten_made_by_script(house: House) -> None:
    """Form, button and answer come late, and the wait for the answer shows no symbol."""
    got = await house.ask(Site({"/restriction/": RAKUTEN}, ""), CarrierId.RAKUTEN)
    assert got.outcome == "no-record", got.how


async def test_answer_that_stood_there_before_is_none(house: House) -> None:
    """A place that shows an answer before the question, and the same after it, has answered nothing."""
    form = (
        f"<p>IMEI {IMEI.digits}</p><input id=imei><button id=search>確認</button><div id=search-result><p>○</p></div>"
    )
    got = await house.ask(Site({"/restriction/": form}, ""), CarrierId.RAKUTEN)
    assert got.outcome == "page-changed"


async def test_form_that_comes_back_is_no_answer(house: House) -> None:
    """The form again, with its legend: a new document, and no answer in it."""
    form = "<ul><li>○：可</li></ul><form method=post action=/cmn/WCV009001/WCE009002.hc><input name=imei><button class=btnPrimary>次へ</button></form>"
    got = await house.ask(Site({"/cmn/WCV009001/WCE009001.hc": form}, form.replace("{", "{{")), CarrierId.AU)
    assert got.outcome == "page-changed"
