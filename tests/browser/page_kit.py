"""A real Chromium on the app's pages, that notices what a page must never do: break its CSP, call elsewhere, fail."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, BrowserContext, Error, Page, async_playwright

from shirorom.adapters.chromium import FLAGS, find_browser, sandbox_possible
from shirorom.service.settings import BrowserSettings

WATCH_CSP = (
    "addEventListener('securitypolicyviolation', e => console.error('CSP ' + e.violatedDirective + ' ' + e.blockedURI))"
)


@asynccontextmanager
async def chromium(*flags: str) -> AsyncIterator[Browser]:
    """The browser that the product itself would use, started as it starts it: a context then costs a third."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_browser(BrowserSettings()),
            chromium_sandbox=sandbox_possible(),
            args=[*(flag for flag in FLAGS if flag != "--deny-permission-prompts"), *flags],
        )
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Watched:
    """A page and what it did wrong."""

    page: Page
    context: BrowserContext
    origin: str
    wrong: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)

    async def ask(self, text: str) -> None:
        """Type into the field and send."""
        await self.page.goto(self.origin + "/")
        await self.page.fill("#text", text)
        await self.page.click("button.go")
        await self.page.wait_for_url("**/check/*")

    async def settled(self) -> None:
        """Wait until nobody is asked any more."""
        await self.page.wait_for_selector("#verdict[aria-busy=false]")

    async def verdict(self) -> str:
        """The class of the verdict's tile."""
        return str(await self.page.locator(".verdict").get_attribute("class")).split()[1]

    async def cell(self, place: str) -> str:
        """The text of one answer."""
        return await self.page.inner_text(f"#cell-{place}")


@asynccontextmanager
async def watched(
    browser: Browser,
    origin: str,
    *,
    width: int = 390,
    strict: bool = True,
    expected: tuple[str, ...] = (),
    **options: Any,
) -> AsyncIterator[Watched]:
    """A fresh context; leaving it fails where a page broke its CSP, called elsewhere, or logged an error.

    `expected`: parts of error messages that the test provokes (a refused form logs its status).
    """
    settings = {"viewport": {"width": width, "height": 844}, "locale": "ja-JP", "reduced_motion": "reduce"} | options
    context = await browser.new_context(**settings)
    if options.get("java_script_enabled", True):
        await context.add_init_script(WATCH_CSP)
    page = await context.new_page()
    seen = Watched(page, context, origin)
    page.on("console", lambda said: seen.wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: seen.wrong.append(str(error)))
    page.on("request", lambda request: seen.addresses.append(request.url))
    try:
        yield seen
        wrong = [text for text in seen.wrong if not any(part in text for part in expected)]
        ours = (origin + "/", f"blob:{origin}/")  # a picture that was pasted is the page's own
        elsewhere = [address for address in seen.addresses if not address.startswith(ours)]
        assert not wrong, wrong
        assert not elsewhere, elsewhere
    finally:
        await context.close()


async def until(page: Page, expression: str, arg: Any = None, *, seconds_max: float = 30.0) -> None:
    """Wait until an expression is true in a page. Playwright's own waiting calls `eval`, which our CSP forbids."""
    end = time.monotonic() + seconds_max
    while not await _true(page, expression, arg):
        assert time.monotonic() < end, expression
        await asyncio.sleep(0.05)


async def _true(page: Page, expression: str, arg: Any) -> bool:
    try:
        return bool(await page.evaluate(expression, arg))
    except Error as error:  # on its way to another page
        if "context" not in str(error) and "navigat" not in str(error):
            raise
        return False
