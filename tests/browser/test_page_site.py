"""The page where the program asks: what it reads, how answers come, what it says of them. In a real Chromium."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import StorageError
from tests.browser.page_kit import Watched, chromium, watched
from tests.web_kit import ONE, TWO, Kit, ScriptedAsker, served, settings_of
from tests.wide import wide

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the module."""
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def asker() -> ScriptedAsker:
    """Who answers; each test tells it what."""
    return ScriptedAsker()


@pytest_asyncio.fixture(loop_scope="module")
async def kit(tmp_path: Path, asker: ScriptedAsker) -> AsyncIterator[Kit]:
    """All four carriers read by the program."""
    made = Kit(tmp_path, settings_of(site=True), asker)
    yield made
    made.close()


@pytest_asyncio.fixture(loop_scope="module")
async def seen(browser: Browser, kit: Kit) -> AsyncIterator[Watched]:
    """A page of that app, on a phone."""
    async with served(kit) as origin, watched(browser, origin) as page:
        yield page


TYPED = {
    "001001010000013": ["IMEI 1", "00-100101-000001-3"],
    wide("001001010000013"): ["00-100101-000001-3"],
    "IMEI: 001001010000013\nIMEI2: 001001010000021": ["IMEI 1", "IMEI 2", "00-100101-000002-1"],
    "001001010000014": ["最後の1桁が合いません", "imei-check-digit"],
    "こんにちは、これは番号ではありません": ["番号が見つかりません"],
}


@pytest.mark.parametrize("text", TYPED)
async def test_field_says_at_once_what_it_read(seen: Watched, text: str) -> None:
    """While somebody types, the one parser's findings stand under the field; nothing was sent yet."""
    await seen.page.goto(seen.origin + "/")
    await seen.page.fill("#text", text)
    for words in TYPED[text]:
        await expect(seen.page.locator("#found")).to_contain_text(words)
    assert seen.page.url == seen.origin + "/"


async def test_wrong_digit_asks_nobody(browser: Browser, kit: Kit) -> None:
    """Sent all the same, a wrong check digit comes back beside the field, focused, and no carrier was asked."""
    async with served(kit) as origin, watched(browser, origin, expected=("422",)) as seen:
        await seen.page.goto(origin + "/")
        await seen.page.fill("#text", "001001010000014")
        await seen.page.click("button.go")
        await expect(seen.page.locator("#text")).to_be_focused()
        await expect(seen.page.locator("#text")).to_have_value("001001010000014")
        await expect(seen.page.locator("#found")).to_contain_text("最後の1桁が合いません")
    assert kit.asker.asked == []


async def test_two_phones_are_a_choice(browser: Browser, kit: Kit) -> None:
    """Numbers of two phones are not mixed: the visitor chooses which one."""
    async with served(kit) as origin, watched(browser, origin, expected=("422",)) as seen:
        await seen.page.goto(origin + "/")
        await seen.page.fill("#text", "A: 001001010000013 を 9,800円で。\n\n別の電話、B: 001001010000062 は 1万円で。")
        await seen.page.click("button.go")
        await seen.page.click(".which button:has-text('00-100101-000006-2')")
        await seen.settled()
        assert {imei.digits for imei, _ in kit.asker.asked} == {"001001010000062"}


async def test_answers_appear_as_they_come(seen: Watched, asker: ScriptedAsker) -> None:
    """Each answer stands there as soon as it is read (記録中), and changes when it is durable; the others wait."""
    asker.hold()
    await seen.ask(ONE.digits)
    await expect(seen.page.locator(".mark.waiting")).to_have_count(4)
    await expect(seen.page.locator("#vh")).to_contain_text("聞いています")
    asker.let("au", "○")
    await expect(seen.page.locator("#cell-1-au")).to_contain_text("現在制限なし")
    await expect(seen.page.locator(".mark.waiting")).to_have_count(3)
    await expect(seen.page.locator("#live")).to_contain_text("au：現在制限なし")
    for carrier in ("docomo", "softbank", "rakuten"):
        asker.let(carrier, "－")
    await seen.settled()
    assert await seen.verdict() == "ok"
    await expect(seen.page.locator("#live")).to_contain_text("すべての答えがそろいました")


