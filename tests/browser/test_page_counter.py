"""The counter in a real Chromium: keyboard alone, two people, a lost connection, a reload, pictures, touch."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from shirorom.adapters.tab import reader_facts, reader_source
from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.errors import RequestError
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.domain.reading import Withdrawal
from shirorom.edge.practice import Practice, start
from shirorom.edge.web.app import create_app
from tests.browser.counter_kit import KEY, at, come, counter, entries, kit_of, press, readings, said, scan, with_people
from tests.browser.page_kit import chromium, watched
from tests.web_kit import ONE, TWO, served

pytestmark = pytest.mark.asyncio(loop_scope="module")
LOST = ("Failed to load resource", "ERR_FAILED", "ERR_INTERNET_DISCONNECTED")
FOUR = Imei("001001010000195")
CLEAR = Imei("001001010000047")
DUAL = (Imei("001001010000278"), Imei("001001010000286"))
DESK = {"width": 1366}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the module."""
    async with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    """Four practice carriers."""
    with start() as running:
        yield running


class Clerk:
    """Works as a person with a keyboard would, and counts what they do at the carrier's page and at ours."""

    def __init__(self, page: Page, context: BrowserContext, origin: str, kit: Any) -> None:
        self.page, self.context, self.origin, self.kit = page, context, origin, kit
        self.actions: list[int] = []

    async def cell(self, opened: Page) -> None:
        """One question at its official page: into the field, paste, send, read, press the key that was read."""
        item, place = json.loads(await self.page.evaluate("sessionStorage['counter-at']")).values()
        carrier = CarrierId(place.partition("-")[2])
        facts = self.kit.parts.facts.carrier(carrier).page
        await opened.locator(facts.field).first.focus()
        await opened.keyboard.press("Control+V")
        await opened.locator(facts.submit).first.click()
        mark = await self.read(opened, item, place, dict(reader_facts(facts)))
        await self.page.bring_to_front()
        await self.page.keyboard.press(KEY[mark])
        await opened.close()
        self.actions.append(4)

    async def read(self, opened: Page, item: str, place: str, facts: dict[str, Any]) -> Mark:
        """What the page shows, judged by the server as the extension has it judged: nothing is recorded by it."""
        for _ in range(200):
            try:
                seen = await opened.evaluate(f"(facts) => ({reader_source()})(facts)", facts)
            except Exception:  # noqa: BLE001  # the page is on its way
                seen = None
            if seen is not None:
                body = {"item": item, "place": place, "seen": seen, "html": "", "commit": False}
                told = await self.context.request.post(
                    f"{self.origin}/v1/counter/readings", data=body, headers={"idempotency-key": "only-judged"}
                )
                if told.ok:
                    return Mark((await told.json())["mark"])
            await asyncio.sleep(0.05)
        raise AssertionError(f"no answer at {place}")


async def test_three_phones_by_keyboard(browser: Browser, tmp_path: Path, practice: Practice) -> None:
    """From the scan to the verdict of three phones, one of them dual-SIM, at pages that really answer: 4 acts a cell.

    The acts are: into the carrier's field, paste, send, and the key of the symbol (the windows side by side, so that
    nobody changes between them; the program closes the read one). The page opens by itself (a
    setting); without that setting it is one act more (O).
    """
    allowed = ["clipboard-read", "clipboard-write"]
    expected = ("Failed to load resource",)
    async with (
        counter(tmp_path, practice) as (kit, origin),
        watched(browser, origin, permissions=allowed, expected=expected, **DESK) as seen,
    ):
        page = seen.page
        clerk = Clerk(page, seen.context, origin, kit)
        await come(page, origin)
        await page.evaluate("localStorage['counter-open'] = 'on'")
        for imeis, verdict in (((CLEAR,), "現在制限なし"), ((FOUR,), "利用制限中"), (DUAL, "今後制限の可能性")):
            for n in range(4 * len(imeis)):
                async with seen.context.expect_page() as opening:
                    if n == 0:
                        await press(page, "s", lambda: expect(page.locator("#text")).to_be_focused())
                        await page.keyboard.insert_text(" ".join(imei.digits for imei in imeis))
                        await page.keyboard.press("Enter")
                    else:
                        await clerk.cell(opened)  # noqa: F821  # the one that the step before brought up
                opened = await opening.value
            await clerk.cell(opened)
            await said(page, "この端末は済みました")
            await expect(page.locator("#vl")).to_have_text("判定")
            await expect(page.locator("#vd")).to_have_text(verdict)
    assert clerk.actions == [4] * 16
    assert [r.mark for r in readings(kit, FOUR)] == [r.mark for r in readings(kit, FOUR) if r.mark]
    assert {r.carrier: r.mark for r in readings(kit, CLEAR)} == {
        carrier: Mark.CLEAR if carrier is CarrierId.DOCOMO else Mark.NO_RECORD for carrier in CARRIERS
    }
    assert [len(readings(kit, imei)) for imei in DUAL] == [4, 4]


