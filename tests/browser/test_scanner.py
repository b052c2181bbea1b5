"""Scanning in a real Chromium: where a code goes, what it never presses, and an IME as CDP plays it.

CDP drops no key by itself, so the tests leave some out as a real IME makes the browser do (`test_scanner_ime.py`).
"""

from __future__ import annotations

import asyncio
import gzip
import random
import re
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, CDPSession, Page, expect

import shirorom.edge.web
from shirorom.adapters.texts_toml import Texts
from shirorom.edge.web.templating import render
from tests.browser.page_kit import Watched, chromium, watched
from tests.scale import scaled
from tests.web_kit import ONE, TWO, Kit, served, settings_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
CODE = ONE.digits
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
LISTEN = """() => {
  window.scans = []; window.keys = []; window.pressed = 0;
  document.addEventListener('shirorom:scan', e => { e.preventDefault(); scans.push(e.detail.text); });
  shirorom.singleKey(key => keys.push(key));
}"""
FIELDS = """() => {
  document.querySelector('main').innerHTML = '<form id="f"><input id="a"><textarea id="t"></textarea>'
    + '<select id="s"><option>1</option><option>0</option></select>'
    + '<button id="b">b</button></form><a id="l" href="#x">x</a>';
  const pressing = e => { e.preventDefault(); pressed += 1; };
  document.querySelector('#f').addEventListener('submit', pressing);
  for (const id of ['b', 'l']) document.getElementById(id).addEventListener('click', pressing);
}"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the module."""
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def origin(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The app, by hand."""
    kit = Kit(tmp_path_factory.mktemp("scan"), settings_of())
    async with served(kit) as address:
        yield address
    kit.close()


@pytest_asyncio.fixture(loop_scope="module")
async def seen(browser: Browser, origin: str) -> AsyncIterator[Watched]:
    """A page, at a counter's width."""
    async with watched(browser, origin, width=1366) as page:
        yield page


class Keys:
    """Trusted key events with moments of their own: a loaded machine is late, and the times between keys still hold."""

    def __init__(self, cdp: CDPSession) -> None:
        self._cdp = cdp
        self._at = time.time()

    async def press(self, key: str, *, ms: float) -> None:
        """One key, `ms` after the one before (but never before now minus what a busy page may lag)."""
        self._at += ms / 1000
        char = {"Enter": "\r", "NumpadEnter": "\r", "Tab": ""}.get(key, key)
        code = f"Digit{key}" if key.isdigit() else f"Key{key.upper()}" if len(key) == 1 else key
        number = {"Enter": 13, "NumpadEnter": 13, "Tab": 9}.get(key) or ord(key.upper())
        event = {
            "key": key.removeprefix("Numpad"),
            "code": code,
            "windowsVirtualKeyCode": number,
            "timestamp": self._at,
        }
        down = {"type": "keyDown", "text": char} if char else {"type": "rawKeyDown"}
        await self._cdp.send("Input.dispatchKeyEvent", event | down)
        await self._cdp.send("Input.dispatchKeyEvent", event | {"type": "keyUp"})

    async def scan(self, code: str, end: str | None = "Enter", *, ms: float = 5) -> None:
        """What a scanner sends, well after whatever was before."""
        self._at = max(self._at + 0.5, time.time())
        for place, char in enumerate(code):
            await self.press(char, ms=ms if place else 0)
        if end is not None:
            await self.press(end, ms=ms)


async def scan(page: Page, code: str, end: str | None = "Enter", *, ms: float = 5) -> None:
    """One code."""
    await Keys(await page.context.new_cdp_session(page)).scan(code, end, ms=ms)


class Ime:
    """An IME as CDP plays it: keydowns that say nothing, a composition that grows, a commit.

    Keys have moments of their own (as in `Keys`); compositions cannot, so nobody waits for one before the next is sent.
    """

    def __init__(self, cdp: CDPSession) -> None:
        self._cdp = cdp
        self._free = 0.0

    async def scan(self, code: str, *, drop: Sequence[int] = (), end: str = "Enter") -> None:
        """A code in a focused field; the keydowns at `drop` do not come, as the real one loses them."""
        at, text = max(time.time(), self._free), ""  # never before the code that was sent last
        self._free = at + (len(code) + 1) * 0.005
        steps = []
        for place, char in enumerate(code):
            text += char.translate(FULL_WIDTH)
            if place not in drop:
                steps.append(self._down(f"Digit{char}", at + place * 0.005))
            composition = {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
            steps.append(self._cdp.send("Input.imeSetComposition", composition))
        steps += [self._down(end, at + len(code) * 0.005), self._cdp.send("Input.insertText", {"text": text})]
        await asyncio.gather(*steps)

    def _down(self, code: str, at: float) -> Coroutine[Any, Any, object]:
        event = {"type": "rawKeyDown", "key": "Process", "code": code, "windowsVirtualKeyCode": 229, "timestamp": at}
        return self._cdp.send("Input.dispatchKeyEvent", event)


@pytest_asyncio.fixture(loop_scope="module")
async def desk(seen: Watched) -> Watched:
    """A page without a field of its own, with others, listening."""
    await seen.page.goto(seen.origin + "/help")
    await seen.page.evaluate(LISTEN)
    await seen.page.evaluate(FIELDS)
    return seen


async def until(page: Page, what: str) -> None:
    """Wait for an expression (Playwright's own way would need `unsafe-eval`)."""
    for _ in range(200):
        if await page.evaluate(what):
            return
        await page.wait_for_timeout(25)
    raise AssertionError(what)


async def ime_of(seen: Watched) -> Ime:
    return Ime(await seen.context.new_cdp_session(seen.page))


# ── where a code goes ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_first_page_takes_it_without_a_click(seen: Watched) -> None:
    """With nothing focused a code stands in the field, read, and nothing was sent."""
    await seen.page.goto(seen.origin + "/")
    await scan(seen.page, CODE)
    await expect(seen.page.locator("#text")).to_have_value(CODE)
    await expect(seen.page.locator("#found")).to_contain_text(ONE.grouped)
    assert seen.page.url == seen.origin + "/"


async def test_second_code_stands_below(seen: Watched) -> None:
    """Both labels of a dual-SIM phone make one phone; the same label twice stays once, and that is said."""
    await seen.page.goto(seen.origin + "/")
    keys = Keys(await seen.context.new_cdp_session(seen.page))
    for code in (CODE, TWO.digits, CODE):
        await keys.scan(code)
    await expect(seen.page.locator("#text")).to_have_value(f"{CODE}\n{TWO.digits}")
    await expect(seen.page.locator("#found")).to_contain_text("1台として")
    await expect(seen.page.locator("#heard")).to_have_text("同じ番号が、もう入っています。")


@pytest.mark.parametrize("path", ["/help", "/check/gone"])
async def test_other_pages_hand_it_over(browser: Browser, origin: str, path: str) -> None:
    """From a page without a field the code goes to the first page, once, and stands in no address."""
    async with watched(browser, origin, expected=("404",)) as seen:
        await seen.page.goto(origin + path)
        await scan(seen.page, CODE)
        await seen.page.wait_for_url(origin + "/")
        await expect(seen.page.locator("#text")).to_have_value(CODE)
        await expect(seen.page.locator("#found")).to_contain_text(ONE.grouped)
        assert not [address for address in seen.addresses if ONE.key in address]
        await seen.page.reload()
        await expect(seen.page.locator("#text")).to_have_value("")
        assert await seen.page.evaluate("sessionStorage.length") == 0


async def test_a_page_may_keep_it(desk: Watched) -> None:
    """Who prevents the event has the code to itself: nobody goes to another page."""
    await scan(desk.page, CODE)
    assert await desk.page.evaluate("scans") == [CODE]
    assert desk.page.url == desk.origin + "/help"
    assert await desk.page.evaluate("sessionStorage.length") == 0


FOREIGN = {
    "89049032000000000000000000000000": ("これはEIDです", "This is an EID"),
    "8981100000000000000": ("これはSIMカードの番号です", "This is a SIM card"),
    "4901234567894": ("JANコード（商品の番号）です", "This is a JAN code"),
    "STAFFCARDOFTANAKA7": ("番号が見つかりません", "No device number found"),
}


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_foreign_codes_are_named(seen: Watched, language: str) -> None:
    """An EID, an ICCID, a JAN or a staff card: the page says what it is, in both languages."""
    await seen.page.goto(f"{seen.origin}/?lang={language}")
    for code, words in FOREIGN.items():
        await seen.page.fill("#text", "")
        await scan(seen.page, code)
        await expect(seen.page.locator("#found")).to_contain_text(words[language == "en"])


async def test_short_codes_are_named(seen: Watched) -> None:
    """A staff card or a serial number is said to be no IMEI, and leaves the page and its field as they are."""
    await seen.page.goto(seen.origin + "/help")
    await scan(seen.page, "C8PL12345678")
    await expect(seen.page.locator("#heard")).to_contain_text("IMEI ではありません")
    assert seen.page.url == seen.origin + "/help"


# ── what it never does ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("where", ["a", "t", "s", "b", "l"])
async def test_presses_and_changes_nothing(desk: Watched, where: str) -> None:
    """Whatever has the focus: the code is heard, nothing is pressed or sent, the focus stays, the field as it was."""
    page = desk.page
    await page.evaluate("document.querySelector('#a').value = document.querySelector('#t').value = 'メモ'")
    await page.focus(f"#{where}")
    values = "[...document.querySelectorAll('input, textarea, select')].map(e => e.value)"
    before = await page.evaluate(values)
    keys = Keys(await desk.context.new_cdp_session(page))
    for end in ("Enter", "Tab", "NumpadEnter"):
        await keys.scan(CODE, end)
        assert (await page.evaluate("scans.splice(0)"), await page.evaluate("pressed")) == ([CODE], 0)
        assert await page.evaluate(values) == before
        assert await page.evaluate("document.activeElement.id") == where


async def test_the_caret_stays(desk: Watched) -> None:
    """In a field that somebody was writing in, the caret is where it was."""
    await desk.page.fill("#a", "メモです")
    await desk.page.evaluate("document.querySelector('#a').setSelectionRange(1, 1)")
    await scan(desk.page, CODE)
    assert await desk.page.evaluate("document.querySelector('#a').selectionStart") == 1


async def test_a_persons_enter_still_sends(desk: Watched) -> None:
    """Digits typed by hand and Enter do what they always do (the control of the tests above)."""
    await desk.page.focus("#a")
    await scan(desk.page, CODE, ms=95)
    assert (await desk.page.evaluate("scans"), await desk.page.evaluate("pressed")) == ([], 1)


async def test_password_manager_is_no_scanner(desk: Watched) -> None:
    """Where people sign in, a typed user name and password reach their fields and are sent."""
    await desk.page.evaluate("document.querySelector('#a').type = 'password'")
    await desk.page.focus("#a")
    await scan(desk.page, "correcthorse9battery")
    assert (await desk.page.evaluate("scans"), await desk.page.evaluate("pressed")) == ([], 1)
    assert await desk.page.input_value("#a") == "correcthorse9battery"


async def test_without_end_key_the_field_keeps_it(seen: Watched) -> None:
    """A scanner without an end key still works in the field itself."""
    await seen.page.goto(seen.origin + "/")
    await seen.page.focus("#text")
    await scan(seen.page, CODE, None)
    await expect(seen.page.locator("#found")).to_contain_text(ONE.grouped)


# ── an IME, as CDP plays it ──────────────────────────────────────────────────────────────────────────────────────────


DROPS: dict[str, Sequence[int]] = {"none": (), "some": (0, 3, 4, 9), "most": range(1, 15), "all": range(15)}


@pytest.mark.parametrize("end", ["Enter", "Tab"])
async def test_dropped_keydowns_cost_nothing(desk: Watched, end: str) -> None:
    """However many keydowns the browser loses, the composed text is the code, and the field is as it was."""
    ime = await ime_of(desk)
    for drop in DROPS.values():
        await desk.page.fill("#a", "メモ")
        await ime.scan(CODE, drop=drop, end=end)
        await until(desk.page, "scans.length")
        assert (await desk.page.evaluate("scans.splice(0)"), await desk.page.input_value("#a")) == ([CODE], "メモ")


async def test_codes_composed_without_a_pause(desk: Watched) -> None:
    """Codes that follow one another stay apart, also when the next begins before the field is put back."""
    codes = [ONE.digits, TWO.digits, ONE.digits[::-1]]
    await desk.page.focus("#a")
    ime = await ime_of(desk)
    for code in codes:
        await ime.scan(code)
    await until(desk.page, "scans.length > 2")
    assert (await desk.page.evaluate("scans"), await desk.page.input_value("#a")) == (codes, "")


async def test_next_composition_before_the_field_is_back(desk: Watched) -> None:
    """The tightest case: the second composition starts in the same task. Both are heard, the field is empty."""
    await desk.page.evaluate(
        """codes => { const field = document.querySelector('#a');
        for (const code of codes) {
          field.dispatchEvent(new CompositionEvent('compositionstart', {bubbles: true}));
          field.value += code;
          field.dispatchEvent(new CompositionEvent('compositionend', {bubbles: true, data: code}));
        } }""",
        [ONE.digits, TWO.digits],
    )
    await until(desk.page, "scans.length > 1")
    assert await desk.page.evaluate("scans") == [ONE.digits, TWO.digits]
    assert await desk.page.input_value("#a") == ""


async def test_the_field_itself_with_an_ime(seen: Watched) -> None:
    """In the field of the first page the composed code is replaced by the plain one, and read."""
    await seen.page.goto(seen.origin + "/")
    await seen.page.focus("#text")
    ime = await ime_of(seen)
    await ime.scan(ONE.digits)
    await expect(seen.page.locator("#text")).to_have_value(re.compile(rf"^{ONE.digits}\s*$"))
    await ime.scan(TWO.digits, drop=(2, 3))
    await expect(seen.page.locator("#text")).to_have_value(f"{ONE.digits}\n{TWO.digits}")
    await expect(seen.page.locator("#found")).to_contain_text("1台として")


async def test_japanese_words_stay(desk: Watched) -> None:
    """What a person composes stays where it is."""
    await desk.page.focus("#a")
    cdp = await desk.context.new_cdp_session(desk.page)
    await cdp.send("Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3})
    await cdp.send("Input.insertText", {"text": "日本"})
    await desk.page.wait_for_timeout(50)
    assert (await desk.page.evaluate("scans"), await desk.page.input_value("#a")) == ([], "日本")


# ── single keys ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_single_keys_and_scans_in_real_time(desk: Watched) -> None:
    """In a real browser's own time: every lone key is told, none of a code, and every code is whole."""
    chance = random.Random(20261125)
    hand = Keys(await desk.context.new_cdp_session(desk.page))
    keys, codes = [], []
    for _ in range(scaled(200)):
        if chance.random() < 0.5:
            keys.append(chance.choice("12340z"))
            await hand.scan(keys[-1], None)
            await until(desk.page, f"keys.length >= {len(keys)}")
        else:
            codes.append("".join(chance.choice("0123456789") for _ in range(15)))
            await hand.scan(codes[-1], chance.choice(["Enter", "Tab"]), ms=chance.choice([0, 4, 12, 40, 79]))
    await desk.page.wait_for_timeout(150)
    assert await desk.page.evaluate("keys") == keys
    assert await desk.page.evaluate("scans") == codes


@pytest.mark.parametrize("where", ["a", "t", "s"])
async def test_no_single_key_in_a_field(desk: Watched, where: str) -> None:
    """What is typed into a field answers nothing."""
    await desk.page.focus(f"#{where}")
    await desk.page.keyboard.press("1")
    await desk.page.wait_for_timeout(150)
    assert await desk.page.evaluate("keys") == []


async def test_single_keys_can_be_switched_off(desk: Watched) -> None:
    """The switch is remembered by this browser, keys then answer nothing, and scanning goes on (WCAG 2.1.4)."""
    page = desk.page
    switch = render("single_keys.html", t=Texts.load("ja").t)
    await page.evaluate("html => { document.querySelector('main').innerHTML += html }", switch)
    await page.click("[data-single-keys]")
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("1")
    await page.wait_for_timeout(150)
    await scan(page, CODE)
    assert (await page.evaluate("keys"), await page.evaluate("scans")) == ([], [CODE])
    await page.reload()
    await page.evaluate(LISTEN)
    await page.evaluate("html => { document.querySelector('main').innerHTML = html }", switch)
    await page.evaluate("dispatchEvent(new Event('pageshow'))")
    await expect(page.locator("[data-single-keys]")).not_to_be_checked()
    await page.click("[data-single-keys]")
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("1")
    await until(page, "keys.length")
    assert await page.evaluate("keys") == ["1"]


async def test_small() -> None:
    """Every page loads it, so it stays small: 3 kB compressed."""
    script = Path(shirorom.edge.web.__file__).parent / "static" / "scanner.js"
    assert len(gzip.compress(script.read_bytes())) <= 3_072


async def test_every_page_has_it() -> None:
    """It is in the frame of all pages, before anything that a page adds."""
    base = (Path(shirorom.edge.web.__file__).parent / "templates" / "base.html").read_text(encoding="utf-8")
    assert "static('scanner.js')" in base.partition("{% block head %}")[0]
