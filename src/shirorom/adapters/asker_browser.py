"""Asks carriers in a browser of this process (`ports.Asker`): what may be asked, how often, and what came of it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from shirorom.adapters.browser import Browser, BrowserGoneError
from shirorom.adapters.carriers.au import AuPage
from shirorom.adapters.carriers.docomo import DocomoPage
from shirorom.adapters.carriers.rakuten import RakutenPage
from shirorom.adapters.carriers.softbank import SoftbankPage
from shirorom.adapters.flow import CarrierPage, Evidence
from shirorom.adapters.politeness import Politeness
from shirorom.domain.carrier import CarrierFacts, CarrierId
from shirorom.domain.errors import CellError, ShiroromError
from shirorom.domain.imei import Imei
from shirorom.ports.asking import Answer
from shirorom.ports.clock import Clock
from shirorom.ports.facts import Facts
from shirorom.service.settings import CarrierSettings, Settings

TRIES_MAX = 2
"""A question is asked once more when the browser died under it."""

PAGES: Mapping[CarrierId, CarrierPage] = {
    CarrierId.DOCOMO: DocomoPage(),
    CarrierId.AU: AuPage(),
    CarrierId.SOFTBANK: SoftbankPage(),
    CarrierId.RAKUTEN: RakutenPage(),
}


class BrowserAsker:
    """`ports.Asker` with a browser of its own. Use it on one event loop, `close` it there.

    `data` is the data directory, where the politeness towards real carriers is kept for all processes.
    """

    def __init__(self, settings: Settings, facts: Facts, clock: Clock, data: Path) -> None:
        self._settings = settings
        self._facts = facts
        self._clock = clock
        self._politeness = Politeness(data, clock)
        self._browser = Browser(settings.browser)

    async def ask(self, imei: Imei, carrier: CarrierId) -> Answer:
        """As `ports.Asker.ask`. A test number never goes to a real carrier."""
        facts = self._facts.carrier(carrier)
        settings: CarrierSettings = self._settings.carrier(carrier)
        origin = settings.url or facts.origin
        real = facts.is_real(origin)
        if real and imei.is_test:
            raise CellError("test-number")
        for tries in range(1, TRIES_MAX + 1):
            if real:
                await self._politeness.turn(carrier, settings.interval_s)
            asked_at = self._clock.now().replace(microsecond=0)
            try:
                evidence = await self._noted(imei, facts, settings, origin, real=real)
            except BrowserGoneError:
                if tries == TRIES_MAX:
                    raise CellError("browser-missing", why="died") from None
            else:
                told = evidence.judged
                return Answer(imei, carrier, told.glyph, told.sentence, asked_at, evidence.page, evidence.screenshot)
        raise AssertionError("unreachable")

    async def _noted(
        self, imei: Imei, facts: CarrierFacts, settings: CarrierSettings, origin: str, *, real: bool
    ) -> Evidence:
        code: str | None = "asked"  # neither success nor failure, should it be cancelled
        try:
            evidence = await self._browser.ask(
                facts,
                PAGES[facts.id],
                self._facts.glyphs(),
                imei,
                origin=origin,
                real=real,
                limit_s=settings.timeout_s,
            )
            code = None
        except CellError as error:
            code = error.code
            raise
        finally:
            if real:
                await self._politeness.ended(facts.id, code)
        return evidence

    async def warm(self) -> None:
        """Start the browser and prepare its tabs; a browser that is missing is told by `ask`."""
        with contextlib.suppress(ShiroromError, BrowserGoneError):
            await self._browser.warm()

    async def close(self) -> None:
        """End the browser and everything it started; idempotent."""
        await self._browser.close()