async def test_recording_is_shown_until_durable(
    seen: Watched, kit: Kit, asker: ScriptedAsker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the record is being written the answer says 記録中, and afterwards no longer."""
    release = asyncio.Event()
    loop = asyncio.get_running_loop()
    recorder = kit.parts.rooms.open(True).recorder
    record = type(recorder).record

    def slowly(self: object, statements: object) -> object:
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result(30)
        return record(self, statements)  # type: ignore[arg-type]

    monkeypatch.setattr(type(recorder), "record", slowly)
    await seen.ask(ONE.digits)
    await expect(seen.page.locator("#cell-1-docomo")).to_contain_text("記録中")
    release.set()
    await seen.settled()
    await expect(seen.page.locator("#answers")).not_to_contain_text("記録中")


VERDICTS = {
    "ng": ({"docomo": "×", "au": "○"}, "ドコモの利用制限がかかっています"),
    "ca": ({"docomo": "△", "au": "○"}, "今は使えますが、ドコモで今後制限される可能性があります"),
    "ok": ({"au": "○"}, "auでは、今は制限されていません"),
    "un": ({}, "どの会社でも、この番号を確認できません"),
    "q": ({"au": "carrier-timeout", "docomo": "○"}, "auの答えがそろっていません"),
}


@pytest.mark.parametrize("css", VERDICTS)
async def test_every_verdict_has_its_sentence(seen: Watched, asker: ScriptedAsker, css: str) -> None:
    """The heading says in a sentence what the marks come to; advice stands beside it for each role."""
    says, sentence = VERDICTS[css]
    asker.says = {(carrier, ONE): glyph for carrier, glyph in says.items()}
    await seen.ask(ONE.digits)
    await seen.settled()
    assert await seen.verdict() == css
    await expect(seen.page.locator("#vh")).to_have_text(sentence)
    await expect(seen.page.locator(".todo section")).to_have_count(3)


async def test_one_number_of_two_is_named(seen: Watched, asker: ScriptedAsker) -> None:
    """With two numbers the sentence says which, and each has its own column."""
    asker.says = {("docomo", TWO): "×", ("rakuten", TWO): "carrier-timeout"}
    await seen.ask(f"{ONE.digits}\n{TWO.digits}")
    await seen.settled()
    await expect(seen.page.locator("#vh")).to_have_text("IMEI 2 に、ドコモの利用制限がかかっています")
    assert "利用制限中" in await seen.cell("2-docomo")
    assert "判定なし" in await seen.cell("1-docomo")
    assert "照会失敗" in await seen.cell("2-rakuten")


async def test_again_asks_only_where_no_answer_came(seen: Watched, asker: ScriptedAsker) -> None:
    """One press asks the carrier that failed once more, and nobody else."""
    asker.says = {("au", ONE): "carrier-timeout"}
    await seen.ask(ONE.digits)
    await seen.settled()
    asker.asked.clear()
    asker.says = {("au", ONE): "○"}
    await seen.page.click("text=もう一度照会")
    await seen.settled()
    assert asker.asked == [(ONE, CarrierId.AU)]
    assert await seen.verdict() == "ok"


async def test_no_number_in_any_address(seen: Watched) -> None:
    """Asking, history and back: no address, not even of a part of a page, holds the number."""
    await seen.ask(ONE.digits)
    await seen.settled()
    await seen.page.click("text=この端末の記録")
    await expect(seen.page.locator("h1")).to_contain_text("記録")
    await seen.page.go_back()
    assert seen.addresses
    assert not [address for address in seen.addresses if ONE.key in address or ONE.digits in address]


async def test_history_shows_every_entry(seen: Watched, kit: Kit, asker: ScriptedAsker) -> None:
    """Two checks later the history lists both answers of each carrier, and what changed between them."""
    asker.says = {("docomo", ONE): "△"}
    await seen.ask(ONE.digits)
    await seen.settled()
    asker.says = {("docomo", ONE): "×"}
    await seen.ask(ONE.digits)
    await seen.settled()
    await seen.page.goto(seen.origin + "/")
    await seen.page.fill("#text", ONE.digits)
    await seen.page.click("text=これまでの記録を見る")
    await expect(seen.page.locator(".entries tbody tr")).to_have_count(8)
    await expect(seen.page.locator("main")).to_contain_text("ドコモ：今後制限の可能性 → 利用制限中")


async def test_storage_failure_is_said(seen: Watched, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """When nothing can be recorded the answers are shown all the same, and the page says that they are not kept."""

    def full(*_: object) -> None:
        raise StorageError("storage-full")

    monkeypatch.setattr(type(kit.parts.rooms.open(True).recorder), "record", full)
    await seen.ask(ONE.digits)
    await seen.settled()
    await expect(seen.page.locator(".trouble")).to_contain_text("storage-full")
    assert "判定なし" in await seen.cell("1-au")
    await expect(seen.page.locator("#answers")).not_to_contain_text("記録中")


async def test_language_is_kept(seen: Watched) -> None:
    """The switch changes every word and is remembered by the one cookie."""
    await seen.page.goto(seen.origin + "/")
    await seen.page.click("text=English")
    await expect(seen.page.locator("html")).to_have_attribute("lang", "en")
    await seen.ask(ONE.digits)
    await seen.settled()
    await expect(seen.page.locator("#vh")).to_have_text("No carrier can confirm this number")
    assert [cookie["name"] for cookie in await seen.context.cookies()] == ["lang"]


@pytest.mark.parametrize("path", ["/", "/help", "/help/imei-length", "/docs", "/nowhere"])
async def test_practice_band_is_on_every_page(browser: Browser, kit: Kit, path: str) -> None:
    """In practice the band stands on top of every page and has nothing that would close it."""
    async with served(kit) as origin, watched(browser, origin, expected=("404",)) as seen:
        await seen.page.goto(origin + path)
        await expect(seen.page.locator(".practice")).to_be_visible()
        await expect(seen.page.locator(".practice :is(button, a)")).to_have_count(0)


async def test_gone_check_says_so(browser: Browser, kit: Kit) -> None:
    """An address that is no longer known leads to a page that says it, with a way on."""
    async with served(kit) as origin, watched(browser, origin, expected=("404",)) as seen:
        await seen.page.goto(origin + "/check/not-there")
        await expect(seen.page.locator("main")).to_contain_text("check-not-found")
        await expect(seen.page.locator("main a.btn")).to_have_attribute("href", "/")
