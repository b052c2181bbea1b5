"""The offline page from a file, the network off: what it says, to whom, and what it never shows."""

from __future__ import annotations

import asyncio
import copy
import json
import re
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from scripts.verifier import BUILT
from tests.browser.page_kit import chromium, until, watched
from tests.browser.verifier_kit import Verifier, verifier
from tests.sheet_maker import Key, canonical, example, reading, signed
from tests.stamp_maker import Authority
from tests.web_kit import Kit, served, settings_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
WORLD, SHEET = example()
GOOD = signed(SHEET, WORLD.key)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the module."""
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser) -> AsyncIterator[Verifier]:
    """The page, practice sheets admitted."""
    async with verifier(browser) as opened:
        await opened.admit()
        yield opened


async def heading(page: Verifier) -> str:
    """What it says first."""
    return await page.page.inner_text("#outcome-h")


# -- the outcomes --------------------------------------------------------------------------------------------------


async def test_practice_is_not_admitted_by_itself(browser: Browser) -> None:
    """A practice sheet is refused first; a person may go on, and it is never called more than practice."""
    async with verifier(browser) as page:
        await page.trust(WORLD.key.text)
        await page.give(GOOD)
        assert await page.outcome() == ("refused", "practice")
        await expect(page.page.locator("#practice")).to_be_visible()
        await page.page.click("text=練習として確かめる")
        await until(page.page, "document.querySelector('.outcome').dataset.outcome === 'holds'")
        assert "練習" in await heading(page)
        await expect(page.page.locator("#practice")).to_be_visible()


async def test_without_a_key_the_issuer_is_open(page: Verifier) -> None:
    """Nothing given: consistent, the fingerprint to compare stands there, and the answers have no colour."""
    await page.give(GOOD)
    assert await page.outcome() == ("consistent", "trust")
    assert await page.page.inner_text("#fingerprint") == WORLD.key.fingerprint
    await expect(page.page.locator("#answers")).to_contain_text("あてにしないでください")
    await expect(page.page.locator(".who")).to_contain_text("確かめていません")
    plain, grey = "getComputedStyle(document.querySelector('#verdict')).color", "getComputedStyle(outcome_h).color"
    colours = await page.page.evaluate(
        f"(() => {{ const outcome_h = document.querySelector('h2.dim'); return [{plain}, {grey}]; }})()"
    )
    assert colours[0] == colours[1]


@pytest.mark.parametrize("how", ["key", "fingerprint", "full width", "keys file"])
async def test_what_confirms_an_issuer(page: Verifier, how: str) -> None:
    """The key, its fingerprint as people type it, or the shop's keys file: the sheet holds."""
    row = {"key": WORLD.key.text, "from": "2026-01-01T00:00:00Z", "until": None, "revoked_at": None, "reason": None}
    wide = WORLD.key.fingerprint.upper().translate({n: n + 0xFEE0 for n in range(0x21, 0x7F)})
    given = {
        "key": WORLD.key.text, "fingerprint": WORLD.key.fingerprint, "full width": wide,
        "keys file": json.dumps({"format": "shirorom-keys/v1", "name": WORLD.origin, "keys": [row]}, indent=1),
    }  # fmt: skip
    await page.give(GOOD)
    await page.trust(given[how])
    await until(page.page, "document.querySelector('.outcome').dataset.outcome === 'holds'")
    await expect(page.page.locator(".who")).to_contain_text("鍵を確かめました")


async def test_another_shops_key_is_said_plainly(page: Verifier) -> None:
    """A key that did not sign is worse than none: the heading says so."""
    await page.trust(Key("another", WORLD.origin).text)
    await page.give(GOOD)
    assert await page.outcome() == ("consistent", "trust")
    assert "渡された鍵で署名されていません" in await heading(page)


async def test_refused_shows_no_answer(page: Verifier) -> None:
    """A changed sheet: the step and a sentence, and nothing of what it claims."""
    bent = copy.deepcopy(GOOD)
    bent["sheet"]["issuer"]["name"] = "本物の店"
    await page.trust(WORLD.key.text)
    await page.give(bent)
    assert await page.outcome() == ("refused", "signature")
    said = await page.page.inner_text("main")
    assert "署名のあとで中身が変えられています" in said
    assert "現在制限なし" not in said
    assert "本物の店" not in said


