"""Everybody can use the pages: axe, 360 to 1366 px, light and dark, forced colours, paper, finger-sized targets.

axe-core comes from `tests/browser/node_modules` (`npm ci`); it is never shipped. The app's own CSP stays in force.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from shirorom.domain.carrier import CarrierId
from tests.browser.page_kit import Watched, chromium, watched
from tests.web_kit import ONE, TWO, Kit, ScriptedAsker, served, settings_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
RUN = """axe.run(document, {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
  resultTypes: ['violations'],  // those whole; of what is right axe then gathers one node a rule
})"""
SCREENS = ("first", "typed", "refused", "waiting", "two", "mixed", "hand", "history", "help", "code", "docs", "gone")
REFUSED = ("404", "422")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the module."""
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def origins(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, str]]:
    """Three apps: read by the program with every mark, by hand, and one that never answers."""
    says = {("docomo", ONE): "△", ("docomo", TWO): "×", ("au", ONE): "○", ("rakuten", TWO): "carrier-timeout"}
    site = Kit(tmp_path_factory.mktemp("site"), settings_of(site=True), ScriptedAsker(says))
    hand = Kit(tmp_path_factory.mktemp("hand"), settings_of())
    hand.record(ONE, CarrierId.DOCOMO, "△", hours_ago=30)
    still = Kit(tmp_path_factory.mktemp("still"), settings_of(site=True))
    still.asker.hold()
    async with served(site) as one, served(hand) as two, served(still) as three:
        yield {"site": one, "hand": two, "still": three}
    for kit in (site, hand, still):
        kit.close()


async def show(seen: Watched, origins: dict[str, str], screen: str) -> None:
    """Bring one screen up."""
    page = seen.page
    both = f"{ONE.digits}\n{TWO.digits}"
    match screen:
        case "first":
            await page.goto(origins["site"])
        case "typed" | "refused":
            await page.goto(origins["site"])
            await page.fill("#text", "IMEI 001001010000013\n001001010000014\n89049032000000000000000000000000")
            await page.wait_for_selector("#found li")
            if screen == "refused":
                await page.click("button.go")
                await page.wait_for_selector("textarea[aria-invalid], #found .bad")
        case "waiting":
            await ask(page, origins["still"], ONE.digits)
        case "two" | "mixed" | "history":
            await ask(page, origins["site"], both if screen != "mixed" else TWO.digits)
            await seen.settled()
            for details in await page.locator("details").all():
                await details.evaluate("e => { e.open = true }")
            if screen == "history":
                await page.click(".acts a")
                await page.wait_for_selector("h1")
        case "hand":
            await ask(page, origins["hand"], ONE.digits)
        case "help" | "docs":
            await page.goto(f"{origins['site']}/{screen}")
        case "code":
            await page.goto(origins["site"] + "/help/carrier-timeout")
        case "gone":
            await page.goto(origins["site"] + "/check/gone")


async def ask(page: Page, origin: str, text: str) -> None:
    """Send the field."""
    await page.goto(origin)
    await page.fill("#text", text)
    await page.click("button.go")
    await page.wait_for_url("**/check/*")