async def test_a_number_that_came_before_the_script(browser: Browser, practice: Practice) -> None:
    """Rakuten's page: who pastes while its script is still on its way can send all the same once it has come."""
    origin = practice.origins[CarrierId.RAKUTEN]
    async with watched(browser, origin) as seen:
        held: asyncio.Queue[Route] = asyncio.Queue()
        await seen.page.route("**/app.js", held.put)
        await seen.page.goto(f"{origin}/restriction/", wait_until="commit")
        await seen.page.locator("#imei").fill(ONE.digits)
        await (await held.get()).continue_()
        await seen.page.locator("#search").click()
        await expect(seen.page.locator("#search-result .glyph")).to_have_text("○")


async def answer_all(page: Page, keys: str) -> None:
    """Keys one after the other; each is seen before the next."""
    for n, key in enumerate(keys):
        before = await page.inner_text("#wh")
        await page.keyboard.press(key)
        if n < len(keys) - 1:
            await expect(page.locator("#wh")).not_to_have_text(before)


async def test_o_opens_the_official_page(browser: Browser, tmp_path: Path, practice: Practice) -> None:
    """O copies the number and opens the carrier's own page in a window that knows nothing of ours."""
    allowed = ["clipboard-read", "clipboard-write"]
    async with (
        counter(tmp_path, practice) as (_, origin),
        watched(browser, origin, permissions=allowed, **DESK) as seen,
    ):
        await come(seen.page, origin)
        await scan(seen.page, ONE)
        async with seen.context.expect_page() as opening:
            await seen.page.keyboard.press("o")
        opened = await opening.value
        await expect(opened.locator("input[name=productno]")).to_be_visible()
        assert ONE.digits not in opened.url
        assert await opened.evaluate("opener") is None
        await expect(seen.page.locator("#copied")).to_have_text("番号をコピーしました")
        assert await seen.page.evaluate("navigator.clipboard.readText()") == ONE.digits


async def test_without_a_connection(browser: Browser, tmp_path: Path) -> None:
    """Answers given offline are kept and said to wait; back online each is recorded once, in order, with its time."""
    async with counter(tmp_path) as (kit, origin), watched(browser, origin, expected=LOST, **DESK) as seen:
        page = seen.page
        await come(page, origin)
        await scan(page, ONE)
        await at(page, "ドコモ")
        await seen.context.set_offline(True)
        await answer_all(page, "1442")
        await expect(page.locator("#notices")).to_contain_text("送信待ち 4件")
        await expect(page.locator(".slot.unsent")).to_have_count(4)
        await expect(page.locator("#vd")).to_have_text("未確認")  # nothing counts that is not recorded
        assert entries(kit, ONE) == []
        await seen.context.set_offline(False)
        await expect(page.locator("#vd")).to_have_text("今後制限の可能性")
        await expect(page.locator(".slot.unsent")).to_have_count(0)
        given = readings(kit, ONE)
        assert [(r.carrier, r.glyph) for r in given] == list(zip(CARRIERS, "○－－△", strict=True))
        assert [r.asked_at for r in given] == sorted(r.asked_at for r in given)


