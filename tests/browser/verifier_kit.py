"""The built verifier in a real Chromium, opened from a file with the network off; and its inside, for long tests."""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page

from scripts.verifier import BUILT, script
from tests.browser.page_kit import WATCH_CSP, until

INSIDE = "globalThis.inside = { verify, readTrust, cellsOf, verdictOf, parse, canonical, NotStrict };"


@dataclass
class Verifier:
    """A page and what it must never do: ask for anything, break its own policy, fail."""

    page: Page
    asked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    async def give(self, file: bytes | Mapping[str, Any], *, name: str = "sheet.json") -> None:
        """Choose a file, and wait for what the page says of it."""
        content = file if isinstance(file, bytes) else json.dumps(file, ensure_ascii=False).encode()
        await self.page.evaluate("document.querySelector('#outcome-h')?.remove()")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(content)
            await self.page.set_input_files("#file", path)
            await until(self.page, "document.querySelector('#outcome-h') && main.getAttribute('aria-busy') !== 'true'")

    async def trust(self, *texts: str) -> None:
        """Type what the reader trusts."""
        await self.page.fill("#trust", "\n".join(texts))
        await until(self.page, "main.getAttribute('aria-busy') !== 'true'")

    async def admit(self) -> None:
        """Accept practice sheets, as the page's own setting."""
        await self.page.evaluate("admit.click()")

    async def outcome(self) -> tuple[str, str | None]:
        """How it ended, and the first step that does not hold."""
        card = self.page.locator(".outcome")
        return str(await card.get_attribute("data-outcome")), await card.get_attribute("data-decided")

    async def step(self, code: str) -> tuple[str, str | None]:
        """The state of a step, and why it does not hold."""
        row = self.page.locator(f"[data-step={code}]")
        return str(await row.get_attribute("data-state")), await row.get_attribute("data-why")


@asynccontextmanager
async def verifier(browser: Browser, *, width: int = 390, now: str | None = None, **options: Any) -> Any:
    """The page; leaving it fails where it asked for anything but itself or an error was logged."""
    settings = {"viewport": {"width": width, "height": 844}, "locale": "ja-JP", "reduced_motion": "reduce"} | options
    context = await browser.new_context(offline=True, **settings)
    await context.add_init_script(WATCH_CSP)
    page = await context.new_page()
    seen = Verifier(page)
    page.on("request", lambda request: seen.asked.append(request.url))
    page.on("console", lambda said: seen.wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: seen.wrong.append(str(error)))
    if now is not None:
        await page.clock.set_fixed_time(now)
    try:
        await page.goto(BUILT.as_uri())
        yield seen
        assert seen.wrong == []
        assert seen.asked == [BUILT.as_uri()]
    finally:
        await context.close()


@asynccontextmanager
async def insides(browser: Browser) -> AsyncIterator[Page]:
    """A page that holds the verifier's modules without its own page, to be asked many things at once."""
    context = await browser.new_context(offline=True)
    page = await context.new_page()
    try:
        await page.goto(BUILT.as_uri())
        await page.evaluate(f"() => {{ {script('steps.js', ending=INSIDE)} }}")
        yield page
    finally:
        await context.close()


EXAMINE = """async ([files, trust, now, practice]) => {
  const given = await inside.readTrust(trust);
  const found = [];
  for (const file of files) {
    const bytes = new TextEncoder().encode(file);
    const { outcome, decidedBy, steps } = await inside.verify(bytes, given, { practice, now });
    found.push([outcome, decidedBy, steps.map(({ why }) => why)]);
  }
  return found;
}"""


async def examined(
    page: Page, files: Sequence[str], trust: str = "", now: str = "2026-12-23T09:00:00Z", *, practice: bool = True
) -> list[tuple[str, str | None, list[str | None]]]:
    """Outcome, first step that does not hold, and why each does not, of many files' texts."""
    return [tuple(one) for one in await page.evaluate(EXAMINE, [list(files), trust, now, practice])]