async def violations(page: Page) -> list[dict[str, Any]]:
    """What axe finds wrong."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = (await page.evaluate(RUN))["violations"]
    return [{"id": one["id"], "where": [node["target"] for node in one["nodes"]][:3]} for one in found]


async def violations_everywhere(page: Page) -> list[tuple[int, str, dict[str, Any]]]:
    """What axe finds wrong with what is shown, on a phone and on a desk, in both themes."""
    found = []
    for width in (390, 1366):
        await page.set_viewport_size({"width": width, "height": 844})
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            found += [(width, scheme, one) for one in await violations(page)]
    return found


@pytest.mark.parametrize("screen", SCREENS)
async def test_axe_finds_nothing(browser: Browser, origins: dict[str, str], screen: str) -> None:
    """No violation of WCAG 2.0 to 2.2, A and AA, on any screen; and no breach of the CSP on the way."""
    async with watched(browser, "http:/", expected=REFUSED) as seen:
        await show(seen, origins, screen)
        assert await violations_everywhere(seen.page) == []


async def test_everywhere_control(browser: Browser, origins: dict[str, str]) -> None:
    """Control: a grey that is too light in one theme and at one width is found there, and nowhere else."""
    async with watched(browser, "http:/", bypass_csp=True) as seen:
        await show(seen, origins, "first")
        await seen.page.add_style_tag(
            content="@media (min-width: 1000px) and (prefers-color-scheme: dark) { h1 { color: #333 } }"
        )
        found = await violations_everywhere(seen.page)
        assert {(width, scheme, one["id"]) for width, scheme, one in found} == {(1366, "dark", "color-contrast")}


async def test_axe_control(browser: Browser, origins: dict[str, str]) -> None:
    """Control: a label taken away and a grey made too light are found."""
    async with watched(browser, "http:/") as seen:
        await show(seen, origins, "first")
        await seen.page.evaluate("document.querySelector('label[for=text]').remove()")
        await seen.page.evaluate("document.querySelector('h1').style.color = '#ccc'")
        assert {one["id"] for one in await violations(seen.page)} >= {"label", "color-contrast"}


WIDE = (
    "[...document.querySelectorAll('body *')].filter(e => !e.closest('.vh, .skip, pre, svg')"
    " && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className || e.localName)"
)
WIDTHS = (320, 360, 390, 820, 1366)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("screen", SCREENS)
async def test_nothing_is_cut_off(browser: Browser, origins: dict[str, str], screen: str, language: str) -> None:
    """No screen has to be scrolled sideways (WCAG 1.4.10 from 320 px on), and no box runs out of the page."""
    async with watched(browser, "http:/", width=WIDTHS[0], expected=REFUSED) as seen:
        await seen.page.goto(origins["site"] + f"/?lang={language}")
        await show(seen, origins, screen)
        for width in WIDTHS:
            await seen.page.set_viewport_size({"width": width, "height": 844})
            assert (width, await seen.page.evaluate("innerWidth")) == (width, width)
            assert (width, await seen.page.evaluate(WIDE)) == (width, [])


async def test_cut_off_control(browser: Browser, origins: dict[str, str]) -> None:
    """Control: a box of 350 px is found at 320 px, and not at 1366."""
    async with watched(browser, "http:/", width=WIDTHS[0]) as seen:
        await show(seen, origins, "first")
        await seen.page.evaluate("document.querySelector('h1').style.width = '350px'")
        assert await seen.page.evaluate(WIDE) != []
        await seen.page.set_viewport_size({"width": WIDTHS[-1], "height": 844})
        assert await seen.page.evaluate(WIDE) == []


@pytest.mark.parametrize("screen", ["first", "two", "hand"])
async def test_targets_are_finger_sized(browser: Browser, origins: dict[str, str], screen: str) -> None:
    """Everything that is pressed is at least 44 px high; links inside a sentence or list may be smaller."""
    async with watched(browser, "http:/") as seen:
        await show(seen, origins, screen)
        small = await seen.page.evaluate(
            "[...document.querySelectorAll('button, .btn, summary, textarea, nav a, input')]"
            ".filter(e => e.offsetParent && (e.closest('label.tick') ?? e).getBoundingClientRect().height < 44)"
            ".map(e => e.outerHTML.slice(0, 80))"  # a box to tick is pressed on its whole label
        )
        assert small == []


async def test_marks_survive_forced_colours(browser: Browser, origins: dict[str, str]) -> None:
    """With the system's own colours every mark still has its shape and its word."""
    async with watched(browser, "http:/", forced_colors="active", width=1366) as seen:
        await show(seen, origins, "two")
        for word in ("現在制限なし", "今後制限の可能性", "利用制限中", "判定なし", "照会失敗"):
            tile = seen.page.locator(f".mark:has-text('{word}')").first
            style = await tile.evaluate(
                "e => { const s = getComputedStyle(e, '::before'); return s.maskImage + s.content }"
            )
            assert "marks.svg" in style


async def test_on_paper(browser: Browser, origins: dict[str, str]) -> None:
    """Printed: the practice band, the verdict and every answer; no buttons; nothing that was folded is lost."""
    async with watched(browser, "http:/", width=794) as seen:
        await show(seen, origins, "two")
        for details in await seen.page.locator("details").all():
            await details.evaluate("e => { e.open = false }")
        await seen.page.emulate_media(media="print")
        for css in (".practice", "#verdict h2", ".mark.ng", ".legend"):
            assert await seen.page.locator(css).first.is_visible()
        for css in (".top", ".acts", "#hand"):
            assert not await seen.page.locator(css).first.is_visible()


async def test_skip_link_comes_first(browser: Browser, origins: dict[str, str]) -> None:
    """The first press of Tab offers the way to the content, visibly."""
    async with watched(browser, "http:/") as seen:
        await show(seen, origins, "two")
        await seen.page.keyboard.press("Tab")
        assert await seen.page.evaluate("document.activeElement.className") == "skip"
        box = await seen.page.locator(".skip").bounding_box()
        assert box is not None
        assert box["x"] >= 0


async def test_nothing_moves_when_asked_not_to(browser: Browser, origins: dict[str, str]) -> None:
    """Under `prefers-reduced-motion` nothing turns while it waits; otherwise it does (control)."""
    running = "document.getAnimations().length"
    for motion, moves in (("reduce", False), ("no-preference", True)):
        async with watched(browser, "http:/", reduced_motion=motion) as seen:
            await show(seen, origins, "waiting")
            assert bool(await seen.page.evaluate(running)) is moves