async def test_reason_is_not_what_the_reader_lacks(page: Verifier) -> None:
    """No key given and a gap besides: the gap is the reason told."""
    short = {**SHEET, "entries": SHEET["entries"][1:]}
    await page.give(signed(short, WORLD.key))
    assert await page.outcome() == ("refused", "trust")
    await expect(page.page.locator(".outcome")).to_contain_text("抜けがあります")


async def test_what_is_not_proved_stands_beside(page: Verifier) -> None:
    """As large as what is proved: six sentences, and the steps that had nothing to check are not called confirmed."""
    await page.trust(WORLD.key.text)
    await page.give(GOOD)
    codes = await page.page.eval_on_selector_all(
        "[aria-labelledby=unproved] li", "list => list.map(one => one.dataset.code)"
    )
    assert codes == ["carrier-said-so", "number-of-this-phone", "future", "tail", "clock", "issuer-identity"]
    columns = page.page.locator(".two li")
    assert len(set(await columns.evaluate_all("list => list.map(one => getComputedStyle(one).fontSize)"))) == 1
    assert await page.step("time") == ("empty", None)
    assert await page.step("witnesses") == ("empty", None)


async def test_channel_in_large_type(page: Verifier) -> None:
    """By hand is the issuer's word, and says so as large as the issuer's name."""
    await page.give(GOOD)
    large = await page.page.locator(".who .large").all_inner_texts()
    assert large == ["練習の店 本町", "店の人が会社のページを見て入力"]


# -- witnesses and time stamps -------------------------------------------------------------------------------------


async def test_witnesses(page: Verifier) -> None:
    """As many as the reader asks for; one that did not sign does not count."""
    witness = Key("witness", "witness.example/w1", kind=4)
    cosigned = signed({**SHEET, "checkpoint": WORLD.checkpoint(witness)}, WORLD.key)
    await page.page.evaluate("witnesses.value = 1")
    await page.trust(WORLD.key.text, witness.text)
    await page.give(GOOD)
    assert await page.outcome() == ("consistent", "witnesses")
    await page.give(cosigned)
    assert await page.outcome() == ("holds", None)
    assert await page.step("witnesses") == ("holds", None)


def stamped(authority: Authority, *, times: int = 1) -> dict[str, Any]:
    """The good sheet with time stamps."""
    made = copy.deepcopy(GOOD)
    for n in range(times):
        parts = {name: made[name] for name in ("format", "sheet", "signatures", "time")}
        made["time"].append(authority.stamp(canonical(parts), digest=("sha256", "sha512")[n % 2]))
    return made


@pytest.mark.parametrize("kind", ["ec", "rsa"])
async def test_time_stamps(page: Verifier, tmp_path: Path, kind: str) -> None:
    """`openssl ts` stamps, twice: confirmed with the root's certificate, open without, refused over another sheet."""
    authority = Authority(tmp_path / "authority", kind)
    bundle = stamped(authority, times=2)
    await page.trust(WORLD.key.text)
    await page.give(bundle)
    assert await page.outcome() == ("consistent", "time")
    assert "時刻証明" in await heading(page)
    assert await page.step("time") == ("open", "authority-unknown")
    await page.page.set_input_files("#trust-file", str(authority.folder / "root.pem"))
    await until(page.page, "document.querySelector('.outcome').dataset.outcome === 'holds'")
    assert await page.page.locator("[data-code=clock]").count() == 0
    await page.give({**bundle, "time": bundle["time"][1:]})
    assert await page.step("time") == ("fails", "stamp-of-something-else")


