"""The one page driver: keeps a browser and prepared tabs, and gives each question a fresh tab and a hard time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from shirorom.adapters.chromium import Chromium
from shirorom.adapters.flow import Ask, CarrierPage, Evidence
from shirorom.adapters.tab import Tab
from shirorom.domain.carrier import CarrierFacts
from shirorom.domain.errors import CellError
from shirorom.domain.glyphs import GlyphTable
from shirorom.domain.imei import Imei
from shirorom.service.settings import BrowserSettings, Sandbox

TABS_READY = 4
"""Tabs prepared ahead: one for each carrier of one phone."""
TABS_AT_ONCE = 8
PREPARE_S_MAX = 10.0
IDLE_S = 0.25
"""Tabs are prepared again after nothing was asked for so long: making them would slow down the questions."""

_T = TypeVar("_T")


class BrowserGoneError(Exception):
    """The browser ended in the middle of a question."""


class Browser:
    """Starts when first needed, starts again when it died, ends for good with `close`."""

    def __init__(self, settings: BrowserSettings) -> None:
        self._settings = settings
        self._lock = asyncio.Lock()
        self._room = asyncio.Semaphore(TABS_AT_ONCE)
        self._chromium: Chromium | None = None
        self._ready: list[Tab] = []
        self._used: list[Tab] = []
        self._work: set[asyncio.Future[Any]] = set()
        self._asking = 0
        self._refilling: asyncio.Future[Any] | None = None
        self._closed = False

    async def warm(self) -> None:
        """Start the browser and prepare its tabs.

        Raises:
            CellError: `browser-missing`, `browser-unsafe`.
        """
        chromium = await self._running()
        await self._refill(chromium)

    async def ask(
        self,
        facts: CarrierFacts,
        page: CarrierPage,
        glyphs: GlyphTable,
        imei: Imei,
        *,
        origin: str,
        real: bool,
        limit_s: float,
    ) -> Evidence:
        """Ask one carrier about one number, within `limit_s` seconds of wall time.

        Raises:
            CellError: every cell error of a page, `carrier-timeout`, `browser-missing`, `browser-unsafe`.
        """
        if self._closed:
            raise CellError("browser-missing", why="closed")
        async with self._room:
            chromium = await self._running()
            if real and not chromium.sandboxed and self._settings.sandbox is not Sandbox.OFF:
                raise CellError("browser-unsafe", why="no-sandbox")
            self._asking += 1
            try:
                return await self._bounded(
                    chromium, lambda: self._question(chromium, facts, page, glyphs, imei, origin, real=real), limit_s
                )
            finally:
                self._asking -= 1
                self._refill_later()

    async def _question(
        self,
        chromium: Chromium,
        facts: CarrierFacts,
        page: CarrierPage,
        glyphs: GlyphTable,
        imei: Imei,
        origin: str,
        *,
        real: bool,
    ) -> Evidence:
        tab = self._take(chromium) or await Tab.prepare(chromium)
        try:
            tab.aim(facts, origin, real=real)
            ask = Ask(tab, facts, glyphs, imei)
            await page.ask(ask)
            evidence = await ask.evidence()
        except BaseException:
            self._later(tab.close())  # at once: what went wrong may be a page that eats the machine
            raise
        await tab.drop()
        self._used.append(tab)  # the rest when nobody waits
        return evidence

    async def _bounded(self, chromium: Chromium, work: Callable[[], Coroutine[Any, Any, _T]], limit_s: float) -> _T:
        """Race the work against the limit and the browser's end: a call into a dead browser may never return."""
        from playwright.async_api import Error

        task = asyncio.ensure_future(work())
        gone = asyncio.ensure_future(chromium.gone.wait())
        try:
            await asyncio.wait({task, gone}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            if gone.done():
                raise BrowserGoneError
            raise CellError("carrier-timeout", limit_s=round(limit_s))
        except Error:  # its message may hold a page's address: it goes no further
            if chromium.gone.is_set():
                raise BrowserGoneError from None
            raise CellError("page-changed", why="driver") from None
        finally:
            gone.cancel()
            if not task.done():
                task.cancel()
                self._later(task)

    # ── the browser ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _running(self) -> Chromium:
        async with self._lock:
            if self._chromium is not None and self._chromium.gone.is_set():
                dead, self._chromium = self._chromium, None
                self._ready.clear()
                await dead.close()
            if self._chromium is None:
                self._chromium = await Chromium.start(self._settings)
            return self._chromium

    def _take(self, chromium: Chromium) -> Tab | None:
        while self._ready:
            tab = self._ready.pop()
            if tab.chromium is chromium:
                return tab
        return None

    async def _refill(self, chromium: Chromium) -> None:
        while len(self._ready) < TABS_READY and not chromium.gone.is_set() and not self._closed:
            tab = await self._bounded(chromium, lambda: Tab.prepare(chromium), PREPARE_S_MAX)
            self._ready.append(tab)

    def _refill_later(self) -> None:
        if self._refilling is None or self._refilling.done():
            self._refilling = self._later(self._refill_when_idle())

    async def _refill_when_idle(self) -> None:
        while True:
            await asyncio.sleep(IDLE_S)
            if not self._asking or len(self._used) > TABS_AT_ONCE:
                break
        used, self._used = self._used, []
        for tab in used:
            await tab.close()
        if self._chromium is not None and not self._closed:
            await self._refill(self._chromium)

    def _later(self, work: Awaitable[Any]) -> asyncio.Future[Any]:
        task = asyncio.ensure_future(work)
        self._work.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Future[Any]) -> None:
        """What is left of a question that is already answered may fail as it likes."""
        self._work.discard(task)
        if not task.cancelled():
            task.exception()

    async def close(self) -> None:
        """End the browser and everything that it started; idempotent."""
        self._closed = True
        async with self._lock:
            chromium, self._chromium = self._chromium, None
            ready, self._ready = self._ready, []
            if self._refilling is not None:
                self._refilling.cancel()
            await asyncio.gather(*(tab.drop() for tab in ready))
            if chromium is not None:
                await chromium.close()
        for task in tuple(self._work):
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
