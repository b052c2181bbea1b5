"""Nothing read is lost or doubled: the worker is killed, the server goes away, an answer is lost, room runs out."""
# ruff: noqa: E501 (script reads best whole)

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from shirorom.domain.carrier import CarrierId
from shirorom.edge.practice.evil import evil_numbers
from tests.browser.page_kit import until
from tests.extension.fake_shop import CODE, TOKEN
from tests.extension.kit import Clerk, Tab, eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
CLEAR, OTHER = "001001010000617", "001001010000682"
LIE = next(imei.digits for imei, evil in evil_numbers().items() if evil.name == "two-places")


async def asked(clerk: Clerk, imei: str = CLEAR, carrier: CarrierId = CarrierId.DOCOMO) -> Tab:
    """A page that was filled and sent."""
    clerk.shop.add([imei], carrier)
    tab = await clerk.tab()
    await tab.open(carrier)
    await tab.until("form")
    return tab


async def waiting(clerk: Clerk) -> list[dict[str, Any]]:
    """The readings that are kept."""
    return [value for key, value in (await clerk.stored()).items() if key.startswith("waiting.")]


async def test_worker_may_be_killed_at_any_time(clerk: Clerk) -> None:
    """Killed after the fill and again after the preview: the reading is taken, once, and the next number comes."""
    clerk.shop.add([CLEAR], CarrierId.DOCOMO)
    tab = await asked(clerk, OTHER)
    await clerk.kill_worker()
    await tab.send(CarrierId.DOCOMO)
    await tab.until("answer")
    await clerk.kill_worker()
    await tab.key("Enter")
    await tab.until("form")
    assert [one.imei for one in clerk.shop.recorded] == [CLEAR]
    assert await tab.page.input_value("[name=productno]") == OTHER


async def test_answer_lost_on_the_way_is_not_recorded_twice(clerk: Clerk) -> None:
    """The server records and its answer is lost: the same reading is sent again under the same key, and counts once."""
    tab = await asked(clerk)
    await tab.send(CarrierId.DOCOMO)
    await tab.until("answer")
    clerk.shop.lose_answers = 1
    await tab.key("Enter")
    await tab.until("kept")
    await tab.until("resent")
    keys = [one.headers["idempotency-key"] for one in clerk.shop.calls if one.commit]
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert len(clerk.shop.recorded) == 1
    assert await waiting(clerk) == []


async def test_server_away_then_sent_once(clerk: Clerk) -> None:
    """Away when the answer comes: the reading is kept, the tab is closed, and the popup sends it later, once."""
    tab = await asked(clerk)
    clerk.shop.away = True
    await tab.send(CarrierId.DOCOMO)
    await tab.until("unsent")
    assert "店の白ロムにつながりません" in await tab.text()
    await tab.key("Enter")
    await tab.until("kept")
    (kept,) = await waiting(clerk)
    await tab.page.close()
    clerk.shop.away = False
    popup = await clerk.context.new_page()
    await popup.goto(clerk.own("popup.html"))
    await popup.wait_for_selector("#waits", state="hidden")
    await eventually(lambda: bool(clerk.shop.recorded))
    assert [one.key for one in clerk.shop.recorded] == [kept["key"]]
    assert await waiting(clerk) == []


async def test_kept_reading_that_is_refused_later_is_told(clerk: Clerk) -> None:
    """Kept without the server's judgement and refused afterwards: not recorded, not lost silently; the popup says so."""
    tab = await asked(clerk, LIE)
    clerk.shop.away = True
    await tab.send(CarrierId.DOCOMO)
    await tab.until("unsent")
    await tab.key("Enter")
    await tab.until("kept")
    clerk.shop.away = False
    await tab.until("resent")
    popup = await clerk.context.new_page()
    await popup.goto(clerk.own("popup.html"))
    await popup.wait_for_selector("#refusals:not([hidden])")
    assert LIE[-4:] in await popup.inner_text("#refused")
    assert clerk.shop.recorded == []
    await popup.click("#refused button")
    await popup.wait_for_selector("#refusals", state="hidden")


async def test_revoked_token_keeps_the_reading(clerk: Clerk) -> None:
    """Revoked in the middle: told, kept, and sent once the browser is paired again."""
    tab = await asked(clerk)
    await tab.send(CarrierId.DOCOMO)
    await tab.until("answer")
    clerk.shop.revoked = True
    await tab.key("Enter")
    await tab.until("kept")
    assert "取り消されました" in await tab.text()
    clerk.shop.revoked = False
    page = await clerk.context.new_page()
    await page.goto(clerk.own("settings.html"))
    await page.wait_for_selector("#pair:not([hidden])")
    await page.fill("#code", CODE)
    await page.click("#pair button.go")
    await tab.until("resent")
    assert len(clerk.shop.recorded) == 1


async def test_no_press_is_lost_while_another_is_answered(clerk: Clerk) -> None:
    """A switch that is held down while the settings are drawn anew is switched all the same."""
    page = await clerk.pair()
    state = "async carrier => (await chrome.runtime.sendMessage({type: 'state'})).on[carrier]"
    await page.locator("input[data-carrier=au]").hover()
    await page.mouse.down()
    await page.evaluate("document.querySelector('input[data-carrier=docomo]').click()")
    await until(page, f"async carrier => !(await ({state})(carrier))", arg="docomo")
    for _ in range(5):  # by then the page has asked for it too, and drawn it
        await page.evaluate(state, "docomo")
    await page.mouse.up()
    await until(page, f"async carrier => !(await ({state})(carrier))", arg="au")
    assert not await page.locator("input[data-carrier=au]").is_checked()
    await clerk.switch_on(page, *CarrierId)
    await page.close()


