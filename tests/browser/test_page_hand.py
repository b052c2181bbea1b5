"""The page where a person looks: card by card, by mouse, by keyboard, and without script. In a real Chromium."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from shirorom.domain.carrier import CarrierId
from shirorom.domain.fold import Recorded
from shirorom.domain.reading import Channel, Reading, Withdrawal
from tests.browser.page_kit import Watched, chromium, watched
from tests.web_kit import ONE, TWO, Kit, served, settings_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the module."""
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def kit(tmp_path: Path) -> AsyncIterator[Kit]:
    """All four carriers by hand: the lawful default, on practice addresses."""
    made = Kit(tmp_path, settings_of())
    yield made
    made.close()


@pytest_asyncio.fixture(loop_scope="module")
async def seen(browser: Browser, kit: Kit) -> AsyncIterator[Watched]:
    """A page of that app, on a phone."""
    async with served(kit) as origin, watched(browser, origin) as page:
        yield page


@pytest_asyncio.fixture(loop_scope="module")
async def plain(browser: Browser, kit: Kit) -> AsyncIterator[Watched]:
    """The same without script."""
    async with served(kit) as origin, watched(browser, origin, java_script_enabled=False) as page:
        yield page


def entries(kit: Kit) -> list[Recorded]:
    """What is recorded of the phone."""
    return list(kit.parts.rooms.open(True).recorder.entries(ONE))


async def choose(seen: Watched, css: str, *, then: str) -> None:
    """Press a symbol and wait for the next card."""
    await seen.page.click(f".glyph.{css}")
    await expect(seen.page.locator("#hh")).to_contain_text(then)


async def through(seen: Watched) -> None:
    """All four cards: △ － － ○."""
    await choose(seen, "ca", then="au")
    await choose(seen, "un", then="ソフトバンク")
    await choose(seen, "un", then="楽天モバイル")
    await choose(seen, "ok", then="そろいました")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
async def test_card_by_card(browser: Browser, kit: Kit, script: bool) -> None:
    """Four symbols later the verdict stands there, and four readings of channel `hand` are recorded."""
    async with served(kit) as origin, watched(browser, origin, java_script_enabled=script) as seen:
        await seen.ask(ONE.digits)
        await expect(seen.page.locator("#hh")).to_contain_text("ドコモ")
        await through(seen)
        assert await seen.verdict() == "ca"
    readings = [entry.statement for entry in entries(kit)]
    assert all(isinstance(reading, Reading) and reading.channel is Channel.HAND for reading in readings)
    assert [(r.carrier, r.glyph) for r in readings if isinstance(r, Reading)] == list(
        zip(CarrierId, "△－－○", strict=True)
    )


async def test_link_leads_to_the_official_page(seen: Watched) -> None:
    """A new tab that learns nothing of us, on the carrier's own check page; the number is no part of its address."""
    await seen.ask(ONE.digits)
    link = seen.page.locator("#hand a.go")
    await expect(link).to_have_attribute("target", "_blank")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")
    await expect(link).to_have_attribute("href", "http://127.0.0.1:9/search.php")


async def test_real_carriers_have_their_own_address(browser: Browser, tmp_path: Path) -> None:
    """With nothing configured the links are the carriers' own, and no band says practice."""
    kit = Kit(tmp_path, settings_of(practice=False))
    async with served(kit) as origin, watched(browser, origin) as seen:
        await seen.ask("490154203237518")
        address = kit.parts.facts.carrier(CarrierId.DOCOMO).check_url
        await expect(seen.page.locator("#hand a.go")).to_have_attribute("href", address)
        await expect(seen.page.locator(".practice")).to_have_count(0)
        await seen.ask(ONE.digits)  # a test number is practice whoever would be asked
        await expect(seen.page.locator(".practice")).to_be_visible()
    kit.close()


async def test_number_goes_to_the_clipboard(browser: Browser, kit: Kit) -> None:
    """One press copies all fifteen digits and says so; opening the official page does the same."""
    allowed = ["clipboard-read", "clipboard-write"]
    async with served(kit) as origin, watched(browser, origin, permissions=allowed) as seen:
        await seen.ask(ONE.digits)
        await seen.page.click("button[data-copy]")
        await expect(seen.page.locator("[data-said]")).to_have_text("番号をコピーしました")
        assert await seen.page.evaluate("navigator.clipboard.readText()") == ONE.digits
        await seen.page.evaluate("navigator.clipboard.writeText('x')")
        await seen.page.evaluate("document.querySelector('#hand a.go').removeAttribute('href')")
        await seen.page.click("#hand a.go")
        await expect(seen.page.locator("[data-said]")).to_have_text("番号をコピーしました")
        assert await seen.page.evaluate("navigator.clipboard.readText()") == ONE.digits


