"""One fresh page of one fresh context, used for one question and thrown away: open, type, press, look, save.

Looking goes through an isolated world, which the page's own script cannot reach; every step is bounded by the caller's
time limit. What the page says is only data here: it is judged in `domain/answer.py`.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import time
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import msgspec

from shirorom.adapters.chromium import Chromium
from shirorom.adapters.gate import Gate, Target
from shirorom.domain.answer import Seen, changed
from shirorom.domain.carrier import CarrierFacts, Page
from shirorom.domain.errors import CellError

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, CDPSession, Request, Response
    from playwright.async_api import Page as BrowserPage

BYTES_MAX = 20 * 1024 * 1024
PAGE_CHARS_MAX = 2 * 1024 * 1024
PICTURE_HEIGHT_MAX = 8_000
PICTURE_BYTES_MAX = 6 * 1024 * 1024
WIDTH, HEIGHT = 1_024, 1_280
UNREAD_S_MAX = 0.5
PASS_S_MAX = 1.0
_WORLD = "shirorom"
_LOST = (
    "CONNECTION",
    "EMPTY_RESPONSE",
    "NAME_",
    "ADDRESS_",
    "TUNNEL",
    "PROXY",
    "SSL",
    "CERT",
    "TIMED_OUT",
    "NETWORK",
    "SOCKET",
    "MISMATCH",
    "INCOMPLETE",
)
"""Chromium's errors (net::ERR_…) that mean a line that failed; any other is an answer that is no page."""


