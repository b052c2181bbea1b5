"""A phone of the plan at the counter: its due place is asked, the others show the last answer and its age."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.async_api import expect

from shirorom.domain.carrier import CARRIERS
from shirorom.domain.desk.queue import Place
from shirorom.domain.imei import Device
from shirorom.service.counter_plan import hold_planned
from tests.browser.counter_kit import at, counter, press, readings
from tests.browser.page_kit import chromium, watched
from tests.web_kit import ONE

DOCOMO, AU, *_ = CARRIERS


async def test_the_due_place_alone_is_asked(tmp_path: Path) -> None:
    """The list says that it is a re-check; other carriers are not asked, and say what they last said, days ago."""
    async with counter(tmp_path) as (kit, origin), chromium() as browser:
        three_days = datetime.now(UTC) - timedelta(days=3)
        kit.parts.record(ONE, AU, "△", by="local", asked_at=three_days)
        assert kit.parts.counter is not None
        hold_planned(kit.parts.counter, [(Device((ONE,)), frozenset({Place(1, DOCOMO)}))], by="Anna")
        async with watched(browser, origin, width=1366, extra_http_headers={"x-test-person": "anna"}) as seen:
            page = seen.page
            await page.goto(f"{origin}/counter")
            await at(page, "ドコモ")
            await expect(page.locator("#items")).to_contain_text("再照会")
            await expect(page.locator("#four")).to_contain_text("今日の計画の対象外")
            await expect(page.locator("#four")).to_contain_text("前回：今後制限の可能性（3日前）")
            await press(page, "1", lambda: expect(page.locator("#four")).to_contain_text("現在制限なし"))
            await expect(page.locator("#four .unsent")).to_have_count(0)
        assert [one.carrier for one in readings(kit, ONE)] == [AU, DOCOMO]
