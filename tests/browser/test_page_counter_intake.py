"""How phones come into the counter in a real Chromium: the real scanner.js, the intake, staff cards, no connection."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.counter_kit import at, come, counter, entries, press, readings, said
from tests.browser.intake_kit import PAIR, Routes, label
from tests.browser.page_kit import chromium, watched
from tests.browser.test_scanner import Keys
from tests.people_kit import CALLER, PASSWORD
from tests.web_kit import ONE, TWO

pytestmark = pytest.mark.asyncio(loop_scope="module")
DESK = {"width": 1366}
LOST = ("Failed to load resource", "ERR_FAILED", "ERR_INTERNET_DISCONNECTED")
EID = "89049032000000000000000000000000"
PASTE = """text => {
  const data = new DataTransfer();
  data.setData('text/plain', text);
  document.body.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
}"""
DROP = """([where, name]) => {
  const data = new DataTransfer();
  data.items.add(new File(['x'], name, {type: 'image/png'}));
  const options = {dataTransfer: data, bubbles: true, cancelable: true};
  document.querySelector(where).dispatchEvent(new DragEvent('drop', options));
}"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the module."""
    async with chromium() as started:
        yield started


async def keys_of(page: Page) -> Keys:
    """A keyboard, or a scanner that acts as one."""
    return Keys(await page.context.new_cdp_session(page))


async def rows(page: Page, count: int) -> None:
    """So many phones are in the queue."""
    await expect(page.locator("#items li")).to_have_count(count)


async def test_a_scan_adds_and_answers_nothing(browser: Browser, tmp_path: Path) -> None:
    """A wedge scanner's keys, digits 0 to 4 among them, add the phone and press no answer; a lone 1 is one answer."""
    async with counter(tmp_path) as (kit, origin), watched(browser, origin, **DESK) as seen:
        page = seen.page
        await come(page, origin)
        keys = await keys_of(page)
        await keys.scan(ONE.digits)
        await at(page, "ドコモ")
        await keys.scan(TWO.digits, "Tab", ms=40)  # with a phone in hand every digit would be an answer
        await rows(page, 2)
        await page.wait_for_timeout(300)
        await at(page, "ドコモ")
        assert entries(kit, ONE) == []
        await keys.press("1", ms=900)
        await at(page, "au")
        await expect(page.locator(".slot.unsent")).to_have_count(0)
        assert [(r.imei, r.glyph) for r in readings(kit, ONE)] == [(ONE, "○")]


async def test_the_switch_of_single_keys(browser: Browser, tmp_path: Path) -> None:
    """Switched off on the page itself a key answers nothing, and a scan still adds; switched on again it answers."""
    async with counter(tmp_path) as (kit, origin), watched(browser, origin, **DESK) as seen:
        page = seen.page
        await come(page, origin)
        keys = await keys_of(page)
        await page.get_by_text("キーの一覧と設定").click()
        switch = page.get_by_role("checkbox", name="1文字のキーで答える")
        await switch.uncheck()
        await keys.scan(ONE.digits)
        await at(page, "ドコモ")
        await keys.press("3", ms=900)
        await page.wait_for_timeout(300)
        assert entries(kit, ONE) == []
        await switch.check()
        await keys.press("3", ms=900)
        await at(page, "au")


async def test_what_is_no_phone_stands_in_the_field(browser: Browser, tmp_path: Path) -> None:
    """A scanned EID is shown with what it is; the next good code takes its place. None of it comes into the queue."""
    async with counter(tmp_path) as (_, origin), watched(browser, origin, **DESK) as seen:
        page = seen.page
        await come(page, origin)
        keys = await keys_of(page)
        await keys.scan(EID)
        await expect(page.locator("#found")).to_contain_text("これはEIDです")
        await rows(page, 0)
        await keys.scan("C8PL12345678")
        await expect(page.locator("#heard")).to_contain_text("IMEI ではありません")
        await keys.scan(ONE.digits)
        await rows(page, 1)
        await expect(page.locator("#text")).to_have_value("")


async def test_a_staff_card_is_no_phone(browser: Browser, tmp_path: Path) -> None:
    """A scanned staff card changes who is at work, here; the phone in hand stays, and what Anna answered stays hers."""
    async with counter(tmp_path) as (kit, origin), watched(browser, origin, expected=LOST, **DESK) as seen:
        page, people = seen.page, kit.people
        assert people is not None
        people.set_up(people.offer_setup(), "Anna", PASSWORD, None, CALLER)
        code = people.new_staff_code(people.add("佐藤"))
        await page.goto(f"{origin}/signin?next=/counter")
        await page.fill("#name", "Anna")
        await page.fill("#password", PASSWORD)
        await page.check("#trust")
        await page.click("#password-form button")
        await expect(page.locator("#counter")).to_have_attribute("data-state", "empty")
        keys = await keys_of(page)
        await keys.scan(ONE.digits)
        await at(page, "ドコモ")
        await page.route("**/v1/counter/answers", lambda route: route.abort())
        await keys.press("1", ms=900)
        await at(page, "au")
        asked = [one for one in seen.addresses if one.endswith("/v1/counter/items")]
        await keys.scan(code)
        await expect(page.locator(".me-name")).to_have_text("佐藤")
        await at(page, "au")
        await expect(page.locator("#notices")).to_contain_text("1件は Annaさんが付けました")
        assert [one for one in seen.addresses if one.endswith("/v1/counter/items")] == asked
        await page.unroute("**/v1/counter/answers")
        await keys.press("4", ms=900)
        await at(page, "ソフトバンク")
        await expect(page.locator(".slot.unsent")).to_have_count(1)
        assert [(r.by, r.glyph) for r in readings(kit, ONE)] == [("佐藤", "－")]


