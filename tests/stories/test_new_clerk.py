"""The story of a clerk on their first day, with the extension: from an empty installation to phones fully asked.

Everything is done through what stands on the screen: the owner's set-up link, the clerk's card, the pairing code, the
scanner, the carriers' pages with their consent step. The server, the practice carriers and the browser are real.
"""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import Page, expect

from shirorom.adapters.texts_toml import Texts
from shirorom.compose import Composition
from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Imei
from shirorom.domain.mark import VerdictKind
from shirorom.domain.reading import Reading
from shirorom.edge.cli.context import Options
from shirorom.edge.practice.catalogue import PracticePhone, catalogue
from tests.browser.test_scanner import Keys
from tests.extension.kit import Clerk, Tab, browser
from tests.scale import scaled
from tests.stories.kit import Place, installation

OWNER, CLERK, PASSWORD = "田中", "佐藤", "kaze to yama no aida"
FIND_S, LOOK_S = 0.6, 0.8
"""Stated reaction times (as bench/extension.py): find a button and press it, look at an answer and press Enter."""
ACTIONS_MAX, ATTENTION_S_MAX = 2, 2.0
PHONES = (
    "four-marks", "dual-clear", "docomo-restricted", "softbank-caution", "dual-two-carriers", "all-clear",
    "rakuten-restricted", "dual-no-record", "au-caution", "no-record",
)  # fmt: skip
"""Ten practice phones, three of them with two numbers: every mark, every verdict that four answers can come to."""


def phones() -> list[PracticePhone]:
    """All ten under soak; else the first four: one phone with two numbers, twenty answers."""
    return [catalogue().phone(name) for name in PHONES[: max(4, scaled(len(PHONES)))]]


class Day:
    """One browser on the shop's counter, and what a person does in it."""

    def __init__(self, place: Place, clerk: Clerk, page: Page) -> None:
        self.place, self.clerk, self.page = place, clerk, page
        self.tabs: dict[CarrierId, Tab] = {}
        self.consents = self.sends = self.takes = 0

    async def become_owner(self) -> None:
        """By the link that the command printed: name and password, then the recovery codes are noted."""
        page = self.page
        await page.goto(self.place.setup_link())
        await page.fill("#name", OWNER)
        await page.fill("#password", PASSWORD)
        await page.fill("#again", PASSWORD)
        await page.click("#setup button[type=submit]")
        await page.wait_for_selector("#codes")

    async def make_card(self) -> bytes:
        """The owner adds the clerk; what is on the screen then is the card to print."""
        page = self.page
        await page.click("nav a[href='/people']")
        await page.fill("#new-name", CLERK)
        await page.click("form.add button")
        box = await page.locator(".staff-card").bounding_box()
        cdp = await page.context.new_cdp_session(page)
        shot = await cdp.send("Page.captureScreenshot", {"clip": {**(box or {}), "scale": 4}})  # as fine as paper
        return b64decode(shot["data"])

    async def sign_in_by(self, card: bytes) -> None:
        """The clerk scans their card; the scanner reads its bars, and types."""
        (bars,) = zxingcpp.read_barcodes(
            Image.open(BytesIO(card)), formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.Code128)
        )
        await self.scan(bars.text)
        await expect(self.page.locator(".me-name")).to_have_text(CLERK)

    async def pair(self) -> None:
        """The page shows a code, the extension's popup leads to where it is typed; four carriers are switched on."""
        await self.page.goto(f"{self.place.origin}/pair")
        await self.page.click("form[action='/pair'] button")
        code = await self.page.inner_text("#pairing-code")
        address = await self.page.inner_text("dl.pairing dd >> nth=0")
        popup = await self.clerk.context.new_page()
        await popup.goto(self.clerk.own("popup.html"))
        await popup.click("#off [data-open=settings]")
        settings = await self._settings()
        await settings.fill("#address", address)
        await settings.fill("#code", code)
        await settings.click("#pair button.go")
        await settings.wait_for_selector("#paired:not([hidden])")
        assert CLERK in await settings.inner_text("#with")
        await self.clerk.switch_on(settings, *CarrierId)

    async def _settings(self) -> Page:
        found = [page for page in self.clerk.context.pages if page.url == self.clerk.own("settings.html")]
        return found[-1]

    async def scan(self, code: str) -> None:
        """What a scanner types."""
        await Keys(await self.page.context.new_cdp_session(self.page)).scan(code)

    async def take_in(self, all_: list[PracticePhone]) -> None:
        """Scan them all at the counter; what has two barcodes is put together by one press."""
        await self.page.bring_to_front()
        await self.page.click("nav a[href='/counter']")
        await expect(self.page.locator("#counter")).to_have_attribute("data-state", "empty")
        for number, phone in enumerate(all_, 1):
            for nth, one in enumerate(phone.numbers, 1):
                await self.scan(one.imei.digits)
                await expect(self.page.locator("#items li")).to_have_count(number + nth - 1)
                await expect(self.page.locator("#notices")).to_contain_text("に入れました")
            if len(phone.numbers) > 1:
                await self.page.click("#notices button")
                await expect(self.page.locator("#items li")).to_have_count(number)

    async def ask_all(self, cells: int) -> None:
        """From the counter's own button on: send, look, Enter, and wherever the extension goes on to."""
        async with self.clerk.context.expect_page() as opening:
            await self.page.click("#open")
        page = await opening.value
        await page.wait_for_load_state()
        now = next(one for one, url in self.place.carriers.items() if page.url.startswith(url))
        self.tabs[now] = await Tab.of(self.clerk, page)
        for _ in range(cells):
            tab = self.tabs[now]
            if await tab.until("person", "form") == "person":
                await self._consent(tab)
            await tab.send(now)
            self.sends += 1
            await tab.until("answer")
            await tab.key("Enter")
            self.takes += 1
            now = await self._next(tab, now)

    async def _consent(self, tab: Tab) -> None:
        await tab.page.check("[name=agree]")
        await tab.page.click("button[type=submit]")
        self.consents += 1
        await tab.until("form")

    async def _next(self, tab: Tab, now: CarrierId) -> CarrierId:
        """Where the extension brought the person: here, or another carrier's tab; at the end it stays."""
        if await tab.until("elsewhere", "form", "taken") == "taken":
            if await tab.ours("shirorom.next === null"):
                return now
            await tab.until("elsewhere", "form")
        if await tab.phase() != "elsewhere":
            return now
        there = CarrierId(await tab.ours("shirorom.next.carrier"))
        if there not in self.tabs:
            self.tabs[there] = await self.clerk.new_tab(there)
        return there