async def test_reload_in_the_middle(browser: Browser, tmp_path: Path) -> None:
    """A reload while answers wait loses none and doubles none; the same phone and question are in hand again."""
    async with counter(tmp_path) as (kit, origin), watched(browser, origin, expected=LOST, **DESK) as seen:
        page = seen.page
        await come(page, origin)
        await scan(page, ONE)
        await scan(page, TWO)
        await page.route("**/v1/counter/answers", lambda route: route.abort())
        await answer_all(page, "14")
        await expect(page.locator(".slot.unsent")).to_have_count(2)
        await page.reload()
        await at(page, "ソフトバンク")
        await expect(page.locator(".slot.unsent")).to_have_count(2)
        assert entries(kit, ONE) == []
        await page.unroute("**/v1/counter/answers")
        await expect(page.locator(".slot.unsent")).to_have_count(0)
        await expect(page.locator("#cells")).to_have_text("4件中2件")
        assert [r.glyph for r in readings(kit, ONE)] == ["○", "－"]


async def test_an_answer_of_the_server_is_lost(browser: Browser, tmp_path: Path) -> None:
    """Recorded, but the browser never hears of it: it sends again with the same key, and there is one entry."""
    lost = 0

    async def lose(route: Route) -> None:
        nonlocal lost
        if lost < 2:
            lost += 1
            await route.fetch()
            await route.abort()
        else:
            await route.continue_()

    async with counter(tmp_path) as (kit, origin), watched(browser, origin, expected=LOST, **DESK) as seen:
        await come(seen.page, origin)
        await scan(seen.page, ONE)
        await seen.page.route("**/v1/counter/answers", lose)
        await answer_all(seen.page, "3")
        await expect(seen.page.locator(".slot.unsent")).to_have_count(1)
        await expect(seen.page.locator(".slot.unsent")).to_have_count(0, timeout=20_000)
        assert (lost, len(entries(kit, ONE))) == (2, 1)


def person(name: str) -> dict[str, Any]:
    """Somebody's browser."""
    return {"extra_http_headers": {"x-test-person": name}, **DESK}


async def test_two_people_share_the_queue(browser: Browser, tmp_path: Path) -> None:
    """Each sees what the other is at, N leads to another phone, answers of one appear at the other; nothing twice."""
    async with (
        counter(tmp_path) as (kit, origin),
        watched(browser, origin, **person("anna")) as anna,
        watched(browser, origin, **person("ben")) as ben,
    ):
        await come(anna.page, origin)
        await scan(anna.page, ONE)
        await scan(anna.page, TWO)
        await expect(anna.page.locator("#items li")).to_have_count(2)
        await come(ben.page, origin, state="ready")
        await expect(ben.page.locator(".one").first).to_contain_text("Annaさんが照会中")
        await expect(ben.page.locator(".slot").first).to_contain_text("Annaさんが照会中")
        await at(ben.page, "au")  # the first that nobody is at
        await press(ben.page, "n", lambda: expect(ben.page.locator(".one[aria-current]")).to_contain_text("0021"))
        await answer_all(ben.page, "1444")
        await said(ben.page, "この端末は済みました")
        await answer_all(anna.page, "2444")
        await expect(anna.page.locator(".one").nth(1)).to_contain_text("現在制限なし")
        await expect(ben.page.locator(".one").first).to_contain_text("今後制限の可能性")
        for imei, name in ((ONE, "Anna"), (TWO, "Ben")):
            given = readings(kit, imei)
            assert sorted(r.carrier for r in given) == sorted(CARRIERS)
            assert {r.by for r in given} == {name}


async def test_another_persons_answers_wait(browser: Browser, tmp_path: Path) -> None:
    """What Anna gave offline is not sent as Ben's; only his own word sends it under his name."""
    async with counter(tmp_path) as (kit, origin), watched(browser, origin, expected=LOST, **person("anna")) as seen:
        page = seen.page
        await come(page, origin)
        await scan(page, ONE)
        await page.route("**/v1/counter/answers", lambda route: route.abort())
        await answer_all(page, "1")
        await expect(page.locator(".slot.unsent")).to_have_count(1)
        await page.goto("about:blank")  # the lid is closed: nothing of Anna's is still on its way
        await seen.context.set_extra_http_headers({"x-test-person": "ben"})
        await page.unroute("**/v1/counter/answers")
        await page.goto(f"{origin}/counter")
        await expect(page.locator("#notices")).to_contain_text("1件は Annaさんが付けました")
        await page.wait_for_timeout(3_000)  # longer than the page's own look at the queue
        assert entries(kit, ONE) == []
        await page.get_by_role("button", name="自分の名前で送る").click()
        await expect(page.locator(".slot.unsent")).to_have_count(0)
        assert [r.by for r in readings(kit, ONE)] == ["Ben"]


