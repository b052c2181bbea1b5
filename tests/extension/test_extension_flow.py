"""The clerk's way in a real Chromium: pair, fill, the person sends, the answer is read, one press takes it."""

from __future__ import annotations

import pytest

from shirorom.domain.carrier import CarrierId
from tests.browser.page_kit import until
from tests.extension.kit import Clerk, eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
CLEAR, CAUTION, RESTRICTED, NO_RECORD = "001001010000617", "001001010000658", "001001010000682", "001001010000732"
FOUR = {CLEAR: "○", CAUTION: "△", RESTRICTED: "×", NO_RECORD: "－"}
"""Phones about which all four carriers say the same."""


@pytest.mark.parametrize("carrier", list(CarrierId))
async def test_answers_are_filled_read_and_taken(clerk: Clerk, carrier: CarrierId) -> None:
    """At every carrier, for each of the four marks: two actions a cell, the send and one Enter; recorded as shown."""
    for imei in FOUR:
        clerk.shop.add([imei], carrier)
    tab = await clerk.tab()
    await tab.open(carrier)
    for symbol in FOUR.values():
        await tab.asked(carrier)
        assert await tab.symbol() == symbol
        await tab.key("Enter")
        await tab.until("form", "taken")
    assert [(one.imei, one.glyph) for one in clerk.shop.recorded] == list(FOUR.items())
    assert tab.actions == ["send", "Enter"] * 4


async def test_number_is_filled_and_nothing_is_sent(clerk: Clerk) -> None:
    """The page hears of the number (its own button wakes up); nobody but the person asks the carrier."""
    clerk.shop.add([CLEAR], CarrierId.RAKUTEN)
    tab = await clerk.tab()
    await tab.open(CarrierId.RAKUTEN)
    await tab.until("form")
    assert await tab.page.input_value("#imei") == CLEAR
    assert await tab.page.is_enabled("#search")
    await tab.page.wait_for_timeout(400)
    site = clerk.practice.origins[CarrierId.RAKUTEN]
    assert [one for one in clerk.requests if one[0] == "POST" and one[1].startswith(site)] == []
    assert "0617" in await tab.text()
    assert CLEAR not in await tab.text()


async def test_both_presses_by_keyboard(clerk: Clerk) -> None:
    """Enter sends (the page's own button has the focus), Enter takes: no mouse is needed."""
    clerk.shop.add([CLEAR], CarrierId.AU)
    tab = await clerk.tab()
    await tab.open(CarrierId.AU)
    await tab.until("form")
    await tab.key("Enter")
    await tab.until("answer")
    await tab.key("Enter")
    await tab.until("taken")
    assert len(clerk.shop.recorded) == 1


async def test_taken_by_itself_where_that_is_chosen(clerk: Clerk) -> None:
    """With the setting one action a cell is left: the send. The next number's page comes by itself."""
    await clerk.setting(auto=True)
    for imei in (CLEAR, RESTRICTED):
        clerk.shop.add([imei], CarrierId.SOFTBANK)
    tab = await clerk.tab()
    await tab.open(CarrierId.SOFTBANK)
    for _ in range(2):
        await tab.until("form")
        await tab.send(CarrierId.SOFTBANK)
        await tab.until("taken")
    assert [one.glyph for one in clerk.shop.recorded] == ["○", "×"]
    assert tab.actions == ["send", "send"]


async def test_going_on_can_be_stopped(clerk: Clerk) -> None:
    """What was taken by itself stays on the screen when the person presses Stop."""
    await clerk.setting(auto=True)
    for imei in (CLEAR, RESTRICTED):
        clerk.shop.add([imei], CarrierId.DOCOMO)
    tab = await clerk.tab()
    await tab.open(CarrierId.DOCOMO)
    await tab.until("form")
    await tab.send(CarrierId.DOCOMO)
    await tab.until("taken")
    await tab.press("ここで止まる")
    await tab.page.wait_for_timeout(1600)
    assert await tab.phase() == "stopped"
    assert len(clerk.shop.recorded) == 1


async def test_next_carrier_opens_in_its_own_tab(clerk: Clerk) -> None:
    """Where a phone goes on at another carrier, that page comes up in front, filled in; later in the same tab."""
    clerk.shop.by_item = True
    for imei in (CLEAR, RESTRICTED):
        clerk.shop.add([imei], CarrierId.DOCOMO, CarrierId.AU)
    first = await clerk.tab()
    await first.open(CarrierId.DOCOMO)
    await first.asked(CarrierId.DOCOMO)
    await first.key("Enter")
    await first.until("elsewhere")
    second = await clerk.new_tab(CarrierId.AU)
    await second.asked(CarrierId.AU)
    await second.key("Enter")
    await first.asked(CarrierId.DOCOMO)
    await first.page.bring_to_front()
    await first.key("Enter")
    await second.asked(CarrierId.AU)
    await second.page.bring_to_front()
    await second.key("Enter")
    await second.until("taken")
    assert [one.place for one in clerk.shop.recorded] == ["1-docomo", "1-au"] * 2
    assert len([page for page in clerk.context.pages if page.url.startswith("http")]) == 2


async def test_without_going_on_the_next_is_offered(clerk: Clerk) -> None:
    """With going on switched off, taking stays on the page and says what is next; one press goes there."""
    await clerk.setting(advance=False)
    for imei in (CLEAR, RESTRICTED):
        clerk.shop.add([imei], CarrierId.DOCOMO)
    tab = await clerk.tab()
    await tab.open(CarrierId.DOCOMO)
    await tab.asked(CarrierId.DOCOMO)
    await tab.press("取り込む")
    await tab.until("taken")
    assert "末尾 0682" in await tab.text()
    await tab.key("Enter")
    await tab.until("form")
    assert await tab.page.input_value("[name=productno]") == RESTRICTED


async def test_last_answer_can_be_withdrawn(clerk: Clerk) -> None:
    """On the next number's page the last one is named, and one press takes it back: it is asked again."""
    first = clerk.shop.add([CLEAR], CarrierId.DOCOMO)
    clerk.shop.add([RESTRICTED], CarrierId.DOCOMO)
    tab = await clerk.tab()
    await tab.open(CarrierId.DOCOMO)
    await tab.asked(CarrierId.DOCOMO)
    await tab.key("Enter")
    await tab.until("form")
    assert "0617" in await tab.text()
    await tab.press("取り消す")
    await eventually(lambda: clerk.shop.undone == [first])
    await until(tab.page, "imei => document.querySelector('[name=productno]').value === imei", arg=CLEAR)


async def test_consent_before_the_form_is_the_persons(clerk: Clerk) -> None:
    """With a consent step: two more actions, once for the carrier; then two for each cell as before."""
    clerk.practice.world.consent = True
    try:
        for imei in (CLEAR, RESTRICTED):
            clerk.shop.add([imei], CarrierId.SOFTBANK)
        tab = await clerk.tab()
        await clerk.context.clear_cookies()
        await tab.open(CarrierId.SOFTBANK)
        await tab.until("person")
        await tab.page.wait_for_timeout(300)
        assert not await tab.page.is_checked("[name=agree]")
        await tab.page.check("[name=agree]")
        await tab.page.click("button[type=submit]")
        for _ in range(2):
            await tab.asked(CarrierId.SOFTBANK)
            await tab.key("Enter")
            await tab.until("form", "taken")
        assert tab.actions == ["send", "Enter"] * 2
        assert [one.glyph for one in clerk.shop.recorded] == ["○", "×"]
    finally:
        clerk.practice.world.consent = False
