"""The story of a buyer with a phone of 390 px and no account: a photo of the box, then the four carriers by hand.

And of the buyer who has only a chat: the seller's picture, drawn as it would come, read by the server that reads in the
product. The server is `shirorom serve --public` in a process of its own, the practice carriers stand beside it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from random import Random
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image, ImageDraw
from playwright.async_api import Browser, expect

from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Device, Imei
from shirorom.edge.practice.catalogue import catalogue
from tests.browser.page_kit import Watched, chromium, watched
from tests.browser.test_public_phone import PHONE, Buyer
from tests.pictures import draw
from tests.pictures.degrade import Harm, photo
from tests.stories.kit import Place, installation

pytestmark = pytest.mark.asyncio(loop_scope="module")
RESTRICTED = catalogue().phone("au-restricted").device
DUAL, OTHER = catalogue().phone("dual-two-carriers").device, catalogue().phone("all-clear").device
HAND_HELD = Harm(turn=2.0, blur=0.6, noise=5.0, far=0.1, quality=85)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A public page."""
    with installation(tmp_path_factory.mktemp("public"), "--public") as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the module."""
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def buyer(browser: Browser, place: Place) -> AsyncIterator[Buyer]:
    """Somebody with a phone, on the first page. Whatever they do, nothing of it may be kept."""
    options: Any = PHONE
    async with watched(browser, place.origin, **options) as seen:
        await seen.page.goto(place.origin + "/")
        yield Buyer(seen)
        assert addresses_with(seen, *RESTRICTED.imeis, *DUAL.imeis, *OTHER.imeis) == []
    assert kept(place, *RESTRICTED.imeis, *DUAL.imeis, *OTHER.imeis) == []


def addresses_with(seen: Watched, *imeis: Imei) -> list[str]:
    """Addresses of ours in which a number stands."""
    return [address for address in seen.addresses if any(imei.key in address for imei in imeis)]


def kept(place: Place, *imeis: Imei) -> list[str]:
    """Files of the installation, and what its process said, in which an answer, a picture or a number is kept."""
    files = [place.said, *(path for path in place.data.rglob("*") if path.is_file())]
    with_number = [path.name for path in files if any(imei.key.encode() in path.read_bytes() for imei in imeis)]
    evidence = [path.name for path in place.data.glob("blobs/**/*") if path.is_file()]
    return with_number + evidence + ["reading"] * place.recorded()


async def test_from_the_box_to_a_slip(buyer: Buyer) -> None:
    """Photo of the label, number compared by the program, four cards by hand, verdict ×, and the slip of it."""
    page, (imei,) = buyer.seen.page, RESTRICTED.imeis
    content = photo(draw.label(Random(5), RESTRICTED.imeis), HAND_HELD, Random(5))
    await page.set_input_files(
        "[data-read][multiple]", {"name": "box.jpg", "mimeType": "image/jpeg", "buffer": content}
    )
    await expect(page.locator("[data-stage]")).to_contain_text("バーコードと印字が一致しました", timeout=20_000)
    await expect(page.locator("#text")).to_have_value(imei.digits)
    await buyer.tap("button.go")
    await page.wait_for_url("**/check/*")
    for carrier in CarrierId:
        await expect(page.locator("#hand")).to_have_attribute("data-place", f"1-{carrier.value}")
        glyph = await buyer.look(imei, carrier)
        await buyer.tap(f"#hand button[name=glyph][value='{glyph}']")
    await expect(page.locator("#hh")).to_contain_text("そろいました")
    assert await buyer.seen.verdict() == "ng"
    await buyer.tap("a[href$='/slip']")
    await page.wait_for_url("**/slip")
    await expect(page.locator("main")).to_contain_text("利用制限中")
    await expect(page.locator("main")).to_contain_text("Restricted")
    assert imei.digits not in await page.inner_text("main")  # only its end, unless the buyer wants it whole


# ── who has only a chat ──────────────────────────────────────────────────────────────────────────────────────────────


def sent(device: Device | None, code: str) -> bytes:
    """The seller's picture: a `*#06#` screen (or a desk without one), and the code on paper beside it."""
    things = (
        [draw.dial_iphone(Random(3), device.imeis, draw.LIGHT)] if device else [Image.new("RGB", (900, 600), "#7a6a55")]
    )
    paper = Image.new("RGB", (760, 240), "#fdfdf8")
    ImageDraw.Draw(paper).text((80, 50), code, font=draw.font(110), fill="#1a1a4a")
    whole = draw.side_by_side([*things, paper], ground="#6b5a48", stacked=True, gap=60)
    return photo(whole, HAND_HELD, Random(4))


