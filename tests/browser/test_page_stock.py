"""The pages of the watch in Chromium: what needs a hand, a change as it comes, one line for many, access."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from importlib import import_module

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from shirorom.domain.carrier import CARRIERS
from shirorom.domain.desk.stock import Status
from shirorom.domain.fold import JST
from tests.browser.page_kit import chromium, watched
from tests.browser.test_page_access import violations_everywhere
from tests.browser.test_page_counter_access import CUT_OFF, SMALL
from tests.logs import imei
from tests.watch_kit import put_unit
from tests.web_kit import Kit, served, settings_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
PAGES = ("/stock", "/stock/alerts", "/stock/plan", "/stock/import", "/stock/claims/new", "/stock/risk")
DOCOMO, AU, SOFTBANK, RAKUTEN = CARRIERS


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the module."""
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Kit, str]]:
    """Two stores with changes of every kind: five phones freed, one cut off after its sale, an anomaly."""
    kit = Kit(tmp_path_factory.mktemp("stock"), settings_of())
    desk = kit.composition.desk
    assert desk is not None
    for n in range(1, 11):
        put_unit(desk, f"Z-{n:03}", n, store="渋谷" if n % 2 else "つくば学園都市買取センター", person="佐々木")
    put_unit(desk, "U-001", 20, status=Status.SOLD, sold_on="2026-10-30", store="渋谷")
    for n in (*range(1, 6), 20):
        kit.record(imei(n), DOCOMO, "△", hours_ago=50)
    kit.record(imei(7), RAKUTEN, "×", hours_ago=50)
    for n in range(1, 6):
        kit.record(imei(n), DOCOMO, "○", hours_ago=2)
    kit.record(imei(20), DOCOMO, "×", hours_ago=2)
    kit.record(imei(7), RAKUTEN, "○", hours_ago=2)
    await follow(kit)
    # The page of the risks loads it: on a machine at its limit that takes longer than a browser waits for a page.
    await asyncio.to_thread(import_module, "lifelines")
    async with served(kit) as origin:
        yield kit, origin
    kit.close()


async def follow(kit: Kit) -> None:
    """What the server does within a quarter of a second."""
    await asyncio.to_thread(kit.composition.watch.follower.catch_up)


async def test_what_needs_a_hand_stands_first(browser: Browser, shop: tuple[Kit, str]) -> None:
    """The buyer to call, then what is odd; five prices to raise are one line that opens; evidence is a step away."""
    _, origin = shop
    async with watched(browser, origin, width=1366) as seen:
        page = seen.page
        await page.goto(f"{origin}/stock")
        lines = page.locator(".alerts > li")
        await expect(lines.nth(0)).to_contain_text("U-001 が利用制限中になりました")
        await expect(lines.nth(0)).to_contain_text("買った人への連絡を始めてください")
        await expect(lines.nth(1)).to_contain_text("Z-007")
        await expect(lines.nth(2)).to_contain_text("5台の制限のおそれが消えました")
        await expect(page.get_by_text("Z-003")).to_be_hidden()
        await page.click("#group-freed summary")
        await expect(page.get_by_text("Z-003")).to_be_visible()
        await lines.nth(1).get_by_role("link", name="履歴を見る").click()
        await expect(page.locator("h1")).to_contain_text("この端末の記録")
        assert all(imei(7).digits not in address for address in seen.addresses)


async def test_a_change_comes_by_itself(browser: Browser, shop: tuple[Kit, str]) -> None:
    """A new answer stands on the open page without a reload; what was open stays open."""
    kit, origin = shop
    async with watched(browser, origin, width=1366) as seen:
        page = seen.page
        await page.goto(f"{origin}/stock")
        await page.click("#group-freed summary")
        kit.record(imei(9), AU, "○", hours_ago=1)
        kit.record(imei(9), AU, "×")
        await follow(kit)
        await expect(page.locator(".alerts b", has_text="Z-009 が利用制限中になりました")).to_be_visible()
        await expect(page.locator("#group-freed")).to_have_attribute("open", "")


