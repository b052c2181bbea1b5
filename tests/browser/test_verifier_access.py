"""Everybody can use the offline page: axe, 360 to 1366 px, light and dark, forced colours, paper, keys, no jumps."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.page_kit import chromium
from tests.browser.test_page_access import RUN, SCHEMES
from tests.browser.verifier_kit import Verifier, verifier
from tests.sheet_maker import example, signed

pytestmark = pytest.mark.asyncio(loop_scope="module")
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
SCREENS = ("first", "consistent", "holds", "refused", "practice")
SMALL = """Array.from(document.querySelectorAll('button, summary, input, textarea, label.btn')).filter(one => {
  const box = (one.closest('label') ?? one).getBoundingClientRect();
  return box.height > 0 && box.height < 44;
}).map(one => one.outerHTML.slice(0, 80))"""
HERE = "(({ id, className, name, tagName }) => id || className || name || tagName)(document.activeElement)"
SHIFTS = """new PerformanceObserver(list => {
  globalThis.shifted = (globalThis.shifted ?? 0) + list.getEntries().reduce((sum, one) => sum + one.value, 0);
}).observe({type: 'layout-shift', buffered: true})"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the module."""
    async with chromium() as started:
        yield started


def marks() -> Any:
    """Every mark in one sheet."""
    return example({"docomo": "restricted", "au": None, "softbank": "caution", "rakuten": "no-record"})


async def show(page: Verifier, screen: str) -> None:
    """Bring one screen up, everything that can be opened open."""
    world, made = marks()
    good = signed(made, world.key)
    bent = copy.deepcopy(good)
    bent["sheet"]["verdict"]["kind"] = "clear"
    if screen != "practice":
        await page.admit()
    if screen == "holds":
        await page.trust(world.key.text)
    if screen != "first":
        await page.give(bent if screen == "refused" else good)
    await page.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")


@pytest.mark.parametrize("screen", SCREENS)
async def test_axe(browser: Browser, screen: str) -> None:
    """No violation in either theme, nothing wider than the page or smaller than a finger, on a phone and on a desk."""
    async with verifier(browser, width=360) as page:
        await show(page, screen)
        await page.page.evaluate(AXE.read_text(encoding="utf-8"))
        for width in (360, 1366):
            await page.page.set_viewport_size({"width": width, "height": 844})
            for scheme in SCHEMES:
                await page.page.emulate_media(color_scheme=scheme)
                found = await page.page.evaluate(RUN)
                wrong = [(scheme, one["id"], one["nodes"][0]["html"][:200]) for one in found["violations"]]
                assert wrong == []
            assert await page.page.evaluate("document.documentElement.scrollWidth") <= width
            assert await page.page.evaluate(SMALL) == []


async def test_forced_colours_and_paper(browser: Browser) -> None:
    """Symbols are drawn in the person's own colours; on paper the controls go and the outcome stays."""
    async with verifier(browser, forced_colors="active") as page:
        await show(page, "refused")
        assert await page.page.locator(".outcome svg").evaluate("one => getComputedStyle(one).stroke") != "none"
        await page.page.emulate_media(media="print")
        assert not await page.page.locator("#drop").is_visible()
        assert await page.page.locator("#outcome-h").is_visible()
        assert await page.page.locator("#practice").is_visible()


async def test_keys_alone(browser: Browser) -> None:
    """Tab reaches the skip link, the language, the file, the key and the settings, in this order."""
    async with verifier(browser) as page:
        reached = []
        for _ in range(6):
            await page.page.keyboard.press("Tab")
            reached.append(await page.page.evaluate(HERE))
        assert reached == ["skip", "language", "file", "trust", "trust-file", "SUMMARY"]


async def test_nothing_jumps_at_the_start(browser: Browser) -> None:
    """The page is whole when it is first drawn."""
    async with verifier(browser) as page:
        await page.page.evaluate(SHIFTS)
        await page.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert await page.page.evaluate("globalThis.shifted ?? 0") == 0
