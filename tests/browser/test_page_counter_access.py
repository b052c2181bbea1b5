"""Everybody can use the counter: axe in both themes at 390 and 1366 px, nothing cut off, finger-sized targets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.queue import Outcome, Place, Seat
from shirorom.service.counter_answers import Said
from tests.browser.counter_kit import counter, press
from tests.browser.page_kit import chromium, watched
from tests.browser.test_page_access import violations_everywhere
from tests.counter_kit import device
from tests.web_kit import ONE, Kit

pytestmark = pytest.mark.asyncio(loop_scope="module")
SCREENS = ("empty", "waiting", "error")
LOST = ("Failed to load resource", "ERR_FAILED")
CUT_OFF = (
    "[...document.querySelectorAll('body *')].filter(e => !e.closest('.vh, .skip, svg, #items')"
    " && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className || e.localName)"
)
SMALL = (
    "[...document.querySelectorAll('button, .btn, summary, nav a, #text, label.tick, .drop')]"
    ".filter(e => e.offsetParent && e.getBoundingClientRect().height < 44).map(e => e.outerHTML.slice(0, 80))"
)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the module."""
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def origins(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, str]]:
    """An empty counter; and one with every state of a place, a colleague at work, long words."""
    new = tmp_path_factory.mktemp("new")
    async with counter(new) as (_, empty), counter(tmp_path_factory.mktemp("busy")) as (kit, busy):
        fill(kit)
        yield {"empty": empty, "busy": busy}


def fill(kit: Kit) -> None:
    """Four phones: done with △; in hand with every state; dual with × and an old ○; one that a colleague has."""
    counter, answers = kit.parts.counter, kit.parts.answers
    assert counter is not None
    assert answers is not None
    me, other = Seat(0, "local"), Seat(2, "つくば学園都市買取センター 佐々木")
    kit.record(device(5).imeis[0], CarrierId.AU, "○", hours_ago=40)
    items = [item for item, _ in counter.add([device(3), device(4), device(5, 6), device(7)], by="local")]
    keys = iter(f"key-0000{n:04d}" for n in range(100))
    for carrier in CarrierId:
        answers.answer(next(keys), items[0].id, Place(1, carrier), Said("△"), seat=me)
    answers.answer(next(keys), items[1].id, Place(1, CarrierId.DOCOMO), Said("○"), seat=me)
    answers.outcome(next(keys), items[1].id, Place(1, CarrierId.AU), Outcome.NO_ANSWER, seat=me)
    answers.outcome(next(keys), items[1].id, Place(1, CarrierId.RAKUTEN), Outcome.SKIPPED, seat=me)
    answers.answer(next(keys), items[2].id, Place(2, CarrierId.DOCOMO), Said("×"), seat=me)
    counter.claim(items[2].id, Place(1, CarrierId.AU), other)
    counter.claim(items[3].id, Place(1, CarrierId.DOCOMO), other)


async def show(page: Page, origins: dict[str, str], screen: str) -> None:
    """Bring one screen up."""
    if screen == "error":
        await page.route("**/v1/counter", lambda route: route.abort())
    await page.goto(origins["empty" if screen in ("empty", "error") else "busy"] + "/counter")
    await expect(page.locator("#counter")).to_have_attribute("data-state", "ready" if screen == "waiting" else screen)
    if screen != "error":
        for details in await page.locator("details").all():
            await details.evaluate("e => { e.open = true }")
    if screen == "waiting":
        await page.locator(".one").nth(2).click()  # the dual-SIM phone
        await page.route("**/v1/counter/answers", lambda route: route.abort())
        await press(page, "2", lambda: expect(page.locator(".slot.unsent")).to_have_count(1))


@pytest.mark.parametrize("screen", SCREENS)
async def test_axe_finds_nothing(browser: Browser, origins: dict[str, str], screen: str) -> None:
    """No violation of WCAG 2.0 to 2.2, A and AA, on any screen of the counter; and no breach of the CSP on the way."""
    async with watched(browser, "http:/", expected=LOST) as seen:
        await show(seen.page, origins, screen)
        assert await violations_everywhere(seen.page) == []


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_nothing_is_cut_off(browser: Browser, origins: dict[str, str], language: str) -> None:
    """From 320 to 1920 px nothing runs out of the page sideways; the row of phones alone scrolls, in its own box."""
    options: dict[str, Any] = {"expected": LOST, "locale": f"{language}-JP"}
    for screen in ("empty", "waiting"):
        async with watched(browser, "http:/", **options) as seen:
            await seen.page.goto(f"{origins['empty']}/?lang={language}")
            await show(seen.page, origins, screen)
            for width in (320, 360, 390, 820, 1024, 1366, 1920):
                await seen.page.set_viewport_size({"width": width, "height": 844})
                assert (screen, width, await seen.page.evaluate(CUT_OFF)) == (screen, width, [])


async def test_targets_are_finger_sized(browser: Browser, origins: dict[str, str]) -> None:
    """Everything that is pressed is at least 44 px high."""
    async with watched(browser, "http:/", expected=LOST) as seen:
        await show(seen.page, origins, "ready")
        assert await seen.page.evaluate(SMALL) == []


async def test_the_keyboard_stays_where_it_was(browser: Browser, tmp_path: Path) -> None:
    """What is drawn anew while somebody is on it keeps the focus: a colleague's answer does not throw one off.

    At a counter of its own: a page of another test, just closed, may still hold the place that is pressed here.
    """
    async with counter(tmp_path) as (kit, busy), watched(browser, busy) as seen:
        fill(kit)
        await show(seen.page, {"busy": busy}, "ready")
        await seen.page.locator(".one").nth(3).focus()
        where = await seen.page.evaluate("document.activeElement.dataset.at")
        await seen.page.locator(".one").nth(1).evaluate("e => e.click()")
        await expect(seen.page.locator(".one").nth(1)).to_have_attribute("aria-current", "true")
        assert await seen.page.evaluate("document.activeElement.dataset.at") == where


async def test_the_number_of_a_phone_is_in_no_address(browser: Browser, origins: dict[str, str]) -> None:
    """Nothing that the page asks for names a number."""
    async with watched(browser, "http:/") as seen:
        await show(seen.page, origins, "ready")
        assert [one for one in seen.addresses if ONE.tac in one] == []
