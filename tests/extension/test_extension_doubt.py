"""What is not beyond doubt is not taken: other numbers, changed and lying pages, CAPTCHAs, a queue that has nothing."""
# ruff: noqa: E501 (script reads best whole)

from __future__ import annotations

from pathlib import Path

import pytest

from shirorom.domain.carrier import CarrierId
from shirorom.edge.practice.evil import evil_numbers
from tests.extension.kit import Clerk, Tab

pytestmark = pytest.mark.asyncio(loop_scope="module")
CLEAR, OTHER = "001001010000617", "001001010000682"
EVIL = {evil.name: (imei.digits, evil) for imei, evil in evil_numbers().items()}
ASKED = ["/v1/counter/next", "/v1/counter/readings"]
LIES = (  # one of each kind, at each carrier in turn
    ("hidden-ring-beside-cross-opacity", CarrierId.DOCOMO),
    ("replaced-font-ring", CarrierId.AU),
    ("two-places", CarrierId.DOCOMO),
    ("failure-as-dash", CarrierId.SOFTBANK),
    ("echo-other", CarrierId.AU),
    ("contradiction", CarrierId.RAKUTEN),
)


async def asked(clerk: Clerk, imei: str, carrier: CarrierId) -> Tab:
    """A page that was filled and sent."""
    clerk.shop.add([imei], carrier)
    tab = await clerk.tab()
    await tab.open(carrier)
    await tab.until("form")
    await tab.send(carrier)
    return tab


@pytest.mark.parametrize(("name", "carrier"), LIES)
async def test_lying_pages_give_no_wrong_mark(clerk: Clerk, name: str, carrier: CarrierId) -> None:
    """With taking by itself on, a lying page is refused, or taken as what people see there."""
    await clerk.setting(auto=True)
    imei, evil = EVIL[name]
    tab = await asked(clerk, imei, carrier)
    await tab.until("changed", "failed", "unknown", "taken")
    assert {one.mark for one in clerk.shop.recorded} <= ({evil.expected.value} if evil.expected else set())


async def test_answer_for_another_number_is_refused(clerk: Clerk) -> None:
    """A number that a person typed over ours is another phone's: told, not taken."""
    clerk.shop.add([CLEAR], CarrierId.DOCOMO)
    tab = await clerk.tab()
    await tab.open(CarrierId.DOCOMO)
    await tab.until("form")
    await tab.page.fill("[name=productno]", OTHER)
    await tab.send(CarrierId.DOCOMO)
    await tab.until("failed")
    assert "この画面は別の番号の答えです" in await tab.text()
    assert clerk.shop.recorded == []
    await tab.press("照会のページを開く")
    await tab.until("form")
    assert await tab.page.input_value("[name=productno]") == CLEAR


def faulty(code: str, carrier: CarrierId) -> list[str]:
    """Practice phones at which this site fails in this way."""
    from shirorom.edge.practice.catalogue import catalogue

    numbers = [number for phone in catalogue().phones for number in phone.numbers]
    return [number.imei.digits for number in numbers if number.behaviour(carrier).fault == code]


@pytest.mark.parametrize("fault", ["consent", "captcha"])
async def test_consent_and_captcha_are_left_to_the_person(clerk: Clerk, fault: str) -> None:
    """Between question and answer a person is wanted: nothing is ticked or typed; afterwards the answer is read."""
    tab = await asked(clerk, faulty(fault, CarrierId.DOCOMO)[0], CarrierId.DOCOMO)
    await tab.until("person")
    await tab.page.wait_for_timeout(300)
    if fault == "consent":
        assert not await tab.page.is_checked("[name=agree]")
        await tab.page.check("[name=agree]")
    else:
        assert await tab.page.input_value("[name=attestationkey]") == ""
        await tab.page.fill("[name=attestationkey]", "7319")
    await tab.page.click("button[type=submit]")
    await tab.until("answer")


async def test_changed_page_falls_back_to_keys_and_gives_a_copy(clerk: Clerk, tmp_path: Path) -> None:
    """Told plainly; the counter is one press away; the copy for the maintainers holds no number and was sent nowhere."""
    imei = faulty("two-answers", CarrierId.DOCOMO)[0]
    tab = await asked(clerk, imei, CarrierId.DOCOMO)
    await tab.until("changed")
    assert "ページの形が、知っているものと違います" in await tab.text()
    async with clerk.context.expect_page() as opened:
        await tab.press("店頭照会を開く")
    assert (await opened.value).url.startswith(clerk.shop.origin + "/counter?item=")
    await tab.page.bring_to_front()
    async with clerk.context.expect_page() as opened:
        await tab.press("匿名の写しを保存")
    page = await opened.value
    await page.wait_for_selector("#save:not([hidden])")
    async with page.expect_download() as saved:
        await page.click("#save")
    download = await saved.value
    await download.save_as(tmp_path / "copy.html")
    text = (tmp_path / "copy.html").read_text(encoding="utf-8-sig")
    assert imei not in text
    assert imei[-4:] not in download.suggested_filename + text
    assert "result-panel" in text
    assert "<script" not in text
    assert [one.path for one in clerk.shop.calls if one.path.startswith("/v1/")] == ASKED
    assert clerk.shop.recorded == []


async def test_page_without_answer_says_so(clerk: Clerk) -> None:
    """A legend alone is no answer."""
    tab = await asked(clerk, faulty("legend-only", CarrierId.DOCOMO)[0], CarrierId.DOCOMO)
    await tab.until("unknown")
    assert clerk.shop.recorded == []


