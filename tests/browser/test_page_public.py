"""A page for strangers: nothing is kept unless the visitor asks, and nobody reads another's word."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from shirorom.domain.carrier import CarrierId
from tests.browser.page_kit import chromium, watched
from tests.web_kit import ONE, Kit, served, settings_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the module."""
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def kit(tmp_path: Path) -> AsyncIterator[Kit]:
    """Public; three carriers read by the program, au by hand."""
    made = Kit(tmp_path, settings_of(site=True, hand=(CarrierId.AU,), public=True))
    yield made
    made.close()


def size(kit: Kit) -> int:
    """Entries in the practice log."""
    return kit.parts.rooms.open(True).log.head().size


async def test_nothing_is_kept(browser: Browser, kit: Kit) -> None:
    """A whole check, also by hand, leaves no entry; the page says so before and after."""
    async with served(kit) as origin, watched(browser, origin) as seen:
        await seen.page.goto(origin + "/")
        await expect(seen.page.locator("#note")).to_contain_text("何も残しません")
        await seen.ask(ONE.digits)
        await seen.settled()
        await expect(seen.page.locator("#hand")).to_contain_text("記録には入りません")
        await seen.page.click(".glyph.ok")
        await expect(seen.page.locator("#hh")).to_contain_text("そろいました")
        assert await seen.verdict() == "ok"
        await expect(seen.page.locator("#verdict")).to_contain_text("どこにも記録していません")
    assert size(kit) == 0


async def test_kept_when_asked(browser: Browser, kit: Kit) -> None:
    """With 「記録を残す」 the carriers' own answers are recorded; what the visitor chose is still not."""
    async with served(kit) as origin, watched(browser, origin) as seen:
        await seen.page.goto(origin + "/")
        await seen.page.check("input[name=keep]")
        await seen.page.fill("#text", ONE.digits)
        await seen.page.click("button.go")
        await seen.settled()
        assert size(kit) == 3
        await seen.page.click(".glyph.ok")
        await expect(seen.page.locator("#hh")).to_contain_text("そろいました")
    assert size(kit) == 3


async def test_strangers_word_is_not_shown(browser: Browser, kit: Kit) -> None:
    """What the operator read by hand is not shown to strangers, nor is the history."""
    kit.record(ONE, CarrierId.AU, "×")
    async with served(kit) as origin, watched(browser, origin, expected=("404",)) as seen:
        await seen.ask(ONE.digits)
        await seen.settled()
        assert "利用制限中" not in await seen.cell("1-au")
        await expect(seen.page.locator("text=この端末の記録")).to_have_count(0)
        await seen.page.goto(seen.page.url.partition("?")[0].partition("#")[0] + "/history")
        await expect(seen.page.locator("main")).to_contain_text("not-found")


async def test_undo_without_record(browser: Browser, kit: Kit) -> None:
    """A wrong choice is taken back on the page alone."""
    async with served(kit) as origin, watched(browser, origin) as seen:
        await seen.ask(ONE.digits)
        await seen.settled()
        await seen.page.click(".glyph.ng")
        await expect(seen.page.locator("#vh")).to_contain_text("利用制限がかかっています")
        await seen.page.click("text=直前の答えを取り消す")
        await expect(seen.page.locator("#vh")).not_to_contain_text("利用制限がかかっています")
    assert size(kit) == 0