async def test_a_store_sees_its_own(browser: Browser, shop: tuple[Kit, str]) -> None:
    """Units and alerts of one store; the choice is kept in the address."""
    _, origin = shop
    async with watched(browser, origin, width=1366) as seen:
        page = seen.page
        await page.goto(f"{origin}/stock")
        await page.select_option("[name=store]", "つくば学園都市買取センター")
        await page.get_by_role("button", name="表示").click()
        await expect(page.locator("h1")).to_contain_text("在庫 5台")
        await expect(page.locator(".alerts")).not_to_contain_text("U-001")
        await expect(page.locator(".alerts")).to_contain_text("Z-002")


async def test_done_is_done(browser: Browser, shop: tuple[Kit, str]) -> None:
    """An alert that somebody dealt with leaves the page, and stays on the list of changes with who and when."""
    kit, origin = shop
    kit.record(imei(10), SOFTBANK, "△", hours_ago=3)
    kit.record(imei(10), SOFTBANK, "×", hours_ago=1)
    await follow(kit)
    async with watched(browser, origin, width=390) as seen:
        page = seen.page
        await page.goto(f"{origin}/stock")
        await page.get_by_role("button", name="対応済みにする Z-010 が利用制限中になりました").click()
        await expect(page.locator(".alerts")).not_to_contain_text("Z-010")
        await page.goto(f"{origin}/stock/alerts")
        now = kit.parts.clock.now().astimezone(JST)
        done = page.locator("li", has_text="Z-010")
        await expect(done).to_contain_text("対応済み（local")
        await expect(done).to_contain_text(f"{now.month}月{now.day}日")


async def test_the_plan_goes_to_the_counter(browser: Browser, shop: tuple[Kit, str]) -> None:
    """What is due today is sent to the counter with one press."""
    kit, origin = shop
    async with watched(browser, origin, width=1366) as seen:
        page = seen.page
        await page.goto(f"{origin}/stock")
        await page.get_by_role("button", name="今日の分を店頭照会へ送る").click()
        await expect(page.locator("#items .one").first).to_contain_text("再照会")
    assert kit.parts.counter is not None
    assert kit.parts.counter.board().items


@pytest.mark.parametrize("path", PAGES)
async def test_axe_finds_nothing(browser: Browser, shop: tuple[Kit, str], path: str) -> None:
    """No violation of WCAG 2.0 to 2.2, A and AA, on any page of the watch; and no breach of the CSP on the way."""
    _, origin = shop
    async with watched(browser, origin) as seen:
        await seen.page.goto(f"{origin}{path}")
        await expect(seen.page.locator("h1")).to_be_visible()
        assert await violations_everywhere(seen.page) == []


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_nothing_is_cut_off(browser: Browser, shop: tuple[Kit, str], language: str) -> None:
    """From 320 to 1366 px nothing runs out of the page sideways, and what is pressed is 44 px high."""
    _, origin = shop
    async with watched(browser, origin) as seen:
        for path in PAGES:
            await seen.page.goto(f"{origin}{path}?lang={language}")
            for width in (320, 390, 820, 1366):
                await seen.page.set_viewport_size({"width": width, "height": 844})
                assert (path, width, await seen.page.evaluate(CUT_OFF)) == (path, width, [])
                assert (path, width, await seen.page.evaluate(SMALL)) == (path, width, [])


async def test_an_empty_book_says_what_to_do(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The first visit: what this page is for, and the way to import."""
    kit = Kit(tmp_path_factory.mktemp("empty"), settings_of())
    async with served(kit) as origin, watched(browser, origin) as seen:
        await seen.page.goto(f"{origin}/stock")
        await seen.page.get_by_role("link", name="POSのファイルを取り込む").click()
        await expect(seen.page.locator("h1")).to_contain_text("取り込む")
    kit.close()


async def test_a_file_that_is_none_is_told(browser: Browser, shop: tuple[Kit, str]) -> None:
    """A picture as the POS's export: a sentence, and nothing imported."""
    _, origin = shop
    async with watched(browser, origin, expected=("422",)) as seen:
        await seen.page.goto(f"{origin}/stock/import")
        await seen.page.set_input_files(
            "#file", {"name": "x.csv", "mimeType": "text/csv", "buffer": b"\x89PNG\r\n\x1a\n\0\0"}
        )
        await expect(seen.page.locator("#told")).to_contain_text("表として読めません")
        await expect(seen.page.locator("#found")).to_be_hidden()