_FIND = """function([selector, focus]) {
  for (const one of document.querySelectorAll(selector)) {
    const visible = one.checkVisibility({opacityProperty: true, visibilityProperty: true});
    if (!visible || one.readOnly || !one.getClientRects().length) continue;
    one.scrollIntoView({block: 'center', behavior: 'instant'});
    if (focus) { one.focus(); if (one.select) one.select(); }
    const r = one.getBoundingClientRect(), x = r.left + r.width / 2, y = r.top + r.height / 2;
    const hit = document.elementFromPoint(x, y);
    return {x, y, value: one.value, free: !one.disabled && hit !== null && (one === hit || one.contains(hit))};
  }
  return null;
}"""
"""Where a field or button is; with `focus` it is ready to take text."""


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
        self._passed = asyncio.Event()
        self._received = 0
        self._origin = ""
        self._facts: Page | None = None
        self._asked = ""
        self._in_flight: dict[Request, float] = {}  # when its response began; 0.0: it has not
        self.status = 0
        self.document_failed = ""
        self.question_failed = 0
        self.stirred = asyncio.Event()
        self.too_big = asyncio.Event()
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
        page.on("request", self._asked_for)
        page.on("response", self._answered)
        page.on("requestfinished", self._done)
        page.on("requestfailed", self._failed)
        page.on("domcontentloaded", lambda _: self.stirred.set())
        page.on("load", lambda _: self.stirred.set())
        self._cdp.on("Network.dataReceived", self._count)
        self._cdp.on("Emulation.virtualTimeBudgetExpired", lambda _: self._passed.set())

    # ── what the network tells ───────────────────────────────────────────────────────────────────────────────────────

    def _is_document(self, request: Request) -> bool:
        return request.is_navigation_request() and request.frame == self._page.main_frame

    def _asked_for(self, request: Request) -> None:
        self._in_flight[request] = 0.0

    def _answered(self, response: Response) -> None:
        if response.request in self._in_flight:
            self._in_flight[response.request] = time.monotonic()
        if self._is_document(response.request):
            self.status = response.status
            self.document_failed = "" if response.url.startswith(self._origin + "/") else "off-origin"
        elif response.status >= 400 and self._carries_question(response.request):
            self.question_failed = response.status
        self.stirred.set()

    def _done(self, request: Request) -> None:
        self._in_flight.pop(request, None)
        self.stirred.set()

    def _failed(self, request: Request) -> None:
        self._in_flight.pop(request, None)
        if self._is_document(request):
            failure = request.failure or ""
            if "ERR_ABORTED" not in failure:  # an own new navigation, a download, a 204: the page stays
                self.document_failed = "lost" if any(word in failure for word in _LOST) else "refused"
                if not request.url.startswith(self._origin + "/"):
                    self.document_failed = "off-origin"
        elif self._carries_question(request):
            self.question_failed = -1
        self.stirred.set()

    def _carries_question(self, request: Request) -> bool:
        """Whether a script's request is the question itself, not decoration."""
        if not self._asked or not request.url.startswith(self._origin + "/"):
            return False
        return self._asked in request.url or self._asked in (request.post_data or "")

    def _count(self, event: Mapping[str, Any]) -> None:
        self._received += int(event.get("dataLength", 0))
        if self._received > BYTES_MAX:
            self.too_big.set()

    @property
    def busy(self) -> bool:
        """Whether the page still waits for the network (not for a response that its script leaves unread)."""
        oldest = time.monotonic() - UNREAD_S_MAX
        return any(
            began == 0.0 or self._is_document(request) or began > oldest for request, began in self._in_flight.items()
        )

    def refuse_failures(self) -> None:
        """Raise what the network has told so far.

        Raises:
            CellError: `carrier-unreachable`, `carrier-error`, `page-changed` (led elsewhere, too big).
        """
        if self.too_big.is_set() or self._gate.overflow.is_set():
            raise changed("too-big")
        if self._gate.unreachable:
            raise CellError("carrier-unreachable")
        match self.document_failed:
            case "lost":
                raise CellError("carrier-unreachable")
            case "refused":
                raise CellError("carrier-error", why="no-page")
            case "off-origin":
                raise changed("off-origin")
            case _:
                pass
        if self.question_failed < 0:
            raise CellError("carrier-unreachable")

    # ── what a person would do ───────────────────────────────────────────────────────────────────────────────────────

    def aim(self, facts: CarrierFacts, origin: str, *, real: bool) -> None:
        """Let the page reach this carrier and nothing else."""
        self._origin = origin.rstrip("/")
        self._facts = facts.page
        targets = {Target.of(origin)}
        if real:
            targets |= {Target(host, port) for host in facts.hosts for port in (80, 443)}
        self._gate.allow(frozenset(targets))

    async def open(self, path: str) -> None:
        """Go to the page with the form; returns once its document is there. Failures show in `refuse_failures`."""
        from playwright.async_api import Error

        try:
            await self._page.goto(self._origin + path, wait_until="domcontentloaded", timeout=0)
        except Error:
            self.refuse_failures()
            if self.chromium.gone.is_set():
                raise
            self.document_failed = self.document_failed or "lost"

    async def fill(self, selector: str, text: str) -> bool:
        """Type into the first visible match as a person does; the page's script hears of it. False: it took no text."""
        self._asked = text
        if await self._find(selector, focus=True) is None:
            return False
        await self._cdp.send("Input.insertText", {"text": text})
        found = await self._find(selector, focus=True)
        return found is not None and found["value"] == text

    async def press(self, selector: str) -> bool:
        """Press the first visible match. False: it cannot be pressed (now): disabled, or something lies over it."""
        found = await self._find(selector, focus=False)
        if found is None or not found["free"]:
            return False
        mouse = {"x": found["x"], "y": found["y"], "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            await self._cdp.send("Input.dispatchMouseEvent", {"type": kind, **mouse})
        return True

    async def _find(self, selector: str, *, focus: bool) -> Any:
        return await self._evaluate(_FIND, [selector, focus])

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
        assert self._facts is not None
        seen: Seen = msgspec.convert(await self._evaluate(reader_source(), dict(reader_facts(self._facts))), Seen)
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

    async def stir(self, wait_s: float) -> None:
        """Return when something moved on the network, or after `wait_s`."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.stirred.wait(), wait_s)
        self.stirred.clear()

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
