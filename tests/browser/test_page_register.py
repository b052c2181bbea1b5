"""The register's page in Chromium: a mark that changes at a press, a look-up, access on narrow and wide screens."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.page_kit import chromium, watched
from tests.browser.test_page_access import violations_everywhere
from tests.browser.test_page_counter_access import CUT_OFF, SMALL
from tests.logs import imei
from tests.web_kit import Kit, served, settings_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
NUMBERS = "001001010000047\n\n001001010000062"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the module."""
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def origin(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A practice installation into which nothing was published yet."""
    kit = Kit(tmp_path_factory.mktemp("register"), settings_of())
    async with served(kit) as origin:
        yield origin
    kit.close()


@pytest.mark.parametrize("script", [True, False])
async def test_a_newcomer_sees_a_mark_change(browser: Browser, origin: str, script: bool) -> None:
    """Lists received, one restriction, its lifting: the mark follows each press, with and without script."""
    async with watched(browser, origin, width=1366, java_script_enabled=script) as seen:
        page = seen.page
        await page.goto(f"{origin}/register")
        await page.get_by_role("button", name="受け取る").click()
        phone = page.locator("#practice .said td[data-what=ドコモ]")
        await expect(phone).to_contain_text("現在制限なし")
        await page.get_by_role("button", name="ドコモに制限の通知を出してもらう").click()
        await expect(phone).to_contain_text("利用制限中")
        await expect(page.locator(".moved")).to_contain_text("登録簿の答えが変わりました")
        await page.get_by_role("button", name="ドコモに解除の通知を出してもらう").click()
        await expect(phone).to_contain_text("現在制限なし")


async def test_numbers_are_looked_up(browser: Browser, origin: str) -> None:
    """The answers stand on the page, and no address had a number in it."""
    async with watched(browser, origin, width=390) as seen:
        page = seen.page
        await page.goto(f"{origin}/register")
        await page.fill("#text", f"{imei(1).digits}\n\n{imei(2).digits}")
        await page.get_by_role("button", name="調べる", exact=True).click()
        await expect(page.locator("#said tbody tr")).to_have_count(2)
        assert all(imei(n).digits not in address for n in (1, 2) for address in seen.addresses)


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_everybody_can_use_it(browser: Browser, origin: str, language: str) -> None:
    """axe finds nothing, nothing is cut off, and targets are large, with answers and feeds on the page."""
    async with watched(browser, origin) as seen:
        page = seen.page
        await page.goto(f"{origin}/register?lang={language}")
        await page.fill("#text", NUMBERS)
        await page.locator("#look button.go").click()
        await expect(page.locator("#said")).to_be_visible()
        assert await violations_everywhere(page) == []
        for width in (390, 1366):
            await page.set_viewport_size({"width": width, "height": 844})
            assert (width, await page.evaluate(CUT_OFF)) == (width, [])
            assert (width, await page.evaluate(SMALL)) == (width, [])
