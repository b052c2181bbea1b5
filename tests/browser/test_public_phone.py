"""A buyer with a phone of 390 px: the whole way by hand, on practice pages; and a buyer who has only a chat."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from shirorom.adapters.tab import reader_facts, reader_source
from shirorom.domain.answer import Seen as SeenAnswer
from shirorom.domain.answer import judge
from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Imei
from shirorom.edge.practice import Practice, catalogue, start
from shirorom.edge.web.app import create_app
from shirorom.service.settings import Access, CarrierSettings, CarriersSettings, Settings, WebSettings
from tests.browser.page_kit import Watched, chromium, until, watched
from tests.browser_kit import FACTS, GLYPHS
from tests.picture_fakes import FakePictures, one_number, with_pictures
from tests.web_kit import ONE, TWO, Kit, served, settings_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
PHONE = {"has_touch": True, "is_mobile": True, "permissions": ["clipboard-read", "clipboard-write"]}
FIRST_BYTES_MAX = 50_000
REACH_PX = 844 * 2 / 3
"""Below this a thumb reaches without shifting the hand."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the module."""
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def kit(tmp_path: Path) -> AsyncIterator[Kit]:
    """A public page, all four carriers by hand, on addresses that nobody opens."""
    made = Kit(tmp_path, settings_of(public=True))
    yield made
    made.close()


@dataclass
class Buyer:
    """Counts what a thumb does on our pages, and on the carriers'."""

    seen: Watched
    ours: int = 0
    theirs: int = 0

    async def tap(self, css: str) -> None:
        """A tap on our page."""
        self.ours += 1
        await self.seen.page.tap(css)

    async def look(self, imei: Imei, carrier: CarrierId) -> str:
        """Open the carrier's page, paste, ask, read the answer's place as eyes do, come back."""
        async with self.seen.context.expect_page() as opening:
            await self.tap("#hand a.go")
        tab = await opening.value
        facts = FACTS.carrier(carrier)
        await tab.wait_for_load_state()
        await tab.tap(facts.page.field)
        await tab.keyboard.press("Control+V")
        self.theirs += 2
        await expect(tab.locator(facts.page.field)).to_have_value(imei.digits)
        await tab.locator(facts.page.submit).first.tap()
        self.theirs += 1
        await until(tab, f"document.body.innerText.includes('{imei.digits}')")
        glyph = await self._glyph(tab, imei, carrier)
        await tab.close()
        await self.seen.page.bring_to_front()
        await self.seen.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # headless sends none
        return glyph

    async def _glyph(self, tab: Page, imei: Imei, carrier: CarrierId) -> str:
        facts = FACTS.carrier(carrier)
        read = await tab.evaluate(f"facts => ({reader_source().strip()})(facts)", dict(reader_facts(facts.page)))
        return judge(msgspec.convert(read, SeenAnswer), facts=facts, glyphs=GLYPHS, asked=imei).glyph


def by_hand_on(practice: Practice) -> Settings:
    """A public page whose official pages are the practice ones."""
    tables = {
        carrier.value: CarrierSettings(access=Access.HAND, url=origin) for carrier, origin in practice.origins.items()
    }
    return Settings(carriers=CarriersSettings(**tables), web=WebSettings(public=True))


async def test_from_number_to_verdict(browser: Browser, tmp_path: Path) -> None:
    """From the pasted number to the verdict: ten taps on our pages, three on each carrier's, and none is wasted."""
    phone = next(phone for phone in catalogue().phones if phone.id == "au-restricted")
    imei = phone.numbers[0].imei
    glyphs = {}
    with start() as practice:
        kit = Kit(tmp_path, by_hand_on(practice))
        async with served(kit) as origin, watched(browser, origin, **PHONE) as seen:
            buyer = Buyer(seen)
            await seen.page.goto(origin + "/")
            await seen.page.evaluate(f"navigator.clipboard.writeText('{imei.digits}')")
            await buyer.tap("[data-paste]")
            await expect(seen.page.locator("#text")).to_have_value(imei.digits)
            await buyer.tap("button.go")
            await seen.page.wait_for_url("**/check/*")
            for carrier in CarrierId:
                await expect(seen.page.locator("#hand")).to_have_attribute("data-place", f"1-{carrier.value}")
                glyphs[carrier] = await buyer.look(imei, carrier)
                await buyer.tap(f"#hand button[name=glyph][value='{glyphs[carrier]}']")
            await expect(seen.page.locator("#hh")).to_contain_text("そろいました")
            assert await seen.verdict() == "ng"
            assert "利用制限中" in await seen.cell("1-au")
            assert (buyer.ours, buyer.theirs) == (10, 12)
            assert imei.digits not in seen.page.url
        kit.close()
    assert glyphs[CarrierId.AU] == "×"


@pytest_asyncio.fixture(loop_scope="module")
async def card(browser: Browser, kit: Kit) -> AsyncIterator[Watched]:
    """The first card on a phone."""
    async with served(kit) as origin, watched(browser, origin, **PHONE) as seen:
        await seen.ask(ONE.digits)
        await seen.page.evaluate("document.querySelector('#hand a.go').removeAttribute('href')")
        yield seen


async def come_back(seen: Watched) -> None:
    """As after the carrier's page."""
    await seen.page.tap("#hand a.go")
    await expect(seen.page.locator("[data-said]")).to_contain_text("コピーしました")
    await seen.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