async def test_files_add_to_each_other(page: Verifier, tmp_path: Path) -> None:
    """The shop's keys file and then the authority's certificate (DER): both count."""
    authority = Authority(tmp_path / "authority")
    row = {"key": WORLD.key.text, "from": "2026-01-01T00:00:00Z", "until": None, "revoked_at": None, "reason": None}
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"format": "shirorom-keys/v1", "name": WORLD.origin, "keys": [row]}))
    await page.give(stamped(authority))
    assert await page.outcome() == ("consistent", "trust")
    await page.page.set_input_files("#trust-file", keys)
    await until(page.page, "document.querySelector('.outcome').dataset.decided === 'time'")
    await page.page.set_input_files("#trust-file", authority.folder / "root.der")
    await until(page.page, "document.querySelector('.outcome').dataset.outcome === 'holds'")


async def test_time_stamp_of_a_revoked_certificate(page: Verifier, tmp_path: Path) -> None:
    """The list beside the stamp says that its certificate had been taken back."""
    authority = Authority(tmp_path / "authority")
    authority.revoke()
    await page.trust(WORLD.key.text, authority.root_pem)
    await page.give(stamped(authority))
    assert await page.step("time") == ("fails", "stamp-revoked")


# -- files ---------------------------------------------------------------------------------------------------------


def pdf(*contents: bytes, flate: bool = False, length: str | None = None) -> bytes:
    """A PDF that embeds these files, as little of one as a reader needs."""
    made = b"%PDF-1.7\n"
    for n, content in enumerate(contents):
        body = zlib.compress(content) if flate else content
        written = (length or str(len(body))).encode()
        filter_ = b"/Filter /FlateDecode " if flate else b""
        made += b"%d 0 obj\n<< /Type /EmbeddedFile %s/Length %s >>\nstream\n%s\nendstream\nendobj\n" % (
            n + 1, filter_, written, body,
        )  # fmt: skip
    return made + b"trailer << >>\n%%EOF\n"


TEXT = canonical(GOOD)


@pytest.mark.parametrize(
    "file", [pdf(TEXT), pdf(TEXT, flate=True), pdf(TEXT, flate=True, length="9 0 R"), pdf(b"another file", TEXT, TEXT)]
)
async def test_pdf_with_a_sheet(page: Verifier, file: bytes) -> None:
    """The bundle in a PDF is taken out, stored or compressed."""
    await page.give(file, name="sheet.pdf")
    assert await page.outcome() == ("consistent", "trust")


OTHER = canonical(signed({**SHEET, "policy": "another"}, WORLD.key))


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (pdf(b"another file"), "pdf.none"),
        (b"%PDF-1.7\n%%EOF", "pdf.none"),
        (pdf(TEXT, OTHER), "pdf.many"),
        (pdf(TEXT, flate=True).replace(b"FlateDecode", b"LZWDecode"), "pdf.form"),
        (pdf(b"\0" * 40_000_000, flate=True), "pdf.form"),
    ],
)
async def test_pdf_without_one(page: Verifier, file: bytes, why: str) -> None:
    """None, two different ones, one that cannot be taken out, and one that grows without end."""
    await page.give(file, name="sheet.pdf")
    assert await page.page.locator(".outcome").get_attribute("data-why") == why


