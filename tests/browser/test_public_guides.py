"""Explanations in a real Chromium: ticks that stay, reading offline, and what the worker must never keep."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.page_kit import Watched, chromium, until, watched
from tests.web_kit import ONE, Kit, served, settings_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
KEPT = """async () => {
  const kept = [];
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys()) {
      const answer = await caches.match(request, {ignoreVary: true});
      kept.push([new URL(request.url).pathname, await answer.text()]);
    }
  return kept;
}"""
NO_CONNECTION = ("ERR_INTERNET_DISCONNECTED", "Failed to fetch", "sw.js")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the module."""
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def kit(tmp_path: Path) -> AsyncIterator[Kit]:
    """A public page."""
    made = Kit(tmp_path, settings_of(public=True))
    yield made
    made.close()


async def with_worker(seen: Watched) -> Page:
    """An explanation, read until the worker keeps everything and answers for the page."""
    await seen.page.goto(seen.origin + "/guide/marks")
    await seen.page.evaluate("navigator.serviceWorker.ready")
    await until(seen.page, "navigator.serviceWorker.controller !== null")
    return seen.page


async def test_ticks_stay(browser: Browser, kit: Kit) -> None:
    """Ticked, counted, still there after a reload, cleared again; and no other list is touched."""
    async with served(kit) as origin, watched(browser, origin) as seen:
        page = seen.page
        await page.goto(origin + "/guide/buying")
        await expect(page.locator("[data-progress]")).to_have_text("0 / 10 済み")
        await page.click("text=番号が2つある端末で")
        await page.check("#check-four input")
        await page.reload()
        await expect(page.locator("[data-progress]")).to_have_text("2 / 10 済み")
        await expect(page.locator("#check-four input")).to_be_checked()
        await expect(page.locator("#number-imei input")).not_to_be_checked()
        await page.goto(origin + "/guide/selling")
        await expect(page.locator("[data-progress]")).to_have_text("0 / 10 済み")
        await page.goto(origin + "/guide/buying")
        await page.click("[data-clear]")
        await page.reload()
        await expect(page.locator("input:checked")).to_have_count(0)


async def test_foreign_storage_is_no_trouble(browser: Browser, kit: Kit) -> None:
    """What is not ours under the list's name is a list without ticks, not a broken page."""
    async with served(kit) as origin, watched(browser, origin) as seen:
        for text in ("{", '"x"', "[1, null]"):
            await seen.page.goto(origin + "/guide/buying")
            await seen.page.evaluate("text => localStorage.setItem('ticks:buying', text)", text)
            await seen.page.reload()
            await expect(seen.page.locator("[data-progress]")).to_have_text("0 / 10 済み")


async def test_list_without_script(browser: Browser, kit: Kit) -> None:
    """Without script it is a plain list: every item, its sources, no box that does nothing."""
    async with served(kit) as origin, watched(browser, origin, java_script_enabled=False) as seen:
        await seen.page.goto(origin + "/guide/buying")
        await expect(seen.page.locator(".ticks > li")).to_have_count(10)
        await expect(seen.page.locator("input, button[type=button]:visible")).to_have_count(0)
        await expect(seen.page.locator("[data-progress]")).to_be_hidden()


async def test_sources_stand_below(browser: Browser, kit: Kit) -> None:
    """From a statement to its source, which has a title, the day on which it was read, and how sure it is."""
    async with served(kit) as origin, watched(browser, origin) as seen:
        await seen.page.goto(origin + "/guide/akarom")
        await seen.page.click("#lift-paying .ref")
        target = seen.page.locator("li:target")
        await expect(target).to_contain_text("2026-10-31 閲覧")
        await expect(target).to_contain_text("確かさ")
        await expect(seen.page.locator("#reform-no_date .tag")).to_have_text("分かっていません")


async def test_explanations_without_a_connection(browser: Browser, kit: Kit) -> None:
    """All of them can be read offline after one was opened, with their looks; a check says what it needs."""
    async with served(kit) as origin, watched(browser, origin, expected=NO_CONNECTION) as seen:
        page = await with_worker(seen)
        await seen.context.set_offline(True)
        for name in ("akarom", "imei-android", "buying"):
            await page.goto(f"{origin}/guide/{name}")
            await expect(page.locator("h1")).to_be_visible()
        assert await page.evaluate("getComputedStyle(document.querySelector('.card')).borderRadius") == "12px"
        await expect(page.locator("[data-progress]")).to_have_text("0 / 10 済み")
        await page.goto(origin + "/")
        await expect(page.locator("h1")).to_have_text("つながっていません")
        await seen.context.set_offline(False)
        await page.goto(origin + "/")
        await expect(page.locator("#text")).to_be_visible()


async def test_no_answer_and_no_number_is_kept(browser: Browser, kit: Kit) -> None:
    """After an answer, a slip with all digits and a request the worker holds explanations and nothing else."""
    async with served(kit) as origin, watched(browser, origin, expected=NO_CONNECTION) as seen:
        page = await with_worker(seen)
        await seen.ask(ONE.digits)
        address = page.url
        await page.click(".glyph.ng")
        await expect(page.locator("#hh")).to_contain_text("au")
        await page.goto(address + "/slip?numbers=all")
        await page.goto(origin + "/ask-seller")
        kept = await page.evaluate(KEPT)
        assert len(kept) > 10
        assert {path.split("/")[1] for path, _ in kept} == {"guide", "static"}
        text = json.dumps([text for path, text in kept if path.startswith("/guide")])
        assert ONE.grouped not in text
        assert "data-place" not in text
        await seen.context.set_offline(True)
        await page.goto(address)
        await expect(page.locator("h1")).to_have_text("つながっていません")


async def test_last_language_is_kept(browser: Browser, kit: Kit) -> None:
    """Whoever changes the language reads all explanations in it, also offline."""
    async with served(kit) as origin, watched(browser, origin, expected=NO_CONNECTION) as seen:
        page = await with_worker(seen)
        await page.goto(origin + "/guide/marks?lang=en")
        await until(
            page,
            "caches.match('/guide/akarom', {ignoreVary: true})"
            ".then(a => a.text()).then(t => t.includes('lang=\"en\"'))",
        )
        await seen.context.set_offline(True)
        await page.goto(origin + "/guide/akarom")
        await expect(page.locator("h1")).to_have_text("What an akarom is")


async def test_plain_japanese_leads_to_the_verdict(browser: Browser, kit: Kit) -> None:
    """The switch on the first page holds through cards and verdict; readings stand above words, none in names."""
    async with served(kit) as origin, watched(browser, origin) as seen:
        page = seen.page
        await page.goto(origin + "/")
        await page.click("text=やさしい日本語")
        await expect(page.locator("h1 ruby").first).to_be_visible()
        await seen.ask(ONE.digits)
        await expect(page.locator("#hand a.go")).to_contain_text("ひらく")
        for css in ("ca", "un", "un", "un"):
            place = await page.get_attribute("#hand", "data-place")
            await page.click(f".glyph.{css}")
            await expect(page.locator("#hand")).not_to_have_attribute("data-place", str(place))
        await expect(page.locator("#vh")).to_contain_text("使")
        assert await page.evaluate("document.documentElement.lang") == "ja"
        names = await page.evaluate("[document.title, ...[...document.querySelectorAll('[aria-label],[title]')]"
                                    ".map(e => e.ariaLabel + e.title)].join()")  # fmt: skip
        assert not set(names) & set("《》\ue000\ue001\ue002")