async def test_copies_where_there_is_no_clipboard(browser: Browser, kit: Kit) -> None:
    """On plain http in a shop's network there is no clipboard object: the number is copied all the same."""
    async with served(kit) as origin, watched(browser, origin) as seen:
        await seen.context.add_init_script("delete Navigator.prototype.clipboard")
        await seen.ask(ONE.digits)
        await seen.page.click("button[data-copy]")
        await expect(seen.page.locator("[data-said]")).to_have_text("番号をコピーしました")


async def tab_to(seen: Watched, css: str) -> None:
    """Press Tab until an element has the focus; at most ten times."""
    for _ in range(10):
        await seen.page.keyboard.press("Tab")
        if await seen.page.locator(css).evaluate("e => e === document.activeElement"):
            return
    raise AssertionError(css)


async def test_by_keyboard_alone(seen: Watched) -> None:
    """Focus goes to each new card's heading; from there Tab reaches link and symbols, and Enter chooses."""
    await seen.ask(ONE.digits)
    await tab_to(seen, ".skip")
    await tab_to(seen, ".device a")
    await tab_to(seen, "#hand a.go")
    await tab_to(seen, ".glyph.ca")
    await seen.page.keyboard.press("Enter")
    await expect(seen.page.locator("#hh")).to_contain_text("au")
    await expect(seen.page.locator("#hh")).to_be_focused()
    await tab_to(seen, ".glyph.ok")


async def test_last_answer_is_taken_back(seen: Watched, kit: Kit) -> None:
    """Undo withdraws: the card comes back, and reading and withdrawal both stay in the record."""
    await seen.ask(ONE.digits)
    await choose(seen, "ng", then="au")
    assert await seen.verdict() == "ng"
    await seen.page.click("text=直前の答えを取り消す")
    await expect(seen.page.locator("#hh")).to_contain_text("ドコモ")
    assert await seen.verdict() == "q"
    reading, withdrawal = (entry.statement for entry in entries(kit))
    assert isinstance(reading, Reading)
    assert isinstance(withdrawal, Withdrawal)
    assert withdrawal.index == 0


async def test_no_answer_is_no_mark(seen: Watched, kit: Kit) -> None:
    """「答えが出ない」 records nothing, goes on to the next card, and leaves the verdict open."""
    await seen.ask(ONE.digits)
    await choose(seen, "q", then="au")
    await choose(seen, "ok", then="ソフトバンク")
    await choose(seen, "ok", then="楽天モバイル")
    await choose(seen, "ok", then="そろいました")
    assert await seen.verdict() == "q"
    assert "答えは出ませんでした" in await seen.cell("1-docomo")
    assert len(entries(kit)) == 3


async def test_an_answer_can_be_chosen_again(seen: Watched) -> None:
    """A carrier's card can be opened once more; the newer answer counts."""
    await seen.ask(ONE.digits)
    await choose(seen, "un", then="au")
    await seen.page.click(".redo >> text=ドコモ")
    await expect(seen.page.locator("#hh")).to_contain_text("ドコモ")
    await choose(seen, "ok", then="au")
    assert "現在制限なし" in await seen.cell("1-docomo")


async def test_sentence_is_kept(seen: Watched, kit: Kit) -> None:
    """What stood beside the symbol can be written down and is recorded with it."""
    await seen.ask(ONE.digits)
    await seen.page.click("text=答えの文も書いておく")
    await seen.page.fill("input[name=sentence]", "ご利用いただけます")
    await choose(seen, "ok", then="au")
    (entry,) = entries(kit)
    assert isinstance(entry.statement, Reading)
    assert entry.statement.sentence == "ご利用いただけます"