async def test_room_is_bounded(clerk: Clerk) -> None:
    """Over the bound the picture is left out first; then the reading is refused, never dropped silently."""
    clerk.shop.away = True
    page = await clerk.context.new_page()
    await page.goto(clerk.own("copy.html"))
    results = await page.evaluate(
        "(async () => { const { take } = await import('/lib/readings.js'); const told = [];"
        " const one = (n, html, picture) => ({key: 'test-key-of-a-reading-' + n, item: 'i', place: 'p', seen: {}, html: 'x'.repeat(html),"
        " picture: 'y'.repeat(picture), asked_at: '2026-01-01T00:00:00Z', tail: '0000', carrier: 'docomo'});"
        " for (const args of [[1, 1e6, 2e6], [2, 1e6, 2e6], [3, 2e6, 0]]) told.push(await take(one(...args)));"
        " return told.map(t => [Boolean(t.kept), t.picture ?? null, Boolean(t.full)]); })()"
    )
    assert results == [[True, True, False], [True, False, False], [False, None, True]]


async def test_token_and_numbers_are_kept_from_pages(clerk: Clerk) -> None:
    """The script in a carrier's page cannot read the extension's storage; tasks with numbers are not on the disk."""
    tab = await asked(clerk)
    said = await tab.ours("chrome.storage.local.get(null).then(v => JSON.stringify(v), e => String(e))")
    assert TOKEN not in said
    assert TOKEN in str(await clerk.stored())
    assert CLEAR not in str(await clerk.stored())
    assert CLEAR in str(await clerk.stored("session"))


async def test_pictures_after_one_press(clerk: Clerk) -> None:
    """None before the press, and the panel says so; after it this answer and the next have one, without our panel in it."""
    clerk.shop.add([CLEAR], CarrierId.DOCOMO)
    tab = await asked(clerk, OTHER)
    await tab.send(CarrierId.DOCOMO)
    await tab.until("answer")
    assert "画面の写真なし（ツールバーの白ロムを一度押すと付きます）" in await tab.text()
    await tab.allow_pictures()
    for _ in range(100):
        if "画面の写真あり" in await tab.text():
            break
        await asyncio.sleep(0.03)
    await tab.key("Enter")
    await tab.asked(CarrierId.DOCOMO)
    await tab.key("Enter")
    await tab.until("taken")
    pictures = [one.picture for one in clerk.shop.recorded]
    assert all(one is not None and one.startswith(b"\x89PNG") for one in pictures)
    assert panel_pixels(pictures[1]) == 0


def panel_pixels(png: bytes | None) -> int:
    """Pixels in the colour of our panel's main button."""
    import io

    from PIL import Image

    assert png is not None
    image = Image.open(io.BytesIO(png)).convert("RGB")
    return sum(count for count, colour in image.getcolors(1 << 24) or [] if colour == (0, 0x17, 0xC1))


async def test_panel_pixels_control(clerk: Clerk) -> None:
    """Control: a picture with the panel in it has that colour."""
    tab = await asked(clerk)
    await tab.send(CarrierId.DOCOMO)
    await tab.until("answer")
    assert panel_pixels(await tab.page.screenshot()) > 1000


async def test_anonymised_copy_holds_no_number(clerk: Clerk) -> None:
    """Numbers in text, cut into elements, full-width, in attributes and typed in are gone; the shape stays."""
    page = await clerk.context.new_page()
    await page.goto(clerk.own("copy.html"))
    html = (
        "<title>IMEI 001001010000617</title><meta name='csrf-token' content='abc123'><body onload='x()'><!-- 001001010000617 -->"
        "<div class='result-panel' id='r12345'>製造番号：<b>001</b><b>001</b>-0100-00617 ００１００１</div><input name=imei value='001001010000617'>"
        "<input type=submit value='確認する'><textarea>山田</textarea><a href='/x?imei=001001010000617#1'>次</a><img src='data:image/png;base64,AAAA'>"
        "<script>var i='001001010000617'</script><p>2026年 12 か月</p>"
    )
    made = await page.evaluate("async html => (await import('/lib/anonymise.js')).anonymise(html)", html)
    for gone in (
        "00617",
        "001",
        "００１",
        "617",
        "abc123",
        "山田",
        "onload",
        "<script",
        "base64",
        "?imei",
        "2026",
        "r12345",
    ):
        assert gone not in made["html"].replace("000", ""), gone
    for stays in ("result-panel", "製造番号：", 'value="確認する"', 'name="imei"', "12 か月"):
        assert stays in made["html"]


async def test_number_is_held_while_its_page_is_open(clerk: Clerk) -> None:
    """The lease is renewed from the open page; where another clerk has the number meanwhile, that is said."""
    tab = await asked(clerk)
    await tab.ours("chrome.runtime.sendMessage({type: 'hold'})")
    assert [one.path for one in clerk.shop.calls] == ["/v1/counter/next", "/v1/counter/claims"]
    clerk.shop.places[0].claimed_by = "another"
    told = await tab.ours("chrome.runtime.sendMessage({type: 'hold'})")
    assert told["error"]["code"] == "place-claimed"