async def test_a_pasted_column(browser: Browser, tmp_path: Path) -> None:
    """Numbers pasted beside the field go into the queue at once; with a wrong one among them all stay in the field."""
    async with counter(tmp_path) as (_, origin), watched(browser, origin, **DESK) as seen:
        page = seen.page
        await come(page, origin)
        await page.evaluate(
            PASTE, f"IMEI\t機種\n{ONE.digits}\tA\n{TWO.digits}\tB\n001001010000039\tC\n001001010000047\tD"
        )
        await rows(page, 4)
        await expect(page.locator("#notices")).to_contain_text("4台を受付に入れました")
        await expect(page.locator("#text")).to_have_value("")
        await page.evaluate(PASTE, f"{ONE.digits}\n001001010000054\n001001010000063")
        await expect(page.locator("#found")).to_contain_text("ほかの14桁と合いません")
        await rows(page, 4)


async def test_typing_gives_the_keys_back(browser: Browser, tmp_path: Path) -> None:
    """S, a number, Enter: the phone is in hand and the next key is an answer; Escape leaves the field without one."""
    async with counter(tmp_path) as (_, origin), watched(browser, origin, **DESK) as seen:
        page = seen.page
        await come(page, origin)
        await press(page, "s", lambda: expect(page.locator("#text")).to_be_focused())
        await page.keyboard.insert_text(ONE.digits)
        await page.keyboard.press("Enter")
        await at(page, "ドコモ")
        await press(page, "4", lambda: at(page, "au"))
        await press(page, "s", lambda: expect(page.locator("#text")).to_be_focused())
        await press(page, "Escape", lambda: expect(page.locator("#text")).not_to_be_focused())


async def test_a_picture_of_a_label(browser: Browser, tmp_path: Path) -> None:
    """A photo dropped beside the work is read for phones, and goes in once compared; on the work it is a proof."""
    async with counter(tmp_path) as (_, origin), watched(browser, origin, expected=LOST, **DESK) as seen:
        page = seen.page
        routes = Routes(pictures=[PAIR])
        await routes.on(page)
        await come(page, origin)
        await page.get_by_text("写真・ファイル・カメラで入れる").click()
        await page.set_input_files(
            "[data-read][multiple]", {"name": "a.png", "mimeType": "image/png", "buffer": label()}
        )
        await page.get_by_role("button", name="同じです").click()
        await page.get_by_role("button", name="追加", exact=True).click()
        await rows(page, 1)
        await expect(page.locator("#ids")).to_contain_text(TWO.grouped)
        kept: list[str] = []

        async def keep(route: object) -> None:
            kept.append("kept")
            await route.fulfill(status=201, json={"screenshot": "0" * 64, "checked": True})  # type: ignore[attr-defined]

        await page.route("**/v1/counter/screenshots/**", keep)
        await page.evaluate(DROP, ["#keys", "screen.png"])
        await said(page, "番号が一致しました")
        await page.evaluate(DROP, ["#items", "label.png"])
        await routes.until_sent(1)  # the second drop is no picture that a browser can draw: said, not sent
        assert kept == ["kept"]


async def test_phones_wait_for_the_connection(browser: Browser, tmp_path: Path) -> None:
    """What is scanned without a connection is said to wait, also after a reload, and comes in once there is one."""
    async with counter(tmp_path) as (_, origin), watched(browser, origin, expected=LOST, **DESK) as seen:
        page = seen.page
        await come(page, origin)
        await page.route("**/v1/counter/items", lambda route: route.abort())
        keys = await keys_of(page)
        await keys.scan(ONE.digits)
        await expect(page.locator("#notices")).to_contain_text("受付に入れていない端末 1台")
        await keys.scan(TWO.digits)
        await expect(page.locator("#notices")).to_contain_text("受付に入れていない端末 2台")
        await page.reload()
        await expect(page.locator("#notices")).to_contain_text("受付に入れていない端末 2台")
        assert json.loads(await page.evaluate("sessionStorage['counter-phones']")) == [
            {"text": ONE.digits}, {"text": TWO.digits},
        ]  # fmt: skip
        await page.unroute("**/v1/counter/items")
        await rows(page, 2)
        await expect(page.locator("#notices")).not_to_contain_text("入れていない端末")
        assert await page.evaluate("sessionStorage['counter-phones']") == "[]"


async def test_a_scan_that_is_taken(browser: Browser, tmp_path: Path) -> None:
    """Whoever took a scan before has it to themselves."""
    async with counter(tmp_path) as (_, origin), watched(browser, origin, **DESK) as seen:
        page = seen.page
        await come(page, origin)
        await page.evaluate("addEventListener('shirorom:scan', e => e.preventDefault(), true)")
        await keys_of(page)
        await (await keys_of(page)).scan(ONE.digits)
        await page.wait_for_timeout(300)
        await rows(page, 0)