async def test_error_of_the_carrier_is_no_answer(clerk: Clerk) -> None:
    """A page that came with a failing status is told as such, and nothing is recorded."""
    tab = await asked(clerk, faulty("status-500", CarrierId.AU)[0], CarrierId.AU)
    await tab.until("carrier-failed")
    assert clerk.shop.recorded == []


async def test_unknown_symbol_is_not_taken(clerk: Clerk) -> None:
    """● is not ○."""
    tab = await asked(clerk, "001001010000534", CarrierId.SOFTBANK)
    await tab.until("failed")
    assert "知らない記号です" in await tab.text()
    assert clerk.shop.recorded == []


async def test_queue_that_has_nothing(clerk: Clerk) -> None:
    """Empty, or held by another clerk: said, and nothing is filled in; a phone that comes later is filled in on a press."""
    tab = await clerk.tab()
    await tab.open(CarrierId.DOCOMO)
    await tab.until("empty")
    clerk.shop.add([OTHER], CarrierId.DOCOMO, claimed_by="another")
    await tab.press("もう一度")
    await tab.until("held")
    assert await tab.page.input_value("[name=productno]") == ""
    clerk.shop.add([CLEAR], CarrierId.DOCOMO)
    await tab.press("もう一度")
    await tab.until("form")
    assert await tab.page.input_value("[name=productno]") == CLEAR


async def test_refusals_of_the_server_alone_are_told_in_its_words(clerk: Clerk) -> None:
    """A code that the extension does not know: the problem's own sentences are shown."""
    tab = await asked(clerk, CLEAR, CarrierId.DOCOMO)
    await tab.until("answer")
    clerk.shop.places[0].mark, clerk.shop.refuse_with = None, (409, "counter-place-taken")
    await tab.key("Enter")
    await tab.until("failed")
    assert "題 counter-place-taken" in await tab.text()


async def test_page_cannot_press_our_buttons(clerk: Clerk) -> None:
    """A page's script sees no panel inside its host, and its made-up clicks and keys take nothing."""
    tab = await asked(clerk, CLEAR, CarrierId.DOCOMO)
    await tab.until("answer")
    hidden = await tab.page.evaluate(
        "(() => { const host = document.querySelector('shirorom-panel'); host.click();"
        " for (const to of [host, document.body, window]) to.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}));"
        " return host.shadowRoot; })()"
    )
    await tab.page.wait_for_timeout(300)
    assert hidden is None
    assert await tab.phase() == "answer"
    assert clerk.shop.recorded == []


async def test_scanners_enter_takes_nothing(clerk: Clerk) -> None:
    """Digits that come as fast as a scanner's, and its Enter, take nothing; a person's Enter afterwards does."""
    tab = await asked(clerk, CLEAR, CarrierId.DOCOMO)
    await tab.until("answer")
    await tab.page.keyboard.type(OTHER, delay=5)
    await tab.page.keyboard.press("Enter")
    await tab.page.wait_for_timeout(300)
    assert await tab.phase() == "answer"
    await tab.key("Enter")
    await tab.until("taken")
    assert [one.imei for one in clerk.shop.recorded] == [CLEAR]


async def test_panel_changes_nothing_for_the_reader(clerk: Clerk) -> None:
    """The page reads the same with our panel, without it, and with it laid over the answer."""
    tab = await asked(clerk, CLEAR, CarrierId.DOCOMO)
    await tab.until("answer")
    readings = await tab.ours(
        "(() => { const read = () => JSON.stringify(readCarrierPage(shirorom.hello.page)), host = shirorom.panel.host;"
        " const there = shirorom.panel.away(read); const covering = (host.style.cssText += ';top:0!important;left:0!important;"
        "width:100%!important;height:100%!important', shirorom.panel.away(read)); host.remove(); return [there, covering, read()]; })()"
    )
    assert readings[0] == readings[1] == readings[2]
    assert '"○"' in readings[0]


async def test_panels_own_page_is_not_kept(clerk: Clerk) -> None:
    """The page that is kept is the carrier's: our panel is not in it."""
    tab = await asked(clerk, CLEAR, CarrierId.DOCOMO)
    await tab.until("answer")
    await tab.key("Enter")
    await tab.until("taken")
    (kept,) = clerk.shop.recorded
    assert "result-panel" in kept.html
    assert "shirorom-panel" not in kept.html


@pytest.mark.parametrize("size", [(390, 844), (1366, 768)])
@pytest.mark.parametrize("carrier", [CarrierId.DOCOMO, CarrierId.RAKUTEN])
async def test_panel_covers_neither_form_nor_answer(clerk: Clerk, carrier: CarrierId, size: tuple[int, int]) -> None:
    """The number's field, the page's button and the answer stay free."""
    clerk.shop.add([CLEAR], carrier)
    tab = await clerk.tab()
    await tab.page.set_viewport_size({"width": size[0], "height": size[1]})
    await tab.open(carrier)
    for phase in ("form", "answer"):
        await tab.until(phase)
        covered = await tab.ours(
            "(() => { const p = shirorom.panel.root.querySelector('section').getBoundingClientRect();"
            " const f = document.querySelector(shirorom.hello.page.field), b = f && shiroromSpot.button(shirorom.hello.page, f);"
            " const boxes = [f, b].filter(Boolean).map(e => e.getBoundingClientRect());"
            " boxes.push(...shiroromSpot.answers(shirorom.hello.page, shirorom.seen).flatMap(a => shiroromSpot.words(a)));"
            " return [boxes.length, boxes.filter(r => r.right > p.left && r.left < p.right && r.bottom > p.top && r.top < p.bottom).length]; })()"
        )
        assert covered[0] > 0
        assert covered[1] == 0
        if phase == "form":
            await tab.send(carrier)
