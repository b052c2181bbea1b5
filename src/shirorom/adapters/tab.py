"""One fresh page of one fresh context, used for one question and thrown away: open, type, press, look, save.

Looking goes through an isolated world, which the page's own script cannot reach; every step is bounded by the caller's
time limit. What the page says is only data here: it is judged in `domain/answer.py`.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import msgspec

from shirorom.adapters.chromium import Chromium
from shirorom.adapters.gate import Gate, Target
from shirorom.adapters.traffic import BYTES_MAX, Traffic
from shirorom.domain.answer import Seen, changed
from shirorom.domain.carrier import CarrierFacts, Page
from shirorom.domain.errors import CellError

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, CDPSession
    from playwright.async_api import Page as BrowserPage

PAGE_CHARS_MAX = 2 * 1024 * 1024
PICTURE_HEIGHT_MAX = 8_000
PICTURE_BYTES_MAX = 6 * 1024 * 1024
WIDTH, HEIGHT = 1_024, 1_280
PASS_S_MAX = 1.0
_WORLD = "shirorom"
_FIND = """function([selector, field, focus]) {
  const usable = (one) => one.checkVisibility({opacityProperty: true, visibilityProperty: true}) && !one.readOnly
    && one.getClientRects().length > 0;
  const all = [...document.querySelectorAll(selector)].filter(usable);
  const form = ([...document.querySelectorAll(field)].find(usable) || {}).form;
  const sends = (each) => /^(submit|image)$/.test(each.type) && usable(each);
  const one = !form || selector === field ? all[0]
    : all.find((each) => each.form === form) || all.find((each) => !each.form) || [...form.elements].find(sends);
  if (!one) return null;
  one.scrollIntoView({block: 'center', behavior: 'instant'});
  if (focus) { one.focus(); if (one.select) one.select(); }
  const r = one.getBoundingClientRect(), x = r.left + r.width / 2, y = r.top + r.height / 2;
  const hit = document.elementFromPoint(x, y);
  return {x, y, value: one.value, free: !one.disabled && hit !== null && (one === hit || one.contains(hit))};
}"""
"""Where a field or button is (the one of the field's own form, if any); with `focus` it is ready to take text."""


@cache
def reader_source() -> str:
    """The text of `reader.js`: one function expression, run in the page."""
    return (resources.files("shirorom") / "adapters" / "reader.js").read_text(encoding="utf-8")


@cache
def reader_facts(page: Page) -> Mapping[str, Any]:
    """The facts that `reader.js` needs, as JSON."""
    facts: dict[str, Any] = msgspec.to_builtins(page)
    return facts


class Tab:
    """A page behind its own gate. `prepare` it ahead of time, `aim` it at a carrier, use it once, `close` it."""

    def __init__(
        self,
        chromium: Chromium,
        gate: Gate,
        context: BrowserContext,
        page: BrowserPage,
        cdp: CDPSession,
        frame: str,
    ) -> None:
        self.chromium = chromium
        self._gate = gate
        self._context = context
        self._page = page
        self._cdp = cdp
        self._frame = frame
        self._world: int | None = None
        self._origin = ""
        self._passed = asyncio.Event()
        self._facts: Page | None = None
        self.traffic = Traffic(page, gate)
        self._follow()

    @classmethod
    async def prepare(cls, chromium: Chromium) -> Tab:
        """Make a fresh context with one empty page; nothing may be reached yet."""
        gate = Gate(BYTES_MAX)
        try:
            context = await chromium.browser.new_context(
                proxy={"server": await gate.open(), "bypass": "<-loopback>"},
                accept_downloads=False,
                service_workers="block",
                viewport={"width": WIDTH, "height": HEIGHT},
                locale="ja-JP",
                timezone_id="Asia/Tokyo",
                reduced_motion="reduce",
            )
            page = await context.new_page()
            cdp = await context.new_cdp_session(page)
            await cdp.send("Network.enable")
            tree = await cdp.send("Page.getFrameTree")
        except BaseException:
            await gate.close()
            raise
        return cls(chromium, gate, context, page, cdp, tree["frameTree"]["frame"]["id"])

    def _follow(self) -> None:
        page, context = self._page, self._context
        context.on("page", lambda other: asyncio.ensure_future(_shut(other)) if other is not page else None)
        page.on("dialog", lambda dialog: asyncio.ensure_future(_dismiss(dialog)))
        self._cdp.on("Network.dataReceived", self.traffic.count)
        self._cdp.on("Emulation.virtualTimeBudgetExpired", lambda _: self._passed.set())

    # ── what a person would do ───────────────────────────────────────────────────────────────────────────────────────

    def aim(self, facts: CarrierFacts, origin: str, *, real: bool) -> None:
        """Let the page reach this carrier and nothing else."""
        self._origin = origin.rstrip("/")
        self._facts = facts.page
        targets = {Target.of(origin)}
        if real:
            targets |= {Target(host, port) for host in facts.hosts for port in (80, 443)}
        self.traffic.home = frozenset(targets)
        self._gate.allow(frozenset(targets))

    async def open(self, path: str) -> None:
        """Go to the page with the form; returns once its document is there. The rest `traffic` tells."""
        from playwright.async_api import Error

        try:
            await self._page.goto(self._origin + path, wait_until="domcontentloaded", timeout=0)
        except Error as error:
            self.traffic.refuse_failures()
            if self.chromium.gone.is_set():
                raise
            if "ERR_ABORTED" in error.message or "Download" in error.message:
                raise changed("no-form") from None
            raise CellError("carrier-unreachable") from None

    async def fill(self, text: str) -> bool:
        """Type into the field as a person does; the page's script hears of it. False: it took no text."""
        self.traffic.question = text
        if await self._find(self._page_facts.field, focus=True) is None:
            return False
        await self._cdp.send("Input.insertText", {"text": text})
        found = await self._find(self._page_facts.field, focus=True)
        return found is not None and found["value"] == text

    async def press(self) -> bool:
        """Press the form's button, or enter where it has none. False: disabled, or something lies over it (now)."""
        found = await self._find(self._page_facts.submit, focus=False)
        if found is None:
            await self._enter()
        return found is None or await self._click(found)

    async def _enter(self) -> None:
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
        await self._cdp.send("Input.dispatchKeyEvent", {"type": "keyDown", **key})
        await self._cdp.send("Input.dispatchKeyEvent", {"type": "keyUp", **key})

    async def follow(self, path: str) -> bool:
        """Follow a link of this page to a path of the same origin. False: there is none."""
        link = f"a[href$={json.dumps(path)}], a[href$={json.dumps(path.lstrip('/'))}]"
        found = await self._find(link, focus=False)
        return found is not None and await self._click(found)

    async def _click(self, found: Mapping[str, Any]) -> bool:
        if not found["free"]:
            return False
        mouse = {"x": found["x"], "y": found["y"], "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            await self._cdp.send("Input.dispatchMouseEvent", {"type": kind, **mouse})
        return True

    async def _find(self, selector: str, *, focus: bool) -> Any:
        return await self._evaluate(_FIND, [selector, self._page_facts.field, focus])

    @property
    def _page_facts(self) -> Page:
        assert self._facts is not None, "aim first"
        return self._facts

    async def look(self) -> Seen:
        """What is visible now. During a change of documents it is tried again."""
        from playwright.async_api import Error

        while True:
            try:
                return await self._read()
            except Error:  # the document went away under us
                if self.chromium.gone.is_set() or self._page.is_closed():
                    raise
                await asyncio.sleep(0.02)

    async def _read(self) -> Seen:
        facts = dict(reader_facts(self._page_facts))
        seen: Seen = msgspec.convert(await self._evaluate(reader_source(), facts), Seen)
        return seen

    async def _evaluate(self, function: str, argument: Any) -> Any:
        """Run a function of ours in the isolated world of the present document."""
        from playwright.async_api import Error

        if self._world is None:
            made = await self._cdp.send("Page.createIsolatedWorld", {"frameId": self._frame, "worldName": _WORLD})
            self._world = int(made["executionContextId"])
        try:
            told = await self._cdp.send(
                "Runtime.callFunctionOn",
                {
                    "functionDeclaration": function,
                    "executionContextId": self._world,
                    "arguments": [{"value": argument}],
                    "returnByValue": True,
                },
            )
        except Error:
            self._world = None  # that document is gone
            raise
        if "exceptionDetails" in told:
            raise Error("the reader failed")
        return told["result"]["value"]

    async def pass_time(self, milliseconds: int) -> None:
        """Let the page's own clock run ahead and stand still then: what its timers would do soon, they do now.

        Where the browser cannot do that, or the page waits for the network, at most `PASS_S_MAX` of real time pass.
        """
        self._passed.clear()
        with contextlib.suppress(TimeoutError):
            await self._cdp.send(
                "Emulation.setVirtualTimePolicy",
                {
                    "policy": "pauseIfNetworkFetchesPending",
                    "budget": milliseconds,
                    "maxVirtualTimeTaskStarvationCount": 1_000,
                },
            )
            await asyncio.wait_for(self._passed.wait(), PASS_S_MAX)

    # ── what is kept ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def html(self) -> bytes:
        """The document as it stands, UTF-8 with a byte order mark (its own declaration may name another encoding)."""
        text: str = await self._evaluate(
            "function(limit) { const d = document.doctype; const h = (d ? '<!DOCTYPE ' + d.name + '>\\n' : '')"
            " + document.documentElement.outerHTML; return h.length > limit ? '' : h; }",
            PAGE_CHARS_MAX,
        )
        if not text:
            raise changed("too-big")
        return b"\xef\xbb\xbf" + text.encode("utf-8", errors="replace")

    async def picture(self) -> bytes:
        """The whole page as PNG, up to `PICTURE_HEIGHT_MAX`; only the window, where it is over `PICTURE_BYTES_MAX`."""
        size = (await self._cdp.send("Page.getLayoutMetrics"))["cssContentSize"]
        height = min(max(int(size["height"]), 1), PICTURE_HEIGHT_MAX)
        width = min(max(int(size["width"]), 1), 2 * WIDTH)
        for clip in ((width, height), (WIDTH, HEIGHT)):
            told = await self._cdp.send(
                "Page.captureScreenshot",
                {
                    "format": "png",
                    "captureBeyondViewport": True,
                    "clip": {"x": 0, "y": 0, "width": clip[0], "height": clip[1], "scale": 1},
                },
            )
            picture = base64.b64decode(told["data"])
            if len(picture) <= PICTURE_BYTES_MAX:
                return picture
        raise changed("too-big")

    async def drop(self) -> None:
        """Shut the gate only; the context ends with its browser."""
        await self._gate.close()

    async def close(self) -> None:
        """Throw context and gate away; never fails."""
        await self._gate.close()
        with contextlib.suppress(Exception):  # a dead browser has nothing left to close
            await asyncio.wait_for(self._context.close(), 2.0)


async def _shut(page: BrowserPage) -> None:
    with contextlib.suppress(Exception):  # a window that nobody asked for; its opener is judged, not it
        await page.close()


async def _dismiss(dialog: Any) -> None:
    with contextlib.suppress(Exception):
        await dialog.dismiss()