async def test_two_numbers_are_eight_cards(seen: Watched) -> None:
    """A dual-SIM phone is asked number by number, and every card says which."""
    await seen.ask(f"{ONE.digits} {TWO.digits}")
    await expect(seen.page.locator("#hand .num").first).to_have_text("1 / 8")
    await expect(seen.page.locator("#hh")).to_contain_text("IMEI 1")
    await expect(seen.page.locator(".digits")).to_have_text(ONE.digits)


async def test_thumb_sized_on_a_phone(seen: Watched) -> None:
    """At 390 px every symbol is at least 48 px high and 150 px wide, and nothing is cut off."""
    await seen.ask(ONE.digits)
    for box in [await glyph.bounding_box() for glyph in await seen.page.locator(".glyph").all()]:
        assert box is not None
        assert box["height"] >= 48
        assert box["width"] >= 150
    assert await seen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_fresh_answers_are_not_asked_again(seen: Watched, kit: Kit) -> None:
    """What somebody read an hour ago counts; what is older than a day has to be looked up once more."""
    kit.record(ONE, CarrierId.DOCOMO, "○", hours_ago=1)
    kit.record(ONE, CarrierId.AU, "○", hours_ago=30)
    await seen.ask(ONE.digits)
    await expect(seen.page.locator("#hh")).to_contain_text("au")
    assert "1時間前" in await seen.cell("1-docomo")
    assert "古い答え" in await seen.cell("1-au")


async def test_vanished_restriction_is_explained(seen: Watched, kit: Kit) -> None:
    """After × then ○ the cell stays ×; a reason given by a person lets the ○ count."""
    for carrier in CarrierId:
        kit.record(ONE, carrier, "×" if carrier is CarrierId.AU else "○", hours_ago=2)
    kit.record(ONE, CarrierId.AU, "○", hours_ago=1)
    await seen.ask(ONE.digits)
    assert await seen.verdict() == "ng"
    assert "説明のないまま消えました" in await seen.cell("1-au")
    await seen.page.click("text=消えた × を説明する")
    await seen.page.fill("input[name=reason]", "auに電話で確かめた")
    await seen.page.click("text=理由を記録して解除")
    await expect(seen.page.locator("#verdict .ok")).to_be_visible()
    assert await seen.verdict() == "ok"


async def test_mixed_site_and_hand(browser: Browser, tmp_path: Path) -> None:
    """While the program asks three carriers a person looks at the fourth; neither disturbs the other."""
    kit = Kit(tmp_path, settings_of(site=True, hand=(CarrierId.AU,)))
    async with served(kit) as origin, watched(browser, origin) as seen:
        kit.asker.hold()
        await seen.ask(ONE.digits)
        await expect(seen.page.locator("#hh")).to_contain_text("au")
        await seen.page.click("text=答えの文も書いておく")
        await seen.page.fill("input[name=sentence]", "まだ書いている")
        kit.asker.let("docomo", "－")
        await expect(seen.page.locator("#cell-1-docomo")).to_contain_text("判定なし")
        await expect(seen.page.locator("input[name=sentence]")).to_have_value("まだ書いている")
        await seen.page.click(".glyph.ok")
        await expect(seen.page.locator("#cell-1-au")).to_contain_text("現在制限なし")
        kit.asker.let("softbank", "－")
        kit.asker.let("rakuten", "－")
        await seen.settled()
        assert await seen.verdict() == "ok"
    kit.close()


async def test_site_without_script(browser: Browser, tmp_path: Path) -> None:
    """Without script a page that still waits looks again by itself, and ends with the verdict."""
    kit = Kit(tmp_path, settings_of(site=True))
    async with served(kit) as origin, watched(browser, origin, java_script_enabled=False) as seen:
        kit.asker.hold()
        await seen.ask(ONE.digits)
        await expect(seen.page.locator("meta[http-equiv=refresh]")).to_have_attribute("content", "2")
        for carrier in CarrierId:
            kit.asker.let(carrier.value, "－")
        await expect(seen.page.locator("#verdict[aria-busy=false]")).to_be_visible(timeout=15_000)
        assert await seen.verdict() == "un"
    kit.close()


async def test_no_dead_button_without_script(plain: Watched) -> None:
    """What needs script is not there without it: no button that does nothing."""
    await plain.page.goto(plain.origin + "/")
    await expect(plain.page.locator("button[type=button]:visible")).to_have_count(0)
    await plain.ask(ONE.digits)
    await expect(plain.page.locator("button[type=button]:visible")).to_have_count(0)