async def test_undo(browser: Browser, tmp_path: Path) -> None:
    """Z takes back one's last answer, brings its question back, and leaves both in the record."""
    async with counter(tmp_path) as (kit, origin), watched(browser, origin, **DESK) as seen:
        await come(seen.page, origin)
        await scan(seen.page, ONE)
        await answer_all(seen.page, "3")
        await at(seen.page, "au")
        await expect(seen.page.locator("#vd")).to_have_text("利用制限中")
        await press(seen.page, "z", lambda: said(seen.page, "取り消しました"))
        await at(seen.page, "ドコモ")
        await expect(seen.page.locator("#vd")).to_have_text("未確認")
        assert isinstance(entries(kit, ONE)[-1].statement, Withdrawal)


async def test_a_burst_is_no_answer(browser: Browser, tmp_path: Path) -> None:
    """Keys as fast as a scanner's answer nothing; nor do keys in a field, nor with single keys switched off."""
    async with counter(tmp_path) as (kit, origin), watched(browser, origin, **DESK) as seen:
        page = seen.page
        await come(page, origin)
        await scan(page, ONE)
        await at(page, "ドコモ")
        await page.keyboard.type("1234", delay=4)
        await page.wait_for_timeout(300)
        await page.focus("#text")
        await page.keyboard.press("3")
        await page.wait_for_timeout(300)
        await page.fill("#text", "")
        await page.evaluate("document.activeElement.blur(); localStorage['single-keys'] = 'off'")
        await page.keyboard.press("3")
        await page.wait_for_timeout(300)
        assert entries(kit, ONE) == []
        await page.evaluate("localStorage['single-keys'] = 'on'")  # control: one key alone is one answer
        await answer_all(page, "3")
        await at(page, "au")
        await expect(page.locator(".slot.unsent")).to_have_count(0)
        assert len(entries(kit, ONE)) == 1


async def test_rules_of_the_shop(browser: Browser, tmp_path: Path) -> None:
    """The owner chooses to stop at ×; the phone is then done, and its line says who was not asked."""
    async with counter(tmp_path) as (_, origin), watched(browser, origin, **person("anna")) as seen:
        page = seen.page
        await come(page, origin)
        await page.get_by_text("お店の決まり").click()
        await page.get_by_label("× が出たら").check()
        await page.get_by_role("button", name="決まりを保存").click()
        await expect(page.locator("#notices")).to_contain_text("保存しました")
        await scan(page, ONE)
        await answer_all(page, "3")
        await expect(page.locator("#sum")).to_have_text("ドコモ：× ・ 他3社は未照会")
        await expect(page.locator(".slot").nth(1)).to_contain_text("× のため省略")


async def test_staff_see_the_rules_only(browser: Browser, tmp_path: Path) -> None:
    """Who is not the owner reads the rules and cannot press anything."""
    async with counter(tmp_path) as (_, origin), watched(browser, origin, **person("ben")) as seen:
        await come(seen.page, origin)
        await seen.page.get_by_text("お店の決まり").click()
        await expect(seen.page.get_by_label("× が出たら")).to_be_disabled()
        await expect(seen.page.get_by_role("button", name="決まりを保存")).to_have_count(0)


async def only_right(content: bytes, *, asked: Imei, carrier: CarrierId) -> bytes:
    """Stands for the reader of pictures: the number in the file is the one asked, or it is refused."""
    if asked.digits.encode() not in content:
        raise RequestError("screenshot-unknown")
    return content


PASTE = """text => {
  const data = new DataTransfer();
  data.items.add(new File([text], 'shot.png', {type: 'image/png'}));
  document.body.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true}));
}"""