async def test_open_button_is_within_reach(card: Watched) -> None:
    """The one thing to do stands in the lowest third of the screen, also after scrolling, and hides no focus."""
    for scroll in (0, 400):
        await card.page.evaluate(f"scrollTo(0, {scroll})")
        box = await card.page.locator("#hand a.go").bounding_box()
        assert box is not None
        assert box["y"] > REACH_PX
        assert box["height"] >= 56
    await expect(card.page.locator("#hand .choose")).to_be_hidden()


async def test_back_from_the_carrier(card: Watched) -> None:
    """Back again the symbols are there, whole and large, the question has the focus, and a voice says where one is."""
    await come_back(card)
    await expect(card.page.locator("#hand legend")).to_be_focused()
    await expect(card.page.locator("[data-said]")).to_contain_text("ドコモの答えを選んで")
    for glyph in await card.page.locator(".glyph").all():
        box = await glyph.bounding_box()
        assert box is not None
        assert box["height"] >= 64
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 844
    await expect(card.page.locator("#hand a.go")).to_contain_text("もう一度開く")


async def test_place_outlives_a_reload(card: Watched) -> None:
    """A phone that dropped the page meanwhile comes back to the symbols; what it remembers is no number."""
    await come_back(card)
    await card.page.reload()
    await expect(card.page.locator("#hand .choose")).to_be_visible()
    kept = await card.page.evaluate("JSON.stringify({...sessionStorage}) + JSON.stringify({...localStorage})")
    assert "1-docomo" in kept
    assert ONE.digits[4:] not in kept


async def test_next_card_knows_the_clipboard(card: Watched) -> None:
    """For the next carrier the same number is said to be copied; for the phone's other number nothing is said."""
    await come_back(card)
    await card.page.tap(".glyph.un")
    await expect(card.page.locator("#hh")).to_contain_text("au")
    await expect(card.page.locator("[data-before]")).to_be_visible()
    await expect(card.page.locator("#hand .choose")).to_be_hidden()
    await card.ask(f"{ONE.digits}\n{TWO.digits}")
    await expect(card.page.locator("[data-before]")).to_be_hidden()


async def test_who_has_seen_it_chooses_at_once(card: Watched) -> None:
    """Whoever has the answer already opens nothing: one tap shows the symbols."""
    await card.page.tap("[data-seen]")
    await expect(card.page.locator(".glyph.ok")).to_be_visible()


async def test_captcha_is_spoken_of(card: Watched) -> None:
    """What to do where the carrier asks for a CAPTCHA or a consent stands on the card, one tap away."""
    await card.page.tap(".blocked summary")
    await expect(card.page.locator(".blocked")).to_contain_text("ご自身で進めてください")
    await expect(card.page.locator(".blocked")).to_contain_text("答えが出ない")


async def test_wide_screens_show_all_at_once(browser: Browser, kit: Kit) -> None:
    """With a mouse nothing is folded away: button and symbols stand there together (control of the tests above)."""
    async with served(kit) as origin, watched(browser, origin, width=1366) as seen:
        await seen.ask(ONE.digits)
        await expect(seen.page.locator("#hand .choose")).to_be_visible()
        await expect(seen.page.locator("[data-seen]")).to_be_hidden()


async def test_first_page_is_light(browser: Browser, kit: Kit) -> None:
    """Everything that a first visit transfers, headers too, is under 50 kB, and all of it comes from our own host."""
    sizes: dict[str, float] = {}
    async with served(kit) as origin, watched(browser, origin, **PHONE) as seen:
        cdp = await seen.context.new_cdp_session(seen.page)
        await cdp.send("Network.enable")
        cdp.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
        await seen.page.goto(origin + "/", wait_until="networkidle")
        await seen.page.wait_for_timeout(300)
        assert len(sizes) >= len({address for address in seen.addresses if address.startswith(origin)})
    assert 10_000 < sum(sizes.values()) <= FIRST_BYTES_MAX


# -- a buyer who has only a chat ------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
async def test_only_a_chat(browser: Browser, kit: Kit, script: bool) -> None:
    """Message copied, photo put in, number and code read and confirmed, then the check; no number in an address."""
    pictures = FakePictures(one_number(ONE))
    app = create_app(with_pictures(kit.parts, pictures))
    options = PHONE | {"java_script_enabled": script}
    async with served(kit, app=app) as origin, watched(browser, origin, **options) as seen:
        page = seen.page
        await page.goto(origin + "/")
        await page.tap("a.seller")
        await page.tap("main button.go")
        await page.wait_for_url("**/ask-seller/*")
        code = await page.inner_text("b.code")
        assert code in await page.input_value("#message")
        if script:
            await page.fill("#message", f"直した文 {code}")
            await page.tap("[data-copy]")
            await expect(page.locator("[data-said]")).to_contain_text("コピーしました")
            assert await page.evaluate("navigator.clipboard.readText()") == f"直した文 {code}"
        pictures.seen = one_number(ONE, words=(code,))
        await page.set_input_files("#photo", {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": b"a picture"})
        await page.tap("form[enctype] button")
        await expect(page.locator("#readh")).to_be_visible()
        await expect(page.locator(".facts")).to_contain_text(f"「{code}」が写っています")
        await expect(page.locator("main")).to_contain_text("写真は加工できます")
        await page.tap("form[action='/check'] button")
        await page.wait_for_url("**/check/*")
        await expect(page.locator(".device")).to_contain_text(ONE.grouped)
        assert not [address for address in seen.addresses if ONE.digits in address or ONE.key in address]