async def board(page: Page) -> list[dict[str, Any]]:
    """What the counter says: for each phone its numbers, the verdict in words, and whether it is settled."""
    return list(
        await page.evaluate(
            "[...document.querySelectorAll('#items .one')].map(one => ({"
            "tails: one.querySelector('.num').textContent.slice(1).split('・'), "
            "word: one.querySelector('.pip')?.textContent}))"
        )
    )


def words_of(verdict: VerdictKind) -> str:
    return Texts.load("ja").t(f"mark.{verdict.value}.word")


def recorded(data: Path) -> dict[tuple[Imei, CarrierId], list[Reading]]:
    """Every reading of the practice room."""
    installed = Composition(Options(data=data))
    recorder = installed.room(practice=True).recorder
    numbers = [number.imei for phone in catalogue().phones for number in phone.numbers]
    found: dict[tuple[Imei, CarrierId], list[Reading]] = {}
    for imei in numbers:
        for one in recorder.entries(imei):
            if isinstance(one.statement, Reading):
                found.setdefault((imei, one.statement.carrier), []).append(one.statement)
    installed.close()
    return found


@pytest.mark.asyncio
async def test_from_nothing_to_phones_fully_asked(tmp_path: Path) -> None:
    """Ten phones, thirteen numbers, 52 answers: two actions each, two seconds of attention at most, nothing wrong.

    Without soak four of the ten, every other step the same.
    """
    todo = phones()
    cells = {(cell.imei, cell.carrier): cell.mark for phone in todo for cell in phone.checks[0].cells}
    with installation(tmp_path, practice=("--consent",)) as place:
        world: Any = SimpleNamespace(origins=place.carriers)
        shop: Any = SimpleNamespace(origin=place.origin)
        async with browser(tmp_path, world, shop, width=1366) as clerk:
            day = Day(place, clerk, await clerk.context.new_page())
            await day.become_owner()
            await day.sign_in_by(await day.make_card())
            await day.pair()
            await day.take_in(todo)
            await day.ask_all(len(cells))
            await day.page.bring_to_front()
            await expect(day.page.locator("#items .pip")).to_have_count(len(todo))
            shown = await board(day.page)
            assert clerk.strays() == []
    answers = recorded(place.data)
    assert [(one["tails"], one["word"]) for one in shown] == [
        ([number.imei.digits[-4:] for number in phone.numbers], words_of(phone.checks[0].verdict)) for phone in todo
    ]
    assert {key: [one.mark for one in said] for key, said in answers.items()} == {
        key: [mark] for key, mark in cells.items()
    }
    assert {one.by for said in answers.values() for one in said} == {CLERK}
    actions = (day.sends + day.takes) / len(cells)
    attention = (day.sends * FIND_S + day.takes * LOOK_S + day.consents * 2 * FIND_S) / len(cells)
    assert day.consents <= len(CarrierId)
    assert actions <= ACTIONS_MAX
    assert attention <= ATTENTION_S_MAX