DEEP = b"[" * 1_000_000
BROKEN = {
    "empty": (b"", "sheet-unreadable"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "sheet-unreadable"),
    "another json": (b'{"format":"other"}', "other-form"),
    "deep": (DEEP, "sheet-unreadable"),
    "half": (TEXT[: len(TEXT) // 2], "sheet-unreadable"),
    "byte order mark": (b"\xef\xbb\xbf" + TEXT, "sheet-unreadable"),
    "a name twice": (TEXT.replace(b'{"attachments":{}', b'{"attachments":{},"attachments":{}', 1), "name-twice"),
    "a fraction": (TEXT.replace(b'"age_s_max":86400', b'"age_s_max":86400.0', 1), "other-form"),
    "an exponent": (TEXT.replace(b'"age_s_max":86400', b'"age_s_max":864e2', 1), "other-form"),
    "many numbers": (b"[" + b"0," * 8_000_000 + b"0]", "sheet-too-large"),
    "huge": (TEXT + b" " * 33_000_000, "why.sheet-too-large"),
    "proto": (TEXT.replace(b'"attachments"', b'"__proto__"', 1), "other-form"),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_broken_files(page: Verifier, name: str) -> None:
    """Whatever it is, a sentence says that it is no record sheet, and the page can be used on."""
    content, why = BROKEN[name]
    await page.give(content)
    assert await page.page.locator(".outcome").get_attribute("data-why") == why
    await page.give(GOOD)
    assert await page.outcome() == ("consistent", "trust")


async def test_file_is_dropped(page: Verifier) -> None:
    """A file that is put anywhere on the page is taken."""
    transfer = await page.page.evaluate_handle(
        "text => { const t = new DataTransfer(); t.items.add(new File([text], 'sheet.json')); return t; }",
        TEXT.decode(),
    )
    await page.page.dispatch_event("body", "drop", {"dataTransfer": transfer})
    await until(page.page, "document.querySelector('#outcome-h') !== null")
    assert await page.outcome() == ("consistent", "trust")


# -- people --------------------------------------------------------------------------------------------------------


async def test_numbers_are_masked_until_asked(page: Verifier) -> None:
    """The IMEI's last five digits alone are shown, until a person wants all."""
    await page.give(GOOD)
    imei = page.page.locator("caption b")
    assert await imei.inner_text() == "••-••••••-••0001-3"
    assert "001001010000013" not in await page.page.inner_text("body")
    await page.page.check("input[name=mask][value=off]", force=True)
    assert await imei.inner_text() == "00-100101-000001-3"


async def test_english(page: Verifier) -> None:
    """Every word changes, and so does the page's own language."""
    await page.give(GOOD)
    await page.page.evaluate("document.querySelector('[name=language][value=en]').click()")
    assert await page.page.get_attribute("html", "lang") == "en"
    await expect(page.page.locator("#outcome-h")).to_have_text("Nothing was changed, but the issuer is not confirmed")
    said = await page.page.evaluate("document.querySelector('main').innerText")
    for theirs in ("練習の店 本町", "ネットワーク利用制限の状況"):
        said = said.replace(theirs, "")
    assert [line for line in said.splitlines() if re.search("[ぁ-んァ-ン一-龠]", line)] == []


async def test_focus_goes_to_the_outcome(page: Verifier) -> None:
    """After a file was chosen the reader of the screen hears the outcome; typing a key does not take the focus away."""
    await page.give(GOOD)
    assert await page.page.evaluate("document.activeElement.id") == "outcome-h"
    await page.page.click("text=店から得た指紋を入れる")
    assert await page.page.evaluate("document.activeElement.id") == "trust"
    await page.page.keyboard.type(WORLD.key.fingerprint)
    await until(page.page, "document.querySelector('.outcome').dataset.outcome === 'holds'")
    assert await page.page.evaluate("document.activeElement.id") == "trust"


async def test_a_name_cannot_turn_the_writing(page: Verifier) -> None:
    """What turns text around, or is not seen, is shown as a blot; markup stays text."""
    issuer = {**SHEET["issuer"], "name": "店\u202eABC\u200b<b>x</b>"}
    await page.give(signed({**SHEET, "issuer": issuer}, WORLD.key))
    assert await page.page.locator(".who .large").first.inner_text() == "店\ufffdABC\ufffd<b>x</b>"


async def test_unknown_line_is_named(page: Verifier) -> None:
    """A line that is no key, no fingerprint and no certificate is told, not passed over."""
    await page.trust("これは鍵ではない")
    await expect(page.page.locator("#trust-said")).to_contain_text("これは鍵ではない")


NO_ED25519 = """const own = SubtleCrypto.prototype.importKey;
SubtleCrypto.prototype.importKey = function (form, key, name, ...rest) {
  return name.name === 'Ed25519' ? Promise.reject(new DOMException('x', 'NotSupportedError'))
    : own.call(this, form, key, name, ...rest);
};"""


@pytest.mark.parametrize(
    ("script", "said"),
    [(NO_ED25519, "shirorom verify"), ("Object.defineProperty(crypto, 'subtle', {value: undefined})", "保存して")],
)
async def test_browser_without_the_means(browser: Browser, script: str, said: str) -> None:
    """Nothing is said of the sheet; what to do instead is."""
    async with verifier(browser) as page:
        await page.page.add_init_script(script)
        await page.page.reload()
        page.asked.pop()
        await page.give(GOOD)
        assert "このブラウザー" in await heading(page)
        await expect(page.page.locator(".outcome")).to_contain_text(said)


async def test_unknown_symbol_is_not_an_answer(page: Verifier) -> None:
    """△ and a symbol that nobody knows: undetermined, with the worst that is known."""
    world, made = example({"docomo": "caution", "au": None, "softbank": "clear", "rakuten": "clear"})
    await page.trust(world.key.text)
    await page.give(signed(made, world.key))
    assert await page.outcome() == ("holds", None)
    await expect(page.page.locator("#verdict")).to_contain_text("まだ決められません")
    await expect(page.page.locator("#verdict")).to_contain_text("今後制限の可能性")
    assert reading("au", None, "2026-11-23T03:21:04Z")["glyph"] in await page.page.inner_text("#cell-3-au")


async def test_downloaded_from_the_app(browser: Browser, tmp_path: Path) -> None:
    """What the app's page hands out to be saved is this file."""
    kit = Kit(tmp_path, settings_of())
    try:
        async with served(kit) as origin, watched(browser, origin) as seen:
            answer = await seen.context.request.get(origin + "/verify/offline.html")
            assert await answer.body() == BUILT.read_bytes()
            assert answer.headers["content-disposition"] == 'attachment; filename="shirorom-verify.html"'
    finally:
        kit.close()


async def test_shop_file_names_the_shop(page: Verifier) -> None:
    """`/shop.json` confirms the key and names the shop; a sheet that calls itself otherwise is pointed out."""
    row = {"key": WORLD.key.text, "from": "2026-01-01T00:00:00Z", "until": None, "revoked_at": None, "reason": None}
    told = dict.fromkeys(("licence", "rmj", "url", "terms", "since"))
    keys = [{"format": "shirorom-keys/v1", "name": WORLD.origin, "keys": [row]}]
    for name, differs in (("練習の店 本町", 0), ("別の店", 1)):
        file = {"format": "shirorom-shop/v1", "at": "2026-11-24T00:00:00Z", "shop": told | {"name": name}, "keys": keys}
        await page.trust(json.dumps(file))
        await page.give(GOOD)
        assert await page.outcome() == ("holds", None)
        assert await page.page.locator(".who", has_text="名乗りと違う").count() == differs


WAYS_OUT = """async address => {
  const tried = [
    () => fetch(address), () => navigator.sendBeacon(address, 'x'), () => { new Image().src = address; },
    () => new WebSocket(address.replace('http', 'ws')), () => new EventSource(address), () => import(address),
    () => { document.body.append(Object.assign(document.createElement('iframe'), { src: address })); },
    () => { const f = document.createElement('form'); f.action = address; document.body.append(f); f.submit(); },
    () => { document.body.innerHTML = '<p>x'; }, () => { (0, eval)('1'); }, () => { new Worker(address); },
  ];
  const failed = [];
  for (const way of tried) { try { await way(); } catch (error) { failed.push(error.name); } }
  await new Promise(done => setTimeout(done, 100));
  return failed.length;
}"""


async def test_policy_stops_what_the_script_never_tries(browser: Browser) -> None:
    """Whatever code came to run in the page, nobody is called, and no text becomes markup or code."""
    told: list[bytes] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard = await reader.read(100)  # a browser opens connections ahead of what it then does not send
        told.extend([heard] if heard else [])
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
    async with server, verifier(browser) as page:
        await page.page.context.set_offline(False)
        assert await page.page.evaluate(WAYS_OUT, address) >= 3
        assert len([said for said in page.wrong if "CSP" in said]) >= 8
        assert told == []
        context = page.page.context
        await page.page.close()  # it may still be complaining
        other = await context.new_page()  # the control: without the policy somebody is
        await other.evaluate("address => { new Image().src = address; }", address)
        for _ in range(200):
            if told:
                break
            await asyncio.sleep(0.05)
        assert told
        page.wrong.clear()
        del page.asked[1:]  # tried, and stopped before anybody was called
