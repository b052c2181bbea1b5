"""A counter for browser tests: practice carriers that answer, people by a header, a clerk who presses keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar
from playwright.async_api import Page, expect

from shirorom.domain.carrier import CarrierId
from shirorom.domain.fold import Recorded
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.domain.reading import Reading
from shirorom.edge.practice.run import Practice
from shirorom.service.settings import Access, CarrierSettings, CarriersSettings
from tests.people_kit import Faces
from tests.web_kit import Kit, served, settings_of

KEY = {Mark.CLEAR: "1", Mark.CAUTION: "2", Mark.RESTRICTED: "3", Mark.NO_RECORD: "4", None: "0"}


def kit_of(data: Path, practice: Practice | None = None) -> Kit:
    """Carriers by hand; at these practice carriers where they are to answer."""
    settings = settings_of()
    if practice is not None:
        tables = {c.value: CarrierSettings(access=Access.HAND, url=practice.origins[c]) for c in CarrierId}
        settings = msgspec.structs.replace(settings, carriers=CarriersSettings(**tables))
    return Kit(data, settings, people=True)


def with_people(kit: Kit, app: Litestar) -> Litestar:
    """Who calls is what the header `x-test-person` says: "anna" or "ben", each really signed in."""
    Faces(kit, app, lambda scope: dict(scope.get("headers", ())).get(b"x-test-person", b"").decode())
    return app


@asynccontextmanager
async def counter(data: Path, practice: Practice | None = None) -> AsyncIterator[tuple[Kit, str]]:
    """A counter that is served, and its origin."""
    kit = kit_of(data, practice)
    async with served(kit, app=with_people(kit, kit.app)) as origin:
        yield kit, origin
    kit.close()


async def come(page: Page, origin: str, *, state: str = "empty") -> None:
    """Open the counter and wait for the queue."""
    await page.goto(f"{origin}/counter")
    await expect(page.locator("#counter")).to_have_attribute("data-state", state)


async def scan(page: Page, *imeis: Imei) -> None:
    """What the scanner of the page hears."""
    text = "\n".join(imei.digits for imei in imeis)
    event = "new CustomEvent('shirorom:scan', {detail: {text}, bubbles: true, cancelable: true})"
    taken = await page.evaluate(f"text => !document.dispatchEvent({event})", text)
    assert taken
    await expect(page.locator("#notices")).to_contain_text("受付")


async def press(page: Page, key: str, then: Callable[[], Any]) -> None:
    """A key, and what is seen of it (never sooner than a scanner's pause)."""
    await page.keyboard.press(key)
    await then()


async def at(page: Page, text: str) -> None:
    """Which question is in hand."""
    await expect(page.locator("#wh")).to_contain_text(text)


async def said(page: Page, text: str) -> None:
    """What the page says of the last step."""
    await expect(page.locator("#say")).to_contain_text(text)


def entries(kit: Kit, imei: Imei) -> list[Recorded]:
    """What is recorded of a number."""
    return list(kit.parts.rooms.open(True).recorder.entries(imei))


def readings(kit: Kit, imei: Imei) -> list[Reading]:
    """The answers among it."""
    return [one.statement for one in entries(kit, imei) if isinstance(one.statement, Reading)]