async def test_a_pasted_screen(browser: Browser, tmp_path: Path) -> None:
    """A screen with another number is refused with why, and nothing recorded; the right one goes with the answer."""
    kit = kit_of(tmp_path)
    app = with_people(kit, create_app(replace(kit.parts, check_screenshot=only_right)))
    async with served(kit, app=app) as origin, watched(browser, origin, expected=LOST, **DESK) as seen:
        page = seen.page
        await come(page, origin)
        await scan(page, ONE)
        await page.evaluate(PASTE, f"other {TWO.digits}")
        await said(page, "その画面は預かっていません")
        await page.evaluate(PASTE, f"right {ONE.digits}")
        await said(page, "番号が一致しました")
        await answer_all(page, "1")
        await at(page, "au")
        await expect(page.locator(".slot.unsent")).to_have_count(0)
        (given,) = readings(kit, ONE)
        assert given.screenshot is not None
        assert kit.parts.rooms.open(True).blobs.get(given.screenshot) == f"right {ONE.digits}".encode()
    kit.close()


async def test_by_touch_on_a_phone(browser: Browser, tmp_path: Path) -> None:
    """On 390 px by fingers alone: type, add, four taps; the keys stand within the first screen."""
    async with counter(tmp_path) as (kit, origin), watched(browser, origin, has_touch=True) as seen:
        page = seen.page
        await come(page, origin)
        await page.fill("#text", "００１００１０１－０００００１－３")
        await page.get_by_role("button", name="追加").tap()
        await at(page, "ドコモ")
        work = await page.locator("#work").bounding_box()
        keys = await page.locator("#keys").bounding_box()
        assert work is not None
        assert keys is not None
        assert keys["y"] + keys["height"] - work["y"] < 500
        assert keys["y"] + keys["height"] <= 844
        for key, name in (("1", "au"), ("4", "ソフトバンク"), ("4", "楽天モバイル"), ("4", "")):
            await page.locator(f".key[data-key='{key}']").tap()
            await at(page, name)
        await expect(page.locator("#vd")).to_have_text("現在制限なし")
        assert len(readings(kit, ONE)) == 4


async def test_moving_and_asking_again(browser: Browser, tmp_path: Path) -> None:
    """Arrows go round the questions, also to one that is answered; a second answer there is a second reading."""
    async with counter(tmp_path) as (kit, origin), watched(browser, origin, **DESK) as seen:
        page = seen.page
        await come(page, origin)
        await scan(page, ONE)
        await press(page, "ArrowLeft", lambda: at(page, "楽天モバイル"))
        await press(page, "ArrowRight", lambda: at(page, "ドコモ"))
        await answer_all(page, "4")
        await press(page, "ArrowLeft", lambda: at(page, "ドコモ"))
        await answer_all(page, "1")
        await expect(page.locator(".slot").first).to_contain_text("現在制限なし")
        await expect(page.locator(".slot.unsent")).to_have_count(0)
        assert [r.glyph for r in readings(kit, ONE)] == ["－", "○"]


async def test_the_queue_cannot_be_loaded(browser: Browser, tmp_path: Path) -> None:
    """The first load fails: it says so, and one press tries again."""
    async with counter(tmp_path) as (_, origin), watched(browser, origin, expected=LOST, **DESK) as seen:
        await seen.page.route("**/v1/counter", lambda route: route.abort())
        await come(seen.page, origin, state="error")
        await seen.page.unroute("**/v1/counter")
        await seen.page.get_by_role("button", name="もう一度").click()
        await expect(seen.page.locator("#counter")).to_have_attribute("data-state", "empty")


async def test_without_script(browser: Browser, tmp_path: Path) -> None:
    """The page says that it needs script, and where the same is done without."""
    async with counter(tmp_path) as (_, origin), watched(browser, origin, java_script_enabled=False) as seen:
        await seen.page.goto(f"{origin}/counter")
        await expect(seen.page.get_by_text("この画面はスクリプトを使います")).to_be_visible()
        await expect(seen.page.locator(".counter")).not_to_be_visible()
        await seen.page.locator(".noscript-only a").click()
        await expect(seen.page.locator("#text")).to_be_visible()
