"""A real Chromium with the extension loaded, and a clerk who acts only as a person can: mouse, keys, tabs."""
# ruff: noqa: E501 (script reads best whole)

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, CDPSession, Page, Worker, async_playwright

from scripts.extension import unpack
from shirorom.adapters.chromium import FLAGS, find_browser, sandbox_possible
from shirorom.adapters.facts_toml import packaged_facts
from shirorom.domain.carrier import CarrierId
from shirorom.edge.practice import Practice
from shirorom.service.settings import BrowserSettings
from tests.browser.page_kit import until
from tests.extension.fake_shop import FakeShop

FACTS = packaged_facts()
WAIT_S = 20.0
SENT = {  # what a person presses to ask
    CarrierId.DOCOMO: "input[type=submit]",
    CarrierId.AU: ".btnPrimary",
    CarrierId.SOFTBANK: "[name=ACT_TE001]",
    CarrierId.RAKUTEN: "#search",
}


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < end
        await asyncio.sleep(0.03)


BUTTONS = "[...shirorom.panel.root.querySelectorAll('button')]"


class Tab:
    """One tab, with a view into our script's own world there (the page itself cannot look into it)."""

    def __init__(self, clerk: Clerk, page: Page, cdp: CDPSession) -> None:
        self.clerk, self.page, self._cdp = clerk, page, cdp
        self._world: int | None = None
        self.actions: list[str] = []

    @classmethod
    async def of(cls, clerk: Clerk, page: Page) -> Tab:
        cdp = await page.context.new_cdp_session(page)
        tab = cls(clerk, page, cdp)
        cdp.on("Runtime.executionContextCreated", tab._made)
        cdp.on("Runtime.executionContextsCleared", lambda _: tab._forget())
        await cdp.send("Runtime.enable")
        return tab

    def _made(self, event: dict[str, Any]) -> None:
        context = event["context"]
        if context["origin"] == f"chrome-extension://{self.clerk.id}":
            self._world = context["id"]

    def _forget(self) -> None:
        self._world = None

    async def ours(self, expression: str) -> Any:
        """Evaluate in our script's world; None while there is none."""
        if self._world is None:
            return None
        try:
            told = await self._cdp.send(
                "Runtime.evaluate",
                {"expression": expression, "contextId": self._world, "returnByValue": True, "awaitPromise": True},
            )
        except Exception as error:  # the document went away under us
            if any(word in str(error) for word in ("context", "navigated")):
                return None
            raise
        return told["result"].get("value")

    async def phase(self) -> str | None:
        """What our panel is about now."""
        phase: str | None = await self.ours("globalThis.shirorom?.phase")
        return phase

    async def until(self, *phases: str) -> str:
        """Wait for one of these states; gives it."""
        end = time.monotonic() + WAIT_S
        now: str | None = None
        while time.monotonic() < end:
            now = await self.phase()
            if now in phases:
                return str(now)
            await asyncio.sleep(0.03)
        raise AssertionError(f"{now!r} instead of {phases}: {await self.text()}")

    async def text(self) -> str:
        """Everything that the panel says."""
        return str(await self.ours("globalThis.shirorom?.panel?.root.querySelector('section').innerText"))

    async def symbol(self) -> str | None:
        """The symbol of the tile that the panel shows."""
        label: str | None = await self.ours(
            "shirorom.panel.root.querySelector('.mark svg')?.getAttribute('aria-label')"
        )
        return label

    async def buttons(self) -> list[str]:
        """The panel's buttons, by their words."""
        return list(
            await self.ours(f"{BUTTONS}.filter(b => !b.classList.contains('fold')).map(b => b.innerText)") or []
        )

    async def press(self, words: str) -> None:
        """Press a button of the panel with the mouse."""
        box = await self.ours(
            f"(() => {{ const b = {BUTTONS}.find(b => (b.innerText || b.getAttribute('aria-label')).startsWith({words!r}));"
            " if (!b) return null; const r = b.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        assert box, (words, await self.text())
        await self.page.mouse.click(*box)
        self.actions.append(words)

    async def key(self, name: str) -> None:
        """Press a key."""
        await self.page.keyboard.press(name)
        self.actions.append(name)

    async def send(self, carrier: CarrierId) -> None:
        """Press the page's own button, as only a person does."""
        await self.page.click(SENT[carrier])
        self.actions.append("send")

    async def open(self, carrier: CarrierId) -> None:
        """Go to the carrier's check page."""
        await self.page.goto(self.clerk.url(carrier))

    async def asked(self, carrier: CarrierId) -> None:
        """From an open form to the answer on the panel."""
        await self.until("form")
        await self.send(carrier)
        await self.until("answer")

    async def allow_pictures(self) -> None:
        """Press our button in the toolbar."""
        await self.clerk.press_toolbar(self.page)


@dataclass
class Clerk:
    """A browser with the extension, a practice world and a shop's server."""

    context: BrowserContext
    id: str
    practice: Practice
    shop: FakeShop
    browser_cdp: Any
    requests: list[tuple[str, str]] = field(default_factory=list)
    """Method and address of every request that a page made."""
    tabs: list[Tab] = field(default_factory=list)
    _own: Page | None = None

    async def own_page(self) -> Page:
        """A page of the extension that asks the server nothing; one for all tests, behind the others."""
        if self._own is None or self._own.is_closed():
            self._own = await self.context.new_page()
            await self._own.goto(self.own("copy.html"))
        return self._own

    def url(self, carrier: CarrierId) -> str:
        return self.practice.origins[carrier] + FACTS.carrier(carrier).page.path

    def own(self, page: str) -> str:
        """An address of one of the extension's pages."""
        return f"chrome-extension://{self.id}/{page}"

    async def installed(self) -> None:
        """Wait for the settings, which open by themselves after an installation."""
        await eventually(lambda: any(page.url == self.own("settings.html") for page in self.context.pages))
        page = next(page for page in self.context.pages if page.url == self.own("settings.html"))
        await page.wait_for_load_state()

    def strays(self) -> list[str]:
        """Requests of pages and worker that went neither to the shop, nor to a carrier, nor into the extension itself."""
        own = (self.shop.origin, *self.practice.origins.values(), f"chrome-extension://{self.id}", "data:", "blob:")
        return [address for _, address in self.requests if not address.startswith(own)]

    async def worker(self) -> Worker:
        """The service worker; started if it was ended."""
        found = [one for one in self.context.service_workers if one.url.startswith(f"chrome-extension://{self.id}")]
        return found[-1] if found else await self.context.wait_for_event("serviceworker", timeout=10_000)

    async def tab(self) -> Tab:
        """A fresh tab in front."""
        tab = await Tab.of(self, await self.context.new_page())
        self.tabs.append(tab)
        return tab

    async def new_tab(self, carrier: CarrierId) -> Tab:
        """The tab that the extension opened at a carrier."""
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            for page in self.context.pages:
                if page.url.startswith(self.practice.origins[carrier]):
                    tab = await Tab.of(self, page)
                    self.tabs.append(tab)
                    return tab
            await asyncio.sleep(0.03)
        raise AssertionError("no tab")

    async def pair(self) -> Page:
        """Connect, by address and code; the settings stay open."""
        page = await self.context.new_page()
        await page.goto(self.own("settings.html"))
        await page.wait_for_selector("#pair:not([hidden]), #paired:not([hidden])")  # neither, until the worker answered
        if await page.locator("#pair").is_visible():
            await page.fill("#address", self.shop.origin)
            await page.fill("#code", self.shop.code)
            await page.click("#pair button.go")
        await page.wait_for_selector("#paired:not([hidden])")
        return page

    async def switch_on(self, page: Page, *carriers: CarrierId) -> None:
        """Switch carriers on in the settings."""
        for carrier in carriers:
            box = page.locator(f"input[data-carrier={carrier.value}]")
            await box.wait_for()
            if not await box.is_checked():
                await box.click()
                await page.wait_for_selector(f"input[data-carrier={carrier.value}]:checked")
        await until(
            page,
            "async n => Object.values((await chrome.runtime.sendMessage({type: 'state'})).on).filter(Boolean).length >= n",
            arg=len(carriers),
        )

    async def setting(self, **values: bool) -> None:
        """Choose settings."""
        page = await self.own_page()
        for name, value in values.items():
            await page.evaluate(
                "([name, value]) => chrome.runtime.sendMessage({type: 'set', name, value})", [name, value]
            )

    async def stored(self, area: str = "local") -> dict[str, Any]:
        """What the extension remembers."""
        found: dict[str, Any] = await (await self.own_page()).evaluate(f"chrome.storage.{area}.get(null)")
        return found

    async def press_toolbar(self, page: Page) -> None:
        """Press the extension's button in the toolbar of this tab."""
        await page.bring_to_front()
        found = await self.browser_cdp.send("Target.getTargets", {"filter": [{"type": "tab"}]})
        target = next(one["targetId"] for one in found["targetInfos"] if one["url"] == page.url)
        await self.browser_cdp.send("Extensions.triggerAction", {"id": self.id, "targetId": target})

    async def kill_worker(self) -> None:
        """End the service worker, as the browser does at will."""
        found = await self.browser_cdp.send("Target.getTargets")
        for one in found["targetInfos"]:
            if one["type"] == "service_worker" and one["url"].startswith(f"chrome-extension://{self.id}"):
                await self.browser_cdp.send("Target.closeTarget", {"targetId": one["targetId"]})

    async def tidy(self) -> None:
        """Close what a test opened; an empty queue, no readings, ordinary settings."""
        keeper = await self.own_page()
        for page in self.context.pages:
            if page is not keeper:
                await page.close()
        self.tabs.clear()
        self.shop.reset()
        await keeper.evaluate(
            "(async () => { await chrome.storage.session.clear(); const all = await chrome.storage.local.get(null);"
            " await chrome.storage.local.remove(Object.keys(all).filter(k => /^(waiting|refused)[.]|^settings$/.test(k))); })()"
        )
        self.requests.clear()


@asynccontextmanager
async def browser(folder: Path, practice: Practice, shop: FakeShop, *, test: bool = True, scheme: str = "light", language: str = "ja",
                  width: int = 1024, height: int = 768, proxy: str | None = None) -> AsyncIterator[Clerk]:  # fmt: skip
    """Chromium with the extension, built for tests (loopback granted) or as it is shipped."""
    languages = (
        ("ja",) if language == "ja" else ("ja", "en")
    )  # a system without a Japanese Chromium has English ones only
    extension = unpack("chrome", folder / "extension", test=test, languages=languages)
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            str(folder / "profile"),
            executable_path=find_browser(BrowserSettings()),
            chromium_sandbox=sandbox_possible(),
            args=[*(flag for flag in FLAGS if flag != "--deny-permission-prompts"),
                  f"--disable-extensions-except={extension}", f"--load-extension={extension}"],
            env={**os.environ, "LANGUAGE": "en"},
            locale="ja-JP" if language == "ja" else "en-GB",
            color_scheme=scheme,  # type: ignore[arg-type]  # one of the three words
            viewport={"width": width, "height": height},
            proxy={"server": proxy, "bypass": "<-loopback>"} if proxy else None,
        )  # fmt: skip
        try:
            context.set_default_timeout(WAIT_S * 1000)
            found = context.service_workers
            worker = found[0] if found else await context.wait_for_event("serviceworker", timeout=20_000)
            cdp = await context.browser.new_browser_cdp_session()  # type: ignore[union-attr]  # a persistent one has it
            clerk = Clerk(context, worker.url.split("/")[2], practice, shop, cdp)
            await clerk.installed()
            context.on("request", lambda request: clerk.requests.append((request.method, request.url)))
            yield clerk
        finally:
            await context.close()