async def asks(buyer: Buyer) -> str:
    """From the first page to the message; gives its code."""
    page = buyer.seen.page
    await buyer.tap("a.seller")
    await buyer.tap("main button.go")
    await page.wait_for_url("**/ask-seller/*")
    code = await page.inner_text("b.code")
    assert code in await page.input_value("#message")
    return code


async def shows(buyer: Buyer, content: bytes) -> str:
    """The picture out of the chat goes in; gives what the page says of it."""
    page = buyer.seen.page
    await page.set_input_files("#photo", {"name": "chat.jpg", "mimeType": "image/jpeg", "buffer": content})
    await buyer.tap("form[enctype] button")
    await expect(page.locator("#readh")).to_be_visible(timeout=20_000)
    return await page.inner_text(".facts")


async def test_picture_of_today_is_believed(buyer: Buyer) -> None:
    """Both numbers and the code are read; the buyer confirms them, and goes on to the check of this phone."""
    code = await asks(buyer)
    facts = await shows(buyer, sent(DUAL, code))
    assert f"「{code}」が写っています" in facts
    assert [imei.grouped in facts for imei in DUAL.imeis] == [True, True]
    await expect(buyer.seen.page.locator("main")).to_contain_text("写真は加工できます")
    await buyer.tap("form[action='/check'] button")
    await buyer.seen.page.wait_for_url("**/check/*")
    for imei in DUAL.imeis:
        await expect(buyer.seen.page.locator(".device")).to_contain_text(imei.grouped)


async def test_reminder_for_a_phone_that_may_change(buyer: Buyer) -> None:
    """As long as it is not ×: a day in one's own calendar, without a number of the phone in it."""
    await buyer.seen.ask(OTHER.imeis[0].digits)
    await buyer.tap(".remind summary")
    async with buyer.seen.page.expect_download() as saving:
        await buyer.tap(".remind a >> nth=0")
    calendar = await asyncio.to_thread((await (await saving.value).path()).read_text, encoding="utf-8")
    assert "BEGIN:VEVENT" in calendar
    assert OTHER.imeis[0].key not in calendar


async def test_picture_of_another_day_is_not(buyer: Buyer) -> None:
    """The same picture with a code of somebody else's page: the number is read, and the code is said to be missing."""
    code = await asks(buyer)
    await shows(buyer, sent(DUAL, "XKT7CH"))
    await expect(buyer.seen.page.locator(".facts .bad")).to_contain_text(f"「{code}」は読み取れませんでした")
    assert code in await buyer.seen.page.input_value("#again-text")


async def test_another_phone_is_shown_as_what_it_is(buyer: Buyer) -> None:
    """With the right code beside it: its own number is named, and nothing of another phone."""
    code = await asks(buyer)
    facts = await shows(buyer, sent(OTHER, code))
    assert OTHER.imeis[0].grouped in facts
    assert not any(imei.grouped in facts for imei in DUAL.imeis)


async def test_picture_without_a_number_says_what_to_photograph(buyer: Buyer) -> None:
    """The code alone proves nothing of a phone: the message to send back says what is wanted."""
    code = await asks(buyer)
    await shows(buyer, sent(None, code))
    again = await buyer.seen.page.input_value("#again-text")
    assert "*#06#" in again
    assert code in again
    await expect(buyer.seen.page.locator("form[action='/check']")).to_have_count(0)
